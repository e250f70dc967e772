// The routes: one table that dispatch, OPTIONS, 405, scopes and the OpenAPI test all read. Paths are matched exactly
// as they were sent, undecoded: a trailing slash, `//`, another case or a percent-encoded letter is another path.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lazaret::http {

enum class Scope : std::uint8_t { kOpen, kRead, kWrite, kAdmin };
std::string_view to_string(Scope scope);

enum class RouteId : std::uint8_t {
  kHome,
  kHealth,
  kLive,
  kReady,
  kMetrics,
  kOpenApi,
  kCategories,
  kList,
  kUpload,
  kLegacyUpload,
  kValidate,
  kGet,
  kPatch,
  kDelete,
  kContent,
  kUrl,
  kPutCategories,
  kRestore,
  kRelease,
};

enum class BodyKind : std::uint8_t {
  kNone,          // none is read
  kIgnored,       // a small one is read and dropped: some clients always send one
  kOptionalJson,  // application/json, or nothing
  kJson,          // application/json
  kMergePatch,    // application/merge-patch+json or application/json
  kForm,          // multipart/form-data, streamed
};

struct Route {
  std::string_view method;
  std::string_view pattern;  // `{id}` stands for one segment
  RouteId id;
  Scope scope;
  BodyKind body;
};

std::span<const Route> routes();

// What a path names: the routes of one pattern.
struct Resource {
  std::string_view pattern;
  std::string_view id_text;  // what stood for {id}; whether it is an id is for the caller to say
};

std::optional<Resource> find_resource(std::string_view path);

// HEAD is answered by GET's route. Null: the resource does not know the method.
const Route* find_route(const Resource& resource, std::string_view method);

// "GET, HEAD, OPTIONS, POST"
std::string allowed_methods(const Resource& resource);

// Methods of RFC 9110 and PATCH. What is none of them is 501, not 405.
bool is_known_method(std::string_view method);
bool is_safe_method(std::string_view method);

}  // namespace lazaret::http
