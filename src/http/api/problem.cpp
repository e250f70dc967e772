#include "http/api/problem.h"

#include <array>
#include <cassert>
#include <charconv>
#include <utility>

#include "http/api/json_writer.h"

namespace lazaret::http {
namespace {

using enum ProblemCode;

constexpr auto kTable = std::to_array<ProblemRow>({
    {kInvalidParameter, 400, "invalid_parameter", "Invalid parameter",
     "A parameter of the query cannot be used; see `errors`."},
    {kInvalidHeader, 400, "invalid_header", "Invalid header", "A header of the request cannot be used as it was sent."},
    {kMalformedRequest, 400, "malformed_request", "Malformed request",
     "The request is not well-formed HTTP and was not looked at further."},
    {kMalformedMultipart, 400, "malformed_multipart", "Malformed form",
     "The form is not well-formed multipart/form-data: send one part named `file` and let your HTTP library write the "
     "body and its boundary."},
    {kMalformedJson, 400, "malformed_json", "Malformed JSON", "The text is not well-formed JSON."},
    {kDigestMismatch, 400, "digest_mismatch", "Checksum does not match",
     "The bytes that arrived do not have the SHA-256 announced in `checksum`; nothing was stored. Send the file "
     "again."},
    {kMissingFile, 400, "missing_file", "No file",
     "The form holds no file: send it as the part named `file`, with its file name."},
    {kInvalidCursor, 400, "invalid_cursor", "Invalid cursor",
     "The cursor was not given by this service for these filters and this order; start again without one."},
    {kUnauthenticated, 401, "unauthenticated", "Not authenticated",
     "Send a valid API key as `Authorization: Bearer <key>`."},
    {kForbidden, 403, "forbidden", "Forbidden", "The caller may not do this."},
    {kLinkInvalid, 403, "link_invalid", "Link is not valid",
     "This link was not made by this service or was changed; ask for a new one."},
    {kLinkExpired, 403, "link_expired", "Link has expired", "This link has expired; ask for a new one."},
    {kDocumentNotFound, 404, "document_not_found", "No such document", "There is no document with this id."},
    {kRouteNotFound, 404, "route_not_found", "No such path",
     "There is nothing at this path; /openapi.json lists every path. Paths are matched exactly."},
    {kMethodNotAllowed, 405, "method_not_allowed", "Method not allowed",
     "This path does not know this method; the header `Allow` lists those it knows."},
    {kRequestTimeout, 408, "request_timeout", "Request timed out",
     "The request arrived too slowly and was given up; nothing was stored. Send it again over a faster connection."},
    {kConflict, 409, "conflict", "Conflict", "The document is not in a state in which this can be done."},
    {kIdempotencyInProgress, 409, "idempotency_in_progress", "Still in progress",
     "A request with this Idempotency-Key is still running; send it again in a moment for its answer.", 2},
    {kQuarantined, 409, "quarantined", "Quarantined",
     "The document is in quarantine: its content is withheld until an administrator releases it."},
    {kLengthRequired, 411, "length_required", "Length required",
     "This call needs a body: send Content-Length or chunked transfer encoding."},
    {kPreconditionFailed, 412, "precondition_failed", "Precondition failed",
     "The document has changed since the version named in If-Match; fetch it and decide again."},
    {kFileTooLarge, 413, "file_too_large", "File too large", "The file is larger than this service takes."},
    {kBodyTooLarge, 413, "body_too_large", "Body too large", "The body is larger than this call takes."},
    {kUriTooLong, 414, "uri_too_long", "URI too long", "The path and query are longer than this service reads."},
    {kExtensionNotAllowed, 415, "extension_not_allowed", "File extension not allowed",
     "Files with this extension are not taken."},
    {kUnsupportedMediaType, 415, "unsupported_media_type", "Unsupported media type",
     "The declared content type is not one this call takes."},
    {kTypeMismatch, 415, "type_mismatch", "File is not what it claims",
     "The bytes of the file are not of the type its name and content type claim; nothing was stored. See `findings`."},
    {kRangeNotSatisfiable, 416, "range_not_satisfiable", "Range not satisfiable",
     "The range lies outside the document; the header Content-Range gives its size."},
    {kExpectationFailed, 417, "expectation_failed", "Expectation failed",
     "The only expectation this service meets is `Expect: 100-continue`."},
    {kInvalidField, 422, "invalid_field", "Invalid field", "A field cannot be used; see `errors`."},
    {kFileRejected, 422, "file_rejected", "File rejected",
     "Inspection turned the file away; nothing was stored. `findings` say what was found and what can be done."},
    {kIdempotencyKeyReused, 422, "idempotency_key_reused", "Idempotency-Key reused",
     "This Idempotency-Key was used with another file or other fields; use a new key for a new upload."},
    {kPreconditionRequired, 428, "precondition_required", "Precondition required",
     "Changes need an If-Match header with the document's ETag here; fetch the document first."},
    {kRateLimited, 429, "rate_limited", "Too many uploads", "Too many uploads in a short time.", 60},
    {kHeadersTooLarge, 431, "headers_too_large", "Headers too large",
     "The headers of the request are larger than this service reads."},
    {kInternal, 500, "internal", "Internal error", "Something failed inside the service.", 30},
    {kCorrupt, 500, "corrupt", "Stored data is damaged",
     "The stored document is damaged or incomplete and is withheld; tell the operator of this service its id.", 300},
    {kMethodNotImplemented, 501, "method_not_implemented", "Method not implemented",
     "This service does not know this method."},
    {kUnavailable, 503, "unavailable", "Temporarily unavailable", "A part of the service does not answer just now.", 5},
    {kOverloaded, 503, "overloaded", "Too busy", "The service has as much work as it takes at a time.", 2},
    {kTimeout, 504, "timeout", "Took too long", "The service could not finish in time.", 10},
    {kHttpVersionNotSupported, 505, "http_version_not_supported", "HTTP version not supported",
     "Use HTTP/1.1 (or HTTP/1.0)."},
});
static_assert(kTable.size() == std::to_underlying(kCount));

constexpr std::size_t kMaxFaultsInSentence = 3;
constexpr std::size_t kMaxInstanceBytes = 1024;

// "a~1b" of a pointer is the name "a/b".
std::string unescaped(std::string_view segment) {
  std::string name;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const std::string_view escape = segment.substr(i, 2);
    const bool escaped = escape == "~0" || escape == "~1";
    name += escaped ? (escape == "~0" ? '~' : '/') : segment[i];
    if (escaped) ++i;
  }
  return name;
}

// A place as people say it: "/categories/0" is "field `categories`, entry 1", and "limit" is "parameter `limit`".
std::string place_of(std::string_view where) {
  if (!where.starts_with('/')) return "parameter `" + std::string(where) + "`";
  std::string place = "field";
  for (bool inside = false; !where.empty(); inside = true) {
    where.remove_prefix(1);
    const std::string_view segment = where.substr(0, where.find('/'));
    where.remove_prefix(segment.size());
    std::size_t index = 0;
    const char* const end = segment.data() + segment.size();
    const auto [at, error] = std::from_chars(segment.data(), end, index);
    const bool is_index = inside && error == std::errc{} && at == end;
    place += (inside ? ", " : " ") + (is_index ? "entry " + std::to_string(index + 1) : "`" + unescaped(segment) + "`");
  }
  return place;
}

// "There is no such category (field `categories`, entry 1).": the place is named unless the sentence already names it.
std::string sentence_of(const Fault& fault) {
  std::string_view bare = fault.where;
  if (bare.starts_with('/')) bare.remove_prefix(1);
  std::string sentence = fault.detail;
  if (sentence.ends_with('.')) sentence.pop_back();
  if (!bare.empty() && !sentence.contains(bare)) sentence += " (" + place_of(fault.where) + ")";
  return sentence + ".";
}

std::string sentence_of(const std::vector<Fault>& faults) {
  std::string text;
  for (std::size_t i = 0; i < faults.size() && i < kMaxFaultsInSentence; ++i) {
    if (!text.empty()) text += ' ';
    text += sentence_of(faults[i]);
  }
  if (faults.size() > kMaxFaultsInSentence) {
    text += " And " + std::to_string(faults.size() - kMaxFaultsInSentence) + " more; see `errors`.";
  }
  return text;
}

// RFC 9457 wants a URI reference: a path of printable ASCII goes as it came, anything else not at all.
std::string instance_of(std::string_view path) {
  if (path.empty() || path.size() > kMaxInstanceBytes) return "about:blank";
  for (const char c : path) {
    if (c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\') return "about:blank";
  }
  return std::string(path);
}

std::string errors_json(const std::vector<Fault>& errors) {
  std::string out = "[";
  for (const Fault& fault : errors) {
    if (out.size() > 1) out += ',';
    const bool is_pointer = fault.where.empty() || fault.where.starts_with('/');
    out += JsonWriter()
               .text(is_pointer ? "pointer" : "parameter", fault.where)
               .text("code", fault.code)
               .text("detail", fault.detail)
               .finish();
  }
  return out + "]";
}

std::string findings_json(const std::vector<Finding>& findings) {
  std::string out = "[";
  for (const Finding& finding : findings) {
    if (out.size() > 1) out += ',';
    out += JsonWriter()
               .text("code", finding.code)
               .text("severity", to_string(finding.severity))
               .text("message", finding.message)
               .text("where", finding.where)
               .finish();
  }
  return out + "]";
}

std::string detail_of(const Problem& problem) {
  if (!problem.detail.empty()) return problem.detail;
  if (!problem.errors.empty()) return sentence_of(problem.errors);
  std::string detail(problem_row(problem.code).detail);
  // The first clients print only this sentence, so the worst finding goes into it.
  if (problem.verdict && !problem.verdict->findings.empty()) detail += " " + problem.verdict->findings.front().message;
  return detail;
}

std::string_view what_is_left(Effect effect, Retry retry) {
  switch (effect) {
    case Effect::kRead:
      return " Try again in a moment.";
    case Effect::kChange:
      return retry == Retry::kAmbiguous ? " The change may have been made: fetch the document before trying again."
                                        : " Nothing was changed; try again in a moment.";
    case Effect::kUpload:
      return retry == Retry::kAmbiguous
                 ? " The document may have been stored: look for its checksum in the list, or send it again with the "
                   "same Idempotency-Key."
                 : " Nothing was stored; send the file again in a moment.";
  }
  return "";
}

ProblemCode code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidParameter:
      return kInvalidParameter;
    case ErrorCode::kInvalidField:
      return kInvalidField;
    case ErrorCode::kInvalidCursor:
      return kInvalidCursor;
    case ErrorCode::kMalformedJson:
      return kMalformedJson;
    case ErrorCode::kDigestMismatch:
      return kDigestMismatch;
    case ErrorCode::kUnauthenticated:
      return kUnauthenticated;
    case ErrorCode::kForbidden:
      return kForbidden;
    case ErrorCode::kNotFound:
      return kDocumentNotFound;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kConflict:
      return kConflict;
    case ErrorCode::kQuarantined:
      return kQuarantined;
    case ErrorCode::kIdempotencyInProgress:
      return kIdempotencyInProgress;
    case ErrorCode::kIdempotencyKeyReused:
      return kIdempotencyKeyReused;
    case ErrorCode::kPreconditionFailed:
      return kPreconditionFailed;
    case ErrorCode::kTooLarge:
      return kFileTooLarge;
    case ErrorCode::kExtensionNotAllowed:
      return kExtensionNotAllowed;
    case ErrorCode::kUnsupportedMedia:
      return kUnsupportedMediaType;
    case ErrorCode::kTypeMismatch:
      return kTypeMismatch;
    case ErrorCode::kRejected:
      return kFileRejected;
    case ErrorCode::kRateLimited:
      return kRateLimited;
    case ErrorCode::kOverloaded:
      return kOverloaded;
    case ErrorCode::kUnavailable:
    case ErrorCode::kCancelled:
      return kUnavailable;
    case ErrorCode::kDeadline:
      return kTimeout;
    case ErrorCode::kCorrupt:
      return kCorrupt;
    case ErrorCode::kInternal:
      return kInternal;
  }
  return kInternal;
}

}  // namespace

