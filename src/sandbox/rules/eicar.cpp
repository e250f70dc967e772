#include "sandbox/rules/eicar.h"

#include <algorithm>
#include <cstring>

namespace lazaret::sandbox {

std::string eicar_test_string() {
  std::string text = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$";
  text += "EICAR-STANDARD-";
  text += "ANTIVIRUS-TEST-FILE!";
  text += "$H+H*";
  return text;
}

bool EicarMatcher::feed(const char* bytes, std::size_t length) {
  const std::size_t overlap = needle_.size() - 1;
  if (::memmem(bytes, length, needle_.data(), needle_.size()) != nullptr) return true;
  if (!tail_.empty()) {
    tail_.append(bytes, std::min(length, overlap));
    if (tail_.find(needle_) != std::string::npos) return true;
  }
  if (length >= overlap) {
    tail_.assign(bytes + length - overlap, overlap);
  } else {
    if (tail_.empty()) tail_.assign(bytes, length);
    if (tail_.size() > overlap) tail_.erase(0, tail_.size() - overlap);
  }
  return false;
}

}  // namespace lazaret::sandbox
