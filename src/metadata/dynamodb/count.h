// Totals of lists, counted by the engine along an index that has everything a filter may ask.
#pragma once

#include "base/call.h"
#include "base/error.h"
#include "document/query.h"
#include "metadata/dynamodb/home.h"

namespace lazaret::dynamo {

struct ListBudget;

// Exact up to kMaxExactTotal where nothing but the state is asked; under filters "at least" when the budget is spent.
Result<Total> count_documents(Home& home, const Call& call, const Filter& filter, const ListBudget& budget);

}  // namespace lazaret::dynamo
