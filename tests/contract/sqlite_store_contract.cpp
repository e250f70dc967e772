// SqliteStore keeps the contract of MetadataStore.
#include "metadata/sqlite_store.h"
#include "tests/contract/metadata_store_contract.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::contract {
namespace {

class SqliteHome final : public MetadataStoreHome {
 public:
  SqliteHome() { reopen(); }
  MetadataStore& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    store_ = SqliteStore::open({.path = folder_.path() / "metadata.sqlite", .readers = 2}).value();
  }

 private:
  testing_support::TemporaryFolder folder_;
  std::unique_ptr<SqliteStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, MetadataStoreContract,
                         testing::Values(MetadataStoreFacts{.name = "Sqlite",
                                                            .make = [] { return std::make_unique<SqliteHome>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lazaret::contract
