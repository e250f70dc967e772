#include "sandbox/types/office_check.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.h"
#include "sandbox/types/compound_file.h"
#include "sandbox/types/file_kinds.h"
#include "sandbox/types/image_check.h"
#include "sandbox/types/office_part.h"
#include "sandbox/types/office_xml.h"
#include "sandbox/types/zip_listing.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::uint64_t kMostUnpacked = std::uint64_t{512} << 20U;  // of all parts together
constexpr int kDeepest = 2;                                         // documents inside documents
constexpr unsigned kStored = 0;
constexpr unsigned kDeflated = 8;

enum class Expected { kDocument, kWorkbook, kEither };

class OfficeCheck {
 public:
  // At level 0 findings tell the offset of the part they are in, deeper that of the document: `outer`.
  OfficeCheck(const CheckTools& tools, Expected expected, int level, const Spot& outer)
      : tools_(tools), expected_(expected), level_(level), outer_(outer), window_(tools.file), xml_(tools.findings) {}
  void run();

 private:
  Spot at(std::uint64_t offset) const { return level_ == 0 ? at_offset(offset) : outer_; }
  void add(FindingCode code, std::uint64_t offset) { tools_.findings.add(code, at(offset)); }
  void tell_listing(const ZipListing& listing);
  void look_at_name(const ZipEntry& entry);
  void unpack(const ZipEntry& entry);
  bool pour(const ZipEntry& entry, OfficePart& part);
  void judge_file(const ZipEntry& entry, const OfficePart& part);
  void judge_compound(std::string_view bytes, const Spot& spot);
  void judge_archive(const OfficePart& part, const Spot& spot);
  void judge_kind();

  const CheckTools& tools_;
  const Expected expected_;
  const int level_;
  const Spot outer_;
  ByteWindow window_;
  OfficeXml xml_;
  std::uint64_t left_ = kMostUnpacked;
  std::uint64_t files_ = 0;
  bool has_content_types_ = false;
};

void OfficeCheck::tell_listing(const ZipListing& listing) {
  struct Row {
    std::int64_t ZipListing::* place;
    FindingCode code;
  };
  static constexpr auto kRows = std::to_array<Row>({
      {&ZipListing::broken, FindingCode::kUnreadable},
      {&ZipListing::disagreeing, FindingCode::kArchiveMismatch},
      {&ZipListing::outside, FindingCode::kArchiveMismatch},
      {&ZipListing::doubled, FindingCode::kArchiveMismatch},
      {&ZipListing::unaccounted, FindingCode::kArchiveMismatch},
  });
  for (const Row& row : kRows) {
    const std::int64_t place = listing.*row.place;
    if (place != ZipListing::kNone) add(row.code, static_cast<std::uint64_t>(place));
  }
  if (listing.has_too_many) add(FindingCode::kTooManyObjects, 0);
}

void OfficeCheck::look_at_name(const ZipEntry& entry) {
  const std::string name = ascii_lowered(entry.name);
  has_content_types_ = has_content_types_ || name == "[content_types].xml";
  if (name.ends_with("vbaproject.bin") || name.contains("/activex/") || name.contains("/macrosheets/"))
    add(FindingCode::kMacros, entry.header);
  // An archive of Java's, which runs under any name.
  if (name == "meta-inf/manifest.mf") add(FindingCode::kPolyglot, entry.header);
  const FileKind kind = kind_of_name(name);
  if (kind == FileKind::kExecutable) add(FindingCode::kExecutableAttachment, entry.header);
  if (kind == FileKind::kMacro) add(FindingCode::kMacroAttachment, entry.header);
  if (kind == FileKind::kMarkup && !name.ends_with(".svg")) add(FindingCode::kMarkupAttachment, entry.header);
  if (name.contains("/embeddings/") && !name.ends_with(".rels")) {
    ++files_;
    add(FindingCode::kEmbeddedFile, entry.header);
  }
}

// Whether the entry was unpacked to its end.
bool OfficeCheck::pour(const ZipEntry& entry, OfficePart& part) {
  if (entry.method == kStored) {
    window_.pour(entry.data, entry.packed, part);
    return entry.packed == entry.unpacked;
  }
  class Inflating final : public ByteSink {
   public:
    Inflating(Inflater& inflater, ByteSink& next) : inflater_(inflater), next_(next) {}
    bool write(const char* bytes, std::size_t length) override {
      state_ = inflater_.feed(bytes, length, next_);
      return state_ == Inflater::State::kMore;
    }
    Inflater::State state() const { return state_; }

   private:
    Inflater& inflater_;
    ByteSink& next_;
    Inflater::State state_ = Inflater::State::kMore;
  };
  tools_.inflater.reset();
  Inflating inflating(tools_.inflater, part);
  inflating.write("\x78\x9C", 2);  // the wrapper that archives leave out
  window_.pour(entry.data, entry.packed, inflating);
  return inflating.state() == Inflater::State::kDone;
}

