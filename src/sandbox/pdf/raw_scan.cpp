#include "sandbox/pdf/raw_scan.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <string>

#include "sandbox/pdf/filter_chain.h"
#include "sandbox/pdf/filter_stages.h"
#include "sandbox/pdf/lexer.h"
#include "sandbox/pdf/library_stream.h"
#include "sandbox/pdf/names.h"
#include "sandbox/pdf/raw_edges.h"
#include "sandbox/rules/eicar.h"
#include "sandbox/types/content_search.h"
#include "sandbox/types/zip_directory.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;
using namespace std::string_view_literals;

constexpr std::size_t kBlock = std::size_t{32} * 1024;
constexpr std::size_t kCarry = std::size_t{4} * 1024;  // kept of the block before: a stream's dictionary
constexpr std::size_t kAhead = 256;                    // a token that begins before it is whole in the window
constexpr std::size_t kDictionaryReach = std::size_t{64} * 1024;  // how far before `stream` its dictionary is read
constexpr std::size_t kHeaderReach = 1024;                        // where readers look for %PDF-
constexpr std::uint32_t kMostLibraryStreams = 20'000;             // half a million objects need a quarter of it
constexpr std::size_t kBehindEndMark = 64;
constexpr std::uint64_t kMostNumbers = 50'000'000;  // what an xref stream may say of /Size and /Index
constexpr std::uint64_t kWidest = 16;               // and of each of /W

