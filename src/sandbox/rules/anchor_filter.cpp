#include "sandbox/rules/anchor_filter.h"

#include <algorithm>
#include <cstdint>

#include "base/ascii.h"

namespace lazaret::sandbox {
namespace {

constexpr unsigned char byte_of(char c) {
  return static_cast<unsigned char>(c);
}

constexpr unsigned char upper(unsigned char c) {
  return c >= 'a' && c <= 'z' ? static_cast<unsigned char>(c & ~0x20U) : c;
}

constexpr std::size_t pair_of(unsigned char first, unsigned char second) {
  return static_cast<std::size_t>(first) | static_cast<std::size_t>(second) << 8U;
}

std::size_t triple_of(const char* at) {
  const std::uint32_t three = byte_of(ascii_lower(at[0])) |
                              static_cast<std::uint32_t>(byte_of(ascii_lower(at[1]))) << 8U |
                              static_cast<std::uint32_t>(byte_of(ascii_lower(at[2]))) << 16U;
  return three * 2'654'435'761U >> 20U;  // twelve bits: Knuth's multiplicative hash
}

std::string widened(std::string_view text) {
  std::string wide;
  for (const char c : text) {
    wide += c;
    wide += '\0';
  }
  return wide;
}

}  // namespace

AnchorFilter::AnchorFilter(const std::vector<std::string>& anchors) {
  for (const std::string& anchor : anchors) {
    if (anchor.size() < kShortest) {
      knows_all_ = false;
      continue;
    }
    std::string folded = ascii_lowered(anchor);
    add(widened(folded));
    add(std::move(folded));
  }
}

void AnchorFilter::add(std::string folded) {
  for (const std::size_t at : {0U, 1U}) {
    const unsigned char first = byte_of(folded[at]);
    const unsigned char second = byte_of(folded[at + 1]);
    for (const unsigned char one : {first, upper(first)}) {
      for (const unsigned char two : {second, upper(second)})
        pairs_.set(pair_of(one, two));
    }
  }
  triples_.set(triple_of(folded.data()));
  reach_ = std::max(reach_, folded.size() - 1);
  folded_.push_back(std::move(folded));
}

bool AnchorFilter::stands_at(std::string_view bytes) const {
  if (bytes.size() < kShortest || !triples_[triple_of(bytes.data())]) return false;
  return std::ranges::any_of(folded_, [bytes](std::string_view anchor) {
    return bytes.size() >= anchor.size() && std::ranges::equal(bytes.substr(0, anchor.size()), anchor, {}, ascii_lower);
  });
}

bool AnchorFilter::may_match(std::string_view bytes) const {
  if (!knows_all_) return true;
  // At every other byte: there an anchor has its first pair or its second.
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    if (!pairs_[pair_of(byte_of(bytes[at]), byte_of(bytes[at + 1]))]) continue;
    if (stands_at(bytes.substr(at)) || (at > 0 && stands_at(bytes.substr(at - 1)))) return true;
  }
  return false;
}

}  // namespace lazaret::sandbox