void OfficeCheck::unpack(const ZipEntry& entry) {
  if (entry.is_encrypted()) return add(FindingCode::kEncrypted, entry.header);
  if (entry.method != kStored && entry.method != kDeflated) return add(FindingCode::kUnreadable, entry.header);
  OfficePart part(tools_, xml_, entry, at(entry.header));
  part.stop_at(left_);
  part.finish(pour(entry, part));
  left_ -= std::min(left_, part.made());
  judge_file(entry, part);
}

// A file inside, and whatever else is no XML: by its own bytes.
void OfficeCheck::judge_file(const ZipEntry& entry, const OfficePart& part) {
  const Spot spot = at(entry.header);
  switch (part.kind()) {
    case PartKind::kXml:
    case PartKind::kDrawing:
      return;
    case PartKind::kCompound:
      return judge_compound(part.bytes(), spot);
    case PartKind::kArchive:
      return judge_archive(part, spot);
    case PartKind::kRichText:  // may hold objects in code of its own
      return tools_.findings.add(FindingCode::kLockedAttachment, spot);
    case PartKind::kOther:
      if (!part.bytes().empty()) tools_.nested.judge(part.bytes(), part.is_held_whole(), spot);
      return;
  }
}

void OfficeCheck::judge_compound(std::string_view bytes, const Spot& spot) {
  const CompoundTraits traits = look_into_compound(FileReader(bytes));
  if (traits.is_locked) tools_.findings.add(FindingCode::kLockedAttachment, spot);
  if (traits.has_macros) tools_.findings.add(FindingCode::kMacroAttachment, spot);
  if (traits.packaged == FileKind::kExecutable) tools_.findings.add(FindingCode::kExecutableAttachment, spot);
  if (traits.packaged == FileKind::kMacro) tools_.findings.add(FindingCode::kMacroAttachment, spot);
  if (traits.packaged == FileKind::kMarkup) tools_.findings.add(FindingCode::kMarkupAttachment, spot);
}

// The workbook behind a chart, above all.
void OfficeCheck::judge_archive(const OfficePart& part, const Spot& spot) {
  if (level_ + 1 >= kDeepest || !part.is_held_whole()) {
    return tools_.findings.add(FindingCode::kLockedAttachment, spot);
  }
  inspect::FactList ignored;
  const FileReader file(part.bytes());
  const CheckTools inner{.file = file,
                         .head = part.bytes(),
                         .inflater = tools_.inflater,
                         .search = tools_.search,
                         .nested = tools_.nested,
                         .findings = tools_.findings,
                         .facts = ignored};
  OfficeCheck(inner, Expected::kEither, level_ + 1, spot).run();
}

void OfficeCheck::judge_kind() {
  if (level_ > 0) {
    if (!has_content_types_) add(FindingCode::kLockedAttachment, 0);  // an archive of something else
    return;
  }
  const bool is_so = expected_ == Expected::kDocument ? xml_.is_text_document() : xml_.is_workbook();
  if (!has_content_types_ || !is_so) return add(FindingCode::kTypeMismatch, 0);
  if (xml_.is_text_document() && xml_.is_workbook()) add(FindingCode::kPolyglot, 0);
}

void OfficeCheck::run() {
  if (begins_like_compound(tools_.head)) {
    const bool is_locked = look_into_compound(tools_.file).is_locked;
    return add(is_locked ? FindingCode::kEncrypted : FindingCode::kTypeMismatch, 0);
  }
  const auto end = find_zip_end(tools_.file);
  if (!end) return add(FindingCode::kUnreadable, 0);
  if (end->shift != 0) add(FindingCode::kPolyglot, 0);
  const ZipListing listing = list_zip(window_, *end);
  tell_listing(listing);
  for (const ZipEntry& entry : listing.entries)
    look_at_name(entry);
  for (const ZipEntry& entry : listing.entries)
    unpack(entry);
  judge_kind();
  if (level_ == 0) look_behind(tools_, window_, end->offset + kZipEndBytes);
  tools_.facts.set(inspect::FactCode::kParts, listing.entries.size());
  if (files_ != 0) tools_.facts.set(inspect::FactCode::kAttachments, files_);
}

}  // namespace

void check_docx(const CheckTools& tools) {
  OfficeCheck(tools, Expected::kDocument, 0, {}).run();
}

void check_xlsx(const CheckTools& tools) {
  OfficeCheck(tools, Expected::kWorkbook, 0, {}).run();
}

}  // namespace lazaret::sandbox
