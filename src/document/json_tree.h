// A JSON value as a small tree, for what must look inside JSON: merge patches, request bodies, stored documents.
// Numbers keep the digits they came with. For this folder and for the DynamoDB side, whose protocol and maps are JSON;
// the rest of the house sees JsonObject and Document.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/json.h"

namespace lazaret::json {

enum class Kind : std::uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };

struct Node {
  Kind kind = Kind::kNull;
  bool boolean = false;
  std::string text{};                // a string's characters, or a number as it was written
  std::vector<std::string> names{};  // of an object's members, each beside its value in `items`
  std::vector<Node> items{};

  const Node* find(std::string_view name) const;
};

// Hostile input. Strict RFC 8259; faults and codes as parse_json_object() says. Any kind of value may stand at the top.
// The tree is no deeper than the limit, so walking it by recursion is safe.
Result<Node> parse(std::string_view text, std::string_view pointer, const JsonLimits& limits);

// Compact. What it writes parses to the same tree.
void append(std::string& out, const Node& node);
std::string to_text(const Node& node);

// RFC 7396: applies `patch` to `target`; new members come last.
void merge(Node& target, Node patch);

// RFC 6901: `/` and the escaped name behind `pointer`.
std::string pointer_below(std::string_view pointer, std::string_view name);
std::string pointer_below(std::string_view pointer, std::size_t index);

}  // namespace lazaret::json
