// S3Store on a real engine: what the contract does not ask, and what an imposter cannot show.
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/encoding.h"
#include "objects/s3/store.h"
#include "tests/support/manual_clock.h"
#include "tests/support/s3_server.h"
#include "tests/support/temporary_folder.h"

namespace lazaret {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_support::TestBucket;
using testing_support::TestBucketOptions;

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  std::string text;
  std::array<char, 4096> chunk{};
  for (std::size_t got = fread(chunk.data(), 1, chunk.size(), pipe.get()); got > 0;
       got = fread(chunk.data(), 1, chunk.size(), pipe.get()))
    text.append(chunk.data(), got);
  return text;
}

std::string bytes_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(i * 31 % 251);
  return text;
}

class S3StoreOnAServer : public testing::Test {
 protected:
  void SetUp() override {
    const auto& server = testing_support::s3_server();
    if (!server) GTEST_SKIP() << server.error().detail;
    server_ = &*server;
  }

  void use_bucket(const TestBucketOptions& wanted = {}) {
    bucket_ = std::make_unique<TestBucket>(*server_, wanted);
    options_ = bucket_->options();
    options_.single_put_limit = 8 * kMebibyte;
    options_.upload.least_part = 5 * kMebibyte;
    s3_ = std::make_unique<aws::S3Client>(bucket_->client(), s3_client_options(options_));
    store_ = std::make_unique<S3Store>(bucket_->parts(), options_);
  }

  SealedBlob blob(std::string_view text) {
    auto file = spool_.create();
    EXPECT_TRUE(file->append(std::as_bytes(std::span(text.data(), text.size()))).has_value());
    return std::move(*file).seal().value();
  }

  Result<std::string> read(const ObjectKey& key) {
    const auto stat = store_->stat(call_, key);
    if (!stat) return std::unexpected(stat.error());
    auto body = store_->open(call_, key, {.offset = 0, .length = stat->size});
    if (!body) return std::unexpected(std::move(body).error());
    auto& stream = *std::get<std::unique_ptr<ByteStream>>(*body);
    std::string text;
    std::vector<std::byte> buffer(kMebibyte);
    for (;;) {
      const auto got = stream.read(call_, buffer);
      if (!got) return std::unexpected(got.error());
      if (*got == 0) return text;
      text.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
  }

  std::size_t uploads_of(const ObjectKey& key) {
    const auto page = s3_->list_uploads(call_, key.text(), std::nullopt);
    EXPECT_TRUE(page.has_value());
    return page ? page->uploads.size() : 0;
  }

  // The error's detail when a store with other options is asked whether it is ready.
  static std::string complaint(const aws::Client::Parts& parts, const S3StoreOptions& options) {
    const auto ready = S3Store(parts, options).probe({});
    if (ready) return "ready";
    EXPECT_EQ(ready.error().code, ErrorCode::kUnavailable);
    return ready.error().detail;
  }

  const testing_support::S3Server* server_ = nullptr;
  std::unique_ptr<TestBucket> bucket_;
  S3StoreOptions options_;
  std::unique_ptr<aws::S3Client> s3_;
  std::unique_ptr<S3Store> store_;
  testing_support::TemporaryFolder folder_;
  Spool spool_ = Spool::open(folder_.path() / "spool", 64 * kMebibyte).value();
  Call call_;
  ObjectKey key_{"medical_documents/2026/11/26/one/first"};
};

TEST_F(S3StoreOnAServer, KeepsAnObjectSentInPartsWhole) {
  use_bucket();
  const std::string text = bytes_of(12 * kMebibyte + 1);
  const auto put = store_->put(call_, key_, blob(text));
  ASSERT_TRUE(put.has_value()) << put.error().detail;
  EXPECT_TRUE(read(key_) == text);
  EXPECT_EQ(uploads_of(key_), 0U);
}

TEST_F(S3StoreOnAServer, DeclaresTheChecksumOfTheWholeEvenWhereItWasSentInParts) {
  use_bucket();
  for (const std::size_t size : {std::size_t{1000}, std::size_t{9 * kMebibyte}}) {
    const SealedBlob sealed = blob(bytes_of(size));
    ASSERT_TRUE(store_->put(call_, key_, sealed).has_value());
    EXPECT_EQ(s3_->head_object(call_, key_.text())->checksum, sealed.checksum());
  }
}

TEST_F(S3StoreOnAServer, LeavesNoPartBehindWhenAPartCannotBeRead) {
  use_bucket();
  const SealedBlob whole = blob(bytes_of(9 * kMebibyte));
  const SealedBlob longer_than_its_file(UniqueFd(dup(whole.fd())), {}, 14 * kMebibyte, whole.checksum());
  const auto put = store_->put(call_, key_, longer_than_its_file);
  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().retry, Retry::kNever);
  EXPECT_EQ(uploads_of(key_), 0U);
  EXPECT_EQ(store_->stat(call_, key_).error().code, ErrorCode::kNotFound);
}

