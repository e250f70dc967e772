// TlsAuthority: a certificate authority for one test, with a key made when the test runs. It vouches for whatever it is
// told to: another host, a time that is over. Nothing of it is kept in the tree or outlives the test.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace lazaret::testing_support {

struct FreeKey {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

// A key, and the certificate that binds it to a name.
struct TlsIdentity {
  std::unique_ptr<EVP_PKEY, FreeKey> key;
  std::unique_ptr<X509, FreeCertificate> certificate;
};

class TlsAuthority {
 public:
  explicit TlsAuthority(const std::string& name);

  // Valid from yesterday until `lifetime` from now, which may lie in the past.
  TlsIdentity vouch_for(const std::string& host, std::chrono::seconds lifetime = std::chrono::hours{1}) const;
  // Its certificate, as AWS_CA_BUNDLE wants it.
  std::string pem() const;

 private:
  TlsIdentity self_;
};

}  // namespace lazaret::testing_support
