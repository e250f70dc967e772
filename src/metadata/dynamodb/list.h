// One list request over DynamoDB: walk the plan, fetch the documents, check each against the filter and against the key
// it was found under, stop in time. Totals are counted on the first page.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/call.h"
#include "base/error.h"
#include "document/query.h"
#include "metadata/dynamodb/home.h"
#include "metadata/dynamodb/totals.h"

namespace lazaret::dynamo {

// How much one page may cost before it comes short, and one total before it says "at least". A first round of reads is
// always made, so every page gets on.
struct ListBudget {
  std::uint64_t page_bytes = 8UL << 20U;  // read, by the units they cost
  std::chrono::milliseconds page_time{2000};
  std::uint64_t count_bytes = 4UL << 20U;  // of a total under filters; without any it is counted to its end
  std::chrono::milliseconds count_time{500};
};

Result<Page> list_documents(Home& home, const Call& call, const Query& query, const ListBudget& budget, Totals& totals);

}  // namespace lazaret::dynamo
