// Who calls: bearer keys against the file of keys, and the rules that stand in for them where there are none.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "http/api/key_file.h"
#include "http/message.h"

namespace lazaret::http {

struct Caller {
  std::string name;  // of the key; empty without keys
  Scopes scopes;
};

// The keys that count now. Thread-safe. The file is looked at (one stat) at most once a second, by whichever call comes
// first, and read again when it changed. A file that is gone means no key counts; one that cannot be read as a file of
// keys leaves the keys as they were and is reported.
class KeyRing {
 public:
  using Report = std::function<void(const Error&)>;

  // The errors of list_keys().
  static Result<std::unique_ptr<KeyRing>> open(std::filesystem::path file, const Clock& clock, Report report);

  std::optional<Caller> find(const Secret& key);
  std::size_t size() const;

 private:
  using Keys = std::shared_ptr<const std::vector<KeyRecord>>;
  // What tells one state of the file from another.
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };

  KeyRing(std::filesystem::path file, const Clock& clock, Report report);
  static Stamp stamp_of(const std::filesystem::path& file);
  void refresh_if_due();
  Keys keys() const;

  const std::filesystem::path file_;
  const Clock& clock_;
  const Report report_;
  std::atomic<std::int64_t> next_look_ns_{0};  // on the steady clock
  mutable std::mutex mutex_;                   // guards what follows; never held while the file is read
  Keys keys_;
  Stamp stamp_;
};

enum class Credential : std::uint8_t { kNone, kMalformed, kBearer };

struct BearerToken {
  Credential kind = Credential::kNone;
  Secret token;
};

// `Authorization: Bearer <token>` of RFC 6750; the scheme is compared without case.
BearerToken bearer_token(const Headers& headers);

// Development without keys: a Host that names this machine (localhost, 127.0.0.0/8, [::1], with or without a port). A
// name that was rebound to 127.0.0.1 says another Host.
bool is_local_host(std::string_view host);

}  // namespace lazaret::http
