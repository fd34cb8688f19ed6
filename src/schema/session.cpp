#include "schema/session.hpp"

#include <fmt/format.h>

#include <charconv>

#include "resonance/error.hpp"
#include "sqlite/other_copy.hpp"
#include "sqlite/sqlite_error.hpp"

namespace resonance {

void SqlSession::fail(int sqlite_result, std::string_view message) {
  sqlite::throw_sqlite(file().string(), sqlite_result, 0, message, "using");
}

bool same_sqlite(const std::function<void()>& open_a_connection) { return sqlite::same_copy(open_a_connection); }
std::string_view sqlite_version() noexcept { return sqlite::version(); }

namespace schema {

std::vector<SqlSession::Row> ConnectionSession::query(const std::string& sql, const std::vector<std::string>& values) {
  auto statement = connection_.prepare(sql);
  int position = 0;
  for (const auto& value : values) statement.bind(++position, value);
  std::vector<Row> out;
  while (statement.step()) {
    auto& row = out.emplace_back();
    for (int i = 0; i < statement.columns(); ++i) row.push_back(statement.optional_string(i));
  }
  return out;
}

int query_int(SqlSession& session, const std::string& sql, const std::vector<std::string>& values) {
  const auto rows = session.query(sql, values);
  int out = 0;
  if (!rows.empty() && !rows[0].empty() && rows[0][0]) std::from_chars(rows[0][0]->data(), rows[0][0]->data() + rows[0][0]->size(), out);
  return out;
}

void set_user_version(SqlSession& session, int version) { session.execute(fmt::format("PRAGMA user_version = {}", version)); }

SessionTransaction::SessionTransaction(SqlSession& session) : session_(session), savepoint_(session.in_transaction()) {
  session_.execute(savepoint_ ? "SAVEPOINT resonance" : "BEGIN IMMEDIATE");
}

SessionTransaction::~SessionTransaction() {
  if (!open_) return;
  try {
    session_.execute(savepoint_ ? "ROLLBACK TO resonance" : "ROLLBACK");
    if (savepoint_) session_.execute("RELEASE resonance");
  } catch (const std::exception&) {  // SQLite rolls back by itself after the errors that make ROLLBACK fail
  }
}

void SessionTransaction::commit() {
  session_.execute(savepoint_ ? "RELEASE resonance" : "COMMIT");
  open_ = false;
}

}  // namespace schema
}  // namespace resonance
