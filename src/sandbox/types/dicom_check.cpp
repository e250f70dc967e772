#include "sandbox/types/dicom_check.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "sandbox/inflating_sink.h"
#include "sandbox/types/dicom_walk.h"
#include "sandbox/types/file_kinds.h"
#include "sandbox/types/image_check.h"

namespace lazaret::sandbox {
namespace {

using inspect::FactCode;
using inspect::FindingCode;

constexpr std::uint64_t kMetaStart = kDicomPreamble + 4;
constexpr std::uint32_t kMetaGroup = 0x0002;
constexpr std::size_t kLongestValue = 64;                          // of those that are read
constexpr std::uint64_t kMostDeflated = std::uint64_t{64} << 20U;  // held of a data set that is deflated
constexpr std::string_view kImplicitLittle = "1.2.840.10008.1.2";
constexpr std::string_view kImplicitLittleOfGe = "1.2.840.113619.5.2";
constexpr std::string_view kExplicitBig = "1.2.840.10008.1.2.2";
constexpr std::string_view kDeflated = "1.2.840.10008.1.2.1.99";

// The elements that are read. None of them is about a patient.
enum class Tag : std::uint32_t {
  kSopClass = 0x00020002,
  kTransferSyntax = 0x00020010,
  kModality = 0x00080060,
  kSamples = 0x00280002,
  kFrames = 0x00280008,
  kRows = 0x00280010,
  kColumns = 0x00280011,
  kBitsAllocated = 0x00280100,
  kBitsStored = 0x00280101,
  kEncapsulatedDocument = 0x00420011,
};

class MetaHeader final : public DicomListener {
 public:
  explicit MetaHeader(const FileReader& file) : file_(file) {}
  void element(const DicomElement& element) override {
    if (element.level != 0) return;
    if (element.tag == static_cast<std::uint32_t>(Tag::kSopClass)) sop_class_ = word(element);
    if (element.tag == static_cast<std::uint32_t>(Tag::kTransferSyntax)) transfer_syntax_ = word(element);
  }
  const std::string& sop_class() const { return sop_class_; }
  const std::string& transfer_syntax() const { return transfer_syntax_; }

 private:
  // Padded with a zero or blanks to an even length.
  std::string word(const DicomElement& element) const {
    std::string text = file_.read_at(element.value, std::min<std::uint64_t>(element.length, kLongestValue));
    while (!text.empty() && (text.back() == '\0' || text.back() == ' '))
      text.pop_back();
    return text;
  }

  const FileReader& file_;
  std::string sop_class_;
  std::string transfer_syntax_;
};

class DataSet final : public DicomListener {
 public:
  DataSet(const CheckTools& tools, const FileReader& data, DicomCoding coding)
      : tools_(tools), data_(data), coding_(coding) {}

  void element(const DicomElement& element) override;
  void tell();

 private:
  std::string text(const DicomElement& element) const;
  std::uint64_t number(const DicomElement& element) const;
  void judge_document(const DicomElement& element);

  const CheckTools& tools_;
  const FileReader& data_;
  const DicomCoding coding_;
  ImageSize size_{.channels = 1};
  std::uint64_t bits_allocated_ = 0;
};

std::string DataSet::text(const DicomElement& element) const {
  std::string value = data_.read_at(element.value, std::min<std::uint64_t>(element.length, kLongestValue));
  while (!value.empty() && (value.back() == '\0' || value.back() == ' '))
    value.pop_back();
  return value;
}

std::uint64_t DataSet::number(const DicomElement& element) const {
  const std::string value = data_.read_at(element.value, std::min<std::uint64_t>(element.length, 2));
  return coding_ == DicomCoding::kExplicitBig ? big_endian(value) : little_endian(value);
}

// A PDF, a picture or a CDA that travels as DICOM.
void DataSet::judge_document(const DicomElement& element) {
  const std::string bytes = data_.read_at(element.value, std::min<std::uint64_t>(element.length, kMostNestedBytes));
  tools_.nested.judge(bytes, element.length <= kMostNestedBytes, at_offset(element.value));
  tools_.facts.set(FactCode::kAttachments, 1);
}

void DataSet::element(const DicomElement& element) {
  if (element.level != 0) return;
  switch (static_cast<Tag>(element.tag)) {
    case Tag::kModality:
      return tools_.facts.set(FactCode::kModality, text(element));
    case Tag::kSamples:
      size_.channels = number(element);
      return;
    case Tag::kRows:
      size_.height = number(element);
      return;
    case Tag::kColumns:
      size_.width = number(element);
      return;
    case Tag::kBitsAllocated:
      bits_allocated_ = number(element);
      return;
    case Tag::kBitsStored:
      size_.bit_depth = number(element);
      return;
    case Tag::kFrames: {
      const std::string digits = text(element);
      std::uint64_t frames = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), frames);
      return tools_.facts.set(FactCode::kFrames, frames);
    }
    case Tag::kEncapsulatedDocument:
      return judge_document(element);
    case Tag::kSopClass:
    case Tag::kTransferSyntax:
      return;
  }
}

