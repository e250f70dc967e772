#include "aws/s3/address.h"

#include <algorithm>
#include <ranges>

#include "aws/s3/quirks.h"

namespace lazaret::aws {
namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_label(std::string_view label) {
  return !label.empty() && is_lower_or_digit(label.front()) && is_lower_or_digit(label.back()) &&
         std::ranges::all_of(label, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

}  // namespace

bool is_dns_safe(std::string_view bucket) {
  if (bucket.size() < 3 || bucket.size() > 63) return false;
  return std::ranges::all_of(bucket | std::views::split('.'),
                             [](auto label) { return is_label(std::string_view(label.begin(), label.end())); });
}

Addressing resolve_addressing(Addressing wanted, const Endpoint& endpoint, std::string_view bucket) {
  if (wanted != Addressing::kAuto) return wanted;
  const bool dots_under_tls = endpoint.scheme == "https" && bucket.contains('.');
  const bool in_host = provider_of(endpoint) == Provider::kAws && is_dns_safe(bucket) && !dots_under_tls;
  return in_host ? Addressing::kVirtualHost : Addressing::kPath;
}

Operation S3Address::on_bucket(std::string_view operation, Method method) const {
  return on_object(operation, method, {});
}

Operation S3Address::on_object(std::string_view operation, Method method, std::string_view key) const {
  Operation made;
  made.name = operation;
  made.method = method;
  made.error_in_success = true;
  if (addressing == Addressing::kVirtualHost) {
    made.host_prefix = bucket + ".";
    made.path = "/";
  } else {
    made.path = "/" + bucket + (key.empty() ? "" : "/");
  }
  made.path += key;
  return made;
}

}  // namespace lazaret::aws