std::size_t find(std::string_view text, std::string_view needle, std::size_t from, std::size_t to) {
  if (from >= to) return std::string_view::npos;
  const void* hit = ::memmem(text.data() + from, to - from, needle.data(), needle.size());
  return hit == nullptr ? std::string_view::npos
                        : static_cast<std::size_t>(static_cast<const char*>(hit) - text.data());
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Steps back over one number and the space behind it, from `at`. Nothing: there is none.
std::optional<std::uint64_t> number_before(std::string_view text, std::size_t& at) {
  std::size_t end = at;
  while (end > 0 && is_pdf_space(text[end - 1]))
    --end;
  std::size_t start = end;
  while (start > 0 && end - start < 11 && is_digit(text[start - 1]))
    --start;
  if (start == end || end == at) return std::nullopt;
  at = start;
  return number_in(text.substr(start, end - start));
}

// Whether an xref stream speaks of more objects, or of wider numbers, than any document has.
bool claims_too_much(const RawDictionary& dictionary) {
  const auto has_more_than = [&dictionary](std::string_view key, std::uint64_t most) {
    Lexer lexer(dictionary.value(key));
    for (Token token = lexer.next(); token.kind != TokenKind::kEnd; token = lexer.next()) {
      if (number_in(token.text).value_or(0) > most) return true;
    }
    return false;
  };
  return has_more_than("Size", kMostNumbers) || has_more_than("Index", kMostNumbers) || has_more_than("W", kWidest);
}

// Whether libqpdf would make room for rows that no document has, whatever there is to fill them with.
bool has_absurd_rows(const RawDictionary& dictionary) {
  const auto filters = filters_of(dictionary);
  return filters && std::ranges::any_of(*filters, [](const FilterSpec& spec) {
           return spec.predictor > 1 && !PredictorStage::can_predict(spec);
         });
}

class RawScanner {
 public:
  RawScanner(const RawScanTools& tools, std::uint64_t inflated_bytes)
      : file_(tools.file),
        inflater_(tools.inflater),
        findings_(tools.findings),
        rules_(tools.rules),
        library_bytes_left_(inflated_bytes) {
    window_.reserve(kBlock + kCarry);
  }

  RawScan run(std::string_view head, std::size_t header);

 private:
  std::uint64_t end() const { return base_ + window_.size(); }
  std::string_view window() const { return window_; }
  std::size_t index(std::uint64_t offset) const { return static_cast<std::size_t>(offset - base_); }

  bool fill();
  void go_to(std::uint64_t offset);
  void step_over_stream();
  void read_outside();
  void look_at_text(std::size_t from, std::size_t to);
  void look_for_encryption(std::size_t from, std::size_t to);
  void look_at_marks(std::size_t from, std::size_t to);
  void list_objects(std::size_t from, std::size_t to);
  void look_at_names(std::size_t from, std::size_t to);
  std::optional<SeenObject> object_at(std::size_t keyword) const;
  void enter_stream(std::size_t keyword);
  std::string dictionary_before(std::size_t keyword) const;
  std::optional<std::uint64_t> stated_end(const RawDictionary& dictionary, std::uint64_t data) const;
  void look_at_library_stream(const RawDictionary& dictionary, std::uint64_t data);
  void count_library_stream(LibraryStream& stream, const RawDictionary& dictionary, std::uint64_t data);
  void add_candidate(FindingCode code, std::uint64_t offset);

  const FileReader& file_;
  Inflater& inflater_;
  FindingSink& findings_;
  ContentSearch* rules_;
  RawScan result_;
  EicarMatcher eicar_;
  std::string window_;
  std::uint64_t base_ = 0;      // offset of the window's first byte
  std::uint64_t position_ = 0;  // everything before it has been looked at
  std::uint64_t header_ = 0;
  std::uint64_t last_keyword_ = 0;           // where the text since the last stream begins
  std::optional<std::uint64_t> skip_until_;  // inside a stream of known end
  bool in_stream_ = false;                   // inside a stream that ends at the next `endstream`
  bool is_encoded_ = false;                  // the stream has a filter
  std::optional<std::uint64_t> last_end_mark_;
  std::uint64_t library_bytes_left_;
  std::uint32_t library_streams_ = 0;
  bool found_hidden_name_ = false;
  bool is_object_open_ = false;
  std::size_t open_object_ = 0;  // its place in the census, while one is open
};

void RawScanner::add_candidate(FindingCode code, std::uint64_t offset) {
  if (result_.candidates.size() < kMaxCandidates) result_.candidates.push_back({.code = code, .offset = offset});
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
  header_ = header;
  look_at_head(head, header, findings_);
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
  if (last_end_mark_) {
    look_at_tail(file_, *last_end_mark_, findings_);
  } else {
    findings_.add(FindingCode::kTruncated, at_offset(file_.size()));
  }
  if (rules_ != nullptr) rules_->end_raw();
  if (const auto archive = find_zip_end(file_)) add_candidate(FindingCode::kZipTail, archive->offset);
  return std::move(result_);
}

// Every byte is passed once, from the window to the rules.
void RawScanner::go_to(std::uint64_t offset) {
  const std::string_view passed = window().substr(index(position_), static_cast<std::size_t>(offset - position_));
  position_ = offset;
  if (rules_ == nullptr) return;
  const bool is_encoded = is_encoded_ && (skip_until_ || in_stream_);
  if (is_encoded) {
    rules_->show_raw_encoded(passed);
  } else {
    rules_->show_raw(passed);
  }
}

void RawScanner::step_over_stream() {
  if (skip_until_) {
    go_to(std::min(*skip_until_, end()));
    if (position_ == *skip_until_) skip_until_.reset();
    return;
  }
  constexpr auto kEnd = "endstream"sv;
  const std::size_t hit = find(window(), kEnd, index(position_), window_.size());
  if (hit != std::string_view::npos) {
    go_to(base_ + hit + kEnd.size());
    in_stream_ = false;
    last_keyword_ = position_;
  } else if (end() >= file_.size()) {
    go_to(end());
  } else {
    go_to(std::max(position_, end() - (kEnd.size() - 1)));
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
  go_to(base_ + until + (hit == std::string_view::npos ? 0 : kStream.size()));
  if (hit != std::string_view::npos) enter_stream(hit);
}

void RawScanner::look_at_text(std::size_t from, std::size_t to) {
  if (!found_hidden_name_) {
    const std::size_t hidden = find_hidden_name(window(), from, to);
    if (hidden != std::string_view::npos) {
      findings_.add(FindingCode::kEscapedName, at_offset(base_ + hidden));
      found_hidden_name_ = true;
    }
  }
  look_for_encryption(from, to);
  look_at_marks(from, to);
  list_objects(from, to);
}

// "/Encrypt" as a whole name, whether it means something where it stands or not.
void RawScanner::look_for_encryption(std::size_t from, std::size_t to) {
  const std::string_view text = window();
  constexpr auto kEncrypt = "/Encrypt"sv;
  const std::size_t reach = std::min(text.size(), to + kEncrypt.size() - 1);
  for (std::size_t at = find(text, kEncrypt, from, reach); at < to && !result_.says_encrypted;
       at = find(text, kEncrypt, at + 1, reach)) {
    const std::string_view after = text.substr(at + kEncrypt.size(), 1);
    result_.says_encrypted = after.empty() || !is_regular(after[0]);
  }
}

void RawScanner::look_at_marks(std::size_t from, std::size_t to) {
  const std::string_view text = window();
  for (std::size_t mark = text.find('%', from); mark < to; mark = text.find('%', mark + 1)) {
    const std::uint64_t offset = base_ + mark;
    if (text.substr(mark, 5) == "%%EOF") {
      last_end_mark_ = offset;
      result_.census.add_end_mark(offset);
      look_behind_end_mark(text.substr(mark + 5, kBehindEndMark), offset + 5, findings_);
    }
    const bool at_line_start = mark == 0 || text[mark - 1] == '\n' || text[mark - 1] == '\r';
    if (text.substr(mark, 5) == "%PDF-" && offset != header_ && (at_line_start || offset < kHeaderReach)) {
      add_candidate(FindingCode::kSecondHeader, offset);
    }
  }
  const std::size_t start = find(text, "startxref", from, std::min(text.size(), to + 8));
  if (start != std::string_view::npos) result_.census.add_end_mark(base_ + start);
  const std::size_t served = find(text, "<?php", from, std::min(text.size(), to + 4));
  if (served != std::string_view::npos) findings_.add(FindingCode::kMarkupHead, at_offset(base_ + served));
}

// Objects and trailers that begin in [from, to), each with whether the names up to the next one tell of anything.
void RawScanner::list_objects(std::size_t from, std::size_t to) {
  std::size_t start = from;
  const std::string_view text = window();
  const auto begin_object = [&](std::size_t keyword, const SeenObject& object) {
    look_at_names(start, keyword);
    start = keyword;
    open_object_ = result_.census.objects.size();
    result_.census.add(object);
    is_object_open_ = !result_.census.is_full;
  };
  constexpr auto kNone = std::string_view::npos;
  const auto after = [&](std::string_view word, std::size_t at) {
    return find(text, word, at, std::min(text.size(), to + word.size() - 1));
  };
  std::size_t object = after("obj", from);
  std::size_t trailer = after("trailer", from);
  while (object != kNone || trailer != kNone) {
    if (object < trailer) {
      if (const std::optional<SeenObject> seen = object_at(object)) begin_object(object, *seen);
      object = after("obj", object + 1);
    } else {
      begin_object(trailer, {.offset = base_ + trailer, .generation = SeenObject::kTrailer});
      trailer = after("trailer", trailer + 1);
    }
  }
  look_at_names(start, to);
}

void RawScanner::look_at_names(std::size_t from, std::size_t to) {
  if (!is_object_open_) return;
  SeenObject& object = result_.census.objects[open_object_];
  if (!object.is_telling) object.is_telling = is_telling(window(), from, to);
}

// The object whose "obj" stands at `keyword`.
std::optional<SeenObject> RawScanner::object_at(std::size_t keyword) const {
  const std::string_view text = window();
  if (keyword + 3 < text.size() && is_regular(text[keyword + 3]) && !is_digit(text[keyword + 3])) return std::nullopt;
  std::size_t at = keyword;
  const std::optional<std::uint64_t> generation = number_before(text, at);
  const std::optional<std::uint64_t> number = generation ? number_before(text, at) : std::nullopt;
  if (!number || *number > std::numeric_limits<std::int32_t>::max() || *generation > 65'535) return std::nullopt;
  if (at > 0 && is_regular(text[at - 1]) && is_digit(text[at - 1])) return std::nullopt;
  return SeenObject{.offset = base_ + at,
                    .number = static_cast<std::uint32_t>(*number),
                    .generation = static_cast<std::uint16_t>(*generation)};
}

// `keyword` is where "stream" stands in the window.
void RawScanner::enter_stream(std::size_t keyword) {
  const std::string_view text = window();
  std::size_t data = keyword + 6;
  if (data < text.size() && text[data] == '\r') ++data;
  if (data < text.size() && text[data] == '\n') ++data;
  if (data == keyword + 6) return;  // a word of some text
  const std::string bytes = dictionary_before(keyword);
  if (bytes.size() < 2 || bytes.substr(bytes.size() - 2) != ">>") return;
  const RawDictionary dictionary(bytes);
  const std::uint64_t start = base_ + data;
  if (is_object_open_) result_.census.objects[open_object_].is_stream = true;
  look_at_library_stream(dictionary, start);
  go_to(start);
  skip_until_ = stated_end(dictionary, start);
  in_stream_ = !skip_until_;
  is_encoded_ = dictionary.has("Filter");
  last_keyword_ = skip_until_.value_or(start);
}

// The text between an object's beginning and its "stream", without the space behind it.
std::string RawScanner::dictionary_before(std::size_t keyword) const {
  const std::uint64_t end = base_ + keyword;
  std::uint64_t from = std::max(last_keyword_, end - std::min<std::uint64_t>(end, kDictionaryReach));
  if (is_object_open_) from = std::max(from, result_.census.objects[open_object_].offset);
  std::string bytes = from >= base_ ? std::string(window().substr(index(from), keyword - index(from)))
                                    : file_.read_at(from, static_cast<std::size_t>(end - from));
  while (!bytes.empty() && is_pdf_space(bytes.back()))
    bytes.pop_back();
  return bytes;
}

// Where the stream ends by its own /Length, if `endstream` stands there.
std::optional<std::uint64_t> RawScanner::stated_end(const RawDictionary& dictionary, std::uint64_t data) const {
  const std::optional<std::uint64_t> length = dictionary.number("Length");
  if (!length || *length > file_.size() || data + *length > file_.size()) return std::nullopt;
  std::array<char, 16> after{};
  const std::uint64_t stated = data + *length;
  const std::size_t got = file_.read_at(stated, after.data(), after.size());
  std::string_view tail(after.data(), got);
  while (!tail.empty() && is_pdf_space(tail.front()))
    tail.remove_prefix(1);
  if (tail.substr(0, 9) != "endstream") return std::nullopt;
  return stated + static_cast<std::uint64_t>(tail.data() - after.data()) + 9;
}

// libqpdf inflates object and xref streams by itself and without a limit, so what they come to is counted first.
void RawScanner::look_at_library_stream(const RawDictionary& dictionary, std::uint64_t data) {
  const std::string type = dictionary.name("Type");
  const bool is_certain = type == "ObjStm" || type == "XRef";
  // Where the type or its key cannot be read here, what looks like one counts as one.
  const bool is_likely = (type.empty() && dictionary.has("Type")) || dictionary.has("First") || dictionary.has("W");
  if ((!is_certain && !is_likely) || !result_.is_safe_to_walk) return;
  if (++library_streams_ > kMostLibraryStreams) {
    findings_.add(FindingCode::kTooManyObjects, at_offset(data));
    result_.is_safe_to_walk = false;
    return;
  }
  if (type == "XRef" && is_object_open_) result_.census.objects[open_object_].is_table = true;
  if (type == "XRef" && claims_too_much(dictionary)) {
    findings_.add(FindingCode::kTooManyObjects, at_offset(data));
    result_.is_safe_to_walk = false;
    return;
  }
  if (has_absurd_rows(dictionary)) {
    findings_.add(FindingCode::kInflatesTooFar, at_offset(data));
    result_.is_safe_to_walk = false;
    return;
  }
  LibraryStream stream(dictionary, data, std::min(kLibraryStream, library_bytes_left_), result_.census);
  count_library_stream(stream, dictionary, data);
  std::vector<std::uint64_t>& hiding = result_.streams_that_hide_names;
  if (stream.hides_name() && hiding.size() < kMaxCandidates) hiding.push_back(data);
  library_bytes_left_ -= std::min(library_bytes_left_, stream.made());
  if (stream.bursts()) {
    findings_.add(FindingCode::kInflatesTooFar, at_offset(data));
    result_.is_safe_to_walk = false;
  }
}

void RawScanner::count_library_stream(LibraryStream& stream, const RawDictionary& dictionary, std::uint64_t data) {
  const auto filters = filters_of(dictionary);
  // A filter that stands in another object is most likely the one that all such streams have.
  FilterChain chain(filters.value_or(std::vector<FilterSpec>{{.kind = FilterKind::kFlate}}), inflater_, kLibraryStream,
                    stream);
  const std::uint64_t stop = stated_end(dictionary, data) ? data + *dictionary.number("Length") : file_.size();
  std::string block(std::size_t{16} * 1024, '\0');
  for (std::uint64_t at = data; at < stop;) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), stop - at));
    const std::size_t got = file_.read_at(at, block.data(), wanted);
    if (got == 0 || !chain.write(block.data(), got)) break;
    at += got;
  }
  chain.finish();
  stream.finish();
  if (chain.bursts()) {
    findings_.add(FindingCode::kInflatesTooFar, at_offset(data));
    result_.is_safe_to_walk = false;
  }
}

}  // namespace

RawScan scan_raw(const RawScanTools& tools, std::string_view head, std::size_t header, std::uint64_t inflated_bytes) {
  return RawScanner(tools, inflated_bytes).run(head, header);
}

}  // namespace lazaret::sandbox
