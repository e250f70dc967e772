#include "aws/sigv4.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/encoding.h"

namespace lazaret::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kKeysRemembered = 8;

// What proxies and the transport add, change or drop on the way is never signed.
constexpr std::array<std::string_view, 14> kNeverSigned{
    "accept-encoding",     "authorization",    "connection", "expect",  "keep-alive",        "proxy-authenticate",
    "proxy-authorization", "proxy-connection", "te",         "trailer", "transfer-encoding", "upgrade",
    "user-agent",          "x-amzn-trace-id"};

bool is_signed(const Header& header) {
  return std::ranges::find(kNeverSigned, std::string_view(header.name)) == kNeverSigned.end();
}

// Percent-encoded, slashes kept.
std::string encode_path(std::string_view path) {
  std::string encoded;
  for (;;) {
    const auto slash = path.find('/');
    encoded += percent_encode(path.substr(0, slash));
    if (slash == std::string_view::npos) return encoded;
    encoded += '/';
    path.remove_prefix(slash + 1);
  }
}

// RFC 3986 section 5.2.4, and empty segments dropped. A slash at the end stays.
std::string normalised(std::string_view path) {
  std::vector<std::string_view> kept;
  const bool slash_at_end = path.ends_with('/');
  while (!path.empty()) {
    const auto slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  std::string result = "/";
  for (const std::string_view segment : kept) {
    if (result.size() > 1) result += '/';
    result += segment;
  }
  if (slash_at_end && result.size() > 1) result += '/';
  return result;
}

// Sorted after encoding, by name and then value.
std::string encode_query(const std::vector<Parameter>& query) {
  std::vector<std::pair<std::string, std::string>> encoded;
  encoded.reserve(query.size());
  for (const Parameter& parameter : query)
    encoded.emplace_back(percent_encode(parameter.name), percent_encode(parameter.value));
  std::ranges::sort(encoded);
  std::string text;
  for (const auto& [name, value] : encoded) {
    if (!text.empty()) text += '&';
    text += name;
    text += '=';
    text += value;
  }
  return text;
}

struct SignedHeaders {
  std::string names;  // "host;x-amz-date"
  std::string lines;  // "host:...\nx-amz-date:...\n"
};

SignedHeaders canonical_headers(const std::vector<Header>& headers) {
  std::map<std::string_view, std::string> by_name;
  for (const Header& header : headers) {
    if (!is_signed(header)) continue;
    auto [place, first] = by_name.try_emplace(header.name);
    if (!first) place->second += ',';
    place->second += canonical_value(header.value);
  }
  SignedHeaders result;
  for (const auto& [name, value] : by_name) {
    if (!result.names.empty()) result.names += ';';
    result.names += name;
    result.lines += name;
    result.lines += ':';
    result.lines += value;
    result.lines += '\n';
  }
  return result;
}

std::string scope_text(std::string_view date, const SigningScope& scope) {
  std::string text(date);
  for (const std::string_view part : {std::string_view(scope.region), std::string_view(scope.service)}) {
    text += '/';
    text += part;
  }
  return text + "/aws4_request";
}

Secret derive(const Secret& key, std::string_view text) {
  const Digest digest = hmac_sha256(key, text);
  return Secret{std::string(digest.bytes().begin(), digest.bytes().end())};
}

// Host and the caller's headers as they are sent; what is signed is read from these.
std::vector<Header> wire_headers(const Signable& request) {
  std::vector<Header> headers{{"host", request.endpoint.authority()}};
  for (const Header& header : request.headers)
    headers.push_back({header.name, canonical_value(header.value)});
  return headers;
}

std::string wire_path(const Signable& request) {
  return encode_path(request.endpoint.base_path + request.path);
}

// Fills what is left of `form`, whose wire parts are there.
void sign(SignedForm& form, const Signable& request, const SigningScope& scope, const Credentials& credentials,
          const SignedHeaders& headers, SigningKeys& keys) {
  const std::string time = amz_date(scope.time);
  const std::string_view date = std::string_view(time).substr(0, 8);
  const std::string path = canonical_path(form.path, scope.path_rule);
  std::string& text = form.canonical_request;
  text = to_string(request.method);
  for (const std::string_view part :
       {std::string_view(path), std::string_view(form.query), std::string_view(headers.lines),
        std::string_view(headers.names), std::string_view(request.payload_hash)}) {
    text += '\n';
    text += part;
  }
  form.string_to_sign = std::string(kAlgorithm) + "\n" + time + "\n" + scope_text(date, scope) + "\n" +
                        sha256(form.canonical_request).to_string();
  form.signature = hmac_sha256(keys.key(credentials, date, scope), form.string_to_sign).to_string();
}

}  // namespace

