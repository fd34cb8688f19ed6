#include "catalog/frame_reading.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "resonance/error.hpp"

namespace resonance::catalog {

namespace {

// Below this waking other threads costs more than they gain: about 0.1 ms of work.
constexpr std::uint64_t kParallelRawBytes = 1 << 20;
constexpr std::uint64_t kParallelEncodedBytes = 256 << 10;
constexpr std::uint64_t kRawPieceBytes = 1 << 20;  // raw frames given to a thread at a time

/// Frames [begin, end) of a reading, which lie in the same chunks.
struct Piece {
  std::uint64_t begin, end;
};

class Reading {
 public:
  Reading(const ImageSequence::Impl& images, const FrameSteps& steps, const frames::Window& window, frames::Check check,
          std::span<std::byte> out)
      : images_(images),
        steps_(steps),
        window_(window),
        check_(check),
        out_(out),
        window_bytes_(out.size() / steps.count),
        readers_(images.groups().size()) {}

  void run() {
    if (steps_.count == 1) return read({0, 1});
    const auto pieces = cut();
    if (pieces.size() < 2 || work_ < (raw_ ? kParallelRawBytes : kParallelEncodedBytes)) {
      for (const auto& piece : pieces) read(piece);
      return;
    }
    images_.pool().for_each(pieces.size(), [&](std::uint64_t i) { read(pieces[i]); });
  }

 private:
  const ImageSequence::Impl::Ref& ref(std::uint64_t k) const noexcept { return images_.refs()[steps_[k]]; }

  const frames::FrameArrayReader& reader(std::uint64_t k) {
    auto& reader = readers_[ref(k).group];
    if (!reader) reader = images_.reader_for(steps_[k]);
    return *reader;
  }

  std::vector<Piece> cut() {
    std::vector<Piece> out;
    for (std::uint64_t k = 0; k < steps_.count; ++k) {
      const auto& in = reader(k);
      const bool joins = !out.empty() && ref(k).group == ref(k - 1).group &&
                         in.chunk_row_of(ref(k).number) == in.chunk_row_of(ref(k - 1).number) &&
                         (!in.mappable() || (k - out.back().begin + 1) * window_bytes_ <= kRawPieceBytes);
      raw_ = raw_ && in.mappable();
      if (joins) {
        out.back().end = k + 1;
        continue;
      }
      out.push_back({k, k + 1});
      work_ += in.mappable() ? 0 : in.geometry().frame_bytes();  // a chunk is decoded, whatever is wanted of it
    }
    work_ += out_.size();
    return out;
  }

  void read(const Piece& piece) {
    std::vector<frames::WantedFrame> wanted;
    wanted.reserve(piece.end - piece.begin);
    for (auto k = piece.begin; k < piece.end; ++k) wanted.push_back({ref(k).number, ref(k).checksum(), out_.data() + k * window_bytes_});
    std::size_t at = 0;
    try {
      reader(piece.begin).read(wanted, window_, check_, at);
    } catch (Error& error) {
      error.add_context(images_.doing(steps_[piece.begin + at]));
      throw;
    }
  }

  const ImageSequence::Impl& images_;
  const FrameSteps steps_;
  const frames::Window window_;
  const frames::Check check_;
  const std::span<std::byte> out_;
  const std::uint64_t window_bytes_;
  std::vector<std::shared_ptr<const frames::FrameArrayReader>> readers_;  // by group; complete before threads look at them
  std::uint64_t work_ = 0;                                                // bytes to be copied or decoded, roughly
  bool raw_ = true;
};

}  // namespace

void read_frames(const ImageSequence::Impl& images, const FrameSteps& steps, const frames::Window& window, frames::Check check,
                 std::span<std::byte> out) {
  if (steps.count == 0 || window.pixels() == 0) return;
  Reading(images, steps, window, check, out).run();
}

}  // namespace resonance::catalog
