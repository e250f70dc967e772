// The JPEG is written from its coefficients: which blocks hold ink decides the DC values, and as much noise as the
// asked size has room for goes into the AC values. So there is no transform and no picture in memory.
#include "sample/scan_image.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string_view>

namespace lazaret::sample {
namespace {

constexpr std::uint64_t kMostBytes = 3 << 20;
constexpr std::uint64_t kBytesPerBlock = 24;  // of 8 x 8 pixels: a good scan in grey
constexpr double kPageRatio = 1.414;

struct Code {
  std::uint32_t bits;
  unsigned length;
};

// ITU T.81 table K.3: the size of a DC difference.
constexpr std::array<Code, 9> kDcCodes{
    {{0b00, 2}, {0b010, 3}, {0b011, 3}, {0b100, 3}, {0b101, 3}, {0b110, 3}, {0b1110, 4}, {0b11110, 5}, {0b111110, 6}}};
constexpr std::string_view kDcTable{
    "\x00"                                                              // DC table 0
    "\x00\x01\x05\x01\x01\x01\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00"  // codes of each length
    "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b",
    29};
constexpr std::array<Code, 4> kAcCodes{{{0b1010, 4}, {0b00, 2}, {0b01, 2}, {0b100, 3}}};  // by size; 0: end of block
constexpr std::string_view kAcTable{
    "\x10"                                                              // AC table 0
    "\x00\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"  // codes of each length
    "\x01\x02\x03\x00",
    21};
// Sizes 1, 1, 2, 3 are drawn alike often: (3 + 3 + 4 + 6) / 4, and some for stuffing.
constexpr double kBitsPerCoefficient = 4.25;

class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}
  void put(std::uint32_t bits, unsigned length) {
    held_ = held_ << length | bits;
    count_ += length;
    while (count_ >= 8) {
      count_ -= 8;
      const auto byte = static_cast<char>(held_ >> count_ & 0xffU);
      out_ += byte;
      if (byte == '\xff') out_ += '\0';
    }
  }
  void put(Code code) { put(code.bits, code.length); }
  // T.81 F.1.2.1: a negative value is written as the value less one, in its low bits.
  void put_value(int value, unsigned size) {
    put(static_cast<std::uint32_t>(value < 0 ? value - 1 : value) & ((1U << size) - 1), size);
  }
  void flush() {
    if (count_ > 0) put(0xffU >> count_, 8 - count_);
  }

 private:
  std::string& out_;
  std::uint64_t held_ = 0;
  unsigned count_ = 0;
};

// Where the words are: lines of text between margins, with gaps between words.
class Ink {
 public:
  Ink(int columns, SeededRandom& random)
      : columns_(columns), row_(static_cast<std::size_t>(columns), '\0'), random_(random) {}
  // Called row by row; every third row is a line of text, some of them empty.
  void start_row(int row) {
    std::ranges::fill(row_, '\0');
    if (row % 3 != 0 || random_.below(8) == 0) return;
    const int margin = columns_ / 10;
    int column = margin;
    while (column < columns_ - margin) {
      const int word = std::min(random_.between(2, 9), columns_ - margin - column);
      std::fill_n(row_.begin() + column, word, '\1');
      column += word + 1;
    }
  }
  bool at(int column) const { return row_[static_cast<std::size_t>(column)] != '\0'; }

 private:
  int columns_;
  std::string row_;
  SeededRandom& random_;
};

void append_segment(std::string& out, char marker, std::string_view body) {
  const std::size_t length = body.size() + 2;
  out += '\xff';
  out += marker;
  out += static_cast<char>(length >> 8U);
  out += static_cast<char>(length & 0xffU);
  out += body;
}

