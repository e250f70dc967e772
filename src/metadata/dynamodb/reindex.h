// Reindex: adopts the items of a table that the first version of this service filled, which have no place in any index,
// and removes rows that lead to no document that wants them. It reads both tables once, in segments side by side and at
// a bounded rate, and writes to each item it adopts what the item lacks; its other attributes stay. It may be ended and
// run again at any time: adopted items are passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/call.h"
#include "base/error.h"
#include "base/pause.h"
#include "metadata/dynamodb/legacy.h"
#include "metadata/dynamodb/store.h"

namespace lazaret {

struct ReindexOptions {
  std::string table = "medical-documents";
  unsigned segments = 4;
  std::size_t items_per_second = 200;  // looked at, by all segments together
};

// What the object of an item says.
struct ObjectFacts {
  std::uint64_t size = 0;
  Digest checksum;
  std::string content_type;
  std::optional<Verdict> verdict;  // where it was inspected on this occasion
};
// Called for items that lack some of it, by several threads at once. The document's s3_key names the object.
using ReadObject = std::function<Result<ObjectFacts>(const Call& call, const Document& document,
                                                     std::span<const dynamo::ObjectFact> missing)>;

struct ReindexReport {
  std::uint64_t looked_at = 0;
  std::uint64_t adopted = 0;
  std::uint64_t left_alone = 0;  // cannot be adopted, or changed in the meantime; nothing of them was touched
  struct Problem {
    std::string id;   // as the item has it, cut; empty where it has none
    std::string why;  // names attributes, never values
  };
  std::vector<Problem> problems;  // the first 1,000
  std::uint64_t rows_looked_at = 0;
  std::uint64_t rows_unwanted = 0;  // removed, unless an operation that was under way still wanted them
};

// Whether there is one among the first hundred items the table gives: of a table that was never adopted, surely.
Result<bool> shows_items_to_adopt(aws::DynamoDbClient& db, const Call& call, const std::string& table);

// On failure what was adopted stays adopted.
Result<ReindexReport> reindex_dynamodb(const DynamoDbStore::Parts& parts, Pause& pause, const Call& call,
                                       const ReindexOptions& options, const ReadObject& read_object);

}  // namespace lazaret
