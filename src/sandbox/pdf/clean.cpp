#include "sandbox/pdf/clean.h"

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include <qpdf/Pipeline.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFWriter.hh>

#include "sandbox/pdf/cleaner.h"
#include "sandbox/pdf/qpdf_source.h"

namespace lazaret::sandbox {
namespace {

using inspect::CopyEnd;

constexpr std::size_t kPiece = std::size_t{32} * 1024;

// QPDFWriter's output in pieces of one size: it writes a few bytes at a time. Left by an exception when nobody listens.
class PiecePipeline final : public Pipeline {
 public:
  explicit PiecePipeline(ByteSink& copy) : Pipeline("copy", nullptr), copy_(copy) { piece_.reserve(kPiece); }
  void write(unsigned char const* bytes, size_t length) override {
    const char* from = reinterpret_cast<const char*>(bytes);
    while (length > 0) {
      const size_t part = std::min(length, kPiece - piece_.size());
      piece_.append(from, part);
      from += part;
      length -= part;
      if (piece_.size() == kPiece) hand_over();
    }
  }
  void finish() override { hand_over(); }

 private:
  void hand_over() {
    if (!piece_.empty() && !copy_.write(piece_.data(), piece_.size())) throw std::runtime_error("nobody listens");
    piece_.clear();
  }

  ByteSink& copy_;
  std::string piece_;
};

bool is_known_version(const std::string& version) {
  static constexpr std::array<const char*, 9> kVersions{"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2.0"};
  return std::find(kVersions.begin(), kVersions.end(), version) != kVersions.end();
}

// A catalog that stands in the trailer itself is one that some readers do not find.
void give_catalog_a_place(QPDF& pdf) {
  QPDFObjectHandle root = pdf.getRoot();
  if (!root.isIndirect()) pdf.getTrailer().replaceKey("/Root", pdf.makeIndirectObject(root));
}

// Streams that have a filter are copied as they are: to decode them could change a picture, and costs most of what
// inspection does.
void write_copy(QPDF& pdf, ByteSink& copy) {
  PiecePipeline pipeline(copy);
  QPDFWriter writer(pdf);
  writer.setOutputPipeline(&pipeline);
  writer.setDecodeLevel(qpdf_dl_none);
  writer.setPreserveEncryption(false);
  writer.setDeterministicID(true);
  writer.setSuppressOriginalObjectIDs(true);
  if (!is_known_version(pdf.getPDFVersion())) writer.forcePDFVersion("1.7");
  writer.write();
  pipeline.finish();
}

}  // namespace

CopyEnd clean_pdf(const WalkTools& tools, const WalkLimits& limits, ByteSink& copy) {
  QPDF pdf;
  pdf.setSuppressWarnings(true);
  try {
    pdf.processInputSource(std::make_shared<QpdfSource>(tools.file), "");
    const CopyEnd end = Cleaner(pdf, tools, limits).clean();
    if (end != CopyEnd::kWhole) return end;
    give_catalog_a_place(pdf);
    write_copy(pdf, copy);
    return end;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    return CopyEnd::kUnreadable;
  }
}

}  // namespace lazaret::sandbox
