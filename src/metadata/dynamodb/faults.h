// What a refusal to describe a table means to an operator: a sentence that tells what to mend. It is read at start and
// in readiness, which both ask for the tables. Pure.
#pragma once

#include <string>

#include "aws/client.h"
#include "base/error.h"

namespace lazaret::dynamo {

// Where the calls go, as the sentences name it.
struct TablePlace {
  std::string table;
  std::string endpoint;  // "dynamodb.eu-central-1.amazonaws.com"
  std::string region;
};

Error explain_refusal(aws::Failure failure, const TablePlace& place);
Error explain_missing_table(const TablePlace& place);

}  // namespace lazaret::dynamo
