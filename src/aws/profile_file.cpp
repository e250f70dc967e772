#include "aws/profile_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace lazaret::aws {
namespace {

constexpr std::string_view kWhite = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kWhite);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool is_white(char c) {
  return kWhite.contains(c);
}

// A comment begins at a # or ; after white space.
std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 1; i < value.size(); ++i) {
    if ((value[i] == '#' || value[i] == ';') && is_white(value[i - 1])) return trimmed(value.substr(0, i));
  }
  return trimmed(value);
}

class Reader {
 public:
  Reader(ProfileFile kind, std::string_view where, Profiles& into) : kind_(kind), where_(where), into_(into) {}

  Result<void> read(std::string_view text) {
    if (text.size() > kMaxProfileBytes) return refuse("too_large", "has more than 256 KiB");
    while (!text.empty()) {
      ++line_;
      const auto end = std::min(text.find('\n'), text.size());
      if (auto taken = take(text.substr(0, end)); !taken) return taken;
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return {};
  }

 private:
  Result<void> take(std::string_view line) {
    if (line.contains('\0')) return refuse("malformed", "holds a NUL");
    const std::string_view content = trimmed(line);
    if (content.empty()) return {};
    if (is_white(line.front())) return take_nested(content);
    if (content.front() == '#' || content.front() == ';') return {};
    if (content.front() == '[') return take_section(content);
    return take_property(content);
  }

  Result<void> take_section(std::string_view line) {
    const auto end = line.find(']');
    if (end == std::string_view::npos) return refuse("malformed", "opens a section without closing it");
    if (++sections_ > kMaxProfileSections) return refuse("too_many", "has more than 1000 sections");
    open_property_.clear();
    open_section(trimmed(line.substr(1, end - 1)));
    return {};
  }

  // Sections that are not ours, and names that this file does not use, are read and dropped.
  void open_section(std::string_view title) {
    seen_section_ = true;
    section_ = &dropped_;
    const auto space = title.find_first_of(kWhite);
    const std::string_view first = title.substr(0, space);
    const std::string_view name = space == std::string_view::npos ? std::string_view{} : trimmed(title.substr(space));
    if (kind_ == ProfileFile::kCredentials) {
      if (name.empty() && !first.empty()) section_ = &into_.profiles[std::string(first)];
      return;
    }
    if (first == "profile" && !name.empty()) {
      section_ = &into_.profiles[std::string(name)];
      // `[profile default]` takes the place of `[default]`, whichever comes first.
      if (name == "default" && !std::exchange(default_is_prefixed_, true)) section_->clear();
    } else if (first == "services" && !name.empty()) {
      section_ = &into_.services[std::string(name)];
    } else if (title == "default" && !default_is_prefixed_) {
      section_ = &into_.profiles["default"];
    }
  }

  Result<void> take_property(std::string_view line) {
    if (!seen_section_) return refuse("malformed", "sets a property before any section");
    const auto equals = line.find('=');
    const std::string name = lower(trimmed(line.substr(0, equals)));
    if (equals == std::string_view::npos || name.empty())
      return refuse("malformed", "is neither a section nor name = value");
    open_property_ = name;
    return put(name, without_comment(line.substr(equals + 1)));
  }

  // Below a property without a value its own properties; below one with a value more of it, which none of ours has.
  Result<void> take_nested(std::string_view content) {
    if (open_property_.empty()) {
      if (content.front() == '#' || content.front() == ';') return {};
      return refuse("malformed", "is indented below no property");
    }
    const auto equals = content.find('=');
    if (equals == std::string_view::npos || !(*section_)[open_property_].empty()) return {};
    const std::string name = lower(trimmed(content.substr(0, equals)));
    if (name.empty()) return refuse("malformed", "is not name = value");
    return put(open_property_ + "." + name, without_comment(content.substr(equals + 1)));
  }

  Result<void> put(const std::string& name, std::string_view value) {
    if (++properties_ > kMaxProfileProperties) return refuse("too_many", "has more than 10000 properties");
    (*section_)[name] = value;
    return {};
  }

  std::unexpected<Error> refuse(std::string code, std::string_view what) const {
    const std::string detail = std::string(where_) + ", line " + std::to_string(line_) + ": " + std::string(what);
    const char* variable = kind_ == ProfileFile::kConfig ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE";
    return fail_with(ErrorCode::kInvalidParameter, {{variable, std::move(code), detail}});
  }

  const ProfileFile kind_;
  const std::string_view where_;
  Profiles& into_;
  Properties dropped_;
  Properties* section_ = &dropped_;
  std::string open_property_;
  bool seen_section_ = false;
  bool default_is_prefixed_ = false;
  std::size_t line_ = 0;
  std::size_t sections_ = 0;
  std::size_t properties_ = 0;
};

Result<void> read_one(const Lookup& lookup, ProfileFile kind, Profiles& into) {
  const bool is_config = kind == ProfileFile::kConfig;
  const std::string variable = is_config ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE";
  const auto named = lookup(variable);
  const auto home = lookup("HOME");
  if (!named && !home) return {};
  std::string path = named ? *named : *home + (is_config ? "/.aws/config" : "/.aws/credentials");
  if (path.starts_with("~/") && home) path = *home + path.substr(1);
  const auto text = read_small_file(path, kMaxProfileBytes);
  if (text) return parse_profiles(*text, kind, path, into);
  if (!named && text.error().code == ErrorCode::kNotFound) return {};
  return fail_with(ErrorCode::kInvalidParameter, {{variable, "unreadable", text.error().detail}});
}

}  // namespace

const Properties* Profiles::find(std::string_view profile) const {
  const auto found = profiles.find(profile);
  return found == profiles.end() ? nullptr : &found->second;
}

Result<void> parse_profiles(std::string_view text, ProfileFile kind, std::string_view where, Profiles& into) {
  return Reader(kind, where, into).read(text);
}

Result<Profiles> read_profiles(const Lookup& lookup) {
  Profiles profiles;
  for (const ProfileFile kind : {ProfileFile::kConfig, ProfileFile::kCredentials}) {
    if (auto read = read_one(lookup, kind, profiles); !read) return std::unexpected(std::move(read).error());
  }
  return profiles;
}

Result<std::string> read_small_file(const std::string& path, std::size_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return fail(ErrorCode::kNotFound, path + " is not there");
    return std::unexpected(system_error("open " + path, errno));
  }
  std::string text;
  std::array<char, std::size_t{16} * 1024> chunk{};
  for (;;) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error("read " + path, errno));
    if (got == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) return fail(ErrorCode::kTooLarge, path + " is too large");
  }
}

}  // namespace lazaret::aws
