// JSON from clients and stores: whatever is accepted is written the same for ever, and no reader falls over the rest.
#include "document/json.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "document/validation.h"

namespace {

using namespace lazaret;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_object(std::string_view text) {
  const Result<JsonObject> object = parse_json_object(text, "/metadata");
  if (!object) {
    require(!object.error().faults.empty());
    return;
  }
  require(object->text().size() <= kMaxMetadataBytes);
  require(parse_json_object(object->text(), "").value() == *object);
  const Result<JsonObject> merged = merge_patch(*object, *object, "");
  require(merged.has_value());
  require(merge_patch(*merged, *object, "").value() == *merged);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const Categories kKnown = Categories::make({"a", "b"}).value();
  check_object(text);
  if (const Result<Verdict> verdict = verdict_from_json(text)) {
    require(verdict_from_json(verdict_to_json(*verdict)).value() == *verdict);
  }
  if (const Result<Document> document = from_stored_json(text)) {
    require(from_stored_json(to_stored_json(*document)).value() == *document);
    static_cast<void>(to_client_json(*document));
    static_cast<void>(validate(*document));
  }
  static_cast<void>(parse_change(text, kKnown));
  static_cast<void>(parse_categories_body(text, kKnown));
  static_cast<void>(parse_url_body(text));
  static_cast<void>(parse_release_body(text));
  static_cast<void>(parse_categories_field({std::string(text)}, kKnown, "/categories"));
  return 0;
}
