#include "http/api/cors.h"

#include <algorithm>
#include <array>

#include "http/api/address.h"
#include "http/api/contains.h"

namespace lazaret::http {
namespace {

constexpr std::string_view kExposed =
    "ETag, Location, X-Request-Id, RateLimit, RateLimit-Policy, Retry-After, Link, Content-Disposition, Content-Range, "
    "Accept-Ranges, Repr-Digest";
constexpr std::string_view kRequestHeaders =
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Range, X-Request-Id";
constexpr std::string_view kPreflightSeconds = "600";
constexpr std::size_t kMaxAskedHeaderBytes = 1024;

// "https://localhost:3000" -> "localhost:3000"; empty where it is no http(s) origin.
std::string_view authority_of(std::string_view origin) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return {};
}

bool is_local_origin(std::string_view origin) {
  std::string_view authority = authority_of(origin);
  for (const std::string_view name : {"localhost", "127.0.0.1"}) {
    if (!authority.starts_with(name)) continue;
    const std::string_view rest = authority.substr(name.size());
    return rest.empty() || is_port(rest);
  }
  return false;
}

// A comma-separated list of header names, fit to be repeated.
bool is_header_list(std::string_view text) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_!#$%&'*+.^`|~, ";
  return !text.empty() && text.size() <= kMaxAskedHeaderBytes &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

bool Cors::is_named(std::string_view origin) const {
  if (options_.allow_local && is_local_origin(origin)) return true;
  return origin != "*" && contains(options_.origins, origin);
}

bool Cors::is_allowed(std::string_view origin) const {
  return is_named(origin) || contains(options_.origins, "*");
}

void Cors::decorate(const Headers& request, Headers& response) const {
  if (!response.has("Vary")) response.set("Vary", "Origin");
  const std::string* const origin = request.find("Origin");
  if (origin == nullptr || request.count("Origin") != 1 || !is_allowed(*origin)) return;
  response.set("Access-Control-Allow-Origin", *origin);
  response.set("Access-Control-Expose-Headers", std::string(kExposed));
}

bool Cors::is_preflight(std::string_view method, const Headers& request) {
  return method == "OPTIONS" && request.has("Origin") && request.has("Access-Control-Request-Method");
}

void Cors::add_preflight(const Headers& request, const std::string& methods, Headers& response) const {
  response.set("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  const std::string* const origin = request.find("Origin");
  if (origin == nullptr || !is_allowed(*origin)) return;
  response.set("Access-Control-Allow-Methods", methods);
  // An origin that may call at all may send what it likes: its headers are judged where they are read.
  const std::string_view asked = request.get("Access-Control-Request-Headers");
  response.set("Access-Control-Allow-Headers", std::string(is_header_list(asked) ? asked : kRequestHeaders));
  response.set("Access-Control-Max-Age", std::string(kPreflightSeconds));
}

bool is_same_origin(std::string_view origin, std::string_view host) {
  const std::string_view authority = authority_of(origin);
  return !authority.empty() && equal_ignoring_case(authority, host);
}

}  // namespace lazaret::http
