// The shared files of the AWS tools, ~/.aws/config and ~/.aws/credentials, as tables of profiles. Parsing is pure and
// bounded; the files are input like any other, and their values may be secrets: no fault quotes one.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/lookup.h"
#include "base/error.h"

namespace lazaret::aws {

// By name in lower case. Of a property with properties of its own ("s3 =", then indented lines), each is "s3.name".
using Properties = std::map<std::string, std::string, std::less<>>;

struct Profiles {
  std::map<std::string, Properties, std::less<>> profiles;
  std::map<std::string, Properties, std::less<>> services;  // of `[services name]`

  const Properties* find(std::string_view profile) const;
};

enum class ProfileFile : std::uint8_t { kConfig, kCredentials };

inline constexpr std::size_t kMaxProfileBytes = std::size_t{256} * 1024;
inline constexpr std::size_t kMaxProfileSections = 1000;
inline constexpr std::size_t kMaxProfileProperties = 10'000;

// What the text says, added to `into`: what it names again, it replaces. Sections of other tools are left out. The
// faults name `where` and the line.
Result<void> parse_profiles(std::string_view text, ProfileFile kind, std::string_view where, Profiles& into);

// Both files, at AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE or below HOME; the credentials file wins. A file that
// is not there counts as empty, unless its variable names it.
Result<Profiles> read_profiles(const Lookup& lookup);

// A text file of at most `limit` bytes. kNotFound where it is not there.
Result<std::string> read_small_file(const std::string& path, std::size_t limit);

}  // namespace lazaret::aws
