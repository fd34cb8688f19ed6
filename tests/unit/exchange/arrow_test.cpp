// The Arrow IPC stream. tests/python reads such streams with pyarrow; here are the bytes and what cannot be written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "resonance/error.hpp"
#include "resonance/exchange.hpp"

namespace resonance {
namespace {

template <class T>
Column column(std::string name, std::vector<T> values) {
  Column made;
  made.name = std::move(name);
  made.rows = values.size();
  made.values = std::move(values);
  return made;
}

std::string stream_of(const Table& table) {
  std::string bytes;
  write_arrow(table, [&](std::span<const std::byte> part) { bytes.append(reinterpret_cast<const char*>(part.data()), part.size()); });
  return bytes;
}

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    text += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::uint32_t word(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

void expect_refused(const Table& table, ErrorCode code, const std::string& part) {
  try {
    (void)stream_of(table);
    ADD_FAILURE() << "no error that says " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(error.what(), testing::HasSubstr(part));
  }
}

TEST(WriteArrow, WritesTheBytesThatPyarrowRead) {  // checked once with pyarrow 26.0.1: n [1, -2] in eV, t ["ab", None]
  Table table;
  table.rows = 2;
  table.columns = {column<std::int64_t>("n", {1, -2}), column<std::string>("t", {"ab", ""})};
  table.columns[0].units = "eV";
  table.columns[1].valid = {1, 0};
  EXPECT_EQ(hex(stream_of(table)),
            "fffffffff00000001000000000000a000c000600050008000a00000000010400"
            "0c00000008000800000004000800000004000000020000005400000014000000"
            "1000140010000f000e0008000000040010000000100000001c00000000000501"
            "0800000000000000010000007400000004000600040000000000120018001400"
            "130012000c000000080004001200000014000000400000005000000000000201"
            "38000000010000000c00000008000c000800040008000000080000000c000000"
            "020000006556000005000000756e69747300000000000000010000006e000000"
            "08000c000800070008000000000000014000000000000000ffffffffc8000000"
            "14000000000000000c0016000600050008000c000c0000000003040018000000"
            "300000000000000000000a0018000c00080004000a0000001400000068000000"
            "0200000000000000000000000500000000000000000000000000000000000000"
            "0000000000000000100000000000000010000000000000000100000000000000"
            "18000000000000000c0000000000000028000000000000000200000000000000"
            "0000000002000000020000000000000000000000000000000200000000000000"
            "01000000000000000100000000000000feffffffffffffff0100000000000000"
            "000000000200000002000000000000006162000000000000ffffffff00000000");
}

TEST(WriteArrow, CutsLongTablesIntoBatchesAndEndsTheStream) {
  Table table;
  table.rows = 65536 * 2 + 1;
  table.columns = {column("n", std::vector<std::int64_t>(table.rows, 5))};
  const std::string bytes = stream_of(table);
  ASSERT_EQ(bytes.size() % 8, 0u);
  std::vector<std::size_t> bodies;
  std::size_t at = 8 + word(bytes, 4);  // after the schema
  for (const std::size_t rows : {std::size_t{65536}, std::size_t{65536}, std::size_t{1}}) {
    ASSERT_EQ(word(bytes, at), 0xFFFFFFFFu);
    at += 8 + word(bytes, at + 4);
    ASSERT_EQ(at % 8, 0u);
    ASSERT_LE(at + rows * 8, bytes.size());
    EXPECT_EQ(word(bytes, at + rows * 8 - 8), 5u);
    at += rows * 8;
  }
  EXPECT_EQ(word(bytes, at), 0xFFFFFFFFu);
  EXPECT_EQ(word(bytes, at + 4), 0u);
  EXPECT_EQ(at + 8, bytes.size());
}

TEST(WriteArrow, WritesASchemaAndNoBatchForAnEmptyTable) {
  Table table;
  table.columns = {column<double>("time", {})};
  const std::string bytes = stream_of(table);
  EXPECT_EQ(bytes.size(), 8 + word(bytes, 4) + 8);
}

TEST(WriteArrow, RefusesColumnsThatContradictTheirTable) {
  Table table;
  table.rows = 2;
  table.columns = {column<double>("energy", {1})};
  expect_refused(table, ErrorCode::invalid_argument, "column \"energy\" has not the 2 rows of its table");
  table.columns = {column<double>("spectrum", {1, 2, 3, 4, 5})};
  table.columns[0].rows = 2;
  table.columns[0].shape = {3};
  expect_refused(table, ErrorCode::invalid_argument, "column \"spectrum\" has 5 values, which its rows and shape do not make");
  table.columns[0].shape = {1ull << 40, 1ull << 40};
  expect_refused(table, ErrorCode::unsupported, "does not fit an Arrow list");
  table.columns = {column<std::string>("words", {"a", "b"})};
  table.columns[0].shape = {1};
  expect_refused(table, ErrorCode::invalid_argument, "column \"words\": text cannot have a shape");
}

}  // namespace
}  // namespace resonance
