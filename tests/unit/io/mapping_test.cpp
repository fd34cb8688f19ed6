/// Pieces of several files as one memory.
#include "io/mapping.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "support/temporary_folder.hpp"

namespace resonance::io {
namespace {

constexpr std::uint64_t kPage = 4096;

class MappedFiles : public testing::Test {
 protected:
  /// A file whose byte i is (i + first) % 251.
  std::unique_ptr<StoreFile> file(const std::string& name, std::uint64_t bytes, unsigned first) const {
    std::string text(bytes, '\0');
    for (std::uint64_t i = 0; i < bytes; ++i) text[i] = static_cast<char>((i + first) % 251);
    std::ofstream(folder / name, std::ios::binary) << text;
    return StoreFolder(folder.path()).open(name);
  }
  static void expect_bytes(std::span<const std::byte> bytes, std::uint64_t offset, unsigned first) {
    for (std::uint64_t i = 0; i < bytes.size(); ++i) ASSERT_EQ(static_cast<unsigned>(bytes[i]), (offset + i + first) % 251) << i;
  }
  /// Kilobytes of this memory that the process holds; -1 when the system does not say.
  static long resident(const void* at) {
    std::ifstream maps("/proc/self/smaps");
    bool here = false;
    for (std::string line; std::getline(maps, line);) {
      std::uint64_t begin = 0, end = 0;
      char dash = 0;
      std::istringstream words(line);
      if (words >> std::hex >> begin >> dash >> end && dash == '-')
        here = begin <= reinterpret_cast<std::uint64_t>(at) && reinterpret_cast<std::uint64_t>(at) < end;
      if (here && line.rfind("Rss:", 0) == 0) return std::stol(line.substr(4));
    }
    return -1;
  }

  test::TemporaryFolder folder;
};

TEST_F(MappedFiles, LieSideBySideWherePagesEnd) {
  const auto a = file("a", 3 * kPage + 100, 1), b = file("b", 2 * kPage, 2), c = file("c", 5000, 3);
  const FileRange ranges[] = {{a.get(), 1000, 3 * kPage - 1000}, {b.get(), 0, 2 * kPage}, {c.get(), 0, 4999}};
  const MappedRanges mapped(ranges);
  ASSERT_EQ(mapped.parts().size(), 1);
  const auto& part = mapped.parts().front();
  EXPECT_EQ(part.ranges, 3);
  ASSERT_EQ(part.bytes.size(), 3 * kPage - 1000 + 2 * kPage + 4999);
  expect_bytes(part.bytes.first(3 * kPage - 1000), 1000, 1);
  expect_bytes(part.bytes.subspan(3 * kPage - 1000, 2 * kPage), 0, 2);
  expect_bytes(part.bytes.last(4999), 0, 3);
}

TEST_F(MappedFiles, LieApartWhereTheyDoNot) {
  const auto a = file("a", 2 * kPage, 1), b = file("b", 2 * kPage, 2);
  const FileRange ranges[] = {{a.get(), 0, 2 * kPage - 1}, {b.get(), 0, kPage}, {a.get(), kPage, kPage}, {b.get(), 8, 16}};
  const MappedRanges mapped(ranges);
  ASSERT_EQ(mapped.parts().size(), 3);
  EXPECT_EQ(mapped.parts()[1].first_range, 1);
  EXPECT_EQ(mapped.parts()[1].ranges, 2);
  expect_bytes(mapped.parts()[0].bytes, 0, 1);
  expect_bytes(mapped.parts()[1].bytes.first(kPage), 0, 2);
  expect_bytes(mapped.parts()[1].bytes.last(kPage), kPage, 1);
  expect_bytes(mapped.parts()[2].bytes, 8, 2);
}

TEST_F(MappedFiles, StayWhenTheFilesAreClosedAndRemovedAndNothingIsReadBeforeItIsTouched) {
  auto a = file("a", 64 * kPage, 1);
  const FileRange range{a.get(), 0, 64 * kPage};
  const MappedRanges mapped({&range, 1});
  const Mapping whole(*a);
  a.reset();
  std::filesystem::remove(folder / "a");
  if (const auto before = resident(whole.bytes().data()); before >= 0) {
    EXPECT_EQ(before, 0);
    EXPECT_EQ(resident(mapped.parts()[0].bytes.data()), 0);
  }
  expect_bytes(whole.bytes(), 0, 1);
  expect_bytes(mapped.parts()[0].bytes, 0, 1);
}

TEST_F(MappedFiles, KeepTheirBytesWhenAnotherFileTakesTheName) {
  const Mapping mapping(*file("shard", 100000, 3));
  const auto other = file("other", 1, 9);
  std::filesystem::rename(folder / "other", folder / "shard");
  ASSERT_EQ(mapping.bytes().size(), 100000);
  expect_bytes(mapping.bytes(), 0, 3);
}

TEST_F(MappedFiles, MayBeEmpty) {
  EXPECT_TRUE(Mapping(*file("a", 0, 1)).bytes().empty());
  EXPECT_TRUE(MappedRanges({}).parts().empty());
}

}  // namespace
}  // namespace resonance::io
