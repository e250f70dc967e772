// JSON objects as DynamoDB's maps, so that other tools read them, and back as the very text they were. A map keeps no
// order and one spelling of numbers; where that loses something, the text lies beside the map in a helper attribute,
// and is believed as long as it says the same as the map. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/dynamodb/attribute_value.h"
#include "base/error.h"
#include "document/document.h"

namespace lazaret::dynamo {

// Members with an empty name, which a map cannot have, are left out.
aws::Item map_from(const JsonObject& object);
// In the order of names.
JsonObject object_from(const aws::Item& map);

// The text to keep beside map_from(object); nullopt where the map tells all.
std::optional<std::string> spelling_of(const JsonObject& object);
// `spelling` as it lies beside the map, empty where there is none.
JsonObject object_from(const aws::Item& map, std::string_view spelling);

}  // namespace lazaret::dynamo
