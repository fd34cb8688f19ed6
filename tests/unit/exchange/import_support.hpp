/// What the tests of imports share: small FITS files made by hand, errors as values.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "resonance/error.hpp"
#include "support/data.hpp"
#include "support/temporary_folder.hpp"

namespace resonance::test {

/// Put a file below `folder`, with the folders it needs.
inline std::filesystem::path write_file(const TemporaryFolder& folder, std::string_view name, std::string_view bytes) {
  const auto path = folder / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return path;
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string padded(std::string text, std::size_t block, char with) {
  text.resize((text.size() + block - 1) / block * block, with);
  return text;
}

/// A FITS header of these cards (END is added).
inline std::string fits_header(const std::vector<std::string>& cards) {
  std::string out;
  for (const auto& card : cards) out += padded(card, 80, ' ');
  return padded(out + padded("END", 80, ' '), 2880, ' ');
}

/// An empty primary HDU with `cards` and an image HDU "Images" with 16-bit pixels, BZERO 32768.
inline std::string fits_file(const std::vector<std::string>& cards, std::size_t height, std::size_t width,
                             const std::vector<std::uint16_t>& pixels) {
  std::vector<std::string> primary{"SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    0",
                                   "EXTEND  =                    T"};
  primary.insert(primary.end(), cards.begin(), cards.end());
  std::string data;
  for (const auto pixel : pixels) {
    const auto stored = static_cast<std::uint16_t>(pixel ^ 0x8000u);  // minus 32768
    data.push_back(static_cast<char>(stored >> 8));
    data.push_back(static_cast<char>(stored & 0xFF));
  }
  return fits_header(primary) +
         fits_header({"XTENSION= 'IMAGE   '", "BITPIX  =                   16", "NAXIS   =                    2",
                      "NAXIS1  = " + std::to_string(width), "NAXIS2  = " + std::to_string(height), "PCOUNT  =                    0",
                      "GCOUNT  =                    1", "BZERO   =                32768", "BSCALE  =                    1",
                      "EXTNAME = 'Images  '"}) +
         padded(data, 2880, '\0');
}

/// The error that `call` throws; its code is internal and its message empty when it throws none.
template <class Call>
Error error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::internal, "");
}

#define EXPECT_MESSAGE(error, part) EXPECT_NE(std::string((error).what()).find(part), std::string::npos) << (error).what()

}  // namespace resonance::test
