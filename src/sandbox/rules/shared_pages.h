// SharedPages: memory that nobody writes any more, as pages which a fork shares: their page tables are not copied, so
// their size does not make a fork dearer. Read-only for good: no child can make them writable, so none can change what
// the next one reads. The bytes keep their addresses. Once destroyed, they are private memory as before.
#pragma once

#include <cstddef>

#include "base/error.h"

namespace lazaret::sandbox {

class SharedPages {
 public:
  // The whole pages within `size` bytes from `data`; the bytes before and behind them stay where they were.
  static Result<SharedPages> freeze(void* data, std::size_t size);
  SharedPages(SharedPages&& other) noexcept;
  SharedPages& operator=(SharedPages&& other) noexcept;
  SharedPages(const SharedPages&) = delete;
  SharedPages& operator=(const SharedPages&) = delete;
  ~SharedPages();

  std::size_t size() const { return size_; }

 private:
  SharedPages(char* begin, std::size_t size) : begin_(begin), size_(size) {}
  char* begin_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace lazaret::sandbox
