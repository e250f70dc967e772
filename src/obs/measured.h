// The ports, measured: each call is counted and timed, then passed on unchanged. wire.cpp puts one of these between the
// line and every concrete store and inspector.
#pragma once

#include "intake/inspector.h"
#include "intake/metadata_store.h"
#include "intake/object_store.h"
#include "obs/metrics.h"

namespace lazaret {

class MeasuredObjectStore final : public ObjectStore {
 public:
  MeasuredObjectStore(ObjectStore& store, Metrics& metrics) : store_(store), metrics_(metrics) {}
  Result<void> prepare(const Call& call, const SealedBlob& blob) override;
  Result<void> put(const Call& call, const ObjectKey& key, const SealedBlob& blob) override;
  Result<ObjectBody> open(const Call& call, const ObjectKey& key, ByteRange range) override;
  Result<ObjectStat> stat(const Call& call, const ObjectKey& key) override;
  Result<void> remove(const Call& call, const ObjectKey& key) override;
  Result<std::optional<std::string>> presign(const Call& call, const ObjectKey& key,
                                             const PresignRequest& request) override;
  Result<std::vector<ObjectKey>> list(const Call& call, const std::string& prefix, const ObjectKey& after,
                                      std::size_t limit) override;
  Result<void> probe(const Call& call) override;

 private:
  ObjectStore& store_;
  Metrics& metrics_;
};

class MeasuredMetadataStore final : public MetadataStore {
 public:
  MeasuredMetadataStore(MetadataStore& store, Metrics& metrics) : store_(store), metrics_(metrics) {}
  Result<ReserveOutcome> reserve(const Call& call, const Reservation& reservation) override;
  Result<void> renew(const Call& call, const Attempt& attempt, Timestamp lease_until) override;
  Result<void> commit(const Call& call, const Document& document, AttemptId attempt,
                      const std::optional<RecordedAnswer>& answer) override;
  Result<Document> get(const Call& call, const DocumentId& id) override;
  Result<Page> query(const Call& call, const Query& query) override;
  Result<std::optional<DocumentId>> find_by_checksum(const Call& call, const Digest& checksum,
                                                     const DocumentId& except) override;
  Result<void> replace(const Call& call, const Document& document, std::uint64_t expected_version) override;
  Result<OpenWork> begin_removal(const Call& call, const DocumentId& id, const RemovalCondition& condition,
                                 Timestamp due) override;
  Result<void> postpone_removal(const Call& call, const DocumentId& id, Timestamp retry_at) override;
  Result<void> finish_removal(const Call& call, const DocumentId& id) override;
  Result<std::vector<OpenWork>> open_work(const Call& call, Timestamp now, std::size_t limit) override;
  Result<std::vector<DocumentId>> deleted_before(const Call& call, Timestamp time, std::size_t limit) override;
  Result<std::size_t> forget_expired_answers(const Call& call, Timestamp now, std::size_t limit) override;
  Result<void> probe(const Call& call) override;

 private:
  MetadataStore& store_;
  Metrics& metrics_;
};

class MeasuredInspector final : public Inspector {
 public:
  MeasuredInspector(Inspector& inspector, Metrics& metrics) : inspector_(inspector), metrics_(metrics) {}
  Result<Inspection> inspect(const Call& call, const SealedBlob& blob, const Declared& declared) override;
  Result<void> probe(const Call& call) override { return inspector_.probe(call); }

 private:
  Inspector& inspector_;
  Metrics& metrics_;
};

}  // namespace lazaret
