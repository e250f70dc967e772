#include "sandbox/types/dicom_walk.h"

#include <algorithm>
#include <array>

namespace lazaret::sandbox {
namespace {

constexpr std::uint32_t kItem = 0xFFFEE000;
constexpr std::uint32_t kItemEnd = 0xFFFEE00D;
constexpr std::uint32_t kSequenceEnd = 0xFFFEE0DD;
constexpr std::uint32_t kPixelData = 0x7FE00010;
constexpr std::uint32_t kUndefinedLength = 0xFFFFFFFF;

bool is_representation(std::string_view name) {
  return name.size() == 2 && std::ranges::all_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Value representations whose length has four bytes (PS3.5 table 7.1-1).
bool has_long_length(std::string_view name) {
  static constexpr auto kLong =
      std::to_array<std::string_view>({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"});
  return std::ranges::find(kLong, name) != kLong.end();
}

}  // namespace

std::uint32_t DicomWalk::number(std::string_view bytes) const {
  return coding_ == DicomCoding::kExplicitBig ? big_endian(bytes) : little_endian(bytes);
}

std::uint32_t DicomWalk::tag_at(std::uint64_t offset) {
  const std::string_view bytes = window_.at(offset, 4);
  return (number(bytes.substr(0, 2)) << 16U) | number(bytes.substr(2, 2));
}

DicomWalk::End DicomWalk::run(std::uint64_t at, std::optional<std::uint32_t> only_group) {
  at_ = at;
  for (;;) {
    while (!levels_.empty() && levels_.back().end != kUndefined && at_ >= levels_.back().end)
      levels_.pop_back();
    if (at_ == window_.size()) return levels_.empty() ? End::kWhole : End::kTruncated;
    if (!window_.holds(at_, 8)) return End::kTruncated;
    if (const auto end = step(only_group)) return *end;
  }
}

std::optional<DicomWalk::End> DicomWalk::step(std::optional<std::uint32_t> only_group) {
  if (++elements_ > kMostElements) return End::kTooMany;
  const std::uint32_t tag = tag_at(at_);
  if (levels_.empty() && only_group && tag >> 16U != *only_group) return End::kWhole;
  const bool is_mark = tag == kItem || tag == kItemEnd || tag == kSequenceEnd;
  const bool wants_items = !levels_.empty() && levels_.back().holds_items;
  if (is_mark) return step_item(tag);
  return wants_items ? std::optional(End::kBroken) : step_element(tag);
}

std::optional<DicomWalk::End> DicomWalk::step_item(std::uint32_t tag) {
  if (levels_.empty()) return End::kBroken;
  const Level level = levels_.back();
  if (tag == kItem) {
    if (!level.holds_items) return End::kBroken;
    const std::uint32_t length = number(window_.at(at_ + 4, 4));
    return open(at_ + 8, length, false, level.is_implicit);
  }
  // A delimiter closes what it fits; some writers also put one behind a length that was told.
  if (level.holds_items != (tag == kSequenceEnd)) return End::kBroken;
  levels_.pop_back();
  at_ += 8;
  return std::nullopt;
}

std::optional<DicomWalk::End> DicomWalk::step_element(std::uint32_t tag) {
  std::string_view representation;
  std::uint64_t value = at_ + 8;
  std::uint32_t length = 0;
  const std::string header(window_.at(at_ + 4, 8));
  if (is_implicit()) {
    length = number(std::string_view(header).substr(0, 4));
  } else {
    representation = std::string_view(header).substr(0, 2);
    if (!is_representation(representation)) return End::kBroken;
    if (!has_long_length(representation)) {
      length = number(std::string_view(header).substr(2, 2));
    } else {
      if (header.size() < 8) return End::kTruncated;
      length = number(std::string_view(header).substr(4, 4));
      value = at_ + 12;
    }
  }
  const bool is_undefined = length == kUndefinedLength;
  const bool is_pixel_data = tag == kPixelData;
  listener_.element({tag, value, is_undefined ? 0 : length, levels_.size()});
  if (is_undefined && is_pixel_data) {
    at_ = value;
    return step_over_fragments(value) ? std::nullopt : std::optional(End::kTruncated);
  }
  const bool is_sequence = representation == "SQ" || is_undefined;
  if (is_sequence) return open(value, length, true, is_implicit() || representation == "UN");
  return step_over(value, length);
}

std::optional<DicomWalk::End> DicomWalk::open(std::uint64_t value, std::uint64_t length, bool holds_items,
                                              bool is_implicit) {
  if (levels_.size() >= kDeepest) return End::kTooDeep;
  if (length != kUndefinedLength && !window_.holds(value, length)) return End::kTruncated;
  const std::uint64_t end = length == kUndefinedLength ? kUndefined : value + length;
  levels_.push_back({end, holds_items, is_implicit});
  at_ = value;
  return std::nullopt;
}

std::optional<DicomWalk::End> DicomWalk::step_over(std::uint64_t value, std::uint64_t length) {
  if (!window_.holds(value, length)) return End::kTruncated;
  at_ = value + length;
  return std::nullopt;
}

// Compressed frames: items of bytes up to the sequence's delimiter.
bool DicomWalk::step_over_fragments(std::uint64_t at) {
  while (window_.holds(at, 8)) {
    const std::uint32_t tag = tag_at(at);
    const std::uint32_t length = number(window_.at(at + 4, 4));
    at_ = at;
    if (tag == kSequenceEnd) {
      at_ = at + 8;
      return true;
    }
    if (tag != kItem || !window_.holds(at + 8, length)) return false;
    at += 8 + std::uint64_t{length};
  }
  return false;
}

}  // namespace lazaret::sandbox
