// Cursors: a Position as an opaque, signed text. Layout before base64url:
//   version (1 byte) | MAC (16 bytes) | total (8) | relation (1) | document id (16) | kind (1) | key
// The MAC is HMAC-SHA-256, cut, over the query it is bound to (filter, sort, order; not limit) and the rest of the
// text. Numbers are big-endian.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"
#include "document/query.h"

namespace lazaret {

// kInvalidCursor for anything that make_cursor() did not make for the same filter and sort with the same key.
Result<Position> read_cursor(const Query& query, std::string_view cursor, const Secret& key);

}  // namespace lazaret
