/// SHA-256, by OpenSSL.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;

namespace resonance::archive {

class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  [[nodiscard]] std::string finish();  ///< 64 hexadecimal digits, lower case; once

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace resonance::archive
