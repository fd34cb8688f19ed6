#include "io/page_cache.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace resonance::io {

void drop_from_cache(const std::filesystem::path& path) noexcept {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return;
  (void)::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  ::close(descriptor);
}

}  // namespace resonance::io
