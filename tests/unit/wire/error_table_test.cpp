#include "wire/error_table.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace resonance::wire {
namespace {

constexpr int kLastCode = static_cast<int>(ErrorCode::internal);

TEST(ErrorTable, HasEachCodeOnceUnderItsDocumentedName) {
  const auto rows = error_rows();
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(kLastCode));
  for (int i = 1; i <= kLastCode; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_EQ(rows[i - 1].code, code);
    EXPECT_EQ(rows[i - 1].name, to_string(code));
  }
}

/// What scripts, Python users and HTTP clients rely on, written out once more so that no value changes by accident.
TEST(ErrorTable, TranslatesEveryCodeForEveryFront) {
  struct Expected {
    std::string_view name, python;
    int exit, http;
  };
  constexpr Expected kExpected[] = {
      {"invalid_argument", "ValueError", 2, 400},     {"not_found", "KeyError", 3, 404}, {"already_exists", "FileExistsError", 4, 409},
      {"invalid_state", "RuntimeError", 5, 409},      {"busy", "BusyError", 6, 503},     {"corrupt", "CorruptError", 7, 500},
      {"unsupported", "NotImplementedError", 8, 501}, {"no_space", "OSError", 9, 507},   {"io", "OSError", 10, 500},
      {"internal", "RuntimeError", 70, 500},
  };
  static_assert(std::size(kExpected) == kLastCode);
  for (int i = 1; i <= kLastCode; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const auto& expected = kExpected[i - 1];
    EXPECT_EQ(to_string(code), expected.name);
    EXPECT_EQ(python_exception(code), expected.python) << expected.name;
    EXPECT_EQ(exit_status(code), expected.exit) << expected.name;
    EXPECT_EQ(http_status(code), expected.http) << expected.name;
  }
}

TEST(ErrorTable, GivesEachCodeAnExitStatusOfItsOwnThatAShellCannotMistake) {
  std::set<int> seen;
  for (const auto& row : error_rows()) {
    EXPECT_TRUE(seen.insert(row.exit_status).second) << row.name;
    EXPECT_GT(row.exit_status, 1) << row.name << ": 1 is what anything else that fails returns";
    EXPECT_LT(row.exit_status, 126) << row.name << ": the shell's own";
  }
}

TEST(ErrorTable, ReportsACodeItDoesNotKnowAsOurFault) {
  const auto unknown = static_cast<ErrorCode>(99);
  EXPECT_EQ(to_string(unknown), "internal");
  EXPECT_EQ(exit_status(unknown), 70);
  EXPECT_EQ(http_status(unknown), 500);
  EXPECT_STREQ(python_exception(unknown), "RuntimeError");
}

TEST(ErrorToJson, TellsWhatIsKnownAndNoMore) {
  EXPECT_EQ(error_to_json(Error(ErrorCode::not_found, "no run 'x'")).dump(), R"({"code":"not_found","message":"no run 'x'"})");
  const Error full(ErrorCode::io, "reading x.db: Input/output error", {.os_errno = 5, .file = "x.db", .offset = 0, .database = true});
  EXPECT_EQ(error_to_json(full).dump(), R"({"code":"io","message":"reading x.db: Input/output error","file":"x.db","offset":0,"errno":5})");
}

TEST(ErrorToJson, CanBeWrittenWhateverTheFileIsCalled) {
  const Error error(ErrorCode::io, "reading a\xFF.db", {.os_errno = 0, .file = "a\xFF.db", .offset = {}, .database = false});
  EXPECT_EQ(error_to_json(error).dump(), "{\"code\":\"io\",\"message\":\"reading a\xEF\xBF\xBD.db\",\"file\":\"a\xEF\xBF\xBD.db\"}");
}

}  // namespace
}  // namespace resonance::wire
