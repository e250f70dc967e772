// DynamoDbStore keeps the contract of MetadataStore, on a server without transactions (dynalite) and on one with AWS's
// semantics (moto), or on whatever LAZARET_TEST_DYNAMODB_ENDPOINT names.
#include <atomic>

#include "metadata/dynamodb/store.h"
#include "tests/contract/metadata_store_contract.h"
#include "tests/support/dynamodb_parts.h"

namespace lazaret::contract {
namespace {

std::string fresh_table() {
  static std::atomic<int> count = 0;
  SystemRandom random;
  return "lazaret-" + make_attempt_id(random).to_string() + "-" + std::to_string(++count);
}

class DynamoDbHome final : public MetadataStoreHome {
 public:
  DynamoDbHome(const std::string& server, dynamo::ListBudget lists, unsigned shards)
      : parts_(testing_support::dynamodb_endpoint(server)), table_(fresh_table()), lists_(lists) {
    const auto made = parts_.make_tables(table_, shards);
    if (!made) ADD_FAILURE() << made.error().detail;
    reopen();
  }
  ~DynamoDbHome() override { parts_.drop_tables(table_); }
  MetadataStore& store() override { return *store_; }
  void reopen() override {
    store_ =
        std::make_unique<DynamoDbStore>(parts_.store_parts(), DynamoDbStoreOptions{.table = table_, .lists = lists_});
  }

 private:
  testing_support::DynamoDbParts parts_;
  const std::string table_;
  const dynamo::ListBudget lists_;
  std::unique_ptr<DynamoDbStore> store_;
};

MetadataStoreFacts facts(std::string name, const std::string& server, std::size_t documents, std::size_t queries,
                         dynamo::ListBudget lists = {}, unsigned shards = 4) {
  return {.name = std::move(name),
          .make = [=] { return std::make_unique<DynamoDbHome>(server, lists, shards); },
          .filtered_totals = FilteredTotals::kMaySayAtLeast,
          .random_documents = documents,
          .random_queries = queries};
}

// One round of reads a page: nearly every page comes short, and walks are what they are.
constexpr dynamo::ListBudget kTight{.page_bytes = 1, .page_time = std::chrono::milliseconds{0}, .count_bytes = 1};

INSTANTIATE_TEST_SUITE_P(DynamoDb, MetadataStoreContract,
                         testing::Values(facts("Dynalite", "dynalite", 300, 60),
                                         facts("DynaliteWithTightBudget", "dynalite", 150, 40, kTight, 2),
                                         facts("Moto", "moto", 60, 15)),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lazaret::contract
