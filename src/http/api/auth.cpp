#include "http/api/auth.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <sys/stat.h>

#include "http/api/address.h"

namespace lazaret::http {
namespace {

constexpr std::chrono::nanoseconds kLookInterval = std::chrono::seconds(1);
constexpr std::size_t kMaxTokenBytes = 512;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::string_view as_text(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes().data()), digest.bytes().size()};
}

}  // namespace

KeyRing::KeyRing(std::filesystem::path file, const Clock& clock, Report report)
    : file_(std::move(file)),
      clock_(clock),
      report_(std::move(report)),
      keys_(std::make_shared<const std::vector<KeyRecord>>()) {}

Result<std::unique_ptr<KeyRing>> KeyRing::open(std::filesystem::path file, const Clock& clock, Report report) {
  std::unique_ptr<KeyRing> ring(new KeyRing(std::move(file), clock, std::move(report)));
  ring->stamp_ = stamp_of(ring->file_);
  Result<std::vector<KeyRecord>> keys = list_keys(ring->file_);
  if (!keys) return std::unexpected(keys.error());
  ring->keys_ = std::make_shared<const std::vector<KeyRecord>>(*std::move(keys));
  ring->next_look_ns_ = (clock.steady_now().time_since_epoch() + kLookInterval).count();
  return ring;
}

KeyRing::Stamp KeyRing::stamp_of(const std::filesystem::path& file) {
  struct stat info{};
  if (::stat(file.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino, info.st_size, nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

KeyRing::Keys KeyRing::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

std::size_t KeyRing::size() const {
  return keys()->size();
}

void KeyRing::refresh_if_due() {
  const std::int64_t now = clock_.steady_now().time_since_epoch().count();
  std::int64_t due = next_look_ns_.load(std::memory_order_relaxed);
  if (now < due) return;
  // One caller looks; the others go on with the keys there are.
  if (!next_look_ns_.compare_exchange_strong(due, now + kLookInterval.count())) return;
  const Stamp stamp = stamp_of(file_);
  {
    const std::lock_guard lock(mutex_);
    if (stamp == stamp_) return;
  }
  Result<std::vector<KeyRecord>> fresh = list_keys(file_);
  if (!fresh && report_) report_(fresh.error());
  if (!fresh && fresh.error().code == ErrorCode::kNotFound) fresh = std::vector<KeyRecord>{};
  const std::lock_guard lock(mutex_);
  // After a passing trouble (no descriptor left, say) the file is tried again; a bad file is not, until it changes.
  const bool settled = fresh || fresh.error().code == ErrorCode::kInvalidParameter ||
                       fresh.error().code == ErrorCode::kForbidden || fresh.error().code == ErrorCode::kTooLarge;
  if (settled) stamp_ = stamp;
  if (fresh) keys_ = std::make_shared<const std::vector<KeyRecord>>(*std::move(fresh));
}

std::optional<Caller> KeyRing::find(const Secret& key) {
  refresh_if_due();
  const Keys known = keys();
  const Digest hash = sha256(key.reveal());
  const KeyRecord* found = nullptr;
  // All of them, always: how long it takes says nothing about which matched.
  for (const KeyRecord& record : *known) {
    if (equal_in_constant_time(as_text(record.hash), as_text(hash))) found = &record;
  }
  if (found == nullptr) return std::nullopt;
  return Caller{found->name, found->scopes};
}

BearerToken bearer_token(const Headers& headers) {
  const std::size_t count = headers.count("Authorization");
  if (count == 0) return {};
  if (count > 1) return {Credential::kMalformed, {}};
  std::string_view value = headers.get("Authorization");
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos || !equal_ignoring_case(value.substr(0, space), "Bearer")) {
    return {Credential::kMalformed, {}};
  }
  value.remove_prefix(space);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (value.empty() || value.size() > kMaxTokenBytes) return {Credential::kMalformed, {}};
  return {Credential::kBearer, Secret(std::string(value))};
}

bool is_local_host(std::string_view host) {
  std::string_view name = host;
  if (name.starts_with('[')) {
    const std::size_t end = name.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view rest = name.substr(end + 1);
    if (!rest.empty() && !is_port(rest)) return false;
    name = name.substr(1, end - 1);
    const std::optional<IpAddress> address = IpAddress::parse(name);
    return address && name.contains(':') && address->is_loopback();
  }
  if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
    if (!is_port(name.substr(colon))) return false;
    name = name.substr(0, colon);
  }
  if (equal_ignoring_case(name, "localhost")) return true;
  const std::optional<IpAddress> address = IpAddress::parse(name);
  return address && address->is_loopback();
}

}  // namespace lazaret::http
