#include "base/digest.h"

#include <algorithm>
#include <new>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/ascii.h"
#include "base/encoding.h"

namespace lazaret {

struct Sha256::Context {
  Context() : md(EVP_MD_CTX_new()) {
    if (md == nullptr || EVP_DigestInit_ex(md, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  }
  ~Context() { EVP_MD_CTX_free(md); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  EVP_MD_CTX* md;
};

std::optional<Digest> Digest::parse(std::string_view text) {
  std::array<std::uint8_t, 32> bytes{};
  if (!hex_decode(ascii_lowered(text), bytes)) return std::nullopt;
  return Digest{bytes};
}

std::string Digest::to_string() const {
  return hex_encode(bytes_);
}

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()) != 1) throw std::bad_alloc();
}

void Sha256::update(std::string_view text) {
  update(std::as_bytes(std::span(text.data(), text.size())));
}

Digest Sha256::finish() {
  std::array<std::uint8_t, 32> bytes{};
  if (EVP_DigestFinal_ex(context_->md, bytes.data(), nullptr) != 1) throw std::bad_alloc();
  return Digest{bytes};
}

Digest sha256(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.finish();
}

std::array<std::uint8_t, 16> md5(std::string_view text) {
  std::array<std::uint8_t, 16> bytes{};
  if (EVP_Digest(text.data(), text.size(), bytes.data(), nullptr, EVP_md5(), nullptr) != 1) throw std::bad_alloc();
  return bytes;
}

Digest hmac_sha256(const Secret& key, std::string_view text) {
  std::array<std::uint8_t, 32> bytes{};
  unsigned length = 0;
  if (HMAC(EVP_sha256(), key.reveal().data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes.data(), &length) == nullptr) {
    throw std::bad_alloc();
  }
  return Digest{bytes};
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace lazaret