TEST_F(S3StoreOnAServer, LeavesNoPartBehindWhenItIsStopped) {
  use_bucket();
  std::stop_source stop;
  stop.request_stop();
  const Call stopped{.deadline = call_.deadline, .stop = stop.get_token(), .request_id = {}};
  EXPECT_FALSE(store_->put(stopped, key_, blob(bytes_of(9 * kMebibyte))).has_value());
  EXPECT_EQ(uploads_of(key_), 0U);
}

TEST_F(S3StoreOnAServer, RefusesBytesThatAreNotThoseOfTheChecksum) {
  use_bucket();
  const SealedBlob sealed = blob("what was inspected");
  const SealedBlob forged(UniqueFd(dup(sealed.fd())), {}, sealed.size(), sha256("something else"));
  EXPECT_FALSE(store_->put(call_, key_, forged).has_value());
  EXPECT_EQ(store_->stat(call_, key_).error().code, ErrorCode::kNotFound);
}

TEST_F(S3StoreOnAServer, EndsUploadsThatACrashLeftWhenTheKeyIsRemoved) {
  use_bucket();
  const ObjectKey longer(key_.text() + "0");
  ASSERT_TRUE(s3_->create_upload(call_, key_.text(), sha256("")).has_value());
  ASSERT_TRUE(s3_->create_upload(call_, key_.text(), sha256("")).has_value());
  ASSERT_TRUE(s3_->create_upload(call_, longer.text(), sha256("")).has_value());
  ASSERT_TRUE(store_->remove(call_, key_).has_value());
  EXPECT_EQ(uploads_of(key_), 1U);  // of the longer key, which starts the same
  ASSERT_TRUE(store_->remove(call_, longer).has_value());
  EXPECT_EQ(uploads_of(key_), 0U);
}

TEST_F(S3StoreOnAServer, RemovesEveryVersionAndMarkerOfAKeyAndOfNoOther) {
  use_bucket({.versioning = aws::Versioning::kEnabled});
  const ObjectKey longer(key_.text() + "0");
  for (const char* text : {"first", "second"})
    ASSERT_TRUE(store_->put(call_, key_, blob(text)).has_value());
  ASSERT_TRUE(s3_->delete_object(call_, key_.text())->keeps_versions);
  ASSERT_TRUE(store_->put(call_, longer, blob("other")).has_value());
  ASSERT_EQ(s3_->list_versions(call_, key_.text(), std::nullopt)->versions.size(), 4U);

  ASSERT_TRUE(store_->remove(call_, key_).has_value());
  const auto left = s3_->list_versions(call_, key_.text(), std::nullopt);
  ASSERT_EQ(left->versions.size(), 1U);
  EXPECT_EQ(left->versions.front().key, longer.text());
}

