// DicomWalk: steps through the elements of a DICOM data set, sequences and items included, iteratively and by position
// alone. It reads no value; whoever listens gets their places.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sandbox/types/byte_window.h"

namespace lazaret::sandbox {

enum class DicomCoding { kExplicitLittle, kExplicitBig, kImplicitLittle };

struct DicomElement {
  std::uint32_t tag = 0;     // group and element: 0x00280010
  std::uint64_t value = 0;   // offset
  std::uint64_t length = 0;  // of the value; 0 where it is a sequence or comes in fragments
  std::size_t level = 0;     // 0: of the data set itself
};

class DicomListener {
 public:
  DicomListener() = default;
  DicomListener(const DicomListener&) = delete;
  DicomListener& operator=(const DicomListener&) = delete;
  virtual ~DicomListener() = default;
  virtual void element(const DicomElement& element) = 0;
};

class DicomWalk {
 public:
  enum class End { kWhole, kTruncated, kBroken, kTooDeep, kTooMany };
  static constexpr std::size_t kDeepest = 64;
  static constexpr std::uint64_t kMostElements = 4'000'000;  // an enhanced CT of a thousand frames has a tenth

  DicomWalk(ByteWindow& window, DicomCoding coding, DicomListener& listener)
      : window_(window), coding_(coding), listener_(listener) {}

  // From `at` to the end of the file, or to the first element of another group than `only_group`.
  End run(std::uint64_t at, std::optional<std::uint32_t> only_group = std::nullopt);
  // Where it stopped.
  std::uint64_t position() const { return at_; }

 private:
  // An open sequence (which holds items) or item (which holds elements).
  struct Level {
    std::uint64_t end = 0;  // kUndefined: a delimiter says so
    bool holds_items = false;
    bool is_implicit = false;
  };
  static constexpr std::uint64_t kUndefined = ~std::uint64_t{0};

  std::optional<End> step(std::optional<std::uint32_t> only_group);
  std::optional<End> step_item(std::uint32_t tag);
  std::optional<End> step_element(std::uint32_t tag);
  std::optional<End> open(std::uint64_t value, std::uint64_t length, bool holds_items, bool is_implicit);
  std::optional<End> step_over(std::uint64_t value, std::uint64_t length);
  bool step_over_fragments(std::uint64_t at);
  std::uint32_t number(std::string_view bytes) const;
  std::uint32_t tag_at(std::uint64_t offset);
  bool is_implicit() const {
    return coding_ == DicomCoding::kImplicitLittle || (!levels_.empty() && levels_.back().is_implicit);
  }

  ByteWindow& window_;
  const DicomCoding coding_;
  DicomListener& listener_;
  std::uint64_t at_ = 0;
  std::uint64_t elements_ = 0;
  std::vector<Level> levels_;
};

}  // namespace lazaret::sandbox
