// The modules of libyara that are left out. They parse programs and archives, bring OpenSSL and Jansson with them, and
// none of them says anything of a medical document. A rule that imports one is refused when it is compiled. Defined
// here, they keep the linker from taking libyara's own.
#include <yara.h>

// NOLINTBEGIN(readability-identifier-naming, bugprone-reserved-identifier): the names are libyara's.
#define LAZARET_NO_MODULE(name)                                              \
  extern "C" int name##__declarations(YR_OBJECT*) {                          \
    return ERROR_UNKNOWN_MODULE;                                             \
  }                                                                          \
  extern "C" int name##__initialize(YR_MODULE*) {                            \
    return ERROR_SUCCESS;                                                    \
  }                                                                          \
  extern "C" int name##__finalize(YR_MODULE*) {                              \
    return ERROR_SUCCESS;                                                    \
  }                                                                          \
  extern "C" int name##__load(YR_SCAN_CONTEXT*, YR_OBJECT*, void*, size_t) { \
    return ERROR_UNKNOWN_MODULE;                                             \
  }                                                                          \
  extern "C" int name##__unload(YR_OBJECT*) {                                \
    return ERROR_SUCCESS;                                                    \
  }

LAZARET_NO_MODULE(console)
LAZARET_NO_MODULE(cuckoo)
LAZARET_NO_MODULE(dex)
LAZARET_NO_MODULE(dotnet)
LAZARET_NO_MODULE(elf)
LAZARET_NO_MODULE(hash)
LAZARET_NO_MODULE(macho)
LAZARET_NO_MODULE(magic)
LAZARET_NO_MODULE(pe)
LAZARET_NO_MODULE(tests)
LAZARET_NO_MODULE(time)
// NOLINTEND(readability-identifier-naming, bugprone-reserved-identifier)
