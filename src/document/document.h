// Document: one medical document's metadata, as clients and both stores know it. A plain value; whether it obeys the
// rules of docs/api.md is said by validate() in document/validation.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/secret.h"
#include "document/verdict.h"

namespace lazaret {

enum class State : std::uint8_t { kAvailable, kQuarantined, kDeleted };
std::string_view to_string(State state);
std::optional<State> parse_state(std::string_view text);

// Where the bytes lie: medical_documents/<yyyy>/<mm>/<dd>/<id>/<attempt>. Never patient-derived, never reused.
class ObjectKey {
 public:
  ObjectKey() = default;
  explicit ObjectKey(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  auto operator<=>(const ObjectKey&) const = default;

 private:
  std::string text_;
};

ObjectKey make_object_key(Timestamp now, const DocumentId& id, AttemptId attempt);
// Where the file as it was sent lies beside a sanitised copy, whose key is given. Of other documents nothing lies
// there.
ObjectKey original_object_key(const ObjectKey& served);

// A JSON object as compact text: valid, UTF-8, no duplicate names, numbers with the digits they came with.
// Made by parse_json_object() in document/json.h, which enforces depth and size; may hold patient data, so it has no
// formatter.
class JsonObject {
 public:
  JsonObject() : text_("{}") {}
  // Precondition: `text` is compact and valid, e.g. read back from a store.
  static JsonObject trusted(std::string text) { return JsonObject(std::move(text)); }
  const std::string& text() const { return text_; }
  bool empty() const { return text_ == "{}"; }
  bool operator==(const JsonObject&) const = default;

 private:
  explicit JsonObject(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Who let a quarantined document go, and why.
struct Release {
  PatientText reason;
  std::string caller;
  Timestamp at{};
  bool operator==(const Release&) const = default;
};

// Of a document that was sanitised: size, checksum and content are those of the clean copy, and the file as it was sent
// is kept beside it under seal.
struct Sanitised {
  std::uint64_t original_size = 0;
  Digest original_checksum;
  std::vector<Release> taken_out;  // who took the original out, and why, the first first; at most kMostTakenOut
  bool operator==(const Sanitised&) const = default;
};

struct Document {
  DocumentId id;
  PatientText filename;
  PatientText original_filename;
  ObjectKey s3_key;
  std::uint64_t size = 0;  // bytes
  Timestamp upload_date{};
  std::vector<std::string> categories;  // sorted, each once
  std::string content_type;
  Digest checksum;
  bool processed = false;
  JsonObject metadata;   // the caller's own members
  JsonObject extracted;  // what inspection found; shown as metadata.extracted
  State state = State::kAvailable;
  Verdict verdict;
  std::uint64_t version = 1;
  std::optional<Timestamp> deleted_at;
  std::optional<State> state_before_delete;  // inside only: what restore goes back to
  std::optional<DocumentId> duplicate_of;
  std::optional<Release> release;
  std::optional<Sanitised> sanitised;
  bool operator==(const Document&) const = default;
};

// Whether these are the bytes that were sent or that are served.
bool has_bytes(const Document& document, const Digest& checksum);

// What becomes of bytes that are already stored (ON_DUPLICATE).
enum class OnDuplicate : std::uint8_t {
  kAllow,   // same bytes twice are two documents
  kFlag,    // stored, and `duplicate_of` names the oldest live one
  kReject,  // kConflict
};

inline constexpr std::size_t kMaxFilenameBytes = 255;
inline constexpr std::size_t kMaxOriginalFilenameBytes = 1024;
inline constexpr std::size_t kMaxMetadataBytes = 32UL * 1024;
inline constexpr std::size_t kMaxExtractedBytes = 4UL * 1024;
inline constexpr int kMaxMetadataDepth = 8;
inline constexpr std::size_t kMostTakenOut = 32;

}  // namespace lazaret
