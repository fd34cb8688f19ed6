#include "base/names.hpp"

#include <gtest/gtest.h>

#include "resonance/error.hpp"

namespace resonance {
namespace {

template <typename Call>
void expect_refused(std::string_view message, Call call) {
  try {
    call();
    ADD_FAILURE() << "nothing thrown, expected " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_NE(std::string_view(error.what()).find(message), std::string_view::npos) << error.what();
  }
}

TEST(NodeName, IsSafeInEveryFileSystem) {
  for (const std::string_view name : {"detector_image", "ccd.1", "A-b", "_x", ".hidden", "0"}) EXPECT_TRUE(is_node_name(name)) << name;
  for (const std::string_view name : {"", ".", "..", "...", "a/b", "a\\b", "../x", "__x", "zarr.json", "a b", "\xC3\xA5", "a\n", "a:b"})
    EXPECT_FALSE(is_node_name(name)) << name;
  EXPECT_FALSE(is_node_name(std::string_view("a\0b", 3)));
  EXPECT_TRUE(is_node_name(std::string(255, 'a')));
  EXPECT_FALSE(is_node_name(std::string(256, 'a')));
}

TEST(NodeName, SaysWhichArgumentIsWrongAndWhatIsAllowed) {
  EXPECT_NO_THROW(require_node_name("ccd", "field"));
  expect_refused("field '../x\\x0a' is not usable: give 1 to 255 characters out of A-Z", [] { require_node_name("../x\n", "field"); });
}

TEST(NodeName, IsMadeOfAnyLabel) {
  EXPECT_EQ(node_name_for("ccd.1"), "ccd.1");
  EXPECT_EQ(node_name_for("Axis Photonique"), "Axis_Photonique");
  for (const std::string_view label : {"", ".", "..", "../../etc", "a/b", "__x", "zarr.json", "\xC3\xA5", "a\n"})
    EXPECT_TRUE(is_node_name(node_name_for(label))) << label;
  EXPECT_TRUE(is_node_name(node_name_for(std::string(255, '/')) + ".10000000"));
}

TEST(LabelName, TakesAnyTextWithoutControlCharacters) {
  EXPECT_NO_THROW(require_label("P3HT \xC3\xA5 #2 (annealed)/\xF0\x9F\x94\xAC", "sample"));
  expect_refused("tag is empty", [] { require_label("", "tag"); });
  expect_refused("tag 'a\\x00' contains a control character", [] { require_label(std::string_view("a\0", 2), "tag"); });
  expect_refused("contains a control character", [] { require_label("\x7F", "tag"); });
  expect_refused("contains a control character", [] { require_label("\xC2\x85", "tag"); });
  expect_refused("'\\xed\\xa0\\x80' is not valid UTF-8", [] { require_label("\xED\xA0\x80", "tag"); });
  expect_refused("is 256 bytes long: at most 255", [] { require_label(std::string(256, 'a'), "tag"); });
}

TEST(UidText, IsThirtyTwoLowerCaseHexadecimalDigits) {
  EXPECT_NO_THROW(require_uid("0198f3c2a1b27c3d8e4f5a6b7c8d9e0f", "run"));
  EXPECT_FALSE(is_uid("0198F3C2A1B27C3D8E4F5A6B7C8D9E0F"));
  EXPECT_FALSE(is_uid("0198f3c2-a1b2-7c3d-8e4f-5a6b7c8d"));
  EXPECT_FALSE(is_uid("0198f3c2"));
  expect_refused("run 'nine' is not a uid: give 32 lower-case hexadecimal digits", [] { require_uid("nine", "run"); });
}

TEST(DatabasePaths, FollowFromTheDatabaseAndTheRun) {
  EXPECT_EQ(frame_store_of("x/2026.03.db"), "x/2026.03.zarr");
  EXPECT_EQ(frame_store_of("plain"), "plain.zarr");
  EXPECT_EQ(zarr_group_of("abc", "ccd"), "runs/abc/ccd");
}

}  // namespace
}  // namespace resonance
