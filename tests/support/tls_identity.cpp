#include "tests/support/tls_identity.h"

#include <cstdlib>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace lazaret::testing_support {
namespace {

constexpr std::chrono::seconds kDay = std::chrono::hours{24};

// A test that cannot make its certificates has nothing to say.
void require(bool holds) {
  if (!holds) std::abort();
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// Neither signed nor vouched for yet.
TlsIdentity draft(const std::string& name, long serial, std::chrono::seconds lifetime) {
  TlsIdentity identity;
  identity.key.reset(EVP_EC_gen("P-256"));
  identity.certificate.reset(X509_new());
  require(identity.key && identity.certificate);
  X509* certificate = identity.certificate.get();
  constexpr long kVersion3 = 2;
  X509_set_version(certificate, kVersion3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -static_cast<long>(kDay.count()));
  X509_gmtime_adj(X509_getm_notAfter(certificate), static_cast<long>(lifetime.count()));
  require(X509_set_pubkey(certificate, identity.key.get()) == 1);
  require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0) == 1);
  return identity;
}

void sign(X509* certificate, const TlsIdentity& issuer) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get()));
  require(X509_sign(certificate, issuer.key.get(), EVP_sha256()) > 0);
}

}  // namespace

TlsAuthority::TlsAuthority(const std::string& name) : self_(draft(name, 1, kDay)) {
  X509* certificate = self_.certificate.get();
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign");
  add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
  sign(certificate, self_);
}

TlsIdentity TlsAuthority::vouch_for(const std::string& host, std::chrono::seconds lifetime) const {
  TlsIdentity leaf = draft(host, 2, lifetime);
  add_extension(leaf.certificate.get(), self_.certificate.get(), NID_subject_alt_name, "DNS:" + host);
  sign(leaf.certificate.get(), self_);
  return leaf;
}

std::string TlsAuthority::pem() const {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
  require(memory && PEM_write_bio_X509(memory.get(), self_.certificate.get()) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace lazaret::testing_support