std::span<const ProblemRow> problem_table() {
  return kTable;
}

const ProblemRow& problem_row(ProblemCode code) {
  const ProblemRow& row = kTable.at(std::to_underlying(code));
  assert(row.code == code);
  return row;
}

Problem problem_of(const Error& error, Effect effect) {
  Problem problem{.code = code_of(error.code), .errors = error.faults};
  const ProblemRow& row = problem_row(problem.code);
  if (row.status >= 500 && problem.code != kCorrupt) {
    problem.detail = std::string(row.detail).append(what_is_left(effect, error.retry));
  }
  return problem;
}

Response make_problem(const Occurrence& occurrence, const Problem& problem) {
  const ProblemRow& row = problem_row(problem.code);
  const std::string detail = detail_of(problem);
  const std::int64_t retry_after = problem.retry_after.value_or(row.retry_after);
  JsonWriter json;
  json.text("type", std::string("urn:lazaret:problem:").append(row.name))
      .text("title", row.title)
      .number("status", std::int64_t{row.status})
      .text("detail", detail)
      .text("instance", instance_of(occurrence.path))
      .text("code", row.name)
      .text("error", detail)
      .text("request_id", occurrence.request_id);
  if (!problem.errors.empty()) json.raw("errors", errors_json(problem.errors));
  if (problem.verdict) json.raw("findings", findings_json(problem.verdict->findings));
  if (problem.verdict && problem.verdict->more_findings > 0) {
    json.number("more_findings", problem.verdict->more_findings);
  }
  if (problem.limit) json.number("limit", *problem.limit);
  if (retry_after > 0) json.number("retry_after", retry_after);

  Response response;
  response.status = row.status;
  response.problem_code = row.name;
  response.headers.add("Content-Type", "application/problem+json");
  response.headers.add("Cache-Control", "no-store");
  if (retry_after > 0) response.headers.add("Retry-After", std::to_string(retry_after));
  response.body = json.finish();
  return response;
}

std::string describe_bytes(std::uint64_t bytes) {
  constexpr std::uint64_t kKilo = 1024;
  constexpr std::uint64_t kMega = kKilo * 1024;
  if (bytes >= kMega && bytes % kMega == 0) return std::to_string(bytes / kMega) + " MB";
  if (bytes >= kKilo && bytes % kKilo == 0) return std::to_string(bytes / kKilo) + " KB";
  return std::to_string(bytes) + " bytes";
}

std::string pointer_to(std::string_view member) {
  std::string pointer = "/";
  for (const char c : member) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

}  // namespace lazaret::http
