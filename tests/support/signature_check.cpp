#include "tests/support/signature_check.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>
#include <vector>

#include "base/digest.h"
#include "base/encoding.h"

namespace lazaret::testing_support {
namespace {

using Fields = std::map<std::string, std::string>;

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts;
  std::istringstream stream{std::string(text)};
  std::string part;
  while (std::getline(stream, part, by))
    parts.push_back(part);
  return parts;
}

std::string encoded_segments(const std::string& path) {
  std::string result;
  for (const char c : path)
    result += c == '/' ? "/" : percent_encode(std::string(1, c));
  return result;
}

std::string path_without_dots(const std::string& path) {
  std::vector<std::string> kept;
  for (const std::string& segment : split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string result;
  for (const std::string& segment : kept)
    result += "/" + segment;
  return result.empty() || path.ends_with('/') ? result + "/" : result;
}

// Decoded and encoded again, whatever form came; sorted; without the signature itself.
std::string query_lines(const std::string& query) {
  std::vector<std::string> pairs;
  for (const std::string& pair : split(query, '&')) {
    const std::string name = pair.substr(0, pair.find('='));
    if (name == "X-Amz-Signature") continue;
    const std::string value = pair.contains('=') ? pair.substr(pair.find('=') + 1) : "";
    pairs.push_back(percent_encode(percent_decode(name).value_or(name)) + "=" +
                    percent_encode(percent_decode(value).value_or(value)));
  }
  // By name, then value: "a-b" comes before "a=c" only when names are compared alone.
  std::ranges::sort(pairs, {}, [](const std::string& pair) {
    return std::pair(pair.substr(0, pair.find('=')), pair.substr(pair.find('=')));
  });
  std::string joined;
  for (const std::string& pair : pairs)
    joined += (joined.empty() ? "" : "&") + pair;
  return joined;
}

std::string query_value(const ImposterRequest& request, std::string_view name) {
  for (const std::string& pair : split(request.query(), '&')) {
    if (pair.starts_with(std::string(name) + "=")) return percent_decode(pair.substr(name.size() + 1)).value_or("");
  }
  return {};
}

// Credential, SignedHeaders and Signature of the Authorization header.
Fields authorization(const std::string& header) {
  Fields fields;
  const auto space = header.find(' ');
  fields["algorithm"] = header.substr(0, space);
  if (space == std::string::npos) return fields;
  for (std::string part : split(header.substr(space + 1), ',')) {
    part.erase(0, part.find_first_not_of(' '));
    fields[part.substr(0, part.find('='))] = part.substr(part.find('=') + 1);
  }
  return fields;
}

Fields presigned(const ImposterRequest& request) {
  return {{"algorithm", query_value(request, "X-Amz-Algorithm")},
          {"Credential", query_value(request, "X-Amz-Credential")},
          {"SignedHeaders", query_value(request, "X-Amz-SignedHeaders")},
          {"Signature", query_value(request, "X-Amz-Signature")}};
}

std::string header_lines(const ImposterRequest& request, const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) {
    std::string joined;
    for (const auto& [other, value] : request.headers) {
      if (other != name) continue;
      std::string squeezed;
      for (const char c : value) {
        if (c != ' ' || (!squeezed.empty() && squeezed.back() != ' ')) squeezed += c;
      }
      joined += (joined.empty() ? "" : ",") + squeezed;
    }
    lines += name + ":" + joined + "\n";
  }
  return lines;
}

std::string hmac(const std::string& key, std::string_view text) {
  const Digest digest = hmac_sha256(Secret{key}, text);
  return {digest.bytes().begin(), digest.bytes().end()};
}

std::string unsigned_header(const ImposterRequest& request, const std::vector<std::string>& names) {
  for (const auto& [name, value] : request.headers) {
    const bool wanted = name == "host" || name.starts_with("x-amz-") || name == "content-type" ||
                        name == "content-md5" || name == "range" || name.starts_with("if-");
    if (wanted && std::ranges::find(names, name) == names.end()) return name;
  }
  return {};
}

}  // namespace

std::string signature_fault(const ImposterRequest& request, const ExpectedSigner& signer) {
  const bool in_query = !query_value(request, "X-Amz-Signature").empty();
  const Fields given = in_query ? presigned(request) : authorization(request.header("authorization"));
  if (given.at("algorithm") != "AWS4-HMAC-SHA256") return "not signed with AWS4-HMAC-SHA256";
  const std::string time = in_query ? query_value(request, "X-Amz-Date") : request.header("x-amz-date");
  const std::string scope = time.substr(0, 8) + "/" + signer.region + "/" + signer.service + "/aws4_request";
  if (given.at("Credential") != signer.access_key_id + "/" + scope) return "the scope is " + given.at("Credential");
  const std::string token =
      in_query ? query_value(request, "X-Amz-Security-Token") : request.header("x-amz-security-token");
  if (token != signer.session_token) return "the session token is another";

  const auto names = split(given.at("SignedHeaders"), ';');
  if (!std::ranges::is_sorted(names)) return "the signed headers are not sorted";
  if (const std::string missed = unsigned_header(request, names); !missed.empty()) return missed + " is not signed";
  const std::string stated = request.header("x-amz-content-sha256");
  const std::string actual = sha256(request.body).to_string();
  if (!stated.empty() && stated != actual && stated != "UNSIGNED-PAYLOAD")
    return "x-amz-content-sha256 is not the body's";
  if (signer.service == "s3" && !in_query && stated.empty()) return "x-amz-content-sha256 is missing";
  const std::string payload = in_query && signer.service == "s3" ? "UNSIGNED-PAYLOAD"
                              : stated.empty()                   ? actual
                                                                 : stated;

  const std::string path =
      signer.service == "s3" ? request.path() : encoded_segments(path_without_dots(request.path()));
  const std::string canonical = request.method + "\n" + path + "\n" + query_lines(request.query()) + "\n" +
                                header_lines(request, names) + "\n" + given.at("SignedHeaders") + "\n" + payload;
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + sha256(canonical).to_string();
  std::string key = "AWS4" + signer.secret_access_key;
  for (const std::string& part : split(scope, '/'))
    key = hmac(key, part);
  if (hmac_sha256(Secret{key}, to_sign).to_string() != given.at("Signature")) return "the signature is another";
  return {};
}

}  // namespace lazaret::testing_support
