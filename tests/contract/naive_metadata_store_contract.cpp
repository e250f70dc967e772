// The oracle keeps the contract it judges others by.
#include "tests/contract/metadata_store_contract.h"

namespace lazaret::contract {
namespace {

class NaiveHome final : public MetadataStoreHome {
 public:
  MetadataStore& store() override { return store_; }
  void reopen() override {}  // it has no data but itself

 private:
  testing_support::NaiveMetadataStore store_;
};

INSTANTIATE_TEST_SUITE_P(Naive, MetadataStoreContract,
                         testing::Values(MetadataStoreFacts{.name = "Naive",
                                                            .make = [] { return std::make_unique<NaiveHome>(); },
                                                            .random_documents = 300,
                                                            .random_queries = 50}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lazaret::contract
