// scan_raw(): one pass over the raw bytes of a PDF, before any library sees them. Linear in time, bounded in memory.
// It finds what lies around the document (bytes before and after it, second headers, archives in the tail), names
// that are written to be overlooked, the EICAR string, and object and xref streams that would burst libqpdf; and it
// counts the objects there are, for the walk to compare with what libqpdf shows.
// Streams are stepped over by their stated length where `endstream` stands there, else by searching for it. All bytes
// are shown to the rules on the way.
// Plain C++17, so that the room of libqpdf can use it for documents inside documents.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sandbox/file_reader.h"
#include "sandbox/finding_sink.h"
#include "sandbox/inflater.h"
#include "sandbox/pdf/object_census.h"

namespace lazaret::sandbox {

class ContentSearch;

// A finding that does not count where the walk shows that it lies inside a stream: there the bytes belong to an
// attachment, not to the file.
struct Candidate {
  inspect::FindingCode code{};
  std::uint64_t offset = 0;
  bool inside_stream = false;
};

struct RawScan {
  std::vector<Candidate> candidates;                   // at most kMaxCandidates
  std::vector<std::uint64_t> streams_that_hide_names;  // at most kMaxCandidates; of an encrypted document noise
  bool says_encrypted = false;                         // /Encrypt stands in the clear, where it means something or not
  bool is_safe_to_walk = true;                         // no stream that libqpdf decodes by itself is a bomb
  Census census;
};

inline constexpr std::size_t kMaxCandidates = 16;

struct RawScanTools {
  const FileReader& file;
  Inflater& inflater;
  FindingSink& findings;
  ContentSearch* rules = nullptr;  // null: they have seen these bytes
};

// `head` is the first kilobytes of the file, `header` the offset of its %PDF-. All object and xref streams together may
// inflate to `inflated_bytes`.
RawScan scan_raw(const RawScanTools& tools, std::string_view head, std::size_t header, std::uint64_t inflated_bytes);

}  // namespace lazaret::sandbox
