/// The frames of one field: where each lies, and readers of the arrays that hold them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "catalog/queries.hpp"
#include "frames/frame_array_reader.hpp"
#include "resonance/image_sequence.hpp"

namespace resonance {

class ImageSequence::Impl {
 public:
  Impl(std::filesystem::path store, std::string run_uid, std::string field);

  void add(const catalog::RefRow& row);  ///< only while the sequence is made

  struct Ref {
    std::uint32_t array;  // position in arrays_
    std::uint64_t number;
    std::uint64_t seq_num;
  };
  struct Array {
    std::string group;
    frames::Geometry geometry;                               // as image_refs says
    std::shared_ptr<const frames::FrameArrayReader> reader;  // opened when first needed; guarded by mutex_
  };

  [[nodiscard]] const std::vector<Ref>& refs() const noexcept { return refs_; }
  [[nodiscard]] const Ref& ref(std::uint64_t i) const;  ///< \throws Error(not_found) past the end
  [[nodiscard]] const Array& array_of(const Ref& ref) const noexcept { return arrays_[ref.array]; }
  [[nodiscard]] const std::vector<Array>& arrays() const noexcept { return arrays_; }
  [[nodiscard]] const std::string& field() const noexcept { return field_; }

  /// \throws Error(corrupt) when zarr.json has another geometry than image_refs
  [[nodiscard]] std::shared_ptr<const frames::FrameArrayReader> reader(std::uint32_t array) const;
  void require_geometry(std::uint64_t i) const;  ///< of frame `i`, as reader()
  void read(std::uint64_t i, std::span<std::byte> out) const;
  /// "reading frame 17 of ccd in run …"
  [[nodiscard]] std::string doing(std::uint64_t i) const;

 private:
  std::filesystem::path store_;
  std::string run_uid_, field_;
  std::vector<Ref> refs_;
  mutable std::mutex mutex_;
  mutable std::vector<Array> arrays_;
};

}  // namespace resonance
