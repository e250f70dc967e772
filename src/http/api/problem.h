// Problems: every error a client can get, in one table, and how it is written (RFC 9457). docs/api.md lists the same
// codes and a test holds the two against each other. Texts are made here or by our validators: nothing of an upstream,
// a path or a stack gets in.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/verdict.h"
#include "http/message.h"

namespace lazaret::http {

enum class ProblemCode : std::uint8_t {
  kInvalidParameter,
  kInvalidHeader,
  kMalformedRequest,
  kMalformedMultipart,
  kMalformedJson,
  kDigestMismatch,
  kMissingFile,
  kInvalidCursor,
  kUnauthenticated,
  kForbidden,
  kLinkInvalid,
  kLinkExpired,
  kDocumentNotFound,
  kRouteNotFound,
  kMethodNotAllowed,
  kRequestTimeout,
  kConflict,
  kIdempotencyInProgress,
  kQuarantined,
  kLengthRequired,
  kPreconditionFailed,
  kFileTooLarge,
  kBodyTooLarge,
  kUriTooLong,
  kExtensionNotAllowed,
  kUnsupportedMediaType,
  kTypeMismatch,
  kRangeNotSatisfiable,
  kExpectationFailed,
  kInvalidField,
  kFileRejected,
  kIdempotencyKeyReused,
  kPreconditionRequired,
  kRateLimited,
  kHeadersTooLarge,
  kInternal,
  kCorrupt,
  kMethodNotImplemented,
  kUnavailable,
  kOverloaded,
  kTimeout,
  kHttpVersionNotSupported,
  kCount,
};

struct ProblemRow {
  ProblemCode code;
  int status;
  std::string_view name;         // what clients see as `code`
  std::string_view title;        // a few words, the same for every occurrence
  std::string_view detail;       // the sentence where the occurrence has none of its own
  std::int64_t retry_after = 0;  // seconds; 0: no Retry-After
};

// In the order of ProblemCode.
std::span<const ProblemRow> problem_table();
const ProblemRow& problem_row(ProblemCode code);

struct Problem {
  ProblemCode code = ProblemCode::kInternal;
  std::string detail = {};  // empty: the table's sentence, or one made of `errors`
  std::vector<Fault> errors = {};
  std::optional<Verdict> verdict = {};  // its findings are shown
  std::optional<std::uint64_t> limit = {};
  std::optional<std::int64_t> retry_after = {};  // seconds; instead of the table's
};

// Which request an answer belongs to.
struct Occurrence {
  std::string_view path;  // without the query, which may hold a signature
  std::string_view request_id;
};

Response make_problem(const Occurrence& occurrence, const Problem& problem);

// What the failed call was about to do; says in the sentence what may have been left behind.
enum class Effect : std::uint8_t { kRead, kChange, kUpload };
Problem problem_of(const Error& error, Effect effect);

// "50 MB", "1536 bytes": sizes in sentences; MB are 2^20 bytes, as in the configuration.
std::string describe_bytes(std::uint64_t bytes);

// A JSON Pointer (RFC 6901) of one member below the root.
std::string pointer_to(std::string_view member);

}  // namespace lazaret::http
