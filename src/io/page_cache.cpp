#include "io/page_cache.hpp"

#include <fcntl.h>

namespace resonance::io {

void drop_from_cache(const StoreFile& file) noexcept { (void)::posix_fadvise(file.descriptor(), 0, 0, POSIX_FADV_DONTNEED); }

}  // namespace resonance::io
