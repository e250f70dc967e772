// Compound files (OLE, CFB): what office programs wrote before they wrote archives, what they put into archives as
// objects, and what an archive with a password is wrapped in. Told by the names of their streams, which are looked for
// in the whole file, so that no table of the file's own can lead past one.
#pragma once

#include <string_view>

#include "sandbox/file_reader.h"
#include "sandbox/types/file_kinds.h"

namespace lazaret::sandbox {

struct CompoundTraits {
  bool is_locked = false;   // an office document under a password
  bool has_macros = false;  // a project of Visual Basic
  // Of a file that was put into a document as it was, by its name and its first bytes; nothing worse than
  // kOrdinary where there is none.
  FileKind packaged = FileKind::kOrdinary;
};

bool begins_like_compound(std::string_view head);
CompoundTraits look_into_compound(const FileReader& file);

}  // namespace lazaret::sandbox
