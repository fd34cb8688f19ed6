#include "io/mapping.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "io/posix_error.hpp"

namespace resonance::io {

Mapping::Mapping(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw_errno(errno, "opening", path);
  struct stat info{};
  void* memory = MAP_FAILED;
  int error = 0;
  if (::fstat(descriptor, &info) != 0)
    error = errno;
  else if (info.st_size > 0) {
    memory = ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) error = errno;
  }
  ::close(descriptor);
  if (error != 0) throw_errno(error, "mapping", path);
  if (info.st_size > 0) bytes_ = {static_cast<const std::byte*>(memory), static_cast<std::size_t>(info.st_size)};
}

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace resonance::io
