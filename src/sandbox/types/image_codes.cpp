#include "sandbox/types/image_codes.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace lazaret::sandbox {
namespace {

using namespace std::string_view_literals;

constexpr std::uint32_t kMostReferences = 4096;    // of one JBIG2 segment to others
constexpr std::uint32_t kMostSymbols = 1U << 20U;  // of one JBIG2 dictionary
constexpr std::uint32_t kMostComponents = 64;      // of a JPEG 2000 picture; the standard allows 16384
constexpr std::uint64_t kMostTiles = 65'535;
constexpr int kMostSteps = 4096;  // boxes, segments or markers that are followed

// Reads big-endian numbers; past the end it reads zero and says so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::uint32_t number(std::size_t width) {
    if (bytes_.size() - at_ < width) {
      at_ = bytes_.size();
      is_over_ = true;
      return 0;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i)
      value = value << 8U | static_cast<unsigned char>(bytes_[at_++]);
    return value;
  }
  void skip(std::uint64_t count) {
    is_over_ = is_over_ || count > bytes_.size() - at_;
    at_ = is_over_ ? bytes_.size() : at_ + static_cast<std::size_t>(count);
  }
  std::size_t position() const { return at_; }
  bool is_over() const { return is_over_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool is_over_ = false;
};

struct Segment {
  std::uint32_t number = 0;
  unsigned type = 0;
  std::uint64_t length = 0;
  bool is_absurd = false;
};

