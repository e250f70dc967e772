#include "sandbox/targets.h"

#include <algorithm>
#include <array>

#include "sandbox/pdf/names.h"

namespace lazaret::sandbox {
namespace {

constexpr auto kDangerousSchemes = std::to_array<std::string_view>({
    "javascript", "vbscript",   "jscript", "livescript",    "data",   "file",         "smb",
    "cifs",       "nfs",        "jar",     "view-source",   "mk",     "mhtml",        "hcp",
    "res",        "its",        "ms-its",  "shell",         "search", "search-ms",    "help",
    "cmd",        "powershell", "ldap",    "ldaps",         "telnet", "ssh",          "rlogin",
    "wmi",        "about",      "blob",    "filesystem",    "intent", "vnd.ms.radio", "onenote",
    "acrobat",    "zoommtg",    "steam",   "itms-services", "dict",   "gopher",
});

bool is_slash(char c) {
  return c == '/' || c == '\\';
}

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

// The scheme in front of the first colon, or nothing.
std::string_view scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text[0])) return {};
  const std::string_view scheme = text.substr(0, colon);
  const bool valid = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
  return valid ? scheme : std::string_view{};
}

// Two slashes of either kind or more, and a host behind them. Backslashes are often doubled once too often.
bool begins_with_host(std::string_view text) {
  const std::size_t host = std::min(text.find_first_not_of("/\\"), text.size());
  const bool is_drive = text.size() > host + 1 && (text[host + 1] == ':' || text[host + 1] == '|');
  return host >= 2 && host < text.size() && !is_drive;
}

bool names_share(std::string_view text) {
  if (text.substr(0, 4) == "url:") text.remove_prefix(4);
  if (begins_with_host(text)) return true;
  if (text.find("davwwwroot") != std::string_view::npos) return true;
  const std::size_t at = text.find("@ssl");
  if (at != std::string_view::npos && at + 4 < text.size() && (is_slash(text[at + 4]) || text[at + 4] == '@'))
    return true;
  const std::string_view scheme = scheme_of(text);
  if (scheme == "smb" || scheme == "cifs" || scheme == "nfs" || scheme == "webdav" || scheme == "dav") return true;
  if (scheme.empty() || scheme.size() == 1) return false;
  // A handler of the system that is told of a share: "search-ms:crumb=location:\\host".
  if (scheme != "http" && scheme != "https" && text.find("\\\\") != std::string_view::npos) return true;
  if (scheme != "file") return false;
  // file://host/..., file:\\host, file:////host are shares; file:///C:/ and file://localhost/ are not.
  std::string_view rest = text.substr(5);
  std::size_t slashes = 0;
  while (slashes < rest.size() && is_slash(rest[slashes]))
    ++slashes;
  rest.remove_prefix(slashes);
  const bool is_drive = rest.size() > 1 && (rest[1] == ':' || rest[1] == '|');
  if (slashes >= 4) return !is_drive && !rest.empty();
  return slashes == 2 && !rest.empty() && rest.substr(0, 9) != "localhost" && !(rest.size() > 1 && rest[1] == ':');
}

void append_code_unit(std::string& out, unsigned unit) {
  // Only ASCII decides where a link leads; everything else keeps its place as one character.
  if (unit <= 0x20 || unit == 0x7F) return;
  out.push_back(unit < 0x80 ? static_cast<char>(unit >= 'A' && unit <= 'Z' ? unit + 32 : unit) : '?');
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      append_code_unit(out, static_cast<unsigned>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace

std::string plain_text(std::string_view pdf_string, std::size_t longest) {
  pdf_string = pdf_string.substr(0, longest);
  std::string out;
  const bool big = pdf_string.substr(0, 2) == "\xFE\xFF";
  const bool little = pdf_string.substr(0, 2) == "\xFF\xFE";
  if (big || little) {
    for (std::size_t i = 2; i + 1 < pdf_string.size(); i += 2) {
      const unsigned high = static_cast<unsigned char>(pdf_string[big ? i : i + 1]);
      const unsigned low = static_cast<unsigned char>(pdf_string[big ? i + 1 : i]);
      append_code_unit(out, high << 8U | low);
    }
    return out;
  }
  if (pdf_string.substr(0, 3) == "\xEF\xBB\xBF") pdf_string.remove_prefix(3);
  for (const char c : pdf_string)
    append_code_unit(out, static_cast<unsigned char>(c));
  return out;
}

Target target_of_uri(std::string_view pdf_string) {
  const std::string text = plain_text(pdf_string);
  // Some readers decode before they look at the scheme, some do not: both readings are judged.
  const std::string decoded = percent_decoded(text);
  if (names_share(text) || names_share(decoded)) return Target::kShare;
  const std::string_view scheme = scheme_of(decoded);
  if (scheme.empty()) return decoded.empty() || decoded[0] == '#' ? Target::kLocal : Target::kNetwork;
  const bool is_drive = scheme.size() == 1;
  const bool is_handler = scheme.substr(0, 3) == "ms-" || scheme.substr(0, 4) == "vnd.";
  const bool is_listed =
      std::find(kDangerousSchemes.begin(), kDangerousSchemes.end(), scheme) != kDangerousSchemes.end();
  return is_drive || is_handler || is_listed ? Target::kDangerous : Target::kNetwork;
}

Target target_of_path(std::string_view pdf_string) {
  const std::string text = plain_text(pdf_string);
  if (names_share(text) || names_share(percent_decoded(text))) return Target::kShare;
  const std::string_view scheme = scheme_of(text);
  if (scheme.size() <= 1) return Target::kLocal;
  return target_of_uri(pdf_string);
}

bool is_neighbouring_pdf(std::string_view pdf_string) {
  const std::string text = plain_text(pdf_string);
  const bool is_relative = !text.empty() && !is_slash(text[0]) && text.find(':') == std::string::npos &&
                           text.find("..") == std::string::npos && text.find('%') == std::string::npos;
  return is_relative && text.size() > 4 && text.substr(text.size() - 4) == ".pdf";
}

}  // namespace lazaret::sandbox
