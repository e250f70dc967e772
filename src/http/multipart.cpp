#include "http/multipart.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "http/multipart_head.h"

namespace lazaret::http {
namespace {

// RFC 2046 lets mail gateways pad the line of a boundary. No browser does; a little is let through.
constexpr std::size_t kPaddingLimit = 64;

std::span<const std::byte> as_byte_span(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

std::string describe(MultipartFault fault, const MultipartLimits& limits) {
  switch (fault) {
    case MultipartFault::kNotFormData:
      return "The body must be multipart/form-data.";
    case MultipartFault::kBadBoundary:
      return "The Content-Type must name one boundary of 1 to 70 legal characters.";
    case MultipartFault::kPreambleTooLong:
      return "The body does not begin with the boundary that its Content-Type names.";
    case MultipartFault::kBadDelimiter:
      return "A boundary is not followed by the end of its line.";
    case MultipartFault::kTooManyParts:
      return "The form has more than " + std::to_string(limits.parts) + " parts.";
    case MultipartFault::kPartHeadTooLarge:
      return "The headers of one part are over " + std::to_string(limits.part_head_bytes) + " bytes.";
    case MultipartFault::kBadPartHeader:
      return "A part has a header line that is not well-formed.";
    case MultipartFault::kRepeatedPartHeader:
      return "A part has the same header twice.";
    case MultipartFault::kBadDisposition:
      return "A part has no well-formed Content-Disposition: form-data with a name.";
    case MultipartFault::kBadPartType:
      return "A part has a Content-Type that is not well-formed.";
    case MultipartFault::kNestedMultipart:
      return "A part is itself multipart; send each file as a part of its own.";
    case MultipartFault::kEncodedPart:
      return "A part has a Content-Transfer-Encoding; send the bytes as they are.";
    case MultipartFault::kNotUtf8:
      return "The name of a part or file is not valid UTF-8.";
    case MultipartFault::kFieldTooLarge:
      return "A field of the form is over " + std::to_string(limits.field_bytes) + " bytes.";
    case MultipartFault::kEpilogueTooLong:
      return "The body goes on after its closing boundary.";
    case MultipartFault::kUnfinished:
      return "The body ends before its closing boundary.";
    case MultipartFault::kStopped:
      return "The form was not read to its end.";
  }
  return {};
}

MultipartParser::MultipartParser(std::string_view boundary, MultipartLimits limits, MultipartHandler& handler)
    : delimiter_("\r\n--" + std::string(boundary)), limits_(limits), handler_(handler) {}

MultipartResult MultipartParser::feed(std::span<const std::byte> bytes) {
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  while (!rest.empty()) {
    // Every step consumes at least one byte or changes the state towards one that does.
    if (auto result = step(rest); !result) {
      state_ = State::kFailed;
      fault_ = result.error();
      return result;
    }
  }
  if (state_ == State::kFailed) return std::unexpected(fault_);
  return {};
}

MultipartResult MultipartParser::finish() {
  if (state_ == State::kFailed) return std::unexpected(fault_);
  const bool complete = state_ == State::kEpilogue || (state_ == State::kClosingTail && !line_.ends_with('\r'));
  if (complete) return {};
  state_ = State::kFailed;
  fault_ = MultipartFault::kUnfinished;
  return std::unexpected(fault_);
}

MultipartResult MultipartParser::step(std::string_view& rest) {
  switch (state_) {
    case State::kPreamble:
    case State::kData:
      return matched_ > 0 ? finish_delimiter(rest) : scan(rest);
    case State::kDelimiterTail:
    case State::kClosingTail:
      return read_tail(rest);
    case State::kHead:
      return read_head(rest);
    case State::kEpilogue:
      return skip(std::exchange(rest, {}).size());
    case State::kFailed:
      return std::unexpected(fault_);
  }
  return {};
}

// Data in the open: everything before the next delimiter, or before what may be its beginning, goes out as it is.
MultipartResult MultipartParser::scan(std::string_view& rest) {
  const void* found = ::memmem(rest.data(), rest.size(), delimiter_.data(), delimiter_.size());
  if (found != nullptr) {
    const auto before = static_cast<std::size_t>(static_cast<const char*>(found) - rest.data());
    if (auto result = emit(rest.substr(0, before)); !result) return result;
    rest.remove_prefix(before + delimiter_.size());
    return delimiter_found();
  }
  const std::size_t window = std::min(rest.size(), delimiter_.size() - 1);
  const std::size_t last_return = rest.substr(rest.size() - window).rfind('\r');
  std::size_t held = 0;
  if (last_return != std::string_view::npos) {
    const std::string_view tail = rest.substr(rest.size() - window + last_return);
    if (delimiter_.starts_with(tail)) held = tail.size();
  }
  const std::string_view out = rest.substr(0, rest.size() - held);
  rest = {};
  matched_ = held;
  implied_ = 0;
  return emit(out);
}

// The beginning of a delimiter was the end of the last piece.
MultipartResult MultipartParser::finish_delimiter(std::string_view& rest) {
  const std::string_view wanted = std::string_view(delimiter_).substr(matched_);
  const std::size_t compared = std::min(wanted.size(), rest.size());
  const auto [mismatch, unused] =
      std::mismatch(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(compared), wanted.begin());
  const auto same = static_cast<std::size_t>(mismatch - rest.begin());
  matched_ += same;
  rest.remove_prefix(same);
  if (matched_ == delimiter_.size()) return delimiter_found();
  if (same == compared) return {};
  const std::string_view data = std::string_view(delimiter_).substr(implied_, matched_ - std::min(matched_, implied_));
  matched_ = 0;
  implied_ = 0;
  return emit(data);
}

MultipartResult MultipartParser::delimiter_found() {
  matched_ = 0;
  implied_ = 0;
  line_.clear();
  const bool in_part = state_ == State::kData;
  state_ = State::kDelimiterTail;
  if (in_part && handler_.part_end() == Flow::kStop) return std::unexpected(MultipartFault::kStopped);
  return {};
}

// After a delimiter: padding and CRLF begin a part, "--" closes the form.
MultipartResult MultipartParser::read_tail(std::string_view& rest) {
  const char c = rest.front();
  rest.remove_prefix(1);
  const char before = line_.empty() ? '\0' : line_.back();
  line_ += c;
  if (c == '\n' && before == '\r') {
    if (state_ == State::kClosingTail) {
      outside_ = 0;
      state_ = State::kEpilogue;
      return {};
    }
    if (++parts_ > limits_.parts) return std::unexpected(MultipartFault::kTooManyParts);
    line_.clear();
    line_start_ = 0;
    state_ = State::kHead;
    return {};
  }
  if (state_ == State::kDelimiterTail && line_ == "--") {
    line_.clear();
    state_ = State::kClosingTail;
    return {};
  }
  const bool dash = c == '-' && line_.size() == 1 && state_ == State::kDelimiterTail;
  const bool padding = (c == ' ' || c == '\t' || c == '\r') && before != '\r' && before != '-';
  if ((!dash && !padding) || line_.size() > kPaddingLimit) return std::unexpected(MultipartFault::kBadDelimiter);
  return {};
}

MultipartResult MultipartParser::read_head(std::string_view& rest) {
  const std::size_t newline = rest.find('\n');
  const std::size_t taken = newline == std::string_view::npos ? rest.size() : newline + 1;
  if (line_.size() + taken > limits_.part_head_bytes) return std::unexpected(MultipartFault::kPartHeadTooLarge);
  line_.append(rest.substr(0, taken));
  rest.remove_prefix(taken);
  if (newline == std::string_view::npos) return {};
  const std::string_view line = std::string_view(line_).substr(line_start_);
  if (!line.ends_with("\r\n")) return std::unexpected(MultipartFault::kBadPartHeader);
  if (line.size() > 2) {
    line_start_ = line_.size();
    return {};
  }
  return begin_part();
}

MultipartResult MultipartParser::begin_part() {
  auto head = parse_part_head(std::string_view(line_).substr(0, line_start_));
  if (!head) return std::unexpected(head.error());
  is_field_ = !head->filename.has_value();
  field_size_ = 0;
  // The line end of the head may also be the one that begins the delimiter: then the part is empty.
  matched_ = 2;
  implied_ = 2;
  state_ = State::kData;
  if (handler_.part_begin(*std::move(head)) == Flow::kStop) return std::unexpected(MultipartFault::kStopped);
  return {};
}

MultipartResult MultipartParser::emit(std::string_view text) {
  if (text.empty()) return {};
  if (state_ == State::kPreamble) return skip(text.size());
  if (is_field_) {
    field_size_ += text.size();
    if (field_size_ > limits_.field_bytes) return std::unexpected(MultipartFault::kFieldTooLarge);
  }
  if (handler_.part_data(as_byte_span(text)) == Flow::kStop) return std::unexpected(MultipartFault::kStopped);
  return {};
}

MultipartResult MultipartParser::skip(std::size_t count) {
  outside_ += count;
  if (outside_ <= limits_.preamble_bytes) return {};
  return std::unexpected(state_ == State::kPreamble ? MultipartFault::kPreambleTooLong
                                                    : MultipartFault::kEpilogueTooLong);
}

}  // namespace lazaret::http
