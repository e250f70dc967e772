// FileStore under the contract, with and without temporary names in the spool.
#include <cstdlib>
#include <memory>
#include <utility>

#include "objects/files/store.h"
#include "tests/contract/object_store_contract.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::contract {
namespace {

class FileStoreHome final : public ObjectStoreHome {
 public:
  explicit FileStoreHome(Spool::Names names) : spool_(open_spool(names)) { reopen(); }
  ObjectStore& store() override { return *store_; }
  Spool& spool() override { return spool_; }
  void reopen() override {
    store_.reset();
    store_ = FileStore::open({folder_.path()}).value();
  }

 private:
  Spool open_spool(Spool::Names names) const {
    return Spool::open(folder_.path() / "spool", std::uint64_t{64} << 20U, names).value();
  }

  testing_support::TemporaryFolder folder_;
  Spool spool_;
  std::unique_ptr<FileStore> store_;
};

ObjectStoreFacts file_store(std::string name, Spool::Names names) {
  return {.name = std::move(name),
          .make = [names] { return std::make_unique<FileStoreHome>(names); },
          .body = BodyKind::kFile,
          .presigning = Presigning::kNever};
}

INSTANTIATE_TEST_SUITE_P(FileStore, ObjectStoreContract,
                         testing::Values(file_store("Unnamed", Spool::Names::kNoneWherePossible),
                                         file_store("Named", Spool::Names::kTemporary)),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace lazaret::contract
