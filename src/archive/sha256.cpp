#include "archive/sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "resonance/error.hpp"

namespace resonance::archive {

namespace {

void require(int result) {
  if (result != 1) throw Error(ErrorCode::internal, "OpenSSL cannot make SHA-256 here; is its configuration sound?");
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr ? EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) : 0);
}

void Sha256::update(std::span<const std::byte> bytes) { require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size())); }

std::string Sha256::finish() {
  std::array<unsigned char, 32> digest{};
  unsigned length = 0;
  require(EVP_DigestFinal_ex(context_.get(), digest.data(), &length));
  std::string out;
  for (const auto byte : digest) out += fmt::format("{:02x}", byte);
  return out;
}

}  // namespace resonance::archive