TEST_F(S3StoreOnAServer, SaysThatALockProtectsAnObject) {
  use_bucket({.versioning = std::nullopt, .locks = TestBucketOptions::Locks::kYes});
  ASSERT_TRUE(store_->put(call_, key_, blob("evidence")).has_value());
  const auto hold = [&](std::string_view status) {
    auto operation = s3_->options().address.on_object("PutObjectLegalHold", aws::Method::kPut, key_.text());
    operation.query.push_back({.name = "legal-hold", .value = ""});
    const std::string body = "<LegalHold><Status>" + std::string(status) + "</Status></LegalHold>";
    operation.headers.push_back({.name = "content-md5", .value = base64_encode(md5(body))});
    operation.body = body;
    return bucket_->client().call(call_, operation).has_value();
  };
  ASSERT_TRUE(hold("ON"));
  const auto removed = store_->remove(call_, key_);
  ASSERT_FALSE(removed.has_value());
  EXPECT_EQ(removed.error().code, ErrorCode::kConflict);
  EXPECT_THAT(removed.error().detail, HasSubstr("legal hold"));
  EXPECT_EQ(read(key_), "evidence");
  ASSERT_TRUE(hold("OFF"));
  EXPECT_TRUE(store_->remove(call_, key_).has_value());
}

TEST_F(S3StoreOnAServer, KeepsKeysOfAnyCharacterAndListsThemByTheirBytes) {
  use_bucket();
  std::vector<ObjectKey> keys;
  for (const char* text :
       {"plain", "with space", "plus+plus", "percent%41", "a&b<c>\"d'", "x//y", "a/../b", "semi;colon=", "tilde~!*()",
        "\xc3\xa9t\xc3\xa9", "\xe4\xb8\xad\xe6\x96\x87", "?query#fragment", "new\nline"})
    keys.emplace_back(std::string("odd/") + text);
  for (const ObjectKey& key : keys) {
    const auto put = store_->put(call_, key, blob(key.text()));
    ASSERT_TRUE(put.has_value()) << put.error().detail;
  }
  std::ranges::sort(keys);
  EXPECT_EQ(store_->list(call_, "odd/", {}, 100), keys);
  EXPECT_EQ(store_->list(call_, "odd/", keys[4], 2), (std::vector{keys[5], keys[6]}));
  for (const ObjectKey& key : keys)
    EXPECT_EQ(read(key), key.text());
  for (const ObjectKey& key : keys)
    EXPECT_TRUE(store_->remove(call_, key).has_value());
  EXPECT_EQ(store_->list(call_, "", {}, 100), std::vector<ObjectKey>{});
}

TEST_F(S3StoreOnAServer, GivesAUrlThatNeedsNothingElse) {
  use_bucket();
  ASSERT_TRUE(store_->put(call_, key_, blob("the bytes")).has_value());
  const std::string disposition = "attachment; filename=\"report.pdf\"; filename*=UTF-8''r%C3%A9port.pdf";
  const auto url = store_->presign(
      call_, key_,
      {.lifetime = std::chrono::seconds{60}, .content_type = "application/pdf", .content_disposition = disposition});
  ASSERT_TRUE(url.has_value() && url->has_value());
  const std::string answer = output_of("curl -s -i '" + **url + "'");
  EXPECT_THAT(answer, AllOf(HasSubstr(" 200 "), HasSubstr("application/pdf"), HasSubstr(disposition)));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nthe bytes"));

  std::string edited = **url;
  edited.replace(edited.find("first"), 5, "other");
  EXPECT_THAT(output_of("curl -s -i '" + edited + "'"), HasSubstr(" 403 "));
}

TEST_F(S3StoreOnAServer, SignsUrlsForTheNameUnderWhichClientsReachTheStore) {
  use_bucket();
  options_.public_endpoint = options_.client.endpoint;
  options_.public_endpoint->host = "localhost";
  S3Store store(bucket_->parts(), options_);
  ASSERT_TRUE(store.put(call_, key_, blob("the bytes")).has_value());
  const auto url = store.presign(call_, key_, {});
  ASSERT_TRUE(url.has_value() && url->has_value());
  EXPECT_THAT(**url, testing::StartsWith("http://localhost:"));
  EXPECT_EQ(output_of("curl -s '" + **url + "'"), "the bytes");
}

