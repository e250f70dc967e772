#include <algorithm>
#include <cstring>
#include <optional>

#include "sandbox/types/image_check.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr int kMostScans = 1000;  // a progressive picture has about ten

// Markers of ITU T.81.
constexpr unsigned char kStart = 0xD8;
constexpr unsigned char kEnd = 0xD9;
constexpr unsigned char kScan = 0xDA;
constexpr unsigned char kComment = 0xFE;

bool is_frame(unsigned char marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}
bool is_restart(unsigned char marker) {
  return marker >= 0xD0 && marker <= 0xD7;
}
bool is_application(unsigned char marker) {
  return marker >= 0xE0 && marker <= 0xEF;
}

class JpegCheck {
 public:
  explicit JpegCheck(const CheckTools& tools) : tools_(tools), window_(tools.file) {}
  void run();

 private:
  std::optional<unsigned char> next_marker();
  bool step_over_segment(unsigned char marker);
  bool read_frame(std::string_view data);
  void step_over_scan();

  const CheckTools& tools_;
  ByteWindow window_;
  std::uint64_t at_ = 2;  // behind the start marker
  bool has_frame_ = false;
  int scans_ = 0;
};

// Steps to the byte behind the next marker; fill bytes may stand before it. Nothing: the file ends or is no JPEG here.
std::optional<unsigned char> JpegCheck::next_marker() {
  std::string_view bytes = window_.at(at_, 1);
  if (bytes.empty()) {
    tools_.findings.add(FindingCode::kTruncated, at_offset(at_));
    return std::nullopt;
  }
  if (bytes[0] != '\xFF') {
    tools_.findings.add(has_frame_ && scans_ > 0 ? FindingCode::kRecovered : FindingCode::kUnreadable, at_offset(at_));
    return std::nullopt;
  }
  while (!bytes.empty() && bytes[0] == '\xFF')
    bytes = window_.at(++at_, 1);
  if (bytes.empty()) {
    tools_.findings.add(FindingCode::kTruncated, at_offset(at_));
    return std::nullopt;
  }
  ++at_;
  return static_cast<unsigned char>(bytes[0]);
}

bool JpegCheck::read_frame(std::string_view data) {
  if (data.size() < 6) return false;
  ImageSize size;
  size.bit_depth = static_cast<unsigned char>(data[0]);
  size.height = big_endian(data.substr(1, 2));  // 0: told behind the first scan
  size.width = big_endian(data.substr(3, 2));
  size.channels = static_cast<unsigned char>(data[5]);
  const bool is_sound = size.width != 0 && size.channels >= 1 && size.channels <= 4 && size.bit_depth >= 2 &&
                        size.bit_depth <= 16 && data.size() >= 6 + 3 * size.channels;
  if (is_sound && !has_frame_) tell_image_size(tools_, size);
  has_frame_ = has_frame_ || is_sound;
  return is_sound;
}

bool JpegCheck::step_over_segment(unsigned char marker) {
  const std::string_view stated = window_.at(at_, 2);
  const std::uint64_t length = stated.size() < 2 ? 0 : big_endian(stated);
  if (length < 2) {
    tools_.findings.add(FindingCode::kUnreadable, at_offset(at_));
    return false;
  }
  if (!window_.holds(at_, length)) {
    tools_.findings.add(FindingCode::kTruncated, at_offset(at_));
    return false;
  }
  if (is_frame(marker) && !read_frame(window_.at(at_ + 2, static_cast<std::size_t>(length - 2)))) {
    tools_.findings.add(FindingCode::kUnreadable, at_offset(at_));
    return false;
  }
  if (is_application(marker) || marker == kComment) look_for_script(tools_, window_, {at_ + 2, at_ + length});
  at_ += length;
  return true;
}

// Coded data ends at the first marker that is neither a stuffed zero nor a restart.
void JpegCheck::step_over_scan() {
  for (;;) {
    const std::string_view block = window_.at(at_, ByteWindow::kBlock);
    if (block.size() < 2) {
      at_ += block.size();
      return;
    }
    const void* hit = std::memchr(block.data(), 0xFF, block.size() - 1);
    if (hit == nullptr) {
      at_ += block.size() - 1;
      continue;
    }
    const auto place = static_cast<std::size_t>(static_cast<const char*>(hit) - block.data());
    const auto next = static_cast<unsigned char>(block[place + 1]);
    at_ += place;
    if (next != 0 && next != 0xFF && !is_restart(next)) return;
    at_ += next == 0xFF ? 1 : 2;
  }
}

void JpegCheck::run() {
  look_for_archive(tools_);
  while (const auto marker = next_marker()) {
    if (*marker == kEnd) {
      if (!has_frame_ || scans_ == 0) tools_.findings.add(FindingCode::kUnreadable, at_offset(at_));
      return look_behind(tools_, window_, at_);
    }
    if (*marker == kStart || *marker == 0x01 || is_restart(*marker)) continue;
    if (!step_over_segment(*marker)) break;
    if (*marker != kScan) continue;
    if (++scans_ > kMostScans) return tools_.findings.add(FindingCode::kTooManyObjects, at_offset(at_));
    step_over_scan();
  }
  if (!has_frame_) tools_.findings.add(FindingCode::kUnreadable, at_offset(at_));
}

}  // namespace

void check_jpeg(const CheckTools& tools) {
  JpegCheck(tools).run();
}

}  // namespace lazaret::sandbox