void DataSet::tell() {
  if (size_.width == 0 || size_.height == 0) return;  // a report, a plan, a document: no picture
  if (size_.bit_depth == 0) size_.bit_depth = bits_allocated_;
  tell_image_size(tools_, size_);
}

void look_at_preamble(const CheckTools& tools) {
  const std::string_view preamble = tools.head.substr(0, kDicomPreamble);
  if (kind_of_bytes(preamble) == FileKind::kExecutable) {
    return tools.findings.add(FindingCode::kExecutablePolyglot, at_offset(0));
  }
  using namespace std::string_view_literals;
  const bool is_tiff = preamble.starts_with("II*\0"sv) || preamble.starts_with("MM\0*"sv);
  const bool is_big_tiff = preamble.starts_with("II+\0"sv) || preamble.starts_with("MM\0+"sv);
  const bool is_other =
      is_foreign_magic(preamble) || holds_markup(preamble) || preamble.find("%PDF-") != std::string_view::npos;
  if (is_other && !is_tiff && !is_big_tiff) tools.findings.add(FindingCode::kPolyglot, at_offset(0));
}

void tell_end(const CheckTools& tools, const DicomWalk& walk, DicomWalk::End end) {
  const Spot spot = at_offset(walk.position());
  switch (end) {
    case DicomWalk::End::kWhole:
      return;
    case DicomWalk::End::kTruncated:
      return tools.findings.add(FindingCode::kTruncated, spot);
    case DicomWalk::End::kBroken:
      return tools.findings.add(FindingCode::kUnreadable, spot);
    case DicomWalk::End::kTooDeep:
      return tools.findings.add(FindingCode::kTooDeep, spot);
    case DicomWalk::End::kTooMany:
      return tools.findings.add(FindingCode::kTooManyObjects, spot);
  }
}

void walk_data(const CheckTools& tools, const FileReader& data, std::uint64_t start, DicomCoding coding) {
  ByteWindow window(data);
  DataSet listener(tools, data, coding);
  DicomWalk walk(window, coding, listener);
  const DicomWalk::End end = walk.run(start);
  listener.tell();
  // Behind the last whole element nothing but padding may stand.
  if (end == DicomWalk::End::kBroken && window.at(walk.position(), 4) == std::string_view("\0\0\0\0", 4)) {
    return look_behind(tools, window, walk.position());
  }
  tell_end(tools, walk, end);
}

class Held final : public ByteSink {
 public:
  explicit Held(ContentSearch& search) : search_(search) {}
  bool write(const char* bytes, std::size_t length) override {
    search_.feed({bytes, length});
    bytes_.append(bytes, length);
    return bytes_.size() <= kMostDeflated;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  ContentSearch& search_;
  std::string bytes_;
};

void walk_deflated(const CheckTools& tools, std::uint64_t start) {
  Held held(tools.search);
  tools.search.begin(at_offset(start));
  tools.inflater.reset();
  InflatingSink inflating(tools.inflater, held);
  inflating.write("\x78\x9C", 2);  // the wrapper that DICOM leaves out
  ByteWindow window(tools.file);
  window.pour(start, tools.file.size() - start, inflating);
  if (held.bytes().size() > kMostDeflated) return tools.findings.add(FindingCode::kInflatesTooFar, at_offset(start));
  walk_data(tools, FileReader(held.bytes()), 0, DicomCoding::kExplicitLittle);
}

}  // namespace

void check_dicom(const CheckTools& tools) {
  look_at_preamble(tools);
  look_for_archive(tools);
  ByteWindow window(tools.file);
  MetaHeader meta(tools.file);
  DicomWalk walk(window, DicomCoding::kExplicitLittle, meta);
  const DicomWalk::End end = walk.run(kMetaStart, kMetaGroup);
  const std::string& syntax = meta.transfer_syntax();
  if (end != DicomWalk::End::kWhole || syntax.empty()) {
    return tools.findings.add(FindingCode::kUnreadable, at_offset(walk.position()));
  }
  tools.facts.set(FactCode::kTransferSyntax, syntax);
  tools.facts.set(FactCode::kSopClass, meta.sop_class());
  if (syntax == kDeflated) return walk_deflated(tools, walk.position());
  const bool is_implicit = syntax == kImplicitLittle || syntax == kImplicitLittleOfGe;
  const DicomCoding coding = is_implicit              ? DicomCoding::kImplicitLittle
                             : syntax == kExplicitBig ? DicomCoding::kExplicitBig
                                                      : DicomCoding::kExplicitLittle;
  walk_data(tools, tools.file, walk.position(), coding);
}

}  // namespace lazaret::sandbox
