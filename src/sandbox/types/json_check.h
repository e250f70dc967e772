// The checker of JSON, FHIR resources above all: well-formed by RFC 8259 in UTF-8, nested no deeper than a bound, no
// script in its strings, and files that stand in `data` members as base64 judged by their own bytes.
#pragma once

#include "sandbox/types/checker.h"

namespace lazaret::sandbox {

void check_json(const CheckTools& tools);

}  // namespace lazaret::sandbox
