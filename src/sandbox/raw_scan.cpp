#include "sandbox/raw_scan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

#include "sandbox/eicar.h"
#include "sandbox/file_kinds.h"
#include "sandbox/pdf_names.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;
using namespace std::string_view_literals;

constexpr std::size_t kBlock = std::size_t{32} * 1024;
constexpr std::size_t kCarry = std::size_t{4} * 1024;  // kept of the block before: a stream's dictionary
constexpr std::size_t kAhead = 256;                    // a token that begins before it is whole in the window
constexpr std::size_t kDictionaryReach = 2048;         // how far before `stream` its dictionary is read
constexpr std::size_t kHeaderReach = 1024;             // where readers look for %PDF-
constexpr std::uint64_t kLibraryStream = std::uint64_t{64} << 20U;  // what libqpdf may inflate of one stream by itself
constexpr std::uint32_t kMostLibraryStreams = 20'000;               // half a million objects need a quarter of it
constexpr std::size_t kZipTailReach = 65'557;                       // a ZIP end record with the longest comment

std::size_t find(std::string_view text, std::string_view needle, std::size_t from, std::size_t to) {
  if (from >= to) return std::string_view::npos;
  const void* hit = ::memmem(text.data() + from, to - from, needle.data(), needle.size());
  return hit == nullptr ? std::string_view::npos
                        : static_cast<std::size_t>(static_cast<const char*>(hit) - text.data());
}

// Counts what a stream inflates to and looks for hidden names in it, up to a cap.
class LibraryStream final : public ByteSink {
 public:
  explicit LibraryStream(std::uint64_t cap) : cap_(cap) {}
  bool write(const char* bytes, std::size_t length) override {
    made_ += length;
    const std::string_view text(bytes, length);
    hides_name_ = hides_name_ || find_hidden_name(text, 0, length) != std::string_view::npos;
    return made_ <= cap_;
  }
  std::uint64_t made() const { return made_; }
  bool bursts() const { return made_ > cap_; }
  bool hides_name() const { return hides_name_; }

 private:
  std::uint64_t cap_;
  std::uint64_t made_ = 0;
  bool hides_name_ = false;
};

class RawScanner {
 public:
  RawScanner(const FileReader& file, const Limits& limits, Inflater& inflater, FindingSink& findings)
      : file_(file), inflater_(inflater), findings_(findings), library_bytes_left_(limits.inflated_bytes) {
    window_.reserve(kBlock + kCarry);
  }

  RawScan run(std::string_view head, std::size_t header);

 private:
  std::uint64_t end() const { return base_ + window_.size(); }
  std::string_view window() const { return window_; }
  std::size_t index(std::uint64_t offset) const { return static_cast<std::size_t>(offset - base_); }

  void look_at_head(std::string_view head, std::size_t header);
  bool fill();
  void step_over_stream();
  void read_outside();
  void look_at_text(std::size_t from, std::size_t to);
  void enter_stream(std::size_t keyword);
  std::optional<std::uint64_t> stated_end(std::string_view dictionary, std::uint64_t data) const;
  void look_at_library_stream(std::string_view dictionary, std::uint64_t data);
  void look_at_tail();
  void look_for_zip_tail();
  void add_candidate(FindingCode code, std::uint64_t offset);

  const FileReader& file_;
  Inflater& inflater_;
  FindingSink& findings_;
  RawScan result_;
  EicarMatcher eicar_;
  std::string window_;
  std::uint64_t base_ = 0;      // offset of the window's first byte
  std::uint64_t position_ = 0;  // everything before it has been looked at
  std::uint64_t header_ = 0;
  std::uint64_t last_keyword_ = 0;           // where the text since the last stream begins
  std::optional<std::uint64_t> skip_until_;  // inside a stream of known end
  bool in_stream_ = false;                   // inside a stream that ends at the next `endstream`
  std::optional<std::uint64_t> last_end_mark_;
  std::uint64_t library_bytes_left_;
  std::uint32_t library_streams_ = 0;
  bool found_hidden_name_ = false;
};

