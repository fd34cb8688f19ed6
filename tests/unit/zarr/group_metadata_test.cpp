#include "zarr/group_metadata.hpp"

#include <gtest/gtest.h>

#include "resonance/error.hpp"
#include "support/fails.hpp"
#include "zarr/metadata.hpp"

namespace resonance::zarr {
namespace {

TEST(GroupMetadata, WhatIsWrittenIsRead) {
  const auto attributes = Json::object({{"title", "March"}});
  EXPECT_EQ(parse_group_metadata(dump_group_metadata(attributes)), attributes);
  EXPECT_EQ(parse_group_metadata(R"({"zarr_format": 3, "node_type": "group"})"), Json::object());
}

TEST(GroupMetadata, WhatZarrPythonAddsIsRead) {
  const auto* text = R"({"attributes": {"x": NaN}, "zarr_format": 3, "consolidated_metadata": {"kind": "inline"}, "node_type": "group"})";
  EXPECT_TRUE(parse_group_metadata(text).is_object());
}

TEST(GroupMetadata, WhatStockReadersRefuseIsRefused) {
  for (const auto* text : {"", "[]", R"({"zarr_format": 3})", R"({"zarr_format": 3, "node_type": "array"})",
                           R"({"zarr_format": "3", "node_type": "group"})", R"({"zarr_format": 3, "node_type": "group", "attributes": 1})",
                           R"({"zarr_format": 3, "node_type": "group", "consolidated_metadata": 1})"})
    EXPECT_TRUE(test::fails(ErrorCode::corrupt, {"zarr.json"}, [&] { (void)parse_group_metadata(text); })) << text;
  for (const auto* text : {R"({"zarr_format": 4, "node_type": "group"})", R"({"zarr_format": 3, "node_type": "group", "more": 1})"})
    EXPECT_TRUE(test::fails(ErrorCode::unsupported, {"zarr.json"}, [&] { (void)parse_group_metadata(text); })) << text;
}

}  // namespace
}  // namespace resonance::zarr
