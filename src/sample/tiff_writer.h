// TiffWriter: a TIFF in memory, of either byte order, or its twin with 64-bit offsets, BigTIFF: values and directories
// one behind the other, pages linked in the order they come. It knows how fields are written and nothing of what they
// mean. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::sample {

enum class TiffForm : std::uint8_t { kLittle, kBig, kLittle64, kBig64 };

struct TiffField {
  unsigned tag = 0;
  std::vector<std::uint64_t> numbers;  // written as LONG, or LONG8 where offsets have 64 bits
  std::string text;                    // written as ASCII where there are no numbers
};

class TiffWriter {
 public:
  enum class Place : std::uint8_t { kPage, kLoose };  // linked behind the page before, or by whoever writes its offset

  explicit TiffWriter(TiffForm form = TiffForm::kLittle);

  // Both answer where it lies.
  std::uint64_t put(std::string_view bytes);
  std::uint64_t put_directory(const std::vector<TiffField>& fields, Place place = Place::kPage);
  // Where the offset of the next page is written.
  std::uint64_t link() const { return link_; }
  std::string number(std::uint64_t value, unsigned bytes) const;
  std::string finish() const { return file_; }

 private:
  unsigned word() const { return is_big_ ? 8 : 4; }
  std::string value_of(const TiffField& field) const;

  bool is_big_endian_;
  bool is_big_;
  std::string file_;
  std::uint64_t link_ = 0;
};

// The fields of an eight-bit grey picture in one strip.
std::vector<TiffField> grey_picture(std::uint64_t width, std::uint64_t height, std::uint64_t strip, std::uint64_t bytes,
                                    unsigned compression);
// A whole picture of eight-bit grey, deflated in strips; `rows` holds width * height bytes.
std::string make_tiff(unsigned width, unsigned height, std::string_view rows);

}  // namespace lazaret::sample
