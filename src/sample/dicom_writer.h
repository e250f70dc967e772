// DicomWriter: a DICOM file in memory, explicit VR little endian: preamble, meta header, and the elements added, in the
// order of their tags. It knows how elements are written and nothing of what they mean. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::sample {

class DicomWriter {
 public:
  static constexpr std::string_view kExplicitLittle = "1.2.840.10008.1.2.1";

  DicomWriter(std::string_view sop_class, std::string_view instance,
              std::string_view transfer_syntax = kExplicitLittle);

  // `representation` has two letters; the value is padded to an even length as it wants.
  void add(std::uint32_t tag, std::string_view representation, std::string_view value);
  void add_number(std::uint32_t tag, std::uint16_t value);  // US
  // Bytes as they are, for what no honest writer writes.
  void add_raw(std::string_view bytes) { data_.append(bytes); }
  // `preamble` is cut or padded to 128 bytes.
  std::string finish(std::string_view preamble = {}) const;

  // Header and padded value of one element.
  static std::string element(std::uint32_t tag, std::string_view representation, std::string_view value);

 private:
  std::string meta_;
  std::string data_;
};

}  // namespace lazaret::sample
