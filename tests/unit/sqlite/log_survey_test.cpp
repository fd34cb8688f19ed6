/// What a look into SQLite's log finds, with logs that SQLite wrote.
#include "sqlite/log_survey.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "io/file_system.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

namespace resonance::sqlite {
namespace {

using State = LogSurvey::State;

class Log : public testing::Test {
 protected:
  void SetUp() override {
    database_.query("PRAGMA page_size = 1024; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t(a)");
    for (int i = 0; i < 5; ++i) database_.query("INSERT INTO t VALUES(" + std::to_string(i) + ")");
    bytes_ = io::read_bytes(folder_ / "x.db-wal", 1 << 20);
  }

  static LogSurvey survey(const std::vector<std::byte>& bytes) {
    return survey_log([&](std::uint64_t offset, std::span<std::byte> out) {
      if (offset >= bytes.size()) return std::size_t{0};
      const auto count = std::min<std::size_t>(out.size(), bytes.size() - offset);
      std::memcpy(out.data(), bytes.data() + offset, count);
      return count;
    });
  }
  static constexpr std::size_t kFrame = 24 + 1024;

  test::TemporaryFolder folder_;
  test::RawDatabase database_{folder_ / "x.db"};
  std::vector<std::byte> bytes_;
};

TEST_F(Log, OfAWriterThatWasNotDisturbedIsSound) {
  EXPECT_EQ(survey(bytes_).state, State::sound);
  EXPECT_EQ(survey(bytes_).transactions, 6u);
  EXPECT_EQ(survey({}).state, State::sound);
}

TEST_F(Log, ThatWasWrittenOverFromItsBeginningIsSound) {
  database_.query("PRAGMA wal_checkpoint(RESTART)");
  database_.query("INSERT INTO t VALUES(9)");
  const auto found = survey(io::read_bytes(folder_ / "x.db-wal", 1 << 20));
  EXPECT_EQ(found.state, State::sound) << "what follows is of an earlier generation";
  EXPECT_EQ(found.transactions, 1u);
}

TEST_F(Log, CutAnywhereIsNotTakenForDamaged) {
  for (std::size_t length = 0; length < bytes_.size(); length += 37)
    EXPECT_NE(survey({bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(length)}).state, State::damaged) << length;
}

TEST_F(Log, WithAnyByteChangedTellsWhatSQLiteNoLongerReads) {
  const auto last_frame = bytes_.size() - kFrame;
  for (std::size_t at = 0; at < bytes_.size(); ++at) {
    auto changed = bytes_;
    changed[at] ^= std::byte{4};
    const auto found = survey(changed);
    if (at < last_frame) {
      ASSERT_EQ(found.state, State::damaged) << "byte " << at;
      EXPECT_GT(found.lost, 0u);
      EXPECT_LE(found.offset, at);
    } else {
      ASSERT_NE(found.state, State::damaged) << "nothing is behind it: byte " << at;
    }
  }
}

TEST_F(Log, OfRandomBytesIsLookedThroughWithoutHarm) {
  std::mt19937 random(1);
  for (int attempt = 0; attempt < 200; ++attempt) {
    auto changed = bytes_;
    for (int i = 0; i < 20; ++i) changed[random() % changed.size()] = static_cast<std::byte>(random());
    (void)survey(changed);
  }
}

}  // namespace
}  // namespace resonance::sqlite