Segment read_segment_header(Reader& reader) {
  Segment segment;
  segment.number = reader.number(4);
  const std::uint32_t flags = reader.number(1);
  segment.type = flags & 63U;
  std::uint32_t references = reader.number(1) >> 5U;
  if (references == 7) {
    // The long form: the count in 29 bits, then a bit for each of them and for the segment itself.
    references = (reader.number(1) << 16U | reader.number(2)) & 0xFFFFFFU;
    reader.skip((std::uint64_t{references} + 8) / 8);
  } else if (references > 4) {
    segment.is_absurd = true;
  }
  segment.is_absurd = segment.is_absurd || references > kMostReferences || references > segment.number;
  std::size_t width = 4;
  if (segment.number <= 65'536) width = 2;
  if (segment.number <= 256) width = 1;
  reader.skip(std::uint64_t{references} * width);
  reader.skip((flags & 64U) != 0 ? 4 : 1);
  segment.length = reader.number(4);
  return segment;
}

// The counts of a symbol dictionary stand behind its flags and templates.
bool has_absurd_symbols(std::string_view data) {
  Reader reader(data);
  const std::uint32_t flags = reader.number(2);
  const bool is_huffman = (flags & 1U) != 0;
  const bool refines = (flags & 2U) != 0;
  if (!is_huffman) reader.skip((flags >> 10U & 3U) == 0 ? 8 : 2);
  if (refines && (flags >> 12U & 1U) == 0) reader.skip(4);
  const std::uint32_t exported = reader.number(4);
  const std::uint32_t added = reader.number(4);
  return !reader.is_over() && (exported > kMostSymbols || added > kMostSymbols);
}

struct Siz {
  bool is_absurd = false;
  double decoded_bytes = 0;
};

// The SIZ marker segment of a JPEG 2000 codestream, behind FF51.
Siz read_siz(std::string_view data) {
  Reader reader(data);
  reader.skip(4);  // length, capabilities
  const std::uint64_t right = reader.number(4);
  const std::uint64_t bottom = reader.number(4);
  const std::uint64_t left = reader.number(4);
  const std::uint64_t top = reader.number(4);
  const std::uint64_t tile_width = reader.number(4);
  const std::uint64_t tile_height = reader.number(4);
  reader.skip(8);
  const std::uint32_t components = reader.number(2);
  Siz siz;
  if (reader.is_over()) return siz;
  siz.is_absurd = left >= right || top >= bottom || tile_width == 0 || tile_height == 0 || components == 0 ||
                  components > kMostComponents;
  for (std::uint32_t i = 0; i < components && !siz.is_absurd && !reader.is_over(); ++i) {
    reader.skip(1);
    const bool steps = reader.number(1) != 0;
    siz.is_absurd = (reader.number(1) == 0 || !steps) && !reader.is_over();
  }
  if (siz.is_absurd) return siz;
  const std::uint64_t across = (right - left + tile_width - 1) / tile_width;
  const std::uint64_t down = (bottom - top + tile_height - 1) / tile_height;
  siz.is_absurd = across > kMostTiles || down > kMostTiles || across * down > kMostTiles;
  siz.decoded_bytes = static_cast<double>(right - left) * static_cast<double>(bottom - top) * components;
  return siz;
}

// What the boxes of a JP2 header say of palettes and channels, which decoders index by (CVE-2018-4990).
bool has_absurd_boxes(std::string_view header) {
  Reader reader(header);
  std::optional<std::uint32_t> columns;
  for (int step = 0; step < kMostSteps && !reader.is_over(); ++step) {
    const std::size_t start = reader.position();
    const std::uint64_t length = reader.number(4);
    const std::uint32_t type = reader.number(4);
    if (reader.is_over() || length < 8) return false;
    const std::string_view body = header.substr(start + 8, static_cast<std::size_t>(length - 8));
    Reader inner(body);
    if (type == 0x70636C72) {  // pclr
      const std::uint32_t entries = inner.number(2);
      columns = inner.number(1);
      if (!inner.is_over() && (entries == 0 || entries > 1024 || *columns == 0)) return true;
    }
    if (type == 0x636D6170) {  // cmap: component, kind, column
      for (std::size_t at = 0; at + 4 <= body.size(); at += 4) {
        inner.skip(2);
        const std::uint32_t kind = inner.number(1);
        const std::uint32_t column = inner.number(1);
        if (kind > 1 || (kind == 1 && columns && column >= *columns)) return true;
      }
    }
    reader.skip(length - 8);
  }
  return false;
}

bool is_frame(unsigned marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

}  // namespace

ImageSense sense_of_jbig2(std::string_view bytes, std::uint64_t size) {
  ImageSense sense;
  Reader reader(bytes);
  for (int step = 0; step < kMostSteps && !sense.is_absurd; ++step) {
    const Segment segment = read_segment_header(reader);
    if (reader.is_over()) {
      sense.is_absurd = segment.is_absurd;
      break;
    }
    const std::string_view data = bytes.substr(std::min(reader.position(), bytes.size()));
    const bool is_open_ended = segment.length == 0xFFFFFFFF;
    sense.is_absurd = segment.is_absurd || (!is_open_ended && segment.length > size * 16 + (std::uint64_t{1} << 24U));
    if (segment.type == 0) sense.is_absurd = sense.is_absurd || has_absurd_symbols(data);
    if (segment.type == 48 && data.size() >= 8) {  // page information
      Reader page(data);
      const double width = page.number(4);
      const std::uint32_t height = page.number(4);
      if (height != 0xFFFFFFFF) sense.decoded_bytes = width * height / 8;
    }
    if (is_open_ended) break;
    reader.skip(segment.length);
  }
  return sense;
}

ImageSense sense_of_jpx(std::string_view bytes) {
  ImageSense sense;
  const std::size_t header = bytes.find("jp2h"sv);
  if (header != std::string_view::npos && header >= 4) {
    Reader reader(bytes.substr(header - 4));
    const std::uint32_t length = reader.number(4);
    if (length > 8) sense.is_absurd = has_absurd_boxes(bytes.substr(header + 4, length - 8));
  }
  const std::size_t stream = bytes.find("\xFF\x4F\xFF\x51"sv);
  if (stream == std::string_view::npos) return sense;
  const Siz siz = read_siz(bytes.substr(stream + 4));
  sense.is_absurd = sense.is_absurd || siz.is_absurd;
  sense.decoded_bytes = siz.decoded_bytes;
  return sense;
}

ImageSense sense_of_dct(std::string_view bytes) {
  ImageSense sense;
  if (bytes.substr(0, 2) != "\xFF\xD8"sv) return sense;
  Reader reader(bytes.substr(2));
  for (int step = 0; step < kMostSteps && !reader.is_over(); ++step) {
    if (reader.number(1) != 0xFF) return sense;
    const std::uint32_t marker = reader.number(1);
    if (marker == 0xDA || marker == 0xD9) return sense;
    const std::uint32_t length = reader.number(2);
    if (reader.is_over() || length < 2) return sense;
    if (!is_frame(marker)) {
      reader.skip(length - 2);
      continue;
    }
    reader.skip(1);
    const double height = reader.number(2);
    const double width = reader.number(2);
    const std::uint32_t components = reader.number(1);
    if (!reader.is_over()) sense.decoded_bytes = width * height * components;
    return sense;
  }
  return sense;
}

}  // namespace lazaret::sandbox
