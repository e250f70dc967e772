// SqliteStore keeps the contract of MetadataStore.
#include "metadata/sqlite/store.h"
#include "tests/contract/metadata_store_contract.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::contract {
namespace {

class SqliteHome final : public MetadataStoreHome {
 public:
  explicit SqliteHome(ListLimits lists) : lists_(lists) { reopen(); }
  MetadataStore& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    store_ = SqliteStore::open({.path = folder_.path() / "metadata.sqlite", .readers = 2, .lists = lists_}).value();
  }

 private:
  ListLimits lists_;
  testing_support::TemporaryFolder folder_;
  std::unique_ptr<SqliteStore> store_;
};

MetadataStoreFacts facts(std::string name, ListLimits lists) {
  return {.name = std::move(name),
          .make = [lists] { return std::make_unique<SqliteHome>(lists); },
          .random_documents = 1000,
          .random_queries = 250};
}

// So little is rare and so few streams are merged that a thousand documents walk every path of a million; pages come
// short, and walks are what they are.
constexpr ListLimits kTight{.rare = 10, .merged_streams = 6, .merged_words = 3, .page_cost = 60};

INSTANTIATE_TEST_SUITE_P(Sqlite, MetadataStoreContract,
                         testing::Values(facts("Sqlite", {}), facts("SqliteWithTightLimits", kTight)),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lazaret::contract
