#include "sandbox/types/file_kinds.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.h"

namespace lazaret::sandbox {
namespace {

using namespace std::string_view_literals;

constexpr auto kPrograms = std::to_array<std::string_view>({
    "MZ"sv,                // DOS, Windows
    "\177ELF"sv,           // Unix
    "\xCA\xFE\xBA\xBE"sv,  // Java class, Mach-O for several machines
    "\xFE\xED\xFA\xCE"sv,  // Mach-O
    "\xFE\xED\xFA\xCF"sv,
    "\xCE\xFA\xED\xFE"sv,
    "\xCF\xFA\xED\xFE"sv,
    "#!"sv,                     // a script that names its interpreter
    "L\0\0\0\x01\x14\x02\0"sv,  // Windows shortcut
    "ITSF"sv,                   // compiled help
    "dex\n"sv,                  // Android
    "\0asm"sv,                  // WebAssembly
    "<?php"sv,
    "@echo off"sv,
});

constexpr auto kOtherFiles = std::to_array<std::string_view>({
    "PK\x03\x04"sv,
    "PK\x05\x06"sv,
    "Rar!\x1A\x07"sv,
    "7z\xBC\xAF\x27\x1C"sv,
    "\x1F\x8B\x08"sv,
    "BZh"sv,
    "\xFD"
    "7zXZ"sv,
    "MSCF"sv,
    "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv,
    "\x89PNG\r\n\x1A\n"sv,
    "\xFF\xD8\xFF"sv,
    "GIF87a"sv,
    "GIF89a"sv,
    "II*\0"sv,
    "MM\0*"sv,
    "RIFF"sv,
    "OggS"sv,
    "ID3"sv,
    "{\\rtf"sv,
    "SQLite format 3\0"sv,
});

constexpr auto kMarkupStarts = std::to_array<std::string_view>({
    "<html"sv,
    "<!doctype html"sv,
    "<script"sv,
    "<svg"sv,
    "<?php"sv,
    "<body"sv,
    "<iframe"sv,
    "<hta:"sv,
    "<%@"sv,
});

constexpr auto kExecutableExtensions = std::to_array<std::string_view>({
    "ade",  "adp",     "apk", "app",      "appimage", "appref-ms", "appx", "bash",    "bat",       "cab",
    "chm",  "class",   "cmd", "com",      "command",  "cpl",       "deb",  "desktop", "dll",       "dmg",
    "exe",  "gadget",  "hlp", "hta",      "inf",      "ins",       "iqy",  "iso",     "jar",       "jnlp",
    "js",   "jse",     "ksh", "lnk",      "msc",      "msi",       "msix", "msp",     "mst",       "one",
    "php",  "pif",     "pkg", "pl",       "ps1",      "ps1xml",    "ps2",  "psc1",    "psm1",      "py",
    "pyc",  "pyw",     "rb",  "reg",      "rpm",      "scf",       "scr",  "sct",     "search-ms", "settingcontent-ms",
    "sh",   "shb",     "shs", "slk",      "sys",      "url",       "vb",   "vbe",     "vbs",       "vhd",
    "vhdx", "website", "wll", "workflow", "ws",       "wsc",       "wsf",  "wsh",     "xbap",      "xll",
    "zsh",
});
constexpr auto kMacroExtensions = std::to_array<std::string_view>({
    "docm",
    "dotm",
    "xlsm",
    "xltm",
    "xlam",
    "xlsb",
    "pptm",
    "potm",
    "ppam",
    "ppsm",
    "sldm",
});
constexpr auto kMarkupExtensions =
    std::to_array<std::string_view>({"htm", "html", "xhtml", "shtml", "mht", "mhtml", "svg"});

constexpr auto kExecutableTypes = std::to_array<std::string_view>({
    "application/x-dosexec",
    "application/vnd.microsoft.portable-executable",
    "application/x-executable",
    "application/x-pie-executable",
    "application/x-sharedlib",
    "application/x-object",
    "application/x-mach-binary",
    "application/x-java-applet",
    "application/java-archive",
    "application/x-ms-shortcut",
    "application/x-mswinurl",
    "application/x-msi",
    "application/vnd.android.package-archive",
    "text/x-shellscript",
    "text/x-msdos-batch",
    "text/x-php",
    "text/x-perl",
    "text/x-python",
    "text/x-script.python",
    "text/x-ruby",
    "text/x-lua",
    "text/x-awk",
    "text/x-tcl",
    "application/javascript",
    "text/javascript",
});

template <std::size_t N>
bool begins_with_any(const std::array<std::string_view, N>& starts, std::string_view bytes) {
  return std::any_of(starts.begin(), starts.end(),
                     [bytes](std::string_view start) { return bytes.substr(0, start.size()) == start; });
}

template <std::size_t N>
bool is_any(const std::array<std::string_view, N>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

std::string_view without_leading_space(std::string_view bytes) {
  if (bytes.substr(0, 3) == "\xEF\xBB\xBF") bytes.remove_prefix(3);
  const std::size_t first = bytes.find_first_not_of(" \t\r\n\f\0"sv);
  return first == std::string_view::npos ? std::string_view{} : bytes.substr(first);
}

}  // namespace

FileKind kind_of_bytes(std::string_view bytes) {
  bytes = bytes.substr(0, 4096);
  const std::string_view text = without_leading_space(bytes);
  if (begins_with_any(kPrograms, bytes) || begins_with_any(kPrograms, ascii_lowered(text.substr(0, 16)))) {
    return FileKind::kExecutable;
  }
  if (bytes.substr(0, 1024).find("%PDF-") != std::string_view::npos) return FileKind::kPdf;
  // CDA and other XML of medicine begins with <?xml; only a page or picture that runs script is markup here.
  if (begins_with_any(kMarkupStarts, ascii_lowered(text.substr(0, 32)))) return FileKind::kMarkup;
  if (ascii_lowered(text.substr(0, 5)) == "<?xml" &&
      ascii_lowered(text.substr(0, 1024)).find("<svg") != std::string::npos) {
    return FileKind::kMarkup;
  }
  return FileKind::kOrdinary;
}

bool is_script_or_markup(std::string_view text) {
  static constexpr auto kScripts = std::to_array<std::string_view>({"#!", "<?php", "@echo off"});
  const std::string start = ascii_lowered(without_leading_space(text).substr(0, 32));
  return begins_with_any(kScripts, start) || begins_with_any(kMarkupStarts, start);
}

FileKind kind_of_name(std::string_view name) {
  while (!name.empty() && (name.back() == '.' || name.back() == ' ' || name.back() == '\0'))
    name.remove_suffix(1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return FileKind::kOrdinary;
  const std::string extension = ascii_lowered(name.substr(dot + 1));
  if (is_any(kExecutableExtensions, extension)) return FileKind::kExecutable;
  if (is_any(kMacroExtensions, extension)) return FileKind::kMacro;
  if (is_any(kMarkupExtensions, extension)) return FileKind::kMarkup;
  return extension == "pdf" ? FileKind::kPdf : FileKind::kOrdinary;
}

FileKind kind_of_mime(std::string_view mime) {
  if (is_any(kExecutableTypes, mime)) return FileKind::kExecutable;
  if (mime == "text/html" || mime == "image/svg+xml") return FileKind::kMarkup;
  return mime == "application/pdf" ? FileKind::kPdf : FileKind::kOrdinary;
}

bool is_foreign_magic(std::string_view bytes) {
  return begins_with_any(kPrograms, bytes) || begins_with_any(kOtherFiles, bytes);
}

bool holds_foreign_magic(std::string_view bytes) {
  constexpr std::size_t kTooLongForChance = 4;
  const auto is_held = [bytes](std::string_view magic) {
    return magic.size() >= kTooLongForChance && bytes.find(magic) != std::string_view::npos;
  };
  return std::any_of(kPrograms.begin(), kPrograms.end(), is_held) ||
         std::any_of(kOtherFiles.begin(), kOtherFiles.end(), is_held);
}

bool opens_script(std::string_view bytes) {
  static constexpr auto kOpenings =
      std::to_array<std::string_view>({"var ", "let ", "const ", "function", "(function", "import ", "eval(", "alert(",
                                       "window.", "this.", "//", "/*", "<!--", "set ", "dim ", "rem "});
  const std::string text = ascii_lowered(without_leading_space(bytes).substr(0, 1024));
  if (begins_with_any(kOpenings, text)) return true;
  // "Accept: */*" of a mail or web header opens nothing.
  for (std::size_t at = text.find("/*"); at != std::string::npos; at = text.find("/*", at + 1)) {
    if (at == 0 || text[at - 1] != '*') return true;
  }
  return false;
}

bool closes_script(std::string_view bytes) {
  for (std::size_t at = bytes.find("*/"); at != std::string_view::npos; at = bytes.find("*/", at + 1)) {
    if (bytes.substr(at, 3) != "*/*") return true;
  }
  return false;
}

bool holds_markup(std::string_view bytes) {
  const std::string text = ascii_lowered(bytes.substr(0, 1024));
  return std::any_of(kMarkupStarts.begin(), kMarkupStarts.end(),
                     [&text](std::string_view start) { return text.find(start) != std::string::npos; });
}

}  // namespace lazaret::sandbox
