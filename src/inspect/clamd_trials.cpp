#include "inspect/clamd_trials.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/crc32.h"
#include "base/encoding.h"

namespace lazaret::inspect {
namespace {

// In two pieces, so that no antivirus takes this program for the test file.
std::string eicar() {
  return std::string(R"(X5O!P%@AP[4\PZX54(P^)7CC)7}$)") + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*";
}

void put_little(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i)
    out += static_cast<char>(value >> (8 * i));
}

// In a stream that only who reads PDF finds it in: the signature of EICAR holds at the beginning of a file alone.
std::string eicar_in_pdf() {
  const std::string bytes = eicar();
  const std::string digits =
      hex_encode(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size())) + ">";
  return "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
         "3 0 obj\n<</Type/EmbeddedFile/Filter/ASCIIHexDecode/Length " +
         std::to_string(digits.size()) + ">>\nstream\n" + digits +
         "\nendstream\nendobj\ntrailer\n<</Size 4/Root 1 0 R>>\nstartxref\n0\n%%EOF\n";
}

// No password opens it: its key check is nonsense.
std::string locked_pdf() {
  const std::string nonsense(64, 'A');
  return "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
         "3 0 obj\n<</Filter/Standard/V 1/R 2/O<" +
         nonsense + ">/U<" + nonsense +
         ">/P -4>>\nendobj\ntrailer\n<</Size 4/Root 1 0 R/Encrypt 3 0 R/ID[<00><00>]>>\nstartxref\n0\n%%EOF\n";
}

// A ZIP archive of one stored entry that says it is encrypted.
std::string locked_zip() {
  constexpr std::uint32_t kEncrypted = 1;
  const std::string content(64, 'x');
  const std::string name = "a";
  std::string common;         // what the local and the central header both say
  put_little(common, 20, 2);  // version needed
  put_little(common, kEncrypted, 2);
  put_little(common, 0, 2);     // stored
  put_little(common, 0x21, 4);  // a date
  put_little(common, crc32(content), 4);
  put_little(common, static_cast<std::uint32_t>(content.size()), 4);
  put_little(common, static_cast<std::uint32_t>(content.size()), 4);
  put_little(common, static_cast<std::uint32_t>(name.size()), 2);
  std::string zip = "PK\x03\x04" + common;
  put_little(zip, 0, 2);
  zip += name + content;
  const auto directory = static_cast<std::uint32_t>(zip.size());
  zip += "PK\x01\x02";
  put_little(zip, 20, 2);
  zip += common + std::string(16, '\0') + name;
  const auto length = static_cast<std::uint32_t>(zip.size()) - directory;
  zip += "PK\x05\x06" + std::string(4, '\0');
  put_little(zip, 1, 2);
  put_little(zip, 1, 2);
  put_little(zip, length, 4);
  put_little(zip, directory, 4);
  put_little(zip, 0, 2);
  return zip;
}

// One stored gzip member.
std::string gzipped(const std::string& content) {
  const auto size = static_cast<std::uint32_t>(content.size());
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\x03\x01", 11);
  put_little(out, size, 2);
  put_little(out, ~size, 2);
  out += content;
  put_little(out, crc32(content), 4);
  put_little(out, size, 4);
  return out;
}

// Deeper than MaxRecursion can be set (100), which cannot be switched off.
std::string nested_beyond_every_limit() {
  constexpr int kLevels = 120;
  std::string bytes = "x";
  for (int i = 0; i < kLevels; ++i)
    bytes = gzipped(bytes);
  return bytes;
}

constexpr std::size_t kBlock = 512;  // of a tar archive

std::string octal(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (auto at = text.rbegin(); at != text.rend(); ++at, value >>= 3U)
    *at = static_cast<char>('0' + (value & 7U));
  return text + '\0';
}

std::string tar_header(std::string_view name, std::uint64_t size) {
  std::string header(name);
  header.resize(100);
  header += octal(0644, 7) + octal(0, 7) + octal(0, 7) + octal(size, 11) + octal(0, 11) + std::string(8, ' ') + '0';
  header.resize(257);
  header += std::string(
      "ustar\0"
      "00",
      8);
  header.resize(kBlock);
  std::uint64_t sum = 0;
  for (const char c : header)
    sum += static_cast<unsigned char>(c);
  header.replace(148, 7, octal(sum, 6));
  return header;
}

// What stands at the two ends of the largest file; between them are zeros.
struct LargestFile {
  std::string head;
  std::string tail;
  std::uint64_t size = 0;
};

LargestFile make_largest_file(std::uint64_t size) {
  constexpr std::uint64_t kRest = 5 * kBlock;  // both headers, EICAR, and two blocks that end the archive
  size = std::max<std::uint64_t>(size, kRest);
  const std::uint64_t filler = (size - kRest) / kBlock * kBlock;
  const std::string content = eicar();
  std::string tail = tar_header("eicar.com", content.size()) + content;
  tail.resize(static_cast<std::size_t>(size - kBlock - filler));
  return {tar_header("filler", filler), std::move(tail), size};
}

}  // namespace

std::vector<ClamdTrial> clamd_trials() {
  return {
      {"DatabaseDirectory", "does not know the EICAR test file: its database is missing or empty",
       FindingCode::kAntivirus, eicar()},
      {"ScanPDF yes", "does not look into PDF files", FindingCode::kAntivirus, eicar_in_pdf()},
      {"AlertExceedsMax yes", "calls clean what is nested deeper than it looks", FindingCode::kAntivirusLimit,
       nested_beyond_every_limit()},
      {"AlertEncrypted yes", "calls clean a PDF that it cannot open", FindingCode::kAntivirusLocked, locked_pdf()},
      {"AlertEncrypted yes", "calls clean an archive that it cannot open", FindingCode::kAntivirusLocked, locked_zip()},
  };
}

PullBytes largest_file_trial(std::uint64_t size) {
  return [file = make_largest_file(size), at = std::uint64_t{0}](std::span<std::byte> room) mutable {
    const std::size_t count = std::min<std::uint64_t>(room.size(), file.size - at);
    const std::uint64_t tail_at = file.size - file.tail.size();
    for (std::size_t i = 0; i < count; ++i, ++at) {
      const char c = at < file.head.size() ? file.head[at] : at >= tail_at ? file.tail[at - tail_at] : '\0';
      room[i] = static_cast<std::byte>(c);
    }
    return Result<std::size_t>(count);
  };
}

}  // namespace lazaret::inspect
