// S3Store under the contract: on a real engine, with and without versions, and on moto, which has AWS's semantics.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "objects/s3/store.h"
#include "tests/contract/object_store_contract.h"
#include "tests/support/s3_server.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::contract {
namespace {

using testing_support::S3Server;
using testing_support::TestBucket;

class S3StoreHome final : public ObjectStoreHome {
 public:
  S3StoreHome(const S3Server& server, std::optional<aws::Versioning> versioning)
      : bucket_(server, {.versioning = versioning}),
        spool_(Spool::open(folder_.path() / "spool", std::uint64_t{64} << 20U).value()) {
    reopen();
  }
  ObjectStore& store() override { return *store_; }
  Spool& spool() override { return spool_; }
  void reopen() override {
    store_ = std::make_unique<S3Store>(bucket_.parts(), bucket_.options());
    const auto learned = store_->learn({});
    EXPECT_TRUE(learned.has_value()) << learned.error().detail;
  }

 private:
  TestBucket bucket_;
  testing_support::TemporaryFolder folder_;
  Spool spool_;
  std::unique_ptr<S3Store> store_;
};

struct Where {
  const Result<S3Server>& (*server)();
  std::optional<aws::Versioning> versioning;
  TakenKeys taken_keys = TakenKeys::kRefused;
};

ObjectStoreFacts s3_store(std::string name, Where where) {
  return {.name = std::move(name),
          .make = [where]() -> std::unique_ptr<ObjectStoreHome> {
            const Result<S3Server>& server = where.server();
            if (!server) return nullptr;
            return std::make_unique<S3StoreHome>(*server, where.versioning);
          },
          .body = BodyKind::kStream,
          .presigning = Presigning::kAlways,
          .taken_keys = where.taken_keys};
}

// Ceph 16 heeds If-None-Match only where a bucket has no versions; moto looks first and writes then.
INSTANTIATE_TEST_SUITE_P(S3Store, ObjectStoreContract,
                         testing::Values(s3_store("Plain",
                                                  {.server = &testing_support::s3_server, .versioning = std::nullopt}),
                                         s3_store("Versioned", {.server = &testing_support::s3_server,
                                                                .versioning = aws::Versioning::kEnabled,
                                                                .taken_keys = TakenKeys::kAsTheStoreCan}),
                                         s3_store("Moto", {.server = &testing_support::moto_server,
                                                           .versioning = std::nullopt,
                                                           .taken_keys = TakenKeys::kRefusedLater})),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace lazaret::contract