void RawScanner::add_candidate(FindingCode code, std::uint64_t offset) {
  if (result_.candidates.size() < kMaxCandidates) result_.candidates.push_back({.code = code, .offset = offset});
}

void RawScanner::look_at_head(std::string_view head, std::size_t header) {
  header_ = header;
  const std::string_view before = head.substr(0, header);
  if (header != 0) {
    const bool foreign = is_foreign_magic(before) || holds_foreign_magic(before);
    findings_.add(foreign ? FindingCode::kForeignMagic : FindingCode::kLeadingBytes, at_offset(0));
  }
  if (holds_markup(head.substr(0, kHeaderReach))) findings_.add(FindingCode::kMarkupHead, at_offset(0));
  const std::string_view version = head.substr(header + 5, 3);
  static constexpr auto kVersions =
      std::to_array<std::string_view>({"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2.0"});
  const std::string_view after = head.substr(std::min(head.size(), header + 8), 1);
  const bool ends = after.empty() || !is_regular(after[0]);
  if (std::ranges::find(kVersions, version) == kVersions.end() || !ends) {
    findings_.add(FindingCode::kBadVersion, at_offset(header));
  }
}

// Slides the window on by a block. False at the end of the file.
bool RawScanner::fill() {
  const std::size_t keep = std::min(window_.size(), kCarry);
  const std::uint64_t next = end();
  window_.erase(0, window_.size() - keep);
  base_ = next - keep;
  std::size_t got = 0;
  window_.resize_and_overwrite(keep + kBlock, [&](char* bytes, std::size_t) {
    got = file_.read_at(next, bytes + keep, kBlock);
    return keep + got;
  });
  if (got == 0) return false;
  if (eicar_.feed(window_.data() + keep, got)) findings_.add(FindingCode::kEicar, at_offset(next));
  return true;
}

RawScan RawScanner::run(std::string_view head, std::size_t header) {
  look_at_head(head, header);
  while (fill()) {
    // Every step either ends a state or moves on, so this is linear.
    const std::uint64_t limit = end() >= file_.size() ? end() : end() - std::min<std::uint64_t>(end(), kAhead);
    while (position_ < limit) {
      if (skip_until_ || in_stream_) {
        step_over_stream();
      } else {
        read_outside();
      }
    }
  }
  look_at_tail();
  look_for_zip_tail();
  return std::move(result_);
}

void RawScanner::step_over_stream() {
  if (skip_until_) {
    position_ = std::min(*skip_until_, end());
    if (position_ == *skip_until_) skip_until_.reset();
    return;
  }
  constexpr auto kEnd = "endstream"sv;
  const std::size_t hit = find(window(), kEnd, index(position_), window_.size());
  if (hit != std::string_view::npos) {
    in_stream_ = false;
    position_ = base_ + hit + kEnd.size();
    last_keyword_ = position_;
  } else if (end() >= file_.size()) {
    position_ = end();
  } else {
    position_ = std::max(position_, end() - (kEnd.size() - 1));
  }
}

void RawScanner::read_outside() {
  constexpr auto kStream = "stream"sv;
  const bool last = end() >= file_.size();
  const std::size_t from = index(position_);
  const std::size_t to = last ? window_.size() : window_.size() - kAhead;
  const std::size_t hit = find(window(), kStream, from, std::min(window_.size(), to + kStream.size() - 1));
  const std::size_t until = hit == std::string_view::npos ? to : hit;
  look_at_text(from, until);
  position_ = base_ + until;
  if (hit == std::string_view::npos) return;
  position_ += kStream.size();
  enter_stream(hit);
}

