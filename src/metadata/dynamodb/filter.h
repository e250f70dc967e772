// A list's filter, said twice: as an expression over what an index projects, so that the engine leaves out what does
// not match, and over a document, which decides. Pure.
#pragma once

#include <string>

#include "aws/dynamodb/requests.h"
#include "document/query.h"

namespace lazaret::dynamo {

// What the key condition already holds to.
struct HeldByKey {
  bool dates = false;
  bool sizes = false;
};

// Empty where there is nothing to ask. For the indexes of documents.
std::string filter_expression(const Filter& filter, HeldByKey held, aws::Expression& expression);
// For search rows, which hold the words of a name and nothing else.
std::string words_expression(const Filter& filter, aws::Expression& expression);

// Whether the filter asks for anything beside the state.
bool filters_anything(const Filter& filter);
bool passes(const Filter& filter, const Document& document);

}  // namespace lazaret::dynamo
