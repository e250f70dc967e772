// MultipartParser: multipart/form-data (RFC 7578 over RFC 2046), pushed in pieces of any size. Pure and strict: what
// two parsers could read in two ways is a fault, and nothing is kept of a file but the bytes of one header block.
//
// File bytes are handed on as spans of what was fed, without a copy. Not thread-safe. After a fault every further call
// answers the same fault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace lazaret::http {

enum class MultipartFault : std::uint8_t {
  kNotFormData,         // the Content-Type is not multipart/form-data
  kBadBoundary,         // missing, repeated, or not 1-70 characters of the legal set
  kPreambleTooLong,     // the first boundary does not come
  kBadDelimiter,        // something stands between a boundary and the end of its line
  kTooManyParts,        //
  kPartHeadTooLarge,    //
  kBadPartHeader,       // bare line feed, folding, control characters, a name that is no token
  kRepeatedPartHeader,  // Content-Disposition, Content-Type or Content-Transfer-Encoding twice
  kBadDisposition,      // missing, no form-data, no `name`, or not as the grammar says
  kBadPartType,         // a part's Content-Type is not as the grammar says
  kNestedMultipart,     //
  kEncodedPart,         // Content-Transfer-Encoding other than 7bit, 8bit, binary
  kNotUtf8,             // a name or file name
  kFieldTooLarge,       // a part without a file name is over its limit
  kEpilogueTooLong,     // bytes after the last boundary
  kUnfinished,          // the body ends before the closing boundary
  kStopped,             // the handler asked for it
};

struct MultipartLimits {
  std::size_t parts = 64;
  std::size_t part_head_bytes = std::size_t{8} * 1024;
  std::size_t field_bytes =
      std::size_t{64} * 1024;         // of a part without a file name; a file's size is the handler's to judge
  std::size_t preamble_bytes = 1024;  // also of the epilogue
};

// A sentence for the client.
std::string describe(MultipartFault fault, const MultipartLimits& limits);

struct PartHead {
  std::string name;
  std::optional<PatientText> filename;  // as sent, decoded: may hold paths and controls, never NUL; empty is possible
  std::string content_type;             // as sent, visible ASCII; empty when absent
};

enum class Flow : std::uint8_t { kContinue, kStop };

class MultipartHandler {
 public:
  MultipartHandler() = default;
  MultipartHandler(const MultipartHandler&) = delete;
  MultipartHandler& operator=(const MultipartHandler&) = delete;
  virtual ~MultipartHandler() = default;
  // kStop ends the parse with MultipartFault::kStopped.
  virtual Flow part_begin(PartHead head) = 0;
  virtual Flow part_data(std::span<const std::byte> bytes) = 0;  // never empty
  virtual Flow part_end() = 0;
};

using MultipartResult = std::expected<void, MultipartFault>;

// The boundary named by a request's Content-Type.
std::expected<std::string, MultipartFault> multipart_boundary(std::string_view content_type);

class MultipartParser {
 public:
  // `boundary` comes from multipart_boundary(). The handler outlives the parser.
  MultipartParser(std::string_view boundary, MultipartLimits limits, MultipartHandler& handler);

  MultipartResult feed(std::span<const std::byte> bytes);
  // The body is over: a fault unless the closing boundary was seen.
  MultipartResult finish();

 private:
  enum class State : std::uint8_t { kPreamble, kDelimiterTail, kClosingTail, kHead, kData, kEpilogue, kFailed };

  MultipartResult step(std::string_view& rest);
  MultipartResult scan(std::string_view& rest);
  MultipartResult finish_delimiter(std::string_view& rest);
  MultipartResult read_tail(std::string_view& rest);
  MultipartResult read_head(std::string_view& rest);
  MultipartResult begin_part();
  MultipartResult emit(std::string_view text);
  MultipartResult delimiter_found();
  MultipartResult skip(std::size_t count);

  std::string delimiter_;  // CRLF "--" boundary; its only CR is the first byte, so a failed match never overlaps itself
  MultipartLimits limits_;
  MultipartHandler& handler_;
  State state_ = State::kPreamble;
  MultipartFault fault_ = MultipartFault::kUnfinished;
  std::size_t matched_ = 2;  // bytes of the delimiter seen so far; the start of a body counts as a line's end
  std::size_t implied_ = 2;  // how many of them were never in the data
  std::size_t parts_ = 0;
  std::size_t outside_ = 0;  // bytes of preamble or epilogue
  std::size_t field_size_ = 0;
  bool is_field_ = false;
  std::string line_;  // the tail of a delimiter's line, or a part's head
  std::size_t line_start_ = 0;
};

}  // namespace lazaret::http
