#include "http/api/router.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace lazaret::http {
namespace {

constexpr auto kRoutes = std::to_array<Route>({
    {"GET", "/", RouteId::kHome, Scope::kOpen, BodyKind::kNone},
    {"GET", "/health", RouteId::kHealth, Scope::kOpen, BodyKind::kNone},
    {"GET", "/health/live", RouteId::kLive, Scope::kOpen, BodyKind::kNone},
    {"GET", "/health/ready", RouteId::kReady, Scope::kOpen, BodyKind::kNone},
    {"GET", "/metrics", RouteId::kMetrics, Scope::kRead, BodyKind::kNone},
    {"GET", "/openapi.json", RouteId::kOpenApi, Scope::kOpen, BodyKind::kNone},
    {"GET", "/api/categories", RouteId::kCategories, Scope::kOpen, BodyKind::kNone},
    {"GET", "/api/documents", RouteId::kList, Scope::kRead, BodyKind::kNone},
    {"POST", "/api/documents", RouteId::kUpload, Scope::kWrite, BodyKind::kForm},
    {"POST", "/api/documents/upload", RouteId::kLegacyUpload, Scope::kWrite, BodyKind::kForm},
    {"POST", "/api/documents/validate", RouteId::kValidate, Scope::kWrite, BodyKind::kForm},
    {"GET", "/api/documents/{id}", RouteId::kGet, Scope::kRead, BodyKind::kNone},
    {"PATCH", "/api/documents/{id}", RouteId::kPatch, Scope::kWrite, BodyKind::kMergePatch},
    {"DELETE", "/api/documents/{id}", RouteId::kDelete, Scope::kWrite, BodyKind::kIgnored},
    {"GET", "/api/documents/{id}/content", RouteId::kContent, Scope::kRead, BodyKind::kNone},
    {"POST", "/api/documents/{id}/url", RouteId::kUrl, Scope::kRead, BodyKind::kOptionalJson},
    {"PUT", "/api/documents/{id}/categories", RouteId::kPutCategories, Scope::kWrite, BodyKind::kJson},
    {"POST", "/api/documents/{id}/restore", RouteId::kRestore, Scope::kWrite, BodyKind::kIgnored},
    {"POST", "/api/documents/{id}/release", RouteId::kRelease, Scope::kAdmin, BodyKind::kJson},
});

constexpr std::string_view kIdSegment = "{id}";

// Takes the next segment off the front of `rest`, which starts with '/'.
std::string_view next_segment(std::string_view& rest) {
  rest.remove_prefix(1);
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view segment = rest.substr(0, end);
  rest.remove_prefix(end);
  return segment;
}

std::optional<Resource> match(std::string_view pattern, std::string_view path) {
  Resource resource{pattern, {}};
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = next_segment(pattern);
    const std::string_view segment = next_segment(path);
    if (wanted == kIdSegment && !segment.empty()) {
      resource.id_text = segment;
    } else if (wanted != segment) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return resource;
}

}  // namespace

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::kOpen:
      return "open";
    case Scope::kRead:
      return "read";
    case Scope::kWrite:
      return "write";
    case Scope::kAdmin:
      return "admin";
  }
  return "open";
}

std::span<const Route> routes() {
  return kRoutes;
}

std::optional<Resource> find_resource(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::optional<Resource> found;
  for (const Route& route : kRoutes) {
    const std::optional<Resource> resource = match(route.pattern, path);
    if (!resource) continue;
    if (resource->id_text.empty()) return resource;  // `upload` is a word of ours before it is an id
    found = resource;
  }
  return found;
}

const Route* find_route(const Resource& resource, std::string_view method) {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  const auto* const found = std::ranges::find_if(
      kRoutes, [&](const Route& route) { return route.pattern == resource.pattern && route.method == wanted; });
  return found == kRoutes.end() ? nullptr : found;
}

std::string allowed_methods(const Resource& resource) {
  std::set<std::string_view> methods{"OPTIONS"};
  for (const Route& route : kRoutes) {
    if (route.pattern != resource.pattern) continue;
    methods.insert(route.method);
    if (route.method == "GET") methods.insert("HEAD");
  }
  std::string text;
  for (const std::string_view method : methods) {
    if (!text.empty()) text += ", ";
    text += method;
  }
  return text;
}

bool is_known_method(std::string_view method) {
  constexpr std::array<std::string_view, 9> kMethods{"GET",    "HEAD",    "POST",  "PUT",    "PATCH",
                                                     "DELETE", "OPTIONS", "TRACE", "CONNECT"};
  return std::ranges::find(kMethods, method) != kMethods.end();
}

bool is_safe_method(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

}  // namespace lazaret::http
