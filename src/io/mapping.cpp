#include "io/mapping.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "io/posix_error.hpp"

namespace resonance::io {

namespace {

std::uint64_t page_bytes() noexcept {
  static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

std::uint64_t before_page(std::uint64_t offset) noexcept { return offset % page_bytes(); }
std::uint64_t to_page_end(std::uint64_t offset) noexcept { return (offset + page_bytes() - 1) / page_bytes() * page_bytes(); }

bool side_by_side(const FileRange& a, const FileRange& b) noexcept {
  return before_page(a.offset + a.bytes) == 0 && before_page(b.offset) == 0;
}

}  // namespace

Mapping::Mapping(const StoreFile& file) {
  if (file.bytes() == 0) return;
  void* memory = ::mmap(nullptr, file.bytes(), PROT_READ, MAP_SHARED, file.descriptor(), 0);
  if (memory == MAP_FAILED) throw_errno(errno, "mapping", file.path());
  bytes_ = {static_cast<const std::byte*>(memory), file.bytes()};
}

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

MappedRanges::MappedRanges(std::span<const FileRange> ranges) {
  try {
    for (std::size_t begin = 0, end = 0; begin < ranges.size(); begin = end) {
      for (end = begin + 1; end < ranges.size() && side_by_side(ranges[end - 1], ranges[end]);) ++end;
      map(ranges.subspan(begin, end - begin), begin);
    }
  } catch (...) {
    unmap();
    throw;
  }
}

MappedRanges::~MappedRanges() { unmap(); }

void MappedRanges::map(std::span<const FileRange> ranges, std::size_t first_range) {
  const auto lead = before_page(ranges.front().offset);
  std::uint64_t bytes = 0;
  for (const auto& range : ranges) bytes += range.bytes;
  // First the address space, then each piece in its place: nobody else can get in between.
  const auto room = to_page_end(lead + bytes);
  void* memory = ::mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw_errno(errno, "reserving address space for", ranges.front().file->path());
  auto* base = static_cast<std::byte*>(memory);
  try {
    places_.emplace_back(base, room);
  } catch (...) {
    ::munmap(memory, room);
    throw;
  }
  parts_.push_back({first_range, ranges.size(), {base + lead, bytes}});
  for (const auto& range : ranges) {
    const auto skip = before_page(range.offset);
    if (::mmap(base, skip + range.bytes, PROT_READ, MAP_SHARED | MAP_FIXED, range.file->descriptor(),
               static_cast<off_t>(range.offset - skip)) == MAP_FAILED)
      throw_errno(errno, "mapping", range.file->path(), range.offset);
    base += skip + range.bytes;
  }
}

void MappedRanges::unmap() noexcept {
  for (const auto place : places_) ::munmap(place.data(), place.size());
}

}  // namespace resonance::io
