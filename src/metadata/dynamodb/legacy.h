// Items that the first version of this service wrote: the attributes of docs/api.md, some of them missing or spelled in
// other ways, and no helper attributes. Read generously; nothing is made up that only the object can tell. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "aws/dynamodb/attribute_value.h"
#include "base/error.h"
#include "document/document.h"

namespace lazaret::dynamo {

// What only the object can tell.
enum class ObjectFact : std::uint8_t { kSize, kChecksum, kContentType };

struct LegacyItem {
  Document document;  // its verdict says that it was never inspected, unless the item has one
  std::vector<ObjectFact> missing;
};

// kCorrupt, naming the attribute, for items that cannot be adopted: no id that can be one, no object, no date.
Result<LegacyItem> read_legacy(const aws::Item& item);

}  // namespace lazaret::dynamo
