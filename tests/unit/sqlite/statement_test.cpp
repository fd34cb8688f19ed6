#include "sqlite/statement.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "sqlite/connection.hpp"
#include "support/fails.hpp"

namespace resonance::sqlite {

using test::fails;
using namespace std::string_literals;

class Values : public testing::Test {
 protected:
  void SetUp() override { database_.execute("CREATE TABLE t(x); CREATE TABLE u(name TEXT UNIQUE)"); }

  template <class T>
  Statement stored(const T& value) {
    database_.execute("DELETE FROM t");
    database_.prepare("INSERT INTO t VALUES(?)").bind_all(value).run();
    auto out = database_.prepare("SELECT x, typeof(x) FROM t");
    EXPECT_TRUE(out.step());
    return out;
  }
  std::int64_t count() { return database_.query_int("SELECT count(*) FROM t"); }

  Connection database_ = Connection::in_memory();
};

TEST_F(Values, OfTextKeepNulBytesQuotesAndLetters) {
  for (const auto& text : {"a\0b"s, ""s, "Robert'); DROP TABLE t;--"s, "θ = 3°, µm"s, std::string(3000000, 'x')}) {
    const auto row = stored(text);
    EXPECT_EQ(row.text(1), "text");
    EXPECT_EQ(row.string(0), text);
  }
  EXPECT_EQ(stored(std::string_view()).text(1), "text") << "an empty view is empty text, not NULL";
}

TEST_F(Values, OfIntegersAreExactToTheLimits) {
  for (const auto number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, (std::int64_t{1} << 53) + 1,
                            std::numeric_limits<std::int64_t>::max()}) {
    const auto row = stored(number);
    EXPECT_EQ(row.int64(0), number);
    EXPECT_EQ(row.text(1), "integer");
  }
  EXPECT_EQ(stored(std::uint64_t{INT64_MAX}).int64(0), INT64_MAX);
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"2^63"}, [&] { (void)stored(std::uint64_t{1} << 63); }));
}

TEST_F(Values, OfDoublesAreExactAndNanBecomesNull) {
  for (const double number : {0.1, -0.0, 1e308, 5e-324, std::numeric_limits<double>::infinity()}) {
    const auto row = stored(number);
    EXPECT_EQ(row.real(0), number);
    EXPECT_EQ(row.text(1), "real");
  }
  EXPECT_TRUE(stored(std::nan("")).is_null(0)) << "SQLite has no NaN: whoever has one to keep writes it as text";
}

TEST_F(Values, ThatAreAbsentAreNull) {
  const auto row = stored(std::optional<std::string>());
  EXPECT_TRUE(row.is_null(0));
  EXPECT_EQ(row.optional_string(0), std::nullopt);
  EXPECT_EQ(row.optional_real(0), std::nullopt);
  EXPECT_EQ(row.optional_int64(0), std::nullopt);
  EXPECT_EQ(stored(std::optional<double>(2.5)).optional_real(0), 2.5);
}

TEST_F(Values, OfAnEarlierRunDoNotStickToAReusedStatement) {
  auto insert = database_.prepare("INSERT INTO t VALUES(?)");
  insert.bind_all("first").run();
  insert.run();
  EXPECT_EQ(database_.query_int("SELECT count(*) FROM t WHERE x IS NULL"), 1);
}

TEST_F(Values, ThatBreakAConstraintAreTheCallersMistakeAndTheStatementGoesOn) {
  auto insert = database_.prepare("INSERT INTO u VALUES(?)");
  insert.bind_all("ZnPc").run();
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"database in memory", "UNIQUE"}, [&] { insert.bind_all("ZnPc").run(); }));
  insert.bind_all("CuPc").run();
  EXPECT_EQ(database_.query_int("SELECT count(*) FROM u"), 2);
}

TEST_F(Values, OfATransactionVanishWhenAnExceptionLeavesIt) {
  EXPECT_THROW(
      {
        const Transaction transaction(database_);
        database_.execute("INSERT INTO t VALUES(1)");
        throw std::runtime_error("beam lost");
      },
      std::runtime_error);
  EXPECT_FALSE(database_.in_transaction());
  EXPECT_EQ(count(), 0);
}

TEST_F(Values, OfAnInnerTransactionVanishAloneAndNestAsDeepAsOneLikes) {
  Transaction outer(database_);
  database_.execute("INSERT INTO t VALUES('outer')");
  {
    Transaction middle(database_);
    database_.execute("INSERT INTO t VALUES('middle')");
    {
      const Transaction inner(database_);
      database_.execute("INSERT INTO t VALUES('inner')");
    }
    EXPECT_EQ(count(), 2);
    middle.commit();
  }
  EXPECT_TRUE(database_.in_transaction());
  outer.commit();
  EXPECT_EQ(count(), 2);
  EXPECT_FALSE(database_.in_transaction());
}

TEST_F(Values, OfATransactionWhoseCommitIsRefusedVanish) {
  database_.execute("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED)");
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"FOREIGN KEY"}, [&] {
    Transaction transaction(database_);
    database_.execute("INSERT INTO c VALUES(9)");
    transaction.commit();
  }));
  EXPECT_FALSE(database_.in_transaction());
  EXPECT_EQ(database_.query_int("SELECT count(*) FROM c"), 0);
}

}  // namespace resonance::sqlite