TEST_F(S3StoreOnAServer, PutsTheBucketInTheHostWhereItIsToldTo) {
  use_bucket();
  options_.client.endpoint.host = "localhost";  // whose subdomains are loopback too
  options_.addressing = aws::Addressing::kVirtualHost;
  S3Store store(bucket_->parts(), options_);
  const auto put = store.put(call_, key_, blob("the bytes"));
  ASSERT_TRUE(put.has_value()) << put.error().detail;
  EXPECT_EQ(read(key_), "the bytes");  // by the path
}

TEST_F(S3StoreOnAServer, MendsAClockThatIsOff) {
  use_bucket();
  for (const std::chrono::hours off : {std::chrono::hours{2}, std::chrono::hours{-2}}) {
    testing_support::ManualClock clock(SystemClock().now() + off);
    aws::Client::Parts parts = bucket_->parts();
    const aws::Client::Parts skewed{parts.transport, parts.credentials, clock, parts.random};
    const auto put = S3Store(skewed, options_).put(call_, key_, blob("the bytes"));
    EXPECT_TRUE(put.has_value()) << put.error().detail;
  }
}

TEST_F(S3StoreOnAServer, SaysWhatToDoAboutABucketThatIsNotThere) {
  use_bucket();
  options_.bucket = "lazaret-no-such-bucket";
  EXPECT_THAT(complaint(bucket_->parts(), options_), AllOf(HasSubstr("lazaret init"), HasSubstr("S3_BUCKET")));
}

TEST_F(S3StoreOnAServer, SaysWhatToDoAboutAnObjectInABucketThatIsNotThere) {
  use_bucket();
  options_.bucket = "lazaret-no-such-bucket";
  S3Store store(bucket_->parts(), options_);
  const auto opened = store.open(call_, key_, {.offset = 0, .length = 1});
  EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(opened.error().detail, HasSubstr("S3_BUCKET"));
}

TEST_F(S3StoreOnAServer, SaysWhatToDoAboutKeysThatMayNotOrAreNotKnown) {
  use_bucket();
  aws::Credentials keys = server_->credentials;
  keys.secret_access_key = Secret("not-this-one");
  aws::StaticCredentials wrong_secret(keys);
  EXPECT_THAT(complaint(bucket_->parts_for(wrong_secret), options_), HasSubstr("AWS_SECRET_ACCESS_KEY"));
  keys.access_key_id = "NOSUCHACCESSKEY00000";
  aws::StaticCredentials unknown(keys);
  EXPECT_THAT(complaint(bucket_->parts_for(unknown), options_), HasSubstr("AWS_ACCESS_KEY_ID"));
  if (!server_->stranger) return;
  aws::StaticCredentials stranger(*server_->stranger);
  EXPECT_THAT(complaint(bucket_->parts_for(stranger), options_), HasSubstr("grant them the rights"));
}

TEST_F(S3StoreOnAServer, SaysWhatToDoAboutAStoreThatDoesNotAnswer) {
  use_bucket();
  options_.client.endpoint.port = 1;
  options_.client.max_attempts = 1;
  EXPECT_THAT(complaint(bucket_->parts(), options_), HasSubstr("not reached"));
}

TEST_F(S3StoreOnAServer, LearnsWhetherTheBucketKeepsVersionsAndLeavesNothingBehind) {
  for (const auto versioning : {aws::Versioning::kOff, aws::Versioning::kEnabled}) {
    use_bucket({.versioning = versioning == aws::Versioning::kOff ? std::nullopt : std::optional(versioning)});
    const auto learned = store_->learn(call_);
    ASSERT_TRUE(learned.has_value()) << learned.error().detail;
    EXPECT_TRUE(s3_->list_versions(call_, "", std::nullopt)->versions.empty());
  }
}

}  // namespace
}  // namespace lazaret