std::string jpeg_head(int width, int height) {
  const auto high = [](int value) { return static_cast<char>(value >> 8); };
  const auto low = [](int value) { return static_cast<char>(value & 0xff); };
  std::string head = "\xff\xd8";
  append_segment(head, '\xe0', std::string_view{"JFIF\0\x01\x01\x01\x00\xc8\x00\xc8\x00\x00", 14});  // 200 dpi
  std::string quantization(1, '\0');
  quantization += '\x10';  // DC in steps of two grey levels
  quantization.append(63, '\x03');
  append_segment(head, '\xdb', quantization);
  append_segment(head, '\xc0', std::string{'\x08', high(height), low(height), high(width), low(width), 1, 1, 0x11, 0});
  append_segment(head, '\xc4', kDcTable);
  append_segment(head, '\xc4', kAcTable);
  append_segment(head, '\xda', std::string_view{"\x01\x01\x00\x00\x3f\x00", 6});
  return head;
}

void put_noise(BitWriter& bits, int coefficients, SeededRandom& random) {
  std::uint64_t draw = 0;
  int left = 0;
  constexpr std::array<unsigned, 4> kSizes{1, 1, 2, 3};
  for (int i = 0; i < coefficients; ++i) {
    if (left == 0) {
      draw = random.next();
      left = 12;
    }
    const unsigned size = kSizes[draw & 3U];
    bits.put(kAcCodes[size]);
    bits.put(static_cast<std::uint32_t>(draw >> 2U) & ((1U << size) - 1), size);
    draw >>= 5U;
    --left;
  }
  if (coefficients < 63) bits.put(kAcCodes[0]);
}

}  // namespace

ScanImage make_scan_jpeg(std::uint64_t bytes, SeededRandom& random) {
  const std::uint64_t aim = std::min(bytes, kMostBytes);
  const auto blocks = static_cast<double>(std::max<std::uint64_t>(aim / kBytesPerBlock, 24));
  const int columns = std::max(4, static_cast<int>(std::sqrt(blocks / kPageRatio)));
  const int rows = std::max(6, static_cast<int>(blocks / columns));
  ScanImage image{jpeg_head(columns * 8, rows * 8), columns * 8, rows * 8};
  image.data.reserve(aim + 1024);

  BitWriter bits(image.data);
  Ink ink(columns, random);
  int previous = 0;
  double blocks_left = static_cast<double>(columns) * rows;
  for (int row = 0; row < rows; ++row) {
    ink.start_row(row);
    for (int column = 0; column < columns; ++column, --blocks_left) {
      const int level = ink.at(column) ? -4 : 54;
      const int difference = level - previous;
      previous = level;
      const auto size = static_cast<unsigned>(std::bit_width(static_cast<unsigned>(std::abs(difference))));
      bits.put(kDcCodes[size]);
      if (size > 0) bits.put_value(difference, size);
      const double bits_left = 8 * (static_cast<double>(aim) - static_cast<double>(image.data.size()));
      const double room = bits_left / blocks_left / kBitsPerCoefficient;
      put_noise(bits, static_cast<int>(std::clamp(room, 1.0, 63.0)), random);
    }
  }
  bits.flush();
  image.data += "\xff\xd9";
  return image;
}

std::string make_scan_rows(int width, int rows, SeededRandom& random) {
  std::string pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(rows), '\xff');
  const int columns = width / 8;
  Ink ink(columns, random);
  for (int row = 0; row < rows; ++row) {
    if (row % 4 == 0) ink.start_row(row / 4);
    char* line = pixels.data() + static_cast<std::ptrdiff_t>(row) * width;
    // Noise over the inner two thirds; the bright margins are the flat areas every scan has.
    for (int column = columns / 6; column < columns - columns / 6; ++column) {
      std::uint64_t draw = random.next();
      const unsigned base = ink.at(column) ? 24 : 232;
      for (int x = column * 8; x < column * 8 + 8; ++x, draw >>= 8U)
        line[x] = static_cast<char>(base + (draw & 0xfU));
    }
  }
  return pixels;
}

}  // namespace lazaret::sample
