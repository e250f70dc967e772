// MemoryObjectStore: objects in a map. Thread-safe; bodies come back as pulled streams, so that path is tested too.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "intake/object_store.h"

namespace lazaret::testing_support {

class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read(const Call&, std::span<std::byte> buffer) override {
    const std::size_t count = std::min(buffer.size(), bytes_.size() - at_);
    std::memcpy(buffer.data(), bytes_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

class MemoryObjectStore final : public ObjectStore {
 public:
  std::optional<std::string> presigned;  // what presign() gives
  PresignRequest asked_presign;          // what it was asked last

  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return objects_.size();
  }

  Result<void> prepare(const Call&, const SealedBlob&) override { return {}; }
  Result<void> put(const Call&, const ObjectKey& key, const SealedBlob& blob) override {
    std::string bytes(blob.size(), '\0');
    std::size_t at = 0;
    while (at < bytes.size()) {
      const ssize_t got = ::pread(blob.fd(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
      if (got <= 0) return fail(ErrorCode::kInternal, "the spool is shorter than it says");
      at += static_cast<std::size_t>(got);
    }
    const std::lock_guard lock(mutex_);
    if (!objects_.emplace(key.text(), std::move(bytes)).second) return fail(ErrorCode::kAlreadyExists, "taken");
    return {};
  }
  Result<ObjectBody> open(const Call&, const ObjectKey& key, ByteRange range) override {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key.text());
    if (found == objects_.end()) return fail(ErrorCode::kNotFound, "no such object");
    return ObjectBody{std::make_unique<MemoryStream>(found->second.substr(range.offset, range.length))};
  }
  Result<ObjectStat> stat(const Call&, const ObjectKey& key) override {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key.text());
    if (found == objects_.end()) return fail(ErrorCode::kNotFound, "no such object");
    return ObjectStat{found->second.size()};
  }
  Result<void> remove(const Call&, const ObjectKey& key) override {
    const std::lock_guard lock(mutex_);
    objects_.erase(key.text());
    return {};
  }
  Result<std::optional<std::string>> presign(const Call&, const ObjectKey&, const PresignRequest& request) override {
    asked_presign = request;
    return presigned;
  }
  Result<std::vector<ObjectKey>> list(const Call&, const std::string& prefix, const ObjectKey& after,
                                      std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    std::vector<ObjectKey> keys;
    for (auto at = objects_.upper_bound(after.text()); at != objects_.end() && keys.size() < limit; ++at) {
      if (at->first.starts_with(prefix)) keys.emplace_back(at->first);
    }
    return keys;
  }
  Result<void> probe(const Call&) override { return {}; }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> objects_;
};

}  // namespace lazaret::testing_support
