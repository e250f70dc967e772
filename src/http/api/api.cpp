#include "http/api/api.h"

#include <array>
#include <utility>

#include "base/encoding.h"
#include "http/api/media_type.h"

namespace lazaret::http {
namespace {

constexpr std::uint64_t kIgnoredBodyLimit = 64ULL * 1024;
// Metadata of 32 KiB whose every character is written as \uXXXX, and some white space.
constexpr std::uint64_t kJsonBodyLimit = 256ULL * 1024;

bool is_upload(const Route& route) {
  return route.body == BodyKind::kForm;
}

bool changes_document(RouteId id) {
  return id == RouteId::kPatch || id == RouteId::kDelete || id == RouteId::kPutCategories || id == RouteId::kRestore ||
         id == RouteId::kRelease;
}

bool has_body(const RequestHead& head) {
  return head.framing == BodyFraming::kChunked || (head.framing == BodyFraming::kLength && head.content_length > 0);
}

ProblemCode code_of(EdgeFault fault) {
  switch (fault) {
    case EdgeFault::kMalformedRequest:
      return ProblemCode::kMalformedRequest;
    case EdgeFault::kInvalidHeader:
      return ProblemCode::kInvalidHeader;
    case EdgeFault::kRequestTimeout:
      return ProblemCode::kRequestTimeout;
    case EdgeFault::kLengthRequired:
      return ProblemCode::kLengthRequired;
    case EdgeFault::kBodyTooLarge:
      return ProblemCode::kBodyTooLarge;
    case EdgeFault::kUriTooLong:
      return ProblemCode::kUriTooLong;
    case EdgeFault::kExpectationFailed:
      return ProblemCode::kExpectationFailed;
    case EdgeFault::kHeadersTooLarge:
      return ProblemCode::kHeadersTooLarge;
    case EdgeFault::kInternal:
      return ProblemCode::kInternal;
    case EdgeFault::kMethodNotImplemented:
      return ProblemCode::kMethodNotImplemented;
    case EdgeFault::kOverloaded:
      return ProblemCode::kOverloaded;
    case EdgeFault::kVersionNotSupported:
      return ProblemCode::kHttpVersionNotSupported;
  }
  return ProblemCode::kInternal;
}

const Route* route_of(const RequestHead& head) {
  const std::optional<Resource> resource = find_resource(head.path);
  return resource ? find_route(*resource, head.method) : nullptr;
}

Effect effect_of(const Route* route) {
  if (route != nullptr && is_upload(*route) && route->id != RouteId::kValidate) return Effect::kUpload;
  return route != nullptr && changes_document(route->id) ? Effect::kChange : Effect::kRead;
}

// HEAD is GET without the body, headers and length alike.
void drop_body_of_head(const RequestHead& head, Response& response) {
  if (head.method != "HEAD") return;
  if (const auto* text = std::get_if<std::string>(&response.body)) response.content_length = text->size();
  response.body = std::monostate{};
}

Response problem(const RequestHead& head, const Problem& what) {
  Response response = make_problem({head.path, head.request_id}, what);
  drop_body_of_head(head, response);
  return response;
}

Response not_allowed(const RequestHead& head, std::string methods, std::string detail) {
  Response response = problem(head, {.code = ProblemCode::kMethodNotAllowed, .detail = std::move(detail)});
  response.headers.add("Allow", std::move(methods));
  return response;
}

}  // namespace

Result<std::unique_ptr<Api>> Api::make(ApiParts parts, ApiOptions options) {
  auto trusted = parse_networks(options.trusted_proxies);
  if (!trusted) return std::unexpected(std::move(trusted.error()));
  while (options.public_url.ends_with('/'))
    options.public_url.pop_back();
  return std::unique_ptr<Api>(new Api(std::move(parts), std::move(options), *std::move(trusted)));
}

Api::Api(ApiParts parts, ApiOptions options, std::vector<Network> trusted)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      trusted_(std::move(trusted)),
      links_(options_.secret_key),
      cors_(options_.cors),
      uploads_(options_.max_upload_rate),
      system_({parts_.metadata, parts_.objects, parts_.inspector, parts_.observer, parts_.clock, parts_.metrics,
               options_.version}),
      documents_({parts_.documents, parts_.metadata, parts_.objects, parts_.observer, parts_.clock},
                 {options_.categories, derive_key(options_.secret_key, "cursor"), options_.public_url,
                  options_.download_redirect},
                 links_),
      upload_({parts_.intake, parts_.spool, parts_.observer},
              {options_.categories, options_.allowed_extensions, options_.max_file_size}) {}

Plan Api::plan(const RequestHead& head) {
  if (auto refused = guard_development(head)) return AnswerNow{*std::move(refused)};
  if (!is_known_method(head.method)) return AnswerNow{problem(head, {.code = ProblemCode::kMethodNotImplemented})};
  const std::optional<Resource> resource = find_resource(head.path);
  // Where a tunnel would lead to is no path of ours, and allows nothing.
  if (!resource && head.method == "CONNECT") {
    return AnswerNow{not_allowed(head, "", "This service is no proxy: it connects to nothing.")};
  }
  if (!resource) return AnswerNow{problem(head, {.code = ProblemCode::kRouteNotFound})};
  if (head.method == "OPTIONS") return AnswerNow{options_answer(head, *resource)};
  const Route* const route = find_route(*resource, head.method);
  if (route == nullptr) {
    const std::string methods = allowed_methods(*resource);
    return AnswerNow{not_allowed(head, methods, "This path takes " + methods + ".")};
  }
  return plan_route(head, *resource, *route);
}

Plan Api::plan_route(const RequestHead& head, const Resource& resource, const Route& route) {
  Request request{head, &route, {}, {}, client_address(head.peer_address, head.headers, trusted_)};
  const std::optional<DocumentId> id = DocumentId::parse(resource.id_text);
  const bool by_link = route.id == RouteId::kContent && LinkSigner::is_link(head.query);
  if (!by_link) {
    const bool open_metrics = route.id == RouteId::kMetrics && options_.metrics_open;
    if (auto refused = authenticate(request, open_metrics ? Scope::kOpen : route.scope)) {
      drop_body_of_head(head, *refused);
      return AnswerNow{*std::move(refused)};
    }
  }
  if (!resource.id_text.empty() && !id) {
    return AnswerNow{problem(head, {.code = ProblemCode::kDocumentNotFound,
                                    .detail = "There is no document with this id: ids are lower-case UUIDs."})};
  }
  if (id) request.id = *id;
  if (by_link) return plan_link(std::move(request));
  // An upload is counted before anything is held against it.
  if (!is_upload(route)) {
    if (auto refused = check_body_head(request)) return AnswerNow{*std::move(refused)};
    if (auto refused = check_precondition(request)) return AnswerNow{*std::move(refused)};
  }
  return dispatch(std::move(request));
}

// `handler` takes (call, request, body) on a pool.
template <class Handler>
Plan Api::whole(Request request, const Handler& handler) const {
  const std::uint64_t limit = body_limit(request.route->body);
  return HandleWhole{limit, [request = std::move(request), handler](const Call& call, const std::string& body) {
                       Response response = handler(call, request, body);
                       drop_body_of_head(request.head, response);
                       return response;
                     }};
}

Plan Api::dispatch(Request request) {
  const RouteId id = request.route->id;
  const auto now = [&](Response response) -> Plan {
    drop_body_of_head(request.head, response);
    return AnswerNow{std::move(response)};
  };
  const auto read = [&](Response (DocumentHandlers::*handler)(const Call&, const Request&)) -> Plan {
    return whole(std::move(request), [this, handler](const Call& call, const Request& asked, const std::string&) {
      return (documents_.*handler)(call, asked);
    });
  };
  const auto take =
      [&](Response (DocumentHandlers::*handler)(const Call&, const Request&, const std::string&)) -> Plan {
    return whole(std::move(request), [this, handler](const Call& call, const Request& asked, const std::string& body) {
      return (documents_.*handler)(call, asked, body);
    });
  };
  switch (id) {
    case RouteId::kHome:
      return now(system_.home());
    case RouteId::kHealth:
      return now(system_.health());
    case RouteId::kLive:
      return now(system_.live());
    case RouteId::kReady:
      return whole(std::move(request),
                   [this](const Call& call, const Request&, const std::string&) { return system_.ready(call); });
    case RouteId::kMetrics:
      return whole(std::move(request),
                   [this](const Call&, const Request&, const std::string&) { return system_.metrics(); });
    case RouteId::kOpenApi:
      return now(system_.openapi());
    case RouteId::kCategories:
      return now(documents_.categories());
    case RouteId::kList:
      return read(&DocumentHandlers::list);
    case RouteId::kUpload:
    case RouteId::kLegacyUpload:
    case RouteId::kValidate:
      return plan_upload(std::move(request));
    case RouteId::kGet:
      return read(&DocumentHandlers::get);
    case RouteId::kPatch:
      return take(&DocumentHandlers::patch);
    case RouteId::kDelete:
      return plan_delete(std::move(request));
    case RouteId::kContent:
      return read(&DocumentHandlers::content);
    case RouteId::kUrl:
      return take(&DocumentHandlers::make_url);
    case RouteId::kPutCategories:
      return take(&DocumentHandlers::put_categories);
    case RouteId::kRestore:
      return read(&DocumentHandlers::restore);
    case RouteId::kRelease:
      return take(&DocumentHandlers::release);
  }
  return now(problem(request.head, {.code = ProblemCode::kRouteNotFound}));
}

Plan Api::plan_delete(Request request) {
  const Result<bool> purge = parse_purge(request.head.query);
  if (!purge) return AnswerNow{error_response(request, purge.error(), Effect::kRead, parts_.observer)};
  if (!*purge) {
    return whole(std::move(request),
                 [this](const Call& call, const Request& r, const std::string&) { return documents_.remove(call, r); });
  }
  if (auto refused = require_scope(request, Scope::kAdmin)) return AnswerNow{*std::move(refused)};
  return whole(std::move(request),
               [this](const Call& call, const Request& r, const std::string&) { return documents_.purge(call, r); });
}

Plan Api::plan_link(Request request) {
  auto link = links_.open(request.id, request.head.query, parts_.clock.now());
  if (!link) {
    const bool expired = link.error() == LinkFault::kExpired;
    return AnswerNow{problem(request.head, {.code = expired ? ProblemCode::kLinkExpired : ProblemCode::kLinkInvalid})};
  }
  return whole(std::move(request),
               [this, link = *std::move(link)](const Call& call, const Request& r, const std::string&) {
                 return documents_.linked_content(call, r, link);
               });
}

Plan Api::plan_upload(Request request) {
  const std::string subject =
      parts_.keys != nullptr ? "key " + request.caller.name : "address " + rate_limit_subject(request.client);
  const RateDecision rate = uploads_.take(subject, parts_.clock.steady_now());
  const auto refuse = [&](Response response) -> Plan {
    add_rate_headers(response.headers, rate);
    return AnswerNow{std::move(response)};
  };
  if (!rate.allowed) {
    return refuse(
        problem(request.head, {.code = ProblemCode::kRateLimited,
                               .detail = "At most " + std::to_string(rate.quota) +
                                         " uploads a minute are taken from one caller; try again in " +
                                         std::to_string(rate.seconds) + (rate.seconds == 1 ? " second." : " seconds."),
                               .limit = rate.quota,
                               .retry_after = rate.seconds}));
  }
  if (auto refused = check_body_head(request)) return refuse(*std::move(refused));
  if (request.head.content_length > upload_.body_limit()) return refuse(upload_.announced_too_large(request));
  auto ticket = UploadTicket::take(uploads_in_flight_, options_.max_uploads_in_flight);
  if (!ticket) {
    return refuse(
        problem(request.head, {.code = ProblemCode::kOverloaded,
                               .detail = "As many uploads are running as this service takes at a time; nothing was "
                                         "stored. Send the file again in a moment."}));
  }
  auto sink = upload_.make_sink(std::move(request), rate, *std::move(ticket));
  if (!sink) return refuse(std::move(sink.error()));
  return HandleStream{upload_.body_limit(), *std::move(sink)};
}

Response Api::options_answer(const RequestHead& head, const Resource& resource) const {
  Response response = empty_response(204);
  const std::string methods = allowed_methods(resource);
  response.headers.add("Allow", methods);
  if (Cors::is_preflight(head.method, head.headers)) cors_.add_preflight(head.headers, methods, response.headers);
  return response;
}

// Without keys anyone who reaches the port is let in, so only this machine's own pages and programs may: a page
// elsewhere could post a form without asking (no preflight), and its name could be rebound to 127.0.0.1.
std::optional<Response> Api::guard_development(const RequestHead& head) const {
  if (parts_.keys != nullptr) return std::nullopt;
  const std::string_view host = head.headers.get("Host");
  if (!is_local_host(host)) {
    return problem(head, {.code = ProblemCode::kForbidden,
                          .detail = "Without API keys this service answers only to localhost: the Host header must be "
                                    "localhost or a loopback address."});
  }
  const std::string* const origin = head.headers.find("Origin");
  if (is_safe_method(head.method) || origin == nullptr) return std::nullopt;
  if (head.headers.count("Origin") == 1 && (is_same_origin(*origin, host) || cors_.is_named(*origin))) {
    return std::nullopt;
  }
  return problem(head, {.code = ProblemCode::kForbidden,
                        .detail = "Without API keys a page of another origin may change nothing here; list its origin "
                                  "in CORS_ORIGINS, or set up API keys."});
}

std::optional<Response> Api::authenticate(Request& request, Scope scope) const {
  if (parts_.keys == nullptr) {
    request.caller.scopes = Scopes::all();
    return std::nullopt;
  }
  if (scope == Scope::kOpen) return std::nullopt;
  const BearerToken bearer = bearer_token(request.head.headers);
  std::optional<Caller> caller;
  if (bearer.kind == Credential::kBearer) caller = parts_.keys->find(bearer.token);
  if (!caller) {
    const bool none = bearer.kind == Credential::kNone;
    Response response = make_problem(
        request.occurrence(),
        {.code = ProblemCode::kUnauthenticated,
         .detail = none ? "" : "This API key is not known here; send a valid one as `Authorization: Bearer <key>`."});
    response.headers.add("WWW-Authenticate",
                         std::string("Bearer realm=\"lazaret\"") + (none ? "" : ", error=\"invalid_token\""));
    return response;
  }
  request.caller = *std::move(caller);
  return require_scope(request, scope);
}

std::optional<Response> Api::require_scope(const Request& request, Scope scope) const {
  if (request.caller.scopes.contains(scope)) return std::nullopt;
  const std::string name(to_string(scope));
  Response response = make_problem(request.occurrence(), {.code = ProblemCode::kForbidden,
                                                          .detail = "This API key lacks the scope `" + name + "`."});
  response.headers.add("WWW-Authenticate",
                       "Bearer realm=\"lazaret\", error=\"insufficient_scope\", scope=\"" + name + "\"");
  return response;
}

std::uint64_t Api::body_limit(BodyKind kind) const {
  switch (kind) {
    case BodyKind::kNone:
      return 0;
    case BodyKind::kIgnored:
      return kIgnoredBodyLimit;
    case BodyKind::kOptionalJson:
    case BodyKind::kJson:
    case BodyKind::kMergePatch:
      return kJsonBodyLimit;
    case BodyKind::kForm:
      return upload_.body_limit();
  }
  return 0;
}

// What the head alone says against the body: its length, its coding, its type.
std::optional<Response> Api::check_body_head(const Request& request) const {
  const RequestHead& head = request.head;
  const BodyKind kind = request.route->body;
  const bool wants_length = kind == BodyKind::kForm || head.method == "PATCH" || head.method == "PUT";
  if (wants_length && head.framing == BodyFraming::kNone) return problem(head, {.code = ProblemCode::kLengthRequired});
  if (kind == BodyKind::kNone || kind == BodyKind::kIgnored) return std::nullopt;

  const bool is_form = kind == BodyKind::kForm;
  if (!is_form && head.framing == BodyFraming::kLength && head.content_length > body_limit(kind)) {
    return problem(head, {.code = ProblemCode::kBodyTooLarge,
                          .detail = "The body may hold at most " + describe_bytes(body_limit(kind)) + ".",
                          .limit = body_limit(kind)});
  }
  if (const std::string* coding = head.headers.find("Content-Encoding");
      coding != nullptr && !equal_ignoring_case(*coding, "identity")) {
    return problem(head, {.code = ProblemCode::kUnsupportedMediaType,
                          .detail = "Bodies are taken as they are: send this one without Content-Encoding."});
  }
  const std::string type = essence_of(head.headers.get("Content-Type"));
  const bool one = head.headers.count("Content-Type") <= 1;
  if (is_form) {
    if (one && type == "multipart/form-data") return std::nullopt;
    return problem(head, {.code = ProblemCode::kUnsupportedMediaType,
                          .detail = "Send the file as multipart/form-data, in a part named `file`."});
  }
  if (!has_body(head)) return std::nullopt;
  const bool fits =
      type == "application/json" || (kind == BodyKind::kMergePatch && type == "application/merge-patch+json");
  if (one && fits) return std::nullopt;
  return problem(head, {.code = ProblemCode::kUnsupportedMediaType,
                        .detail = kind == BodyKind::kMergePatch
                                      ? "Send the change as application/merge-patch+json or application/json."
                                      : "Send the body as application/json."});
}

std::optional<Response> Api::check_precondition(const Request& request) const {
  if (!changes_document(request.route->id)) return std::nullopt;
  const TagHeader header = parse_tag_header(request.head.headers, "If-Match");
  if (header.present && !header.tags) {
    return problem(request.head, {.code = ProblemCode::kInvalidHeader,
                                  .detail = "If-Match is `*` or a list of quoted ETags, like \"3\"."});
  }
  if (!header.present && options_.require_if_match) {
    return problem(request.head, {.code = ProblemCode::kPreconditionRequired});
  }
  return std::nullopt;
}

std::string Api::make_request_id() const {
  std::array<std::uint8_t, 16> bytes{};
  parts_.random.fill(bytes);
  return hex_encode(bytes);
}

Response Api::fault_answer(EdgeFault fault, const RequestHead* head) {
  if (head == nullptr) {
    const std::string id = make_request_id();
    Response response = make_problem({"", id}, {.code = code_of(fault)});
    response.headers.add("X-Request-Id", id);
    return response;
  }
  const Route* const route = route_of(*head);
  Problem what{.code = code_of(fault)};
  if (fault == EdgeFault::kBodyTooLarge && route != nullptr) {
    what.limit = body_limit(route->body);
    what.detail = *what.limit == 0 ? "This call takes no body."
                                   : "The body may hold at most " + describe_bytes(*what.limit) + ".";
  }
  if (fault == EdgeFault::kInternal || fault == EdgeFault::kOverloaded) {
    const bool internal = fault == EdgeFault::kInternal;
    // An exception may have struck after the commit; a full queue strikes before anything is done.
    what = problem_of({.code = internal ? ErrorCode::kInternal : ErrorCode::kOverloaded,
                       .retry = internal ? Retry::kAmbiguous : Retry::kSafe,
                       .detail = {},
                       .faults = {}},
                      effect_of(route));
  }
  return problem(*head, what);
}

void Api::decorate(const RequestHead* head, Response& response) {
  const auto set_default = [&](std::string_view name, std::string_view value) {
    if (!response.headers.has(name)) response.headers.set(name, std::string(value));
  };
  if (head != nullptr) response.headers.set("X-Request-Id", head->request_id);
  if (head == nullptr) set_default("X-Request-Id", make_request_id());
  const bool under_api = head == nullptr || head->path.starts_with("/api/") || head->path == "/api";
  if (under_api) response.headers.set("Cache-Control", "no-store");
  set_default("Cache-Control", "no-store");
  set_default("X-Content-Type-Options", "nosniff");
  set_default("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  set_default("Referrer-Policy", "no-referrer");
  set_default("X-Frame-Options", "DENY");
  set_default("Cross-Origin-Resource-Policy", "same-origin");
  const Headers none;
  cors_.decorate(head == nullptr ? none : head->headers, response.headers);
}

void Api::finished(const RequestHead& head, const Response& response, const RequestRecord& record) {
  const std::optional<Resource> resource = find_resource(head.path);
  const Route* const route = resource ? find_route(*resource, head.method) : nullptr;
  std::string document_id;
  constexpr std::string_view kDocuments = "/api/documents/";
  const std::string_view location = response.headers.get("Location");
  if (resource && DocumentId::parse(resource->id_text)) document_id = resource->id_text;
  if (route != nullptr && is_upload(*route) && location.starts_with(kDocuments)) {
    document_id = location.substr(kDocuments.size());
  }
  std::string caller;
  const BearerToken bearer = bearer_token(head.headers);
  if (route != nullptr && route->id == RouteId::kContent && LinkSigner::is_link(head.query)) {
    caller = "link";
  } else if (parts_.keys != nullptr && bearer.kind == Credential::kBearer) {
    if (const auto known = parts_.keys->find(bearer.token)) caller = known->name;
  }
  const std::string client = client_address(head.peer_address, head.headers, trusted_);
  parts_.observer.request({.request_id = head.request_id,
                           .method = is_known_method(head.method) ? std::string_view(head.method) : "other",
                           .route = resource ? resource->pattern : "other",
                           .document_id = document_id,
                           .caller = caller,
                           .client = client,
                           .problem_code = response.problem_code,
                           .record = record});
}

}  // namespace lazaret::http
