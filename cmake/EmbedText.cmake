# lazaret_embed_text(TARGET FILE HEADER FUNCTION NAMESPACE): `std::string_view FUNCTION()` of NAMESPACE, which HEADER declares, gives the text of FILE, built into TARGET.
function(lazaret_embed_text target file header function namespace)
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT [=[
// Made by cmake/EmbedText.cmake.
#include "@header@"

namespace @namespace@ {
namespace {
constexpr unsigned char kText[] = {
@bytes@
};
}  // namespace

std::string_view @function@() {
  return {reinterpret_cast<const char*>(kText), sizeof kText};
}

}  // namespace @namespace@
]=])
  target_sources(${target} PRIVATE "${source}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
endfunction()