Secret SigningKeys::key(const Credentials& credentials, std::string_view date, const SigningScope& scope) {
  const std::string where = scope_text(date, scope);
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.where == where && entry.secret == credentials.secret_access_key) return entry.key;
  }
  Secret key{"AWS4" + std::string(credentials.secret_access_key.reveal())};
  for (const std::string_view part :
       {date, std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")})
    key = derive(key, part);
  if (entries_.size() == kKeysRemembered) entries_.pop_front();
  entries_.push_back({credentials.secret_access_key, where, key});
  return key;
}

SignedForm sign_with_headers(const Signable& request, const SigningScope& scope, const Credentials& credentials,
                             SigningKeys& keys) {
  SignedForm form;
  form.path = wire_path(request);
  form.query = encode_query(request.query);
  form.headers = wire_headers(request);
  const std::string time = amz_date(scope.time);
  form.headers.push_back({"x-amz-date", time});
  if (!credentials.session_token.empty()) {
    form.headers.push_back({"x-amz-security-token", std::string(credentials.session_token.reveal())});
  }
  const SignedHeaders headers = canonical_headers(form.headers);
  sign(form, request, scope, credentials, headers, keys);
  form.headers.push_back({"authorization", std::string(kAlgorithm) + " Credential=" + credentials.access_key_id + "/" +
                                               scope_text(time.substr(0, 8), scope) +
                                               ", SignedHeaders=" + headers.names + ", Signature=" + form.signature});
  return form;
}

SignedForm sign_with_query(const Signable& request, const SigningScope& scope, const Credentials& credentials,
                           std::chrono::seconds lifetime, SigningKeys& keys) {
  SignedForm form;
  form.path = wire_path(request);
  form.headers = wire_headers(request);
  const SignedHeaders headers = canonical_headers(form.headers);
  const std::string time = amz_date(scope.time);
  std::vector<Parameter> query = request.query;
  query.push_back({"X-Amz-Algorithm", std::string(kAlgorithm)});
  query.push_back({"X-Amz-Credential", credentials.access_key_id + "/" + scope_text(time.substr(0, 8), scope)});
  query.push_back({"X-Amz-Date", time});
  query.push_back({"X-Amz-Expires", std::to_string(lifetime.count())});
  query.push_back({"X-Amz-SignedHeaders", headers.names});
  if (!credentials.session_token.empty()) {
    query.push_back({"X-Amz-Security-Token", std::string(credentials.session_token.reveal())});
  }
  form.query = encode_query(query);
  sign(form, request, scope, credentials, headers, keys);
  form.query += "&X-Amz-Signature=" + form.signature;
  return form;
}

std::string canonical_path(std::string_view wire_path, PathRule rule) {
  switch (rule) {
    case PathRule::kKeepAsGiven:
      return std::string(wire_path);
    case PathRule::kNormalise:
      return encode_path(normalised(wire_path));
  }
  return std::string(wire_path);
}

std::string canonical_value(std::string_view value) {
  static constexpr std::string_view kWhite = " \t\r\n";
  std::string result;
  for (;;) {
    const auto start = value.find_first_not_of(kWhite);
    if (start == std::string_view::npos) return result;
    if (!result.empty()) result += ' ';
    value.remove_prefix(start);
    const auto end = value.find_first_of(kWhite);
    result += value.substr(0, end);
    if (end == std::string_view::npos) return result;
    value.remove_prefix(end);
  }
}

std::string amz_date(Timestamp time) {
  std::string text = format_rfc3339(time);  // "2013-05-24T00:00:00.000Z"
  text.resize(text.find('.'));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

}  // namespace lazaret::aws
