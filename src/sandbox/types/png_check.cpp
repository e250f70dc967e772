#include <algorithm>
#include <array>
#include <string>

#include <isa-l/crc.h>

#include "sandbox/inflating_sink.h"
#include "sandbox/types/image_check.h"
#include "sandbox/types/script_matcher.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::uint64_t kSignatureBytes = 8;
constexpr std::uint64_t kFrameBytes = 12;                          // length, type and checksum of a chunk
constexpr std::uint64_t kMostPicture = std::uint64_t{256} << 20U;  // decoded to see whether it is as long as it says
constexpr std::uint64_t kSlack = std::uint64_t{64} * 1024;         // that an encoder may leave behind the last row
constexpr std::uint64_t kMostText = std::uint64_t{16} << 20U;      // decoded of all text and colour profiles together
constexpr std::uint64_t kMostHeld = std::uint64_t{1} << 20U;       // of such a chunk as it lies in the file

struct PngHeader {
  ImageSize size;
  unsigned color = 0;
  bool is_interlaced = false;
};

bool is_type(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

bool may_have_depth(unsigned color, unsigned depth) {
  switch (color) {
    case 0:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case 3:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case 2:
    case 4:
    case 6:
      return depth == 8 || depth == 16;
    default:
      return false;
  }
}

std::uint64_t channels_of(unsigned color) {
  static constexpr std::array<std::uint64_t, 7> kChannels{1, 0, 3, 1, 2, 0, 4};
  return kChannels.at(color);
}

std::uint64_t bytes_of(const PngHeader& header, std::uint64_t width, std::uint64_t height) {
  if (width == 0 || height == 0) return 0;
  return height * (1 + (width * header.size.bit_depth * header.size.channels + 7) / 8);
}

// The seven passes of an interlaced picture: where each begins and how far its pixels lie apart.
std::uint64_t decoded_bytes(const PngHeader& header) {
  if (!header.is_interlaced) return bytes_of(header, header.size.width, header.size.height);
  struct Pass {
    std::uint64_t left, top, right, down;
  };
  static constexpr std::array<Pass, 7> kPasses{
      {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}};
  std::uint64_t bytes = 0;
  const auto count = [](std::uint64_t all, std::uint64_t start, std::uint64_t step) {
    return all > start ? (all - start + step - 1) / step : 0;
  };
  for (const Pass& pass : kPasses) {
    bytes += bytes_of(header, count(header.size.width, pass.left, pass.right),
                      count(header.size.height, pass.top, pass.down));
  }
  return bytes;
}

class Counter final : public ByteSink {
 public:
  void stop_at(std::uint64_t cap) { cap_ = cap; }
  bool write(const char*, std::size_t length) override {
    made_ += length;
    return made_ <= cap_;
  }
  std::uint64_t made() const { return made_; }

 private:
  std::uint64_t cap_ = 0;
  std::uint64_t made_ = 0;
};

// Decoded text of a chunk: searched like everything else.
class TextSink final : public ByteSink {
 public:
  TextSink(ContentSearch& search, std::uint64_t cap) : search_(search), cap_(cap) {}
  bool write(const char* bytes, std::size_t length) override {
    made_ += length;
    search_.feed({bytes, length});
    has_script_ = script_.feed({bytes, length}) || has_script_;
    return made_ <= cap_;
  }
  bool bursts() const { return made_ > cap_; }
  std::uint64_t made() const { return made_; }
  bool has_script() const { return has_script_; }

 private:
  ContentSearch& search_;
  std::uint64_t cap_;
  ScriptMatcher script_;
  std::uint64_t made_ = 0;
  bool has_script_ = false;
};

// Where in the chunk deflated text begins; npos where none does.
std::size_t deflated_part(std::string_view type, std::string_view data) {
  const std::size_t keyword = data.find('\0');
  if (keyword == std::string_view::npos || keyword + 2 >= data.size()) return std::string_view::npos;
  if (type == "zTXt" || type == "iCCP") return keyword + 2;
  if (type != "iTXt" || data[keyword + 1] != 1) return std::string_view::npos;
  const std::size_t language = data.find('\0', keyword + 3);
  const std::size_t translated = language == std::string_view::npos ? language : data.find('\0', language + 1);
  return translated == std::string_view::npos ? translated : std::min(translated + 1, data.size());
}

class PngCheck {
 public:
  explicit PngCheck(const CheckTools& tools) : tools_(tools), window_(tools.file) {}
  void run();

 private:
  struct Chunk {
    std::uint64_t offset = 0;  // of its length
    std::uint64_t length = 0;
    std::string type;
    std::uint64_t data() const { return offset + 8; }
    std::uint64_t end() const { return offset + kFrameBytes + length; }
    bool is_critical() const { return type[0] >= 'A' && type[0] <= 'Z'; }
  };

  bool read_header();
  bool read_chunk(std::uint64_t offset, Chunk& chunk);
  void check_sum(const Chunk& chunk);
  void look_at_picture(const Chunk& chunk);
  void look_at_text(const Chunk& chunk);
  void finish_picture();
  void unreadable(std::uint64_t offset) { tools_.findings.add(FindingCode::kUnreadable, at_offset(offset)); }

  const CheckTools& tools_;
  ByteWindow window_;
  PngHeader header_;
  Counter picture_;
  std::uint64_t expected_ = 0;
  std::uint64_t text_left_ = kMostText;
  bool has_picture_ = false;
};

bool PngCheck::read_header() {
  Chunk chunk;
  if (!read_chunk(kSignatureBytes, chunk) || chunk.type != "IHDR" || chunk.length != 13) return false;
  const std::string_view data = window_.at(chunk.data(), 13);
  header_.size.width = big_endian(data.substr(0, 4));
  header_.size.height = big_endian(data.substr(4, 4));
  const auto depth = static_cast<unsigned char>(data[8]);
  header_.size.bit_depth = depth;
  header_.color = static_cast<unsigned char>(data[9]);
  header_.is_interlaced = data[12] == 1;
  constexpr std::uint64_t kMostPixels = 0x7FFFFFFF;
  const bool is_sound = header_.size.width >= 1 && header_.size.width <= kMostPixels && header_.size.height >= 1 &&
                        header_.size.height <= kMostPixels && may_have_depth(header_.color, depth) && data[10] == 0 &&
                        data[11] == 0 && (data[12] == 0 || data[12] == 1);
  if (!is_sound) return false;
  header_.size.channels = channels_of(header_.color);
  return true;
}

bool PngCheck::read_chunk(std::uint64_t offset, Chunk& chunk) {
  const std::string_view frame = window_.at(offset, 8);
  if (frame.size() < 8) {
    tools_.findings.add(FindingCode::kTruncated, at_offset(offset));
    return false;
  }
  chunk = {offset, big_endian(frame.substr(0, 4)), std::string(frame.substr(4, 4))};
  if (!is_type(chunk.type) || chunk.length > 0x7FFFFFFF) {
    unreadable(offset);
    return false;
  }
  if (!window_.holds(offset, kFrameBytes + chunk.length)) {
    tools_.findings.add(FindingCode::kTruncated, at_offset(offset));
    return false;
  }
  return true;
}

void PngCheck::check_sum(const Chunk& chunk) {
  class Sum final : public ByteSink {
   public:
    bool write(const char* bytes, std::size_t length) override {
      sum_ = crc32_gzip_refl(sum_, reinterpret_cast<const unsigned char*>(bytes), length);
      return true;
    }
    std::uint32_t sum() const { return sum_; }

   private:
    std::uint32_t sum_ = 0;
  };
  Sum sum;
  window_.pour(chunk.offset + 4, chunk.length + 4, sum);
  const std::string_view stated = window_.at(chunk.data() + chunk.length, 4);
  if (big_endian(stated) != sum.sum()) tools_.findings.add(FindingCode::kRecovered, at_offset(chunk.offset));
}

void PngCheck::look_at_picture(const Chunk& chunk) {
  if (!has_picture_) {
    tools_.inflater.reset();
    picture_.stop_at(std::min(expected_ + kSlack, kMostPicture));
  }
  has_picture_ = true;
  InflatingSink inflating(tools_.inflater, picture_);
  window_.pour(chunk.data(), chunk.length, inflating);
}

// tEXt says it plainly; zTXt, iTXt and iCCP may be deflated behind their keyword.
void PngCheck::look_at_text(const Chunk& chunk) {
  const std::string data = tools_.file.read_at(chunk.data(), std::min(chunk.length, kMostHeld));
  const std::size_t start = deflated_part(chunk.type, data);
  TextSink text(tools_.search, text_left_);
  tools_.search.begin(at_offset(chunk.offset));
  if (start == std::string::npos) {
    text.write(data.data(), data.size());
  } else {
    Inflater inflater;  // the other one is in the middle of the picture
    inflater.feed(data.data() + start, data.size() - start, text);
  }
  if (text.bursts()) tools_.findings.add(FindingCode::kInflatesTooFar, at_offset(chunk.offset));
  if (text.has_script()) tools_.findings.add(FindingCode::kEmbeddedScript, at_offset(chunk.offset));
  if (start != std::string::npos) text_left_ -= std::min(text_left_, text.made());
}

void PngCheck::finish_picture() {
  if (!has_picture_) return unreadable(window_.size());
  if (picture_.made() > expected_ + kSlack) return tools_.findings.add(FindingCode::kInflatesTooFar, {});
  if (picture_.made() < std::min(expected_, kMostPicture)) tools_.findings.add(FindingCode::kTruncated, {});
}

void PngCheck::run() {
  if (!read_header()) return unreadable(kSignatureBytes);
  tell_image_size(tools_, header_.size);
  expected_ = decoded_bytes(header_);
  bool has_ended = false;
  Chunk chunk;
  for (std::uint64_t at = kSignatureBytes; !has_ended && read_chunk(at, chunk); at = chunk.end()) {
    check_sum(chunk);
    if (chunk.type == "IDAT") look_at_picture(chunk);
    const bool is_text = chunk.type == "tEXt" || chunk.type == "zTXt" || chunk.type == "iTXt" || chunk.type == "iCCP" ||
                         chunk.type == "eXIf";
    if (is_text) look_at_text(chunk);
    has_ended = chunk.type == "IEND";
  }
  finish_picture();
  if (has_ended) look_behind(tools_, window_, chunk.end());
  look_for_archive(tools_);
}

}  // namespace

void check_png(const CheckTools& tools) {
  PngCheck(tools).run();
}

}  // namespace lazaret::sandbox
