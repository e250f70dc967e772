#include "obs/measured.h"

#include <chrono>

namespace lazaret {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::chrono::microseconds since(SteadyClock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start);
}

template <class Run>
auto measured(Metrics& metrics, std::string_view store, std::string_view call, Run run) {
  const auto start = SteadyClock::now();
  auto result = run();
  metrics.store_call(store, call, result ? "ok" : to_string(result.error().code), since(start));
  return result;
}

}  // namespace

Result<void> MeasuredObjectStore::prepare(const Call& call, const SealedBlob& blob) {
  return measured(metrics_, "object", "prepare", [&] { return store_.prepare(call, blob); });
}

Result<void> MeasuredObjectStore::put(const Call& call, const ObjectKey& key, const SealedBlob& blob) {
  return measured(metrics_, "object", "put", [&] { return store_.put(call, key, blob); });
}

Result<ObjectBody> MeasuredObjectStore::open(const Call& call, const ObjectKey& key, ByteRange range) {
  return measured(metrics_, "object", "open", [&] { return store_.open(call, key, range); });
}

Result<ObjectStat> MeasuredObjectStore::stat(const Call& call, const ObjectKey& key) {
  return measured(metrics_, "object", "stat", [&] { return store_.stat(call, key); });
}

Result<void> MeasuredObjectStore::remove(const Call& call, const ObjectKey& key) {
  return measured(metrics_, "object", "remove", [&] { return store_.remove(call, key); });
}

Result<std::optional<std::string>> MeasuredObjectStore::presign(const Call& call, const ObjectKey& key,
                                                                const PresignRequest& request) {
  return measured(metrics_, "object", "presign", [&] { return store_.presign(call, key, request); });
}

Result<std::vector<ObjectKey>> MeasuredObjectStore::list(const Call& call, const std::string& prefix,
                                                         const ObjectKey& after, std::size_t limit) {
  return measured(metrics_, "object", "list", [&] { return store_.list(call, prefix, after, limit); });
}

Result<void> MeasuredObjectStore::probe(const Call& call) {
  return measured(metrics_, "object", "probe", [&] { return store_.probe(call); });
}

Result<ReserveOutcome> MeasuredMetadataStore::reserve(const Call& call, const Reservation& reservation) {
  return measured(metrics_, "metadata", "reserve", [&] { return store_.reserve(call, reservation); });
}

Result<void> MeasuredMetadataStore::renew(const Call& call, const Attempt& attempt, Timestamp lease_until) {
  return measured(metrics_, "metadata", "renew", [&] { return store_.renew(call, attempt, lease_until); });
}

Result<void> MeasuredMetadataStore::commit(const Call& call, const Document& document, AttemptId attempt,
                                           const std::optional<RecordedAnswer>& answer) {
  return measured(metrics_, "metadata", "commit", [&] { return store_.commit(call, document, attempt, answer); });
}

Result<Document> MeasuredMetadataStore::get(const Call& call, const DocumentId& id) {
  return measured(metrics_, "metadata", "get", [&] { return store_.get(call, id); });
}

Result<Page> MeasuredMetadataStore::query(const Call& call, const Query& query) {
  return measured(metrics_, "metadata", "query", [&] { return store_.query(call, query); });
}

Result<std::optional<DocumentId>> MeasuredMetadataStore::find_by_checksum(const Call& call, const Digest& checksum,
                                                                          const DocumentId& except) {
  return measured(metrics_, "metadata", "find_by_checksum",
                  [&] { return store_.find_by_checksum(call, checksum, except); });
}

Result<void> MeasuredMetadataStore::replace(const Call& call, const Document& document,
                                            std::uint64_t expected_version) {
  return measured(metrics_, "metadata", "replace", [&] { return store_.replace(call, document, expected_version); });
}

Result<OpenWork> MeasuredMetadataStore::begin_removal(const Call& call, const DocumentId& id,
                                                      const RemovalCondition& condition, Timestamp due) {
  return measured(metrics_, "metadata", "begin_removal",
                  [&] { return store_.begin_removal(call, id, condition, due); });
}

Result<void> MeasuredMetadataStore::postpone_removal(const Call& call, const DocumentId& id, Timestamp retry_at) {
  return measured(metrics_, "metadata", "postpone_removal",
                  [&] { return store_.postpone_removal(call, id, retry_at); });
}

Result<void> MeasuredMetadataStore::finish_removal(const Call& call, const DocumentId& id) {
  return measured(metrics_, "metadata", "finish_removal", [&] { return store_.finish_removal(call, id); });
}

Result<std::vector<OpenWork>> MeasuredMetadataStore::open_work(const Call& call, Timestamp now, std::size_t limit) {
  return measured(metrics_, "metadata", "open_work", [&] { return store_.open_work(call, now, limit); });
}

Result<std::vector<DocumentId>> MeasuredMetadataStore::deleted_before(const Call& call, Timestamp time,
                                                                      std::size_t limit) {
  return measured(metrics_, "metadata", "deleted_before", [&] { return store_.deleted_before(call, time, limit); });
}

Result<std::size_t> MeasuredMetadataStore::forget_expired_answers(const Call& call, Timestamp now, std::size_t limit) {
  return measured(metrics_, "metadata", "forget_expired_answers",
                  [&] { return store_.forget_expired_answers(call, now, limit); });
}

Result<void> MeasuredMetadataStore::probe(const Call& call) {
  return measured(metrics_, "metadata", "probe", [&] { return store_.probe(call); });
}

Result<Inspection> MeasuredInspector::inspect(const Call& call, const SealedBlob& blob, const Declared& declared) {
  const auto start = SteadyClock::now();
  auto inspection = inspector_.inspect(call, blob, declared);
  metrics_.inspection(inspection ? to_string(inspection->verdict.outcome) : "error", since(start));
  return inspection;
}

}  // namespace lazaret
