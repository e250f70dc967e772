#include "aws/sigv4.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "document/json_tree.h"

namespace lazaret::aws {
namespace {

using namespace std::chrono_literals;

// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and
// sigv4-query-string-auth.html.
const Credentials kDocumented{.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                              .secret_access_key = Secret{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}};
const SigningScope kDocumentedScope{
    .region = "us-east-1",
    .service = "s3",
    .path_rule = PathRule::kKeepAsGiven,
    .time = *parse_rfc3339("2013-05-24T00:00:00Z"),
};
const std::string kEmptyHash = sha256("").to_string();

Signable documented(Method method, std::string path) {
  return {.method = method,
          .endpoint = {.scheme = "https", .host = "examplebucket.s3.amazonaws.com"},
          .path = std::move(path),
          .headers = {{"x-amz-content-sha256", kEmptyHash}},
          .payload_hash = kEmptyHash};
}

std::string header_signature(const Signable& request) {
  SigningKeys keys;
  return sign_with_headers(request, kDocumentedScope, kDocumented, keys).signature;
}

std::string header_of(const SignedForm& form, std::string_view name) {
  for (const Header& header : form.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

TEST(SigV4, SignsTheDocumentedGetOfARange) {
  Signable request = documented(Method::kGet, "/test.txt");
  request.headers.push_back({"range", "bytes=0-9"});
  SigningKeys keys;
  const SignedForm form = sign_with_headers(request, kDocumentedScope, kDocumented, keys);
  EXPECT_EQ(header_of(form, "authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4, SignsTheDocumentedPutWhoseKeyNeedsEncoding) {
  Signable request = documented(Method::kPut, "/test$file.text");
  request.payload_hash = sha256("Welcome to Amazon S3.").to_string();
  request.headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                     {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                     {"x-amz-content-sha256", request.payload_hash}};
  EXPECT_EQ(header_signature(request), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SigV4, SignsTheDocumentedParameterWithoutAValue) {
  Signable request = documented(Method::kGet, "/");
  request.query = {{"lifecycle", ""}};
  EXPECT_EQ(header_signature(request), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(SigV4, SignsTheDocumentedList) {
  Signable request = documented(Method::kGet, "/");
  request.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_EQ(header_signature(request), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, SignsTheDocumentedPresignedGet) {
  Signable request = documented(Method::kGet, "/test.txt");
  request.headers.clear();
  request.payload_hash = kUnsignedPayload;
  SigningKeys keys;
  const SignedForm form = sign_with_query(request, kDocumentedScope, kDocumented, 86400s, keys);
  EXPECT_EQ(form.query,
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
            "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(SigV4, KeepsAKeyOfS3AsItIs) {
  SigningKeys keys;
  const SignedForm form =
      sign_with_headers(documented(Method::kGet, "/a//b/../\xC3\xA9 +%"), kDocumentedScope, kDocumented, keys);
  EXPECT_EQ(form.path, "/a//b/../%C3%A9%20%2B%25");
  EXPECT_TRUE(form.canonical_request.starts_with("GET\n" + form.path + "\n"));
}

TEST(SigV4, NormalisesAndEncodesTwiceForOtherServices) {
  EXPECT_EQ(canonical_path("/a//b/../%C3%A9/", PathRule::kNormalise), "/a/%25C3%25A9/");
  EXPECT_EQ(canonical_path("/..", PathRule::kNormalise), "/");
}

TEST(SigV4, PutsTheBasePathOfAnEndpointInFront) {
  Signable request = documented(Method::kGet, "/bucket/key");
  request.endpoint.base_path = "/objects";
  SigningKeys keys;
  EXPECT_EQ(sign_with_headers(request, kDocumentedScope, kDocumented, keys).path, "/objects/bucket/key");
}

TEST(SigV4, NeverSignsWhatProxiesChange) {
  Signable request = documented(Method::kGet, "/");
  for (const char* name : {"user-agent", "expect", "connection", "te", "x-amzn-trace-id", "accept-encoding"})
    request.headers.push_back({name, "x"});
  SigningKeys keys;
  const SignedForm form = sign_with_headers(request, kDocumentedScope, kDocumented, keys);
  EXPECT_TRUE(header_of(form, "authorization").contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date,"));
  EXPECT_EQ(header_of(form, "user-agent"), "x");
}

TEST(SigV4, SignsTheSessionTokenInBothForms) {
  Credentials session = kDocumented;
  session.session_token = Secret{"token/+="};
  SigningKeys keys;
  const SignedForm form = sign_with_headers(documented(Method::kGet, "/"), kDocumentedScope, session, keys);
  EXPECT_TRUE(header_of(form, "authorization").contains(";x-amz-security-token,"));
  EXPECT_EQ(header_of(form, "x-amz-security-token"), "token/+=");
  const SignedForm url = sign_with_query(documented(Method::kGet, "/"), kDocumentedScope, session, 60s, keys);
  EXPECT_TRUE(url.canonical_request.contains("&X-Amz-Security-Token=token%2F%2B%3D&"));
}

TEST(SigV4, TakesTheDayOfTheKeyFromTheAttempt) {
  SigningKeys keys;
  SigningScope scope = kDocumentedScope;
  const auto first = sign_with_headers(documented(Method::kGet, "/"), scope, kDocumented, keys);
  scope.time += std::chrono::days{1};
  const auto next = sign_with_headers(documented(Method::kGet, "/"), scope, kDocumented, keys);
  SigningKeys fresh;
  EXPECT_EQ(next.signature, sign_with_headers(documented(Method::kGet, "/"), scope, kDocumented, fresh).signature);
  EXPECT_NE(next.signature, first.signature);
}

TEST(SigV4, KeepsTheKeysOfDifferentSecretsApart) {
  SigningKeys keys;
  Credentials other = kDocumented;
  other.secret_access_key = Secret{"another"};
  const Signable request = documented(Method::kGet, "/");
  const auto one = sign_with_headers(request, kDocumentedScope, kDocumented, keys);
  EXPECT_NE(sign_with_headers(request, kDocumentedScope, other, keys).signature, one.signature);
  EXPECT_EQ(sign_with_headers(request, kDocumentedScope, kDocumented, keys).signature, one.signature);
}

// The suite of awslabs/aws-c-auth, where it is at hand.
std::string vectors_folder() {
  const char* given = std::getenv("LAZARET_AWS_VECTORS");
  return given != nullptr ? given : LAZARET_AWS_VECTORS;
}

std::optional<std::string> text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

struct Vector {
  Signable request;
  SigningScope scope;
  Credentials credentials;
  std::chrono::seconds lifetime{};
  bool sign_body = false;
};

void add_header(std::string_view line, Signable& request) {
  if (line.starts_with(' ')) {  // folded
    request.headers.back().value += "\n" + std::string(line);
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;  // the line break at the end of the file
  std::string name(line.substr(0, colon));
  for (char& c : name)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::string value(line.substr(colon + 1));
  if (name == "host") {
    request.endpoint.host = value;
  } else {
    request.headers.push_back({std::move(name), std::move(value)});
  }
}

void read_target(std::string_view target, Signable& request) {
  const auto mark = target.find('?');
  request.path = target.substr(0, mark);
  while (mark != std::string_view::npos && target.size() > mark + 1) {
    const auto ampersand = target.rfind('&');
    const auto start = ampersand == std::string_view::npos ? mark + 1 : ampersand + 1;
    const std::string_view pair = target.substr(start);
    const auto equals = std::min(pair.find('='), pair.size());
    const auto value = pair.substr(std::min(equals + 1, pair.size()));
    request.query.push_back({*percent_decode(pair.substr(0, equals)), *percent_decode(value)});
    target = target.substr(0, start - 1);
  }
}

Vector read_vector(const std::filesystem::path& folder) {
  Vector vector;
  const std::string text = *text_of(folder / "request.txt");
  const auto head_end = std::min(text.find("\n\n"), text.size());
  std::string_view head = std::string_view(text).substr(0, head_end);
  const std::string_view body = head_end == text.size() ? "" : std::string_view(text).substr(head_end + 2);
  const std::string_view line = head.substr(0, head.find('\n'));
  vector.request.method = line.starts_with("POST") ? Method::kPost : Method::kGet;
  const auto target_at = line.find(' ') + 1;
  read_target(line.substr(target_at, line.rfind(' ') - target_at), vector.request);
  while (head.contains('\n')) {
    head.remove_prefix(head.find('\n') + 1);
    add_header(head.substr(0, head.find('\n')), vector.request);
  }
  vector.request.payload_hash = sha256(body).to_string();

  const auto context = *json::parse(*text_of(folder / "context.json"), "", {.bytes = 10'000, .depth = 8});
  const json::Node& keys = *context.find("credentials");
  vector.credentials.access_key_id = keys.find("access_key_id")->text;
  vector.credentials.secret_access_key = Secret{keys.find("secret_access_key")->text};
  // A token that is added after signing leaves no trace in the signature.
  const json::Node* omitted = context.find("omit_session_token");
  if (const json::Node* token = keys.find("token"); token != nullptr && (omitted == nullptr || !omitted->boolean)) {
    vector.credentials.session_token = Secret{token->text};
  }
  vector.scope = {.region = context.find("region")->text,
                  .service = context.find("service")->text,
                  .path_rule = context.find("normalize")->boolean ? PathRule::kNormalise : PathRule::kKeepAsGiven,
                  .time = *parse_rfc3339(context.find("timestamp")->text)};
  vector.lifetime = std::chrono::seconds{std::stoi(context.find("expiration_in_seconds")->text)};
  vector.sign_body = context.find("sign_body")->boolean;
  return vector;
}

class SigV4Suite : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path folder = vectors_folder() + "/v4";
    if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "the vectors are not at " << folder;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      cases_.push_back(entry.path());
    ASSERT_EQ(cases_.size(), 38U);
  }
  // Two cases send a path that is not encoded at all, which no client of ours does; their rule is checked by itself.
  static bool is_raw(const Vector& vector) {
    std::string letters = vector.request.path;
    std::erase(letters, '/');
    return vector.scope.path_rule == PathRule::kNormalise && percent_encode(letters) != letters;
  }
  std::vector<std::filesystem::path> cases_;
};

TEST_F(SigV4Suite, IsSignedInHeadersAsPublished) {
  for (const auto& folder : cases_) {
    SCOPED_TRACE(folder.filename());
    Vector vector = read_vector(folder);
    const std::string expected = *text_of(folder / "header-canonical-request.txt");
    if (is_raw(vector)) {
      EXPECT_TRUE(expected.contains("\n" + canonical_path(vector.request.path, PathRule::kNormalise) + "\n"));
      continue;
    }
    if (vector.sign_body) vector.request.headers.push_back({"x-amz-content-sha256", vector.request.payload_hash});
    SigningKeys keys;
    const SignedForm form = sign_with_headers(vector.request, vector.scope, vector.credentials, keys);
    EXPECT_EQ(form.canonical_request, expected);
    EXPECT_EQ(form.string_to_sign, *text_of(folder / "header-string-to-sign.txt"));
    EXPECT_EQ(form.signature, *text_of(folder / "header-signature.txt"));
  }
}

TEST_F(SigV4Suite, IsSignedInQueriesAsPublished) {
  for (const auto& folder : cases_) {
    SCOPED_TRACE(folder.filename());
    const Vector vector = read_vector(folder);
    if (is_raw(vector)) continue;
    SigningKeys keys;
    const SignedForm form = sign_with_query(vector.request, vector.scope, vector.credentials, vector.lifetime, keys);
    EXPECT_EQ(form.canonical_request, *text_of(folder / "query-canonical-request.txt"));
    EXPECT_EQ(form.string_to_sign, *text_of(folder / "query-string-to-sign.txt"));
    EXPECT_EQ(form.signature, *text_of(folder / "query-signature.txt"));
  }
}

}  // namespace
}  // namespace lazaret::aws
