/// The FITS files around a scan table, by the names that its rows use.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace resonance::bcs {

/// A listing of one folder and three levels below. A name from a file can only ever select from this listing, so no
/// "../" in it leads anywhere else.
class FrameFiles {
 public:
  explicit FrameFiles(const std::filesystem::path& folder);
  /// From a listing in hand; paths begin with `folder`.
  FrameFiles(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& files);

  /// The file of a row's name, which may have folders before it and ".fits" behind it; the nearest one when there are several.
  /// nullptr when there is none.
  [[nodiscard]] const std::filesystem::path* find(std::string_view name) const;

  /// Names that several files have; find() answers with the nearest.
  [[nodiscard]] const std::vector<std::string>& ambiguous() const noexcept { return ambiguous_; }

 private:
  struct Place {
    std::filesystem::path path;
    std::ptrdiff_t depth;
    bool reported;
  };
  std::map<std::string, Place, std::less<>> by_stem_;
  std::vector<std::string> ambiguous_;
};

}  // namespace resonance::bcs
