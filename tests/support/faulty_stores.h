// The ports with faults on command: the Nth call of a method fails before it is applied, or after it was applied and
// its answer lost; and something can be made to happen just before a call. Everything else goes to the store behind,
// so these pass the same contract suites.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "intake/metadata_store.h"
#include "intake/object_store.h"

namespace lazaret::testing_support {

enum class FaultKind { kBefore, kAfter };

// One plan for a store: which call of which method fails, and how. Thread-safe.
class Faults {
 public:
  // `call` counts from 1; the fault strikes once.
  void fail(const std::string& method, FaultKind kind, int call = 1, ErrorCode code = ErrorCode::kUnavailable) {
    const std::lock_guard lock(mutex_);
    planned_[{method, call}] = {kind, code};
  }
  // Happens at the start of every call of the method, on the caller's thread.
  void before(const std::string& method, std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    actions_[method] = std::move(action);
  }
  int calls(const std::string& method) {
    const std::lock_guard lock(mutex_);
    return counted_[method];
  }

  template <class Run>
  auto apply(const std::string& method, Run run) -> decltype(run()) {
    std::optional<Planned> strikes;
    std::function<void()> action;
    {
      const std::lock_guard lock(mutex_);
      const int call = ++counted_[method];
      if (const auto found = planned_.find({method, call}); found != planned_.end()) strikes = found->second;
      if (const auto found = actions_.find(method); found != actions_.end()) action = found->second;
    }
    if (action) action();
    if (strikes && strikes->kind == FaultKind::kBefore) return lazaret::fail(strikes->code, "planned", Retry::kSafe);
    auto result = run();
    if (strikes) return lazaret::fail(strikes->code, "planned, after it was applied", Retry::kAmbiguous);
    return result;
  }

 private:
  struct Planned {
    FaultKind kind = FaultKind::kBefore;
    ErrorCode code = ErrorCode::kUnavailable;
  };
  std::mutex mutex_;
  std::map<std::pair<std::string, int>, Planned> planned_;  // by method and call
  std::map<std::string, std::function<void()>> actions_;
  std::map<std::string, int> counted_;
};

class FaultyObjectStore final : public ObjectStore {
 public:
  explicit FaultyObjectStore(ObjectStore& store) : store_(store) {}
  Faults faults;

  Result<void> prepare(const Call& call, const SealedBlob& blob) override {
    return faults.apply("prepare", [&] { return store_.prepare(call, blob); });
  }
  Result<void> put(const Call& call, const ObjectKey& key, const SealedBlob& blob) override {
    return faults.apply("put", [&] { return store_.put(call, key, blob); });
  }
  Result<ObjectBody> open(const Call& call, const ObjectKey& key, ByteRange range) override {
    return faults.apply("open", [&] { return store_.open(call, key, range); });
  }
  Result<ObjectStat> stat(const Call& call, const ObjectKey& key) override {
    return faults.apply("stat", [&] { return store_.stat(call, key); });
  }
  Result<void> remove(const Call& call, const ObjectKey& key) override {
    return faults.apply("remove", [&] { return store_.remove(call, key); });
  }
  Result<std::optional<std::string>> presign(const Call& call, const ObjectKey& key,
                                             const PresignRequest& request) override {
    return store_.presign(call, key, request);
  }
  Result<std::vector<ObjectKey>> list(const Call& call, const std::string& prefix, const ObjectKey& after,
                                      std::size_t limit) override {
    return faults.apply("list", [&] { return store_.list(call, prefix, after, limit); });
  }
  Result<void> probe(const Call& call) override {
    return faults.apply("probe", [&] { return store_.probe(call); });
  }

 private:
  ObjectStore& store_;
};

class FaultyMetadataStore final : public MetadataStore {
 public:
  explicit FaultyMetadataStore(MetadataStore& store) : store_(store) {}
  Faults faults;

  Result<ReserveOutcome> reserve(const Call& call, const Reservation& reservation) override {
    return faults.apply("reserve", [&] { return store_.reserve(call, reservation); });
  }
  Result<void> renew(const Call& call, const Attempt& attempt, Timestamp lease_until) override {
    return faults.apply("renew", [&] { return store_.renew(call, attempt, lease_until); });
  }
  Result<void> commit(const Call& call, const Document& document, AttemptId attempt,
                      const std::optional<RecordedAnswer>& answer) override {
    return faults.apply("commit", [&] { return store_.commit(call, document, attempt, answer); });
  }
  Result<Document> get(const Call& call, const DocumentId& id) override {
    return faults.apply("get", [&] { return store_.get(call, id); });
  }
  Result<Page> query(const Call& call, const Query& query) override {
    return faults.apply("query", [&] { return store_.query(call, query); });
  }
  Result<std::optional<DocumentId>> find_by_checksum(const Call& call, const Digest& checksum,
                                                     const DocumentId& except) override {
    return faults.apply("find_by_checksum", [&] { return store_.find_by_checksum(call, checksum, except); });
  }
  Result<void> replace(const Call& call, const Document& document, std::uint64_t expected_version) override {
    return faults.apply("replace", [&] { return store_.replace(call, document, expected_version); });
  }
  Result<OpenWork> begin_removal(const Call& call, const DocumentId& id, const RemovalCondition& condition,
                                 Timestamp due) override {
    return faults.apply("begin_removal", [&] { return store_.begin_removal(call, id, condition, due); });
  }
  Result<void> postpone_removal(const Call& call, const DocumentId& id, Timestamp retry_at) override {
    return faults.apply("postpone_removal", [&] { return store_.postpone_removal(call, id, retry_at); });
  }
  Result<void> finish_removal(const Call& call, const DocumentId& id) override {
    return faults.apply("finish_removal", [&] { return store_.finish_removal(call, id); });
  }
  Result<std::vector<OpenWork>> open_work(const Call& call, Timestamp now, std::size_t limit) override {
    return faults.apply("open_work", [&] { return store_.open_work(call, now, limit); });
  }
  Result<std::vector<DocumentId>> deleted_before(const Call& call, Timestamp time, std::size_t limit) override {
    return faults.apply("deleted_before", [&] { return store_.deleted_before(call, time, limit); });
  }
  Result<std::size_t> forget_expired_answers(const Call& call, Timestamp now, std::size_t limit) override {
    return faults.apply("forget_expired_answers", [&] { return store_.forget_expired_answers(call, now, limit); });
  }
  Result<void> probe(const Call& call) override {
    return faults.apply("probe", [&] { return store_.probe(call); });
  }

 private:
  MetadataStore& store_;
};

}  // namespace lazaret::testing_support
