/// What schema code does through SQL text alone, so that it works on our connections and on those of other drivers.
#pragma once

#include "resonance/schema.hpp"
#include "sqlite/connection.hpp"

namespace resonance::schema {

/// A connection of ours, or a borrowed one.
class ConnectionSession final : public SqlSession {
 public:
  explicit ConnectionSession(sqlite::Connection& connection) : connection_(connection) {}
  void execute(const std::string& sql) override { connection_.execute(sql); }
  std::vector<Row> query(const std::string& sql, const std::vector<std::string>& values) override;
  [[nodiscard]] bool in_transaction() override { return connection_.in_transaction(); }
  [[nodiscard]] std::filesystem::path file() override { return connection_.path(); }

 private:
  sqlite::Connection& connection_;
};

[[nodiscard]] int query_int(SqlSession& session, const std::string& sql, const std::vector<std::string>& values = {});  ///< 0 without a row
[[nodiscard]] inline int user_version(SqlSession& session) { return query_int(session, "PRAGMA user_version"); }
void set_user_version(SqlSession& session, int version);

/// BEGIN IMMEDIATE … COMMIT, or a savepoint inside a transaction that is open already. Rolls back unless committed.
class SessionTransaction {
 public:
  explicit SessionTransaction(SqlSession& session);
  ~SessionTransaction();
  SessionTransaction(const SessionTransaction&) = delete;
  SessionTransaction& operator=(const SessionTransaction&) = delete;
  void commit();

 private:
  SqlSession& session_;
  bool savepoint_;
  bool open_ = true;
};

}  // namespace resonance::schema
