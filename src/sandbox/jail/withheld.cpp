#include "sandbox/jail/withheld.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include <link.h>
#include <sys/mman.h>

namespace lazaret::sandbox {
namespace {

// Of GnuTLS, by which libqpdf decrypts: what it needs for connections and certificates, and not for ciphers and
// digests. Of libmagic: what it would look into archives with, which it is told not to. libseccomp: the filter is made
// already.
constexpr auto kUnused = std::to_array<std::string_view>({
    "libbz2.so",
    "libffi.so",
    "libgmp.so",
    "libhogweed.so",
    "libidn2.so",
    "liblzma.so",
    "libp11-kit.so",
    "libseccomp.so",
    "libtasn1.so",
    "libunistring.so",
});

bool is_unused(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return std::ranges::any_of(kUnused, [&](std::string_view unused) { return name.starts_with(unused); });
}

// A hint: where the kernel does not take it, the children have one mapping more.
void withhold(const dl_phdr_info& library) {
  constexpr std::uintptr_t kPage = 4096;
  for (std::size_t i = 0; i < library.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = library.dlpi_phdr[i];
    const bool holds_headers = segment.p_offset == 0;
    if (segment.p_type != PT_LOAD || holds_headers) continue;
    const std::uintptr_t begin = (library.dlpi_addr + segment.p_vaddr) & ~(kPage - 1);
    const std::uintptr_t end = (library.dlpi_addr + segment.p_vaddr + segment.p_memsz + kPage - 1) & ~(kPage - 1);
    static_cast<void>(madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTFORK));  // NOLINT: an address
  }
}

int look_at(dl_phdr_info* library, std::size_t, void*) {
  if (is_unused(library->dlpi_name)) withhold(*library);
  return 0;
}

}  // namespace

void withhold_unused_libraries() {
  dl_iterate_phdr(&look_at, nullptr);
}

}  // namespace lazaret::sandbox
