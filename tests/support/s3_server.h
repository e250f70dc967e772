// The S3 server that tests run against: the one that LAZARET_TEST_S3_ENDPOINT names (with the usual AWS_ variables for
// its keys), else a Ceph gateway of their own, started at first use and ended with the process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "aws/credentials/credentials.h"
#include "aws/curl/transport.h"
#include "aws/http.h"
#include "aws/s3/quirks.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "objects/s3/store.h"

namespace lazaret::testing_support {

struct S3Server {
  aws::Endpoint endpoint;
  std::string region;
  aws::Credentials credentials;
  std::optional<aws::Credentials> stranger;  // another account there, where one is known
};

// The same every time; an error where there is none, with what to do.
const Result<S3Server>& s3_server();
// moto, AWS's semantics in one process.
const Result<S3Server>& moto_server();

struct TestBucketOptions {
  std::optional<aws::Versioning> versioning;
  enum class Locks : std::uint8_t { kNo, kYes };
  Locks locks = Locks::kNo;  // objects can be locked, which brings versions
};

// A bucket of its own for a test, on one of them: made by the constructor, emptied and removed by the destructor.
class TestBucket {
 public:
  explicit TestBucket(const S3Server& server, const TestBucketOptions& wanted = {});
  ~TestBucket();
  TestBucket(const TestBucket&) = delete;
  TestBucket& operator=(const TestBucket&) = delete;

  const S3StoreOptions& options() const { return options_; }
  aws::Client& client() { return *client_; }
  aws::Client::Parts parts() { return {*transport_, credentials_, clock_, random_}; }
  // The same by the keys of someone else.
  aws::Client::Parts parts_for(aws::CredentialsProvider& credentials) {
    return {*transport_, credentials, clock_, random_};
  }

 private:
  SystemClock clock_;
  SystemRandom random_;
  aws::StaticCredentials credentials_;
  std::unique_ptr<aws::CurlTransport> transport_;
  S3StoreOptions options_;
  std::optional<aws::Client> client_;
};

// What a test made beside.
void remove_bucket(const aws::Client::Parts& parts, const S3StoreOptions& options);

}  // namespace lazaret::testing_support
