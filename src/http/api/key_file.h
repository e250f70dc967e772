// The file of callers' keys (API_KEYS_FILE): one line a key, `name scopes sha256 created`, separated by blanks; blank
// lines and lines that start with `#` are skipped.
//
// It holds SHA-256 hashes, no keys. A slow password hash would buy nothing: a key is 256 random bits, so there is
// nothing to guess, and a slow hash on every request would be a gift to attackers.
// Changes are written to a new file that is synced and renamed over the old one, under a lock on the folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/secret.h"
#include "http/api/router.h"

namespace lazaret::http {

class Scopes {
 public:
  Scopes() = default;
  static Scopes all();
  // "read,write": one or more of read, write, admin, each at most once; kInvalidParameter otherwise.
  static Result<Scopes> parse(std::string_view text);
  std::string to_string() const;
  bool contains(Scope scope) const { return scope == Scope::kOpen || (bits_ & bit(scope)) != 0; }
  bool operator==(const Scopes&) const = default;

 private:
  static unsigned bit(Scope scope) { return 1U << static_cast<unsigned>(scope); }
  unsigned bits_ = 0;
};

struct KeyRecord {
  std::string name;  // 1 to 64 of A-Z a-z 0-9 . _ -; in logs, so no person's name
  Scopes scopes;
  Digest hash;
  Timestamp created{};
  bool operator==(const KeyRecord&) const = default;
};

inline constexpr std::size_t kMaxKeys = 1000;
inline constexpr std::size_t kMaxKeyFileBytes = 256ULL * 1024;

// A line that cannot be read, a name or hash that is there twice, or too many keys: kInvalidParameter; the detail gives
// the number of the line.
Result<std::vector<KeyRecord>> parse_key_file(std::string_view text);
std::string format_key_file(const std::vector<KeyRecord>& keys);

// What the file holds. A file that group or others may touch is refused (kForbidden); none is kNotFound.
Result<std::vector<KeyRecord>> list_keys(const std::filesystem::path& file);

// Makes a key, adds its hash to the file (made, 0600, where there is none) and gives the key itself, which exists
// nowhere else. kAlreadyExists when the name is taken; kInvalidParameter for a bad name.
Result<Secret> new_key(const std::filesystem::path& file, const std::string& name, Scopes scopes, const Clock& clock,
                       Random& random);

// kNotFound when there is no such key.
Result<void> revoke_key(const std::filesystem::path& file, const std::string& name);

}  // namespace lazaret::http
