// OfficePart: one part of an office document as it is unpacked: searched, parsed where it is XML, and held where its
// kind has to be told by the whole of it. Stops where it becomes more than was stated or than any document needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/types/checker.h"
#include "sandbox/types/office_xml.h"
#include "sandbox/types/zip_listing.h"

namespace lazaret::sandbox {

enum class PartKind { kXml, kDrawing, kCompound, kArchive, kRichText, kOther };

class OfficePart final : public ByteSink {
 public:
  OfficePart(const CheckTools& tools, OfficeXml& xml, const ZipEntry& entry, const Spot& spot)
      : tools_(tools), xml_(xml), entry_(entry), spot_(spot) {}

  // `most` bytes at most, all parts together.
  void stop_at(std::uint64_t most) { most_ = most; }
  bool write(const char* bytes, std::size_t length) override;
  // Nothing more comes; `is_whole` where it was unpacked to its end. Puts what it was into the findings.
  void finish(bool is_whole);

  std::uint64_t made() const { return made_; }
  PartKind kind() const { return kind_; }
  // Of a file inside: its bytes, or its beginning where it is larger than kMostNestedBytes.
  std::string_view bytes() const { return held_; }
  bool is_held_whole() const { return made_ == held_.size(); }

 private:
  void begin(std::string_view head);
  void tell_xml();

  const CheckTools& tools_;
  OfficeXml& xml_;
  const ZipEntry& entry_;
  const Spot spot_;
  std::uint64_t most_ = 0;
  std::uint64_t made_ = 0;
  std::uint32_t sum_ = 0;
  bool bursts_ = false;
  PartKind kind_ = PartKind::kOther;
  std::size_t most_held_ = 0;
  std::string held_;
  std::optional<XmlReader> reader_;
};

}  // namespace lazaret::sandbox
