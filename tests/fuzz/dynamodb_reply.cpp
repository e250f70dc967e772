// DynamoDB's replies: no reader falls over them, and an item that is read is written the same for ever.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "aws/dynamodb/client.h"
#include "aws/dynamodb/json.h"
#include "metadata/dynamodb/rows.h"
#include "metadata/dynamodb/schema.h"

namespace {

using namespace lazaret;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_item(const aws::Item& item) {
  std::string text;
  aws::append_json(text, item);
  const auto tree = aws::parse_reply(text);
  require(tree.has_value());
  require(aws::item_from(*tree).value() == item);
  static_cast<void>(dynamo::row_from(item));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto number = aws::Number::parse(text)) require(aws::Number::parse(number->text()) == number);
  static_cast<void>(aws::item_of({.body = std::string(text)}));
  const auto reply = aws::parse_reply(text);
  if (!reply) return 0;
  require(aws::units_of(*reply) >= 0);
  static_cast<void>(dynamo::described_from(*reply));
  if (const auto page = aws::page_from(*reply)) {
    for (const aws::Item& item : page->items)
      check_item(item);
  }
  if (const auto item = aws::item_under(*reply, "Item"); item && *item) check_item(**item);
  return 0;
}