void RawScanner::look_at_text(std::size_t from, std::size_t to) {
  const std::string_view text = window();
  if (!found_hidden_name_) {
    const std::size_t hidden = find_hidden_name(text, from, to);
    if (hidden != std::string_view::npos) {
      findings_.add(FindingCode::kEscapedName, at_offset(base_ + hidden));
      found_hidden_name_ = true;
    }
  }
  constexpr auto kEncrypt = "/Encrypt"sv;
  const std::size_t reach = std::min(text.size(), to + kEncrypt.size() - 1);
  for (std::size_t at = find(text, kEncrypt, from, reach); at < to && !result_.says_encrypted;
       at = find(text, kEncrypt, at + 1, reach)) {
    const std::string_view after = text.substr(at + kEncrypt.size(), 1);
    result_.says_encrypted = after.empty() || !is_regular(after[0]);
  }
  for (std::size_t mark = text.find('%', from); mark < to; mark = text.find('%', mark + 1)) {
    const std::uint64_t offset = base_ + mark;
    if (text.substr(mark, 5) == "%%EOF") last_end_mark_ = offset;
    const bool at_line_start = mark == 0 || text[mark - 1] == '\n' || text[mark - 1] == '\r';
    if (text.substr(mark, 5) == "%PDF-" && offset != header_ && (at_line_start || offset < kHeaderReach)) {
      add_candidate(FindingCode::kSecondHeader, offset);
    }
  }
}

// `keyword` is where "stream" stands in the window.
void RawScanner::enter_stream(std::size_t keyword) {
  const std::string_view text = window();
  std::size_t data = keyword + 6;
  if (data < text.size() && text[data] == '\r') ++data;
  if (data < text.size() && text[data] == '\n') ++data;
  if (data == keyword + 6) return;  // a word of some text
  const std::size_t floor =
      std::max(index(std::max(last_keyword_, base_)), keyword - std::min(keyword, kDictionaryReach));
  std::size_t close = keyword;
  while (close > floor && is_pdf_space(text[close - 1]))
    --close;
  if (close < floor + 2 || text[close - 1] != '>' || text[close - 2] != '>') return;
  std::string_view dictionary = text.substr(floor, close - floor);
  if (const std::size_t object = dictionary.rfind("obj"); object != std::string_view::npos) {
    dictionary.remove_prefix(object);
  }
  // An object stream without a filter is text like any other.
  const bool is_object_stream = dictionary.find("ObjStm") != std::string_view::npos;
  if (is_object_stream && dictionary.find("/Filter") == std::string_view::npos) return;
  const std::uint64_t start = base_ + data;
  look_at_library_stream(dictionary, start);
  skip_until_ = stated_end(dictionary, start);
  in_stream_ = !skip_until_;
  position_ = start;
  last_keyword_ = skip_until_.value_or(start);
}

// Where the stream ends by its own /Length, if `endstream` stands there.
std::optional<std::uint64_t> RawScanner::stated_end(std::string_view dictionary, std::uint64_t data) const {
  constexpr auto kLength = "/Length"sv;
  std::size_t at = dictionary.rfind(kLength);
  const auto is_longer_name = [&] {
    return at + kLength.size() >= dictionary.size() || is_regular(dictionary[at + kLength.size()]);
  };
  while (at != std::string_view::npos && is_longer_name()) {  // /Length1 of a font
    at = at == 0 ? std::string_view::npos : dictionary.rfind(kLength, at - 1);
  }
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = dictionary.substr(at + kLength.size());
  while (!rest.empty() && is_pdf_space(rest.front()))
    rest.remove_prefix(1);
  std::uint64_t length = 0;
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
  if (error != std::errc{} || length > file_.size() || data + length > file_.size()) return std::nullopt;
  std::array<char, 16> after{};
  const std::uint64_t stated = data + length;
  const std::size_t got = file_.read_at(stated, after.data(), after.size());
  std::string_view tail(after.data(), got);
  while (!tail.empty() && is_pdf_space(tail.front()))
    tail.remove_prefix(1);
  if (tail.substr(0, 9) != "endstream") return std::nullopt;
  return stated + static_cast<std::uint64_t>(tail.data() - after.data()) + 9;
}

