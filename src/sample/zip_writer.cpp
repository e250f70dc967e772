#include "sample/zip_writer.h"

#include "base/crc32.h"
#include "sample/pdf_writer.h"

namespace lazaret::sample {
namespace {

std::string number(std::uint64_t value, unsigned bytes) {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i) {
    text.push_back(static_cast<char>(value & 0xFFU));
    value >>= 8U;
  }
  return text;
}

// Without the wrapper that archives leave out.
std::string bare_deflate(std::string_view bytes) {
  const std::string wrapped = deflate(bytes, 6);
  return wrapped.substr(2, wrapped.size() - 6);
}

}  // namespace

void ZipWriter::add(std::string_view name, std::string_view bytes, Method method) {
  constexpr std::uint64_t kFirstDay = 0x0021;  // of 1980
  const bool is_deflated = method == Method::kDeflated;
  const std::string packed = is_deflated ? bare_deflate(bytes) : std::string(bytes);
  // From the version that is needed to the length of the extra fields: the same in both places.
  const std::string common = number(20, 2) + number(0, 2) + number(is_deflated ? 8 : 0, 2) + number(0, 2) +
                             number(kFirstDay, 2) + number(crc32(bytes), 4) + number(packed.size(), 4) +
                             number(bytes.size(), 4) + number(name.size(), 2) + number(0, 2);
  directory_.append("PK\x01\x02").append(number(20, 2)).append(common);
  directory_.append(number(0, 10)).append(number(file_.size(), 4)).append(name);
  file_.append("PK\x03\x04").append(common).append(name).append(packed);
  ++entries_;
}

std::string ZipWriter::finish() const {
  return file_ + directory_ + "PK\x05\x06" + number(0, 4) + number(entries_, 2) + number(entries_, 2) +
         number(directory_.size(), 4) + number(file_.size(), 4) + number(0, 2);
}

}  // namespace lazaret::sample
