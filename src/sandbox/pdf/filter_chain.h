// FilterChain: the decoding filters of one stream, one behind the other, in pieces and under a cap. It never holds more
// than a row, allocates nothing by a size the file states, and goes on past what readers forgive. The codecs of images
// (DCT, JPX, JBIG2, CCITT) are none of its filters: their data is judged by its header.
// Plain C++17, so that the room of libqpdf can use it. One is used for one stream.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sandbox/file_reader.h"
#include "sandbox/inflater.h"

namespace lazaret::sandbox {

enum class FilterKind { kFlate, kLzw, kAsciiHex, kAscii85, kRunLength, kIdentity };

// By its name without the slash, the abbreviations of inline images included. Nothing: unknown, or an image codec.
std::optional<FilterKind> filter_kind_of(std::string_view name);
bool is_image_codec(std::string_view name);

struct FilterSpec {
  FilterKind kind = FilterKind::kIdentity;
  std::int64_t predictor = 1;  // of Flate and LZW: 1 none, 2 TIFF, from 10 PNG
  std::int64_t columns = 1;
  std::int64_t colors = 1;
  std::int64_t bits = 8;
  bool early_change = true;  // of LZW
};

inline constexpr std::size_t kMaxFilters = 16;  // of one stream; documents have one, rarely two

class FilterStage;

class FilterChain final : public ByteSink {
 public:
  // Borrows `inflater`, `last`. No stage may make more than `cap` bytes.
  FilterChain(const std::vector<FilterSpec>& specs, Inflater& inflater, std::uint64_t cap, ByteSink& last);
  ~FilterChain() override;

  // False: the stream has ended, is damaged beyond this, has burst, or its sink wants no more.
  bool write(const char* bytes, std::size_t length) override;
  // Hands on what is held back. To be called once, after the last write(), whatever that said.
  void finish();
  // Whether a stage made more than its cap.
  bool bursts() const;

 private:
  std::vector<std::unique_ptr<FilterStage>> stages_;  // the last one of the stream first: each writes to the one before
  ByteSink& last_;
};

}  // namespace lazaret::sandbox
