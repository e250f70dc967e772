// ZipWriter: a ZIP archive in memory, entry by entry, deflated, with dates that never change. It also writes what no
// honest program writes, where it is told so. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::sample {

class ZipWriter {
 public:
  enum class Method : std::uint8_t { kStored, kDeflated };

  void add(std::string_view name, std::string_view bytes, Method method = Method::kDeflated);
  // Bytes between two entries.
  void add_raw(std::string_view bytes) { file_.append(bytes); }
  std::string finish() const;

 private:
  std::string file_;
  std::string directory_;
  std::uint32_t entries_ = 0;
};

}  // namespace lazaret::sample
