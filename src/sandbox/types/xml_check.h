// The checker of XML, clinical documents (CDA) and FHIR above all: well-formed, without a DTD that opens or unfolds
// anything, without script; files that stand in it as base64 are judged by their own bytes.
#pragma once

#include "sandbox/types/checker.h"

namespace lazaret::sandbox {

void check_xml(const CheckTools& tools);

}  // namespace lazaret::sandbox