// libqpdf inflates object and xref streams by itself and without a limit, so what they come to is counted first.
void RawScanner::look_at_library_stream(std::string_view dictionary, std::uint64_t data) {
  const bool hidden = dictionary.find('#') != std::string_view::npos;
  if (!hidden && dictionary.find("ObjStm") == std::string_view::npos &&
      dictionary.find("XRef") == std::string_view::npos) {
    return;
  }
  if (!hidden && dictionary.find("/Fl") == std::string_view::npos) return;
  if (!result_.is_safe_to_walk) return;
  if (++library_streams_ > kMostLibraryStreams) {
    findings_.add(FindingCode::kTooManyObjects, at_offset(data));
    result_.is_safe_to_walk = false;
    return;
  }
  LibraryStream stream(std::min(kLibraryStream, library_bytes_left_));
  inflater_.reset();
  std::string block(std::size_t{16} * 1024, '\0');
  Inflater::State state = Inflater::State::kMore;
  for (std::uint64_t at = data; state == Inflater::State::kMore;) {
    const std::size_t got = file_.read_at(at, block.data(), block.size());
    if (got == 0) break;
    at += got;
    state = inflater_.feed(block.data(), got, stream);
  }
  std::vector<std::uint64_t>& hiding = result_.streams_that_hide_names;
  if (stream.hides_name() && hiding.size() < kMaxCandidates) hiding.push_back(data);
  library_bytes_left_ -= std::min(library_bytes_left_, stream.made());
  if (stream.bursts()) {
    findings_.add(FindingCode::kInflatesTooFar, at_offset(data));
    result_.is_safe_to_walk = false;
  }
}

void RawScanner::look_at_tail() {
  if (!last_end_mark_) {
    findings_.add(FindingCode::kTruncated, at_offset(file_.size()));
    return;
  }
  std::uint64_t after = *last_end_mark_ + 5;
  std::string tail = file_.read_at(after, 4096);
  const std::size_t first = tail.find_first_not_of("\0\t\n\f\r \x1a"sv);
  if (first == std::string::npos) return;
  after += first;
  tail.erase(0, first);
  findings_.add(FindingCode::kTrailingBytes, at_offset(after));
  if (is_foreign_magic(tail) || holds_foreign_magic(tail)) findings_.add(FindingCode::kForeignMagic, at_offset(after));
  if (holds_markup(tail)) findings_.add(FindingCode::kMarkupHead, at_offset(after));
}

// A ZIP reader starts from the end record; it counts when a central directory lies where the record says.
void RawScanner::look_for_zip_tail() {
  const std::uint64_t from = file_.size() - std::min<std::uint64_t>(file_.size(), kZipTailReach);
  const std::string tail = file_.read_at(from, kZipTailReach);
  constexpr auto kEndRecord = "PK\x05\x06"sv;
  for (std::size_t at = tail.rfind(kEndRecord); at != std::string::npos;
       at = at == 0 ? std::string::npos : tail.rfind(kEndRecord, at - 1)) {
    if (at + 22 > tail.size()) continue;
    std::uint64_t directory_size = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      directory_size |= static_cast<std::uint64_t>(static_cast<unsigned char>(tail[at + 12 + i])) << (8U * i);
    }
    const std::uint64_t record = from + at;
    if (directory_size > record || directory_size == 0) continue;
    if (file_.read_at(record - directory_size, 4) != "PK\x01\x02") continue;
    add_candidate(FindingCode::kZipTail, record);
    return;
  }
}

}  // namespace

RawScan scan_raw(const FileReader& file, std::string_view head, std::size_t header, const Limits& limits,
                 Inflater& inflater, FindingSink& findings) {
  return RawScanner(file, limits, inflater, findings).run(head, header);
}

}  // namespace lazaret::sandbox
