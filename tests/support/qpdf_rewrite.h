// Writes a PDF again by libqpdf in another way: the same objects, hidden elsewhere. Plain C++17, see
// src/sandbox/CMakeLists.txt.
#pragma once

#include <string>
#include <vector>

namespace lazaret::testing_support {

enum class Rewriting {
  kObjectStreams,
  kLinearized,
  kRc4With40Bits,
  kRc4With128Bits,
  kAes128,
  kAes256Revision5,
  kAes256
};

inline std::vector<Rewriting> all_rewritings() {
  return {Rewriting::kObjectStreams, Rewriting::kLinearized,      Rewriting::kRc4With40Bits, Rewriting::kRc4With128Bits,
          Rewriting::kAes128,        Rewriting::kAes256Revision5, Rewriting::kAes256};
}

const char* name_of(Rewriting rewriting);

// What a document says whose streams are encrypted by RC4 with 128 bits for the empty password, and such a stream's
// data as it lies in the file.
struct Rc4Encryption {
  static constexpr const char* kOwner = "c2700fabb0b80b57b2ba29cc89049c72a70dd9f5f60260947850167b3055dd99";
  static constexpr const char* kUser = "7bb460d9b5d8df98c405ea5c1de39cdd0122456a91bae5134273a6db134c87c4";
  static constexpr const char* kId = "5974b1d0c74fb715f3e178a512080343";
};
std::string encrypted_by_rc4(int object, std::string data);

// Encrypted ones open with `password`. Throws what libqpdf throws.
std::string rewrite_pdf(const std::string& bytes, Rewriting rewriting, const std::string& password = "");

}  // namespace lazaret::testing_support
