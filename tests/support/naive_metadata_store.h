// NaiveMetadataStore: the metadata port as plainly as it can be said: a vector, and filters that read every row. It is
// the oracle the real stores are compared with, and the store of tests that need one and no disk. Thread-safe by one
// mutex; durable nowhere. It counts totals exactly and stops at kMaxExactTotal, as docs/api.md says.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "intake/metadata_store.h"

namespace lazaret::testing_support {

// Whether a document passes a filter, read straight from docs/api.md.
bool matches(const Filter& filter, const Document& document);
// A document's place in a walk.
Position position_of(const Document& document, SortBy sort_by);
// Strictly before in this sort and order, ties by id in the same direction.
bool comes_before(const Position& a, const Position& b, SortOrder order);

class NaiveMetadataStore final : public MetadataStore {
 public:
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
  struct Stored {
    Document document;
    AttemptId attempt;
  };
  struct Open {
    OpenWork work;
    std::optional<Digest> claim;  // a pending row's idempotency key
  };
  struct Claim {
    Digest fingerprint;
    Attempt attempt;
    Timestamp expires_at{};
    std::optional<RecordedAnswer> answer;
  };

  Stored* find_stored(const DocumentId& id);
  Open* find_open(const DocumentId& id);
  Open* find_pending(const Attempt& attempt);
  void erase_stored(const DocumentId& id);
  Result<std::optional<ReserveOutcome>> judge_claim(const IdempotencyClaim& wanted, Timestamp now);
  void release_claim(const Open& open);

  std::mutex mutex_;
  std::vector<Stored> stored_;
  std::vector<Open> open_;
  std::map<Digest, Claim> claims_;
};

}  // namespace lazaret::testing_support
