// A stored verdict read without a tree: a page of a list is up to 200 of them, and nearly all are the text that
// verdict_to_json() writes, its members in that order and its strings without an escape. Inside this folder only.
#pragma once

#include <optional>
#include <string_view>

#include "document/verdict.h"

namespace lazaret {

// nullopt: no verdict, or one written in another way, which is for the tree to read. What it gives, the tree gives too.
std::optional<Verdict> read_own_verdict(std::string_view text);

}  // namespace lazaret
