#include "http/api/key_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <set>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "base/unique_fd.h"
#include "base/write_whole.h"
#include "http/api/contains.h"

namespace lazaret::http {
namespace {

constexpr std::string_view kOpening =
    "# Callers of Lazaret: name, scopes, SHA-256 of the key, created. Written by `lazaret key`.\n";
// Makes a key that got into a repository or a chat easy to find.
constexpr std::string_view kKeyPrefix = "lzr_";
constexpr std::array<Scope, 3> kNamedScopes{Scope::kRead, Scope::kWrite, Scope::kAdmin};

bool is_key_name(std::string_view name) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !name.empty() && name.size() <= 64 && name.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> words;
  std::size_t at = text.find_first_not_of(separators);
  while (at != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(separators, end);
  }
  return words;
}

std::optional<KeyRecord> parse_line(std::string_view line) {
  const std::vector<std::string_view> words = split(line, " \t\r");
  if (words.size() != 4 || !is_key_name(words[0])) return std::nullopt;
  const Result<Scopes> scopes = Scopes::parse(words[1]);
  const std::optional<Digest> hash = Digest::parse(words[2]);
  const std::optional<Timestamp> created = parse_rfc3339(words[3]);
  if (!scopes || !hash || !created) return std::nullopt;
  return KeyRecord{std::string(words[0]), *scopes, *hash, *created};
}

Result<std::string> read_private_file(const std::filesystem::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) {
    if (errno == ENOENT) return fail(ErrorCode::kNotFound, "the file of keys is not there");
    return std::unexpected(system_error("opening the file of keys", errno));
  }
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return std::unexpected(system_error("stat of the file of keys", errno));
  if (!S_ISREG(info.st_mode)) return fail(ErrorCode::kForbidden, "the file of keys is no regular file");
  if ((info.st_mode & 0177U) != 0) {
    return fail(ErrorCode::kForbidden, "the file of keys must have mode 0600: nobody but its owner may touch it");
  }
  std::string text;
  std::array<char, 16ULL * 1024> buffer{};
  while (text.size() <= kMaxKeyFileBytes) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error("reading the file of keys", errno));
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return fail(ErrorCode::kTooLarge, "the file of keys is too large");
}

// The new content under a temporary name, synced, then renamed: a reader sees the old file or the new one, whole.
Result<void> replace_file(const std::filesystem::path& file, int folder, std::string_view text) {
  std::filesystem::path temporary = file;
  temporary += ".new";
  ::unlink(temporary.c_str());  // left by a crash; the folder's lock is ours
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return std::unexpected(system_error("making the new file of keys", errno));
  Result<void> written = write_whole(fd.get(), std::as_bytes(std::span(text)), "writing the file of keys");
  if (written && ::fsync(fd.get()) != 0) written = std::unexpected(system_error("syncing the file of keys", errno));
  if (written && ::rename(temporary.c_str(), file.c_str()) != 0) {
    written = std::unexpected(system_error("renaming the file of keys", errno));
  }
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (::fsync(folder) != 0) return std::unexpected(system_error("syncing the folder of the file of keys", errno));
  return {};
}

// Held while two commands would read, change and write the same file.
Result<UniqueFd> lock_folder(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return std::unexpected(system_error("opening the folder of the file of keys", errno));
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return std::unexpected(system_error("locking the folder of the file of keys", errno));
  }
  return fd;
}

}  // namespace

Scopes Scopes::all() {
  Scopes scopes;
  for (const Scope scope : kNamedScopes)
    scopes.bits_ |= bit(scope);
  return scopes;
}

Result<Scopes> Scopes::parse(std::string_view text) {
  const auto bad = [] {
    return fail_with(ErrorCode::kInvalidParameter,
                     {{"scopes", "invalid", "Scopes are a comma-separated list of read, write and admin."}});
  };
  Scopes scopes;
  for (const std::string_view word : split(text, ",")) {
    const auto* const scope =
        std::ranges::find_if(kNamedScopes, [&](Scope known) { return http::to_string(known) == word; });
    if (scope == kNamedScopes.end() || scopes.contains(*scope)) return bad();
    scopes.bits_ |= bit(*scope);
  }
  if (scopes.bits_ == 0) return bad();
  return scopes;
}

