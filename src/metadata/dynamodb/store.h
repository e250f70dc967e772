// DynamoDbStore: the metadata of every document in two DynamoDB tables, NAME and NAME-index, for any number of servers
// at once, on DynamoDB or an engine that speaks its protocol. It needs no transactions: see docs/adr for the data model
// and why it holds. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "aws/dynamodb/client.h"
#include "base/clock.h"
#include "base/worker_pool.h"
#include "intake/metadata_store.h"
#include "metadata/dynamodb/list.h"

namespace lazaret {

struct DynamoDbStoreOptions {
  std::string table = "medical-documents";
  dynamo::ListBudget lists;
  // How late this store may see the first document of a month, and totals, that came through another server.
  std::chrono::milliseconds months_kept{1000};
  std::chrono::milliseconds totals_kept{2000};
};

class DynamoDbStore final : public MetadataStore {
 public:
  // All of them outlive the store. `beside` runs calls of one operation side by side; its tasks never wait for others.
  struct Parts {
    aws::DynamoDbClient& db;
    const Clock& clock;
    WorkerPool& beside;
  };
  // Reads nothing: tables that are not there show in probe() and in every call.
  DynamoDbStore(Parts parts, const DynamoDbStoreOptions& options);
  ~DynamoDbStore() override;

  Result<ReserveOutcome> reserve(const Call& call, const Reservation& reservation) override;
  Result<void> renew(const Call& call, const Attempt& attempt, Timestamp lease_until) override;
  Result<void> commit(const Call& call, const Document& document, AttemptId attempt,
                      const std::optional<RecordedAnswer>& answer) override;
  // An item of the first version that lacks what only its object can tell is kUnavailable until it is adopted.
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
  // Both tables are there, ACTIVE, with every index; its detail says what to do where they are not.
  Result<void> probe(const Call& call) override;

 private:
  const DynamoDbStoreOptions options_;
  std::unique_ptr<dynamo::Home> home_;
  std::unique_ptr<dynamo::Totals> totals_;
};

}  // namespace lazaret
