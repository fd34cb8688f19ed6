/// Is there a second copy of SQLite in this process?
#pragma once

#include <functional>
#include <string_view>

namespace resonance::sqlite {

/// Whether the connection that `open_a_connection` opens on this thread is opened by the copy of SQLite that we are linked with.
[[nodiscard]] bool same_copy(const std::function<void()>& open_a_connection);
[[nodiscard]] std::string_view version() noexcept;  ///< of the library that runs, not of its header

}  // namespace resonance::sqlite
