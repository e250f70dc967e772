#include "sandbox/pdf/filter_stages.h"

#include <algorithm>
#include <cstdlib>

#include "sandbox/pdf/names.h"

namespace lazaret::sandbox {
namespace {

constexpr std::int64_t kWidestRow = std::int64_t{1} << 27U;  // bits

unsigned char byte_of(char c) {
  return static_cast<unsigned char>(c);
}

unsigned char paeth(int left, int above, int corner) {
  const int estimate = left + above - corner;
  const int to_left = std::abs(estimate - left);
  const int to_above = std::abs(estimate - above);
  const int to_corner = std::abs(estimate - corner);
  if (to_left <= to_above && to_left <= to_corner) return static_cast<unsigned char>(left);
  return static_cast<unsigned char>(to_above <= to_corner ? above : corner);
}

}  // namespace

bool BytewiseStage::write(const char* bytes, std::size_t length) {
  bool goes_on = true;
  for (std::size_t i = 0; i < length && goes_on && is_wanted_; ++i)
    goes_on = take(byte_of(bytes[i]));
  flush();
  return goes_on && is_wanted_;
}

void BytewiseStage::finish() {
  if (is_wanted_) end();
  flush();
}

void BytewiseStage::make(unsigned char byte) {
  out_[filled_++] = static_cast<char>(byte);
  if (filled_ == out_.size()) flush();
}

void BytewiseStage::flush() {
  const std::size_t filled = filled_;
  filled_ = 0;
  if (is_wanted_) is_wanted_ = pass_on(out_.data(), filled);
}

bool AsciiHexStage::take(unsigned char byte) {
  if (byte == '>') return false;
  const int digit = hex_value(static_cast<char>(byte));
  if (digit < 0) return true;  // white space, or what readers skip
  if (high_ < 0) {
    high_ = digit;
  } else {
    make(static_cast<unsigned char>(high_ * 16 + digit));
    high_ = -1;
  }
  return true;
}

void AsciiHexStage::end() {
  if (high_ >= 0) make(static_cast<unsigned char>(high_ * 16));
  high_ = -1;
}

bool Ascii85Stage::take(unsigned char byte) {
  if (byte == '~') {
    // "<~" opens such data in some writers; elsewhere the tilde ends it.
    const bool opens = is_fresh_ && digits_ == 1 && group_ == '<' - '!';
    if (opens) digits_ = 0;
    if (opens) group_ = 0;
    return opens;
  }
  if (byte == 'z' && digits_ == 0) {
    make_group(4);
    return true;
  }
  if (byte < '!' || byte > 'u') return true;
  group_ = group_ * 85 + (byte - '!');  // an overflow is as wrong here as it is for readers
  if (++digits_ == 5) make_group(4);
  return true;
}

void Ascii85Stage::make_group(int bytes) {
  for (int i = 0; i < bytes; ++i)
    make(static_cast<unsigned char>(group_ >> (24U - 8U * static_cast<unsigned>(i)) & 0xFFU));
  group_ = 0;
  digits_ = 0;
  is_fresh_ = false;
}

void Ascii85Stage::end() {
  if (digits_ < 2) return;
  const int bytes = digits_ - 1;
  for (; digits_ < 5; ++digits_)
    group_ = group_ * 85 + 84;
  make_group(bytes);
}

bool RunLengthStage::take(unsigned char byte) {
  if (copies_ > 0) {
    --copies_;
    make(byte);
  } else if (repeats_ > 0) {
    for (; repeats_ > 0; --repeats_)
      make(byte);
  } else if (byte == 128) {
    return false;
  } else if (byte < 128) {
    copies_ = byte + 1;
  } else {
    repeats_ = 257 - byte;
  }
  return true;
}

void LzwStage::restart() {
  width_ = 9;
  next_code_ = 258;
  previous_ = kMostCodes;
}

bool LzwStage::take(unsigned char byte) {
  bits_ = bits_ << 8U | byte;
  bit_count_ += 8;
  if (bit_count_ < width_) return true;
  bit_count_ -= width_;
  const unsigned code = bits_ >> bit_count_ & ((1U << width_) - 1);
  return take_code(code);
}

bool LzwStage::take_code(unsigned code) {
  if (code == kEnd) return false;
  if (code == kClear) {
    restart();
    return true;
  }
  const bool is_new = code >= next_code_;
  if (is_new && (code > next_code_ || previous_ == kMostCodes)) return false;  // damaged
  if (previous_ != kMostCodes && next_code_ < kMostCodes) {
    prefix_[next_code_] = static_cast<std::uint16_t>(previous_);
    suffix_[next_code_] = static_cast<unsigned char>(first_of(is_new ? previous_ : code));
    ++next_code_;
  }
  if (code >= next_code_) return false;
  make_string(code);
  previous_ = code;
  while (width_ < 12 && next_code_ + early_ >= 1U << width_)
    ++width_;
  return true;
}

unsigned LzwStage::first_of(unsigned code) const {
  while (code > kEnd)
    code = prefix_[code];  // always an older code
  return code;
}

void LzwStage::make_string(unsigned code) {
  std::size_t length = 0;
  for (; code > kEnd; code = prefix_[code])
    string_[length++] = suffix_[code];
  make(static_cast<unsigned char>(code));
  while (length > 0)
    make(string_[--length]);
}

bool PredictorStage::can_predict(const FilterSpec& spec) {
  const bool is_sane = spec.columns >= 1 && spec.colors >= 1 && spec.colors <= 64 && spec.bits >= 1 && spec.bits <= 32;
  return spec.predictor > 1 && is_sane && spec.columns <= kWidestRow / (spec.colors * spec.bits);
}

PredictorStage::PredictorStage(ByteSink& next, std::uint64_t cap, const FilterSpec& spec)
    : FilterStage(next, cap),
      is_png_(spec.predictor >= 10),
      row_bytes_(static_cast<std::size_t>((spec.columns * spec.colors * spec.bits + 7) / 8)),
      pixel_bytes_(static_cast<std::size_t>(std::max<std::int64_t>(1, spec.colors * spec.bits / 8))),
      bits_(spec.bits) {}

bool PredictorStage::write(const char* bytes, std::size_t length) {
  const std::size_t whole = row_bytes_ + (is_png_ ? 1 : 0);
  while (length > 0) {
    const std::size_t part = std::min(length, whole - row_.size());
    row_.append(bytes, part);
    bytes += part;
    length -= part;
    if (row_.size() == whole && !end_row()) return false;
  }
  return true;
}

void PredictorStage::finish() {
  if (row_.size() > (is_png_ ? 1U : 0U)) end_row();
}

bool PredictorStage::end_row() {
  if (is_png_) {
    undo_png();
  } else {
    undo_tiff();
  }
  const std::size_t tag = is_png_ ? 1 : 0;
  const bool goes_on = pass_on(row_.data() + tag, row_.size() - tag);
  std::swap(row_, above_);
  row_.clear();
  return goes_on;
}

void PredictorStage::undo_png() {
  const unsigned char method = byte_of(row_[0]);
  if (method == 0 || method > 4) return;
  for (std::size_t i = 1; i < row_.size(); ++i) {
    const int left = i > pixel_bytes_ ? byte_of(row_[i - pixel_bytes_]) : 0;
    const int above = i < above_.size() ? byte_of(above_[i]) : 0;
    const int corner = i > pixel_bytes_ && i - pixel_bytes_ < above_.size() ? byte_of(above_[i - pixel_bytes_]) : 0;
    int guess = left;
    if (method == 2) guess = above;
    if (method == 3) guess = (left + above) / 2;
    if (method == 4) guess = paeth(left, above, corner);
    row_[i] = static_cast<char>(byte_of(row_[i]) + guess);
  }
}

void PredictorStage::undo_tiff() {
  // Of samples that are no whole bytes nobody makes text; they pass as they are.
  if (bits_ == 8) {
    for (std::size_t i = pixel_bytes_; i < row_.size(); ++i)
      row_[i] = static_cast<char>(byte_of(row_[i]) + byte_of(row_[i - pixel_bytes_]));
  } else if (bits_ == 16) {
    for (std::size_t i = pixel_bytes_; i + 1 < row_.size(); i += 2) {
      const unsigned sum = (byte_of(row_[i]) * 256U + byte_of(row_[i + 1])) +
                           (byte_of(row_[i - pixel_bytes_]) * 256U + byte_of(row_[i - pixel_bytes_ + 1]));
      row_[i] = static_cast<char>(sum >> 8U & 0xFFU);
      row_[i + 1] = static_cast<char>(sum & 0xFFU);
    }
  }
}

}  // namespace lazaret::sandbox
