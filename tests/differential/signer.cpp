// Signs what it reads, for signing.py to hold against botocore: a request a line, its fields in hexadecimal and divided
// by spaces; "-" is an empty field. Answers a line each: the URL's path and query, and the Authorization header or "-".
//   headers|query  s3|other  METHOD  scheme://authority  path  region  service  unix-milliseconds  key  secret  token
//   payload-hash  lifetime  n name value ... (query)  n name value ... (headers)
#include <charconv>
#include <iostream>
#include <sstream>
#include <string>

#include "aws/sigv4.h"
#include "base/encoding.h"

namespace lazaret::aws {
namespace {

std::string next(std::istream& line) {
  std::string word;
  line >> word;
  if (word == "-") return {};
  std::string text;
  for (std::size_t at = 0; at + 1 < word.size(); at += 2) {
    unsigned value = 0;
    std::from_chars(word.data() + at, word.data() + at + 2, value, 16);
    text.push_back(static_cast<char>(value));
  }
  return text;
}

template <class Pair>
std::vector<Pair> next_pairs(std::istream& line) {
  std::vector<Pair> pairs(std::stoul(next(line)));
  for (Pair& pair : pairs) {
    pair.name = next(line);
    pair.value = next(line);
  }
  return pairs;
}

Method method_named(std::string_view name) {
  for (const Method method : {Method::kGet, Method::kHead, Method::kPut, Method::kPost, Method::kDelete})
    if (to_string(method) == name) return method;
  return Method::kGet;
}

std::string answer(std::istream& line, SigningKeys& keys) {
  const bool by_query = next(line) == "query";
  SigningScope scope;
  scope.path_rule = next(line) == "s3" ? PathRule::kKeepAsGiven : PathRule::kNormalise;
  Signable request;
  request.method = method_named(next(line));
  request.endpoint = parse_endpoint(next(line)).value();
  request.path = next(line);
  scope.region = next(line);
  scope.service = next(line);
  scope.time = Timestamp{std::chrono::milliseconds{std::stoll(next(line))}};
  Credentials credentials;
  credentials.access_key_id = next(line);
  credentials.secret_access_key = Secret(next(line));
  credentials.session_token = Secret(next(line));
  request.payload_hash = next(line);
  const std::chrono::seconds lifetime{std::stoll(next(line))};
  request.query = next_pairs<Parameter>(line);
  request.headers = next_pairs<Header>(line);
  const SignedForm form = by_query ? sign_with_query(request, scope, credentials, lifetime, keys)
                                   : sign_with_headers(request, scope, credentials, keys);
  std::string authorization = "-";
  for (const Header& header : form.headers)
    if (header.name == "authorization") authorization = header.value;
  return form.path + (form.query.empty() ? "" : "?" + form.query) + "\t" + authorization;
}

}  // namespace
}  // namespace lazaret::aws

int main() {
  lazaret::aws::SigningKeys keys;
  for (std::string text; std::getline(std::cin, text);) {
    std::istringstream line(text);
    std::cout << lazaret::aws::answer(line, keys) << '\n';
  }
}
