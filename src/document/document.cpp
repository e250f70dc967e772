#include "document/document.h"

#include <array>
#include <utility>

namespace lazaret {
namespace {

constexpr std::array<std::string_view, 3> kStates{"available", "quarantined", "deleted"};

}  // namespace

std::string_view to_string(State state) {
  return kStates.at(std::to_underlying(state));
}

std::optional<State> parse_state(std::string_view text) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == text) return static_cast<State>(i);
  }
  return std::nullopt;
}

ObjectKey make_object_key(Timestamp now, const DocumentId& id, AttemptId attempt) {
  std::string day = format_rfc3339(now).substr(0, 10);
  day[4] = day[7] = '/';
  return ObjectKey{"medical_documents/" + day + "/" + id.to_string() + "/" + attempt.to_string()};
}

ObjectKey original_object_key(const ObjectKey& served) {
  return ObjectKey{served.text() + ".original"};
}

bool has_bytes(const Document& document, const Digest& checksum) {
  return document.checksum == checksum || (document.sanitised && document.sanitised->original_checksum == checksum);
}

}  // namespace lazaret
