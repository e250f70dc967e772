// The bodies of DynamoDB's JSON protocol, both ways. Pure; replies are outside data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/dynamodb/requests.h"
#include "aws/http.h"
#include "base/error.h"
#include "document/json_tree.h"

namespace lazaret::aws {

std::string body_of(const GetItem& get);
std::string body_of(const PutItem& put);
std::string body_of(const UpdateItem& update);
std::string body_of(const DeleteItem& remove);
std::string body_of(const QueryItems& query);
std::string body_of(const ScanItems& scan);
// The whole body of a batch, from the object for RequestItems.
std::string batch_body(std::string_view request_items);

// A reply's body as a tree. kCorrupt for what is no JSON.
Result<json::Node> parse_reply(std::string_view body);
Result<ItemPage> page_from(const json::Node& reply);
// The item under `name`; nullopt where there is none.
Result<std::optional<Item>> item_under(const json::Node& reply, std::string_view name);
// Of ConsumedCapacity, which is an object or, for batches, an array of them; 0 where none was counted.
double units_of(const json::Node& reply);

// Whether x-amz-crc32, where there is one, is that of the body.
bool crc_is_right(const HttpResponse& response);

}  // namespace lazaret::aws