std::string Scopes::to_string() const {
  std::string text;
  for (const Scope scope : kNamedScopes) {
    if (!contains(scope)) continue;
    if (!text.empty()) text += ',';
    text += http::to_string(scope);
  }
  return text;
}

Result<std::vector<KeyRecord>> parse_key_file(std::string_view text) {
  std::vector<KeyRecord> keys;
  std::set<std::string> names;
  std::set<Digest> hashes;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start == std::string_view::npos || line[start] == '#') continue;
    std::optional<KeyRecord> key = parse_line(line);
    // The line itself is not quoted: somebody may have put a key there.
    if (!key) return fail(ErrorCode::kInvalidParameter, "line " + std::to_string(number) + " cannot be read");
    if (!names.insert(key->name).second || !hashes.insert(key->hash).second) {
      return fail(ErrorCode::kInvalidParameter, "line " + std::to_string(number) + " repeats a name or a key");
    }
    keys.push_back(*std::move(key));
    if (keys.size() > kMaxKeys) return fail(ErrorCode::kInvalidParameter, "more than 1000 keys");
  }
  return keys;
}

std::string format_key_file(const std::vector<KeyRecord>& keys) {
  std::string text(kOpening);
  for (const KeyRecord& key : keys) {
    text += key.name + ' ' + key.scopes.to_string() + ' ' + key.hash.to_string() + ' ' + format_rfc3339(key.created);
    text += '\n';
  }
  return text;
}

Result<std::vector<KeyRecord>> list_keys(const std::filesystem::path& file) {
  const Result<std::string> text = read_private_file(file);
  if (!text) return std::unexpected(text.error());
  return parse_key_file(*text);
}

Result<Secret> new_key(const std::filesystem::path& file, const std::string& name, Scopes scopes, const Clock& clock,
                       Random& random) {
  if (!is_key_name(name)) {
    return fail_with(ErrorCode::kInvalidParameter,
                     {{"name", "invalid", "A key's name is 1 to 64 of A-Z a-z 0-9 . _ and -."}});
  }
  const Result<UniqueFd> lock = lock_folder(file);
  if (!lock) return std::unexpected(lock.error());
  Result<std::vector<KeyRecord>> keys = list_keys(file);
  if (!keys && keys.error().code != ErrorCode::kNotFound) return std::unexpected(keys.error());
  if (!keys) keys = std::vector<KeyRecord>{};
  if (contains(*keys, name, &KeyRecord::name)) {
    return fail(ErrorCode::kAlreadyExists, "there is a key of this name");
  }
  if (keys->size() >= kMaxKeys) return fail(ErrorCode::kTooLarge, "the file of keys is full");
  std::array<std::uint8_t, 32> bytes{};
  random.fill(bytes);
  const std::string text =
      std::string(kKeyPrefix) + base64url_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  keys->push_back({name, scopes, sha256(text), clock.now()});
  if (const Result<void> written = replace_file(file, lock->get(), format_key_file(*keys)); !written) {
    return std::unexpected(written.error());
  }
  return Secret(text);
}

Result<void> revoke_key(const std::filesystem::path& file, const std::string& name) {
  const Result<UniqueFd> lock = lock_folder(file);
  if (!lock) return std::unexpected(lock.error());
  Result<std::vector<KeyRecord>> keys = list_keys(file);
  if (!keys) return std::unexpected(keys.error());
  if (std::erase_if(*keys, [&](const KeyRecord& key) { return key.name == name; }) == 0) {
    return fail(ErrorCode::kNotFound, "there is no key of this name");
  }
  return replace_file(file, lock->get(), format_key_file(*keys));
}

}  // namespace lazaret::http
