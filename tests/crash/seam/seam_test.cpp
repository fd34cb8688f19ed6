/// The seam sees what SQLite and the frame store do, in one order, and can make each of it fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "crash/seam/operation_log.hpp"
#include "resonance/error.hpp"
#include "resonance/run_writer.hpp"
#include "support/temporary_folder.hpp"

namespace resonance::crash {
namespace {

using test::TemporaryFolder;

void record_one_event(const std::filesystem::path& database) {
  RunWriterOptions options;
  options.durability = Durability::strict;
  RunWriter writer(database, options);
  writer.open_run("count");
  writer.open_stream("primary", Json::object({{"ccd", image_key("camera", 8, 8, DType::uint16)}}));
  const std::vector<std::byte> pixels(128, std::byte{7});
  NewEvent event;
  event.frames.push_back({"ccd", {pixels, 8, 8, DType::uint16}});
  writer.write_event("primary", event);
  writer.close_run();
}

std::vector<std::string> names_of(const OperationLog& log) {
  std::vector<std::string> out;
  for (const auto& operation : log.operations) out.push_back(operation.name());
  return out;
}

TEST(TheSeam, SeesSqliteAndFramesInOneOrder) {
  const TemporaryFolder folder;
  OperationLog log;
  {
    const Watch watch(folder.path(), log);
    record_one_event(folder / "x.db");
  }
  const auto names = names_of(log);
  const auto place_of = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) - names.begin(); };
  const auto shard = "x.zarr/runs/RUN/ccd/c/0/0/0";
  for (const auto& name :
       {std::string("create x.db"), std::string("create x.db-wal"), std::string("write x.db-wal"), std::string("sync x.db-wal"),
        std::string("sync_folder "), std::string("rename ") + shard, std::string("write ") + shard, std::string("unlink x.db-wal")})
    EXPECT_LT(place_of(name), std::ssize(names)) << name;
  EXPECT_LT(place_of(std::string("sync ") + shard), place_of("unlink x.db-wal"));
  EXPECT_THAT(names, testing::Not(testing::Contains(testing::HasSubstr("-shm"))));
  // SQLite writes the log and the library syncs it by a handle of its own: one file.
  std::set<std::uint64_t> logs;
  for (const auto& operation : log.operations)
    if (operation.path == "x.db-wal" && operation.kind != Kind::create) logs.insert(operation.file);
  EXPECT_EQ(logs.size(), 1);
}

TEST(TheSeam, GivesAFileOneNumberThroughRenames) {
  const TemporaryFolder folder;
  OperationLog log;
  {
    const Watch watch(folder.path(), log);
    record_one_event(folder / "x.db");
  }
  for (const auto& operation : log.operations) {
    if (operation.kind != Kind::rename) continue;
    const auto made = std::find_if(log.operations.begin(), log.operations.end(),
                                   [&](const auto& other) { return other.kind == Kind::create && other.file == operation.file; });
    ASSERT_NE(made, log.operations.end());
    EXPECT_EQ(made->path, operation.from);
  }
}

class Failing final : public Observer {
 public:
  Failing(Kind kind, std::string part, Verdict verdict) : kind_(kind), part_(std::move(part)), verdict_(verdict) {}
  Verdict before(const Operation& operation) override {
    return operation.kind == kind_ && operation.path.find(part_) != std::string::npos ? verdict_ : Verdict{};
  }

 private:
  Kind kind_;
  std::string part_;
  Verdict verdict_;
};

TEST(TheSeam, MakesAnyOperationFail) {
  const std::pair<Kind, const char*> cases[] = {{Kind::create, "x.db-wal"}, {Kind::write, "x.db-wal"},   {Kind::sync, "x.db"},
                                                {Kind::truncate, "/c/0"},   {Kind::rename, "zarr.json"}, {Kind::make_folder, "runs"},
                                                {Kind::sync, "x.db-wal"},   {Kind::sync_folder, "ccd"}};
  for (const auto& [kind, part] : cases) {
    const TemporaryFolder folder;
    Failing failing(kind, part, {.error = ENOSPC});
    const Watch watch(folder.path(), failing);
    EXPECT_THROW(record_one_event(folder / "x.db"), Error) << to_string(kind) << ' ' << part;
  }
}

TEST(TheSeam, CutsWritesShortAndTheWriterGoesOnWhereItWas) {
  const TemporaryFolder folder;
  Failing halves(Kind::write, "", {.at_most = 100});
  const Watch watch(folder.path(), halves);
  record_one_event(folder / "x.db");
}

}  // namespace
}  // namespace resonance::crash
