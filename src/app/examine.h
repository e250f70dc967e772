// What can be told of an object by reading it whole: for documents whose rows lack it.
#pragma once

#include "base/call.h"
#include "base/digest.h"
#include "base/error.h"
#include "document/document.h"
#include "intake/inspector.h"
#include "intake/object_store.h"
#include "intake/spool.h"

namespace lazaret {

struct Examined {
  std::uint64_t size = 0;
  Digest checksum;
  Inspection inspection;  // on this occasion
};

// Fetches the object under `document.s3_key` through the spool and has it inspected. kNotFound where there is none.
Result<Examined> examine_object(const Call& call, ObjectStore& objects, Inspector& inspector, const Spool& spool,
                                const Document& document);

}  // namespace lazaret
