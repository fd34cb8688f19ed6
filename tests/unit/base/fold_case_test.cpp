#include "base/fold_case.hpp"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include <string>

namespace resonance {
namespace {

std::string encoded(utf8proc_int32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const auto length = utf8proc_encode_char(code_point, bytes);
  return std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

bool is_surrogate(utf8proc_int32_t code_point) { return code_point >= 0xD800 && code_point < 0xE000; }

TEST(FoldCase, MakesTheCasesOfALetterEqualInEveryScript) {
  EXPECT_EQ(fold_case("PS-80276 znPc"), "ps-80276 znpc");
  EXPECT_EQ(fold_case("ÄPFEL"), fold_case("äpfel"));
  EXPECT_EQ(fold_case("ПЛЁНКА"), fold_case("плёнка"));
  EXPECT_EQ(fold_case("ΣΊΣΥΦΟΣ"), fold_case("σίσυφος")) << "the sigma at the end of a word is one too";
  EXPECT_EQ(fold_case("\u00b5m"), fold_case("\u03bcm")) << "the sign for micro is the Greek letter";
  EXPECT_EQ(fold_case("\u212b"), fold_case("\u00e5")) << "the sign for ångström is the letter";
}

TEST(FoldCase, KeepsTheNumberOfCharactersSoThatAWildcardStandsForOne) {
  EXPECT_EQ(fold_case("Maße"), "maße");
  EXPECT_EQ(fold_case("\u1e9e"), "\u00df") << "capital sharp s";
  EXPECT_EQ(fold_case("\ufb01lm"), "\ufb01lm") << "ligature fi";
}

TEST(FoldCase, LeavesBytesAsTheyAreThatAreNoUtf8) {
  const std::string latin1 = "M\xC4RZ \xFF\xC0\x80 \xED\xA0\x80 \xF4\x90\x80\x80 \xE2\x82";
  EXPECT_EQ(fold_case(latin1), "m\xC4rz \xFF\xC0\x80 \xED\xA0\x80 \xF4\x90\x80\x80 \xE2\x82");
  EXPECT_EQ(fold_case(std::string("A\0B", 3)), std::string("a\0b", 3));
  EXPECT_EQ(fold_case(""), "");
}

TEST(FoldCase, OfAllCharactersIsOneCharacterThatStaysAsItIs) {
  for (utf8proc_int32_t code_point = 0; code_point <= 0x10FFFF; ++code_point) {
    if (is_surrogate(code_point)) continue;
    const auto once = fold_case(encoded(code_point));
    ASSERT_EQ(fold_case(once), once) << "U+" << std::hex << code_point;
    utf8proc_int32_t out = -1;
    ASSERT_EQ(utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(once.data()), static_cast<utf8proc_ssize_t>(once.size()), &out),
              static_cast<utf8proc_ssize_t>(once.size()))
        << "U+" << std::hex << code_point;
    ASSERT_EQ(fold_case(encoded(utf8proc_tolower(code_point))), once) << "U+" << std::hex << code_point;
  }
}

TEST(HasLetterOrDigit, KnowsWhatCanBeSearchedFor) {
  for (const std::string_view text : {"a", "...7", "é", "薄膜", "٣", "½", "-x-"}) EXPECT_TRUE(has_letter_or_digit(text)) << text;
  for (const std::string_view text : {"", "...", " - ", "°", "→", "\xFF\xC4", "€"}) EXPECT_FALSE(has_letter_or_digit(text)) << text;
}

}  // namespace
}  // namespace resonance
