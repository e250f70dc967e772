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

// Encrypted ones open with `password`. Throws what libqpdf throws.
std::string rewrite_pdf(const std::string& bytes, Rewriting rewriting, const std::string& password = "");

}  // namespace lazaret::testing_support
