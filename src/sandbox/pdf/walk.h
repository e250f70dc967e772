// walk_pdf(): the document as libqpdf reads it, object by object. The one door to the room of libqpdf, whose headers
// do not compile as C++20 or later here: this header and everything it includes is plain C++17.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/file_reader.h"
#include "sandbox/finding_sink.h"
#include "sandbox/inflater.h"
#include "sandbox/pdf/object_census.h"
#include "sandbox/types/file_kinds.h"

namespace lazaret::sandbox {

class ContentSearch;

struct WalkLimits {
  std::uint64_t inflated_bytes = 0;
  std::uint64_t thorough_bytes = 0;
  std::uint64_t objects = 0;
  int depth = 0;
  int nesting = 2;  // how deep PDFs attached to PDFs are walked
};

// What an attachment is by its first bytes, as libmagic says it.
class AttachmentJudge {
 public:
  AttachmentJudge() = default;
  AttachmentJudge(const AttachmentJudge&) = delete;
  AttachmentJudge& operator=(const AttachmentJudge&) = delete;
  virtual ~AttachmentJudge() = default;
  virtual FileKind kind_of(std::string_view head) = 0;
};

// A place in the raw bytes of which the caller wants to know whether a stream covers it.
struct Watched {
  std::uint64_t offset = 0;
  bool inside_stream = false;
};

struct WalkTools {
  const FileReader& file;
  Inflater& inflater;
  AttachmentJudge& judge;
  FindingSink& findings;
  std::vector<Watched>& watched;
  const Census& census;              // of the same bytes
  std::uint64_t header = 0;          // offset of %PDF-, from which libqpdf counts
  ContentSearch* content = nullptr;  // also gets what streams decode to, and scripts
};

// What a document says of itself. Texts hold only what FactList lets through.
struct DocumentWords {
  std::string producer;
  std::string created;
  std::string language;
  std::string page_sizes;
  std::string attachment_types;
  std::uint64_t attachments = 0;
  bool is_signed = false;
  bool is_tagged = false;
};

struct WalkResult {
  std::int64_t page_count = -1;  // -1: not known
  std::string pdf_version;
  bool encrypted = false;  // opened with the empty password
  DocumentWords words;
};

// Never throws but std::bad_alloc.
WalkResult walk_pdf(const WalkTools& tools, const WalkLimits& limits);

std::string qpdf_version();

}  // namespace lazaret::sandbox
