// What tests of S3Store against an HttpImposter share: a store whose client never waits, and blobs for it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "aws/curl/transport.h"
#include "intake/spool.h"
#include "objects/s3/store.h"
#include "tests/support/aws_parts.h"
#include "tests/support/http_imposter.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::testing_support {

class S3StoreOnAnImposter : public testing::Test {
 protected:
  explicit S3StoreOnAnImposter(HttpImposter::Handler handler = {}) : imposter_(std::move(handler)) {
    options_.client.endpoint = *aws::parse_endpoint(imposter_.url());
    options_.client.region = "eu-west-1";
    options_.client.max_attempts = 3;
    options_.bucket = "bucket";
    options_.single_put_limit = std::uint64_t{1} << 20U;
    options_.upload.least_part = std::uint64_t{1} << 20U;
    options_.upload.threads = 4;
  }

  S3Store& store() {
    if (!store_) {
      const aws::Client::Parts parts{
          .transport = *transport_, .credentials = credentials_, .clock = clock_, .random = random_, .pause = &pause_};
      store_ = std::make_unique<S3Store>(parts, options_);
    }
    return *store_;
  }

  SealedBlob blob(std::string_view text) {
    auto file = spool_.create();
    EXPECT_TRUE(file->append(std::as_bytes(std::span(text.data(), text.size()))).has_value());
    return std::move(*file).seal().value();
  }

  // "PUT /bucket/key?query", in the order in which they came.
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const ImposterRequest& request : imposter_.requests())
      all.push_back(request.method + " " + request.target);
    return all;
  }

  static std::string error_body(std::string_view code, std::string_view more = {}) {
    return "<Error><Code>" + std::string(code) + "</Code>" + std::string(more) + "</Error>";
  }
  static HeaderList head_of(const SealedBlob& blob) {
    return {{"Content-Length", std::to_string(blob.size())}, {"x-amz-meta-sha256", blob.checksum().to_string()}};
  }

  HttpImposter imposter_;
  std::unique_ptr<aws::CurlTransport> transport_ = *aws::CurlTransport::make({.connections = 8});
  RollingCredentials credentials_{{{.access_key_id = "AKID", .secret_access_key = Secret("a secret")},
                                   {.access_key_id = "AKID2", .secret_access_key = Secret("another")}}};
  ManualClock clock_{SystemClock().now()};
  ConstantRandom random_;
  RecordingPause pause_;
  S3StoreOptions options_;
  TemporaryFolder folder_;
  Spool spool_ = Spool::open(folder_.path() / "spool", std::uint64_t{64} << 20U).value();
  std::unique_ptr<S3Store> store_;
  ObjectKey key_{"a/key"};
  Call call_;
};

}  // namespace lazaret::testing_support
