// Documents and metadata as JSON, both ways. Hostile input: sizes, depth, duplicate names and UTF-8 are checked here.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "document/document.h"

namespace lazaret {

struct JsonLimits {
  std::size_t bytes = kMaxMetadataBytes;  // of the compact form
  int depth = kMaxMetadataDepth;          // the object itself is level 1
};

// The text as one JSON object, compact. kMalformedJson where it is no JSON; kInvalidField, with a Fault whose
// `where` is the JSON Pointer below `pointer`, for duplicates, depth, size, numbers beyond 38 digits or 1e125, and
// U+0000 in strings (no store keeps it).
Result<JsonObject> parse_json_object(std::string_view text, std::string_view pointer, const JsonLimits& limits = {});

// RFC 7396. The result is checked against `limits` again.
Result<JsonObject> merge_patch(const JsonObject& target, const JsonObject& patch, std::string_view pointer,
                               const JsonLimits& limits = {});

// The `metadata` that clients see: the caller's members, then `extracted` where inspection found something.
void append_client_metadata(std::string& out, const JsonObject& metadata, const JsonObject& extracted);

// What clients read: every attribute of docs/api.md, compact, `extracted` inside `metadata`.
std::string to_client_json(const Document& document);
void append_client_json(std::string& out, const Document& document);
// Verdict as it appears in a Document and is stored. Reading back what is no verdict is kCorrupt.
std::string verdict_to_json(const Verdict& verdict);
Result<Verdict> verdict_from_json(std::string_view text);
// The same of what a document's sanitising left.
std::string sanitised_to_json(const Sanitised& sanitised);
Result<Sanitised> sanitised_from_json(std::string_view text);

// Whole documents with the inner attributes too; parse(serialise(d)) == d. What is no document, unknown
// members included, is kCorrupt.
std::string to_stored_json(const Document& document);
Result<Document> from_stored_json(std::string_view text);

// How many bytes at the front of `text` stand in a JSON string as they are. Looks at eight at a time.
std::size_t plain_json_prefix(std::string_view text);
// Appends `text` as a JSON string with its quotes. Input is valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace lazaret
