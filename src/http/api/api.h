// Api: the application behind the edge. It knows the routes, who may call them, and how each is answered; it knows no
// socket. Thread-safe.
//
// plan() runs on an I/O thread and does no I/O but one stat a second of the file of keys; what it returns runs on the
// pools. An upload is admitted when its head is read and counted until its sink is gone.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/secret.h"
#include "document/validation.h"
#include "http/api/address.h"
#include "http/api/auth.h"
#include "http/api/cors.h"
#include "http/api/document_handlers.h"
#include "http/api/problem.h"
#include "http/api/rate_limit.h"
#include "http/api/request.h"
#include "http/api/signed_url.h"
#include "http/api/system_handlers.h"
#include "http/api/upload.h"
#include "http/application.h"
#include "http/observer.h"
#include "intake/document_service.h"
#include "intake/intake_service.h"

namespace lazaret::http {

struct ApiOptions {
  Secret secret_key;  // links and cursors are signed with keys derived from it
  Categories categories;
  std::vector<std::string> allowed_extensions{"pdf"};  // lower case
  std::uint64_t max_file_size = 50ULL << 20;           // bytes
  std::uint64_t max_upload_rate = 10;                  // uploads a minute and caller; 0: no limit
  std::size_t max_uploads_in_flight = 64;
  CorsOptions cors;
  std::vector<std::string> trusted_proxies;  // addresses and networks
  std::string public_url;                    // "https://documents.example.org"; empty: links are relative
  std::string version;
  bool metrics_open = false;
  bool require_if_match = false;
  bool download_redirect = false;
};

struct ApiParts {
  IntakeService& intake;
  DocumentService& documents;
  const Spool& spool;
  MetadataStore& metadata;
  ObjectStore& objects;
  Inspector& inspector;
  KeyRing* keys;  // null: development without keys; the listener must then be on loopback
  RequestObserver& observer;
  const Clock& clock;
  Random& random;
  std::function<std::string()> metrics;
};

class Api final : public Application {
 public:
  // kInvalidParameter faults for options that cannot be used.
  static Result<std::unique_ptr<Api>> make(ApiParts parts, ApiOptions options);

  Plan plan(const RequestHead& head) override;
  Response fault_answer(EdgeFault fault, const RequestHead* head) override;
  void decorate(const RequestHead* head, Response& response) override;
  void finished(const RequestHead& head, const Response& response, const RequestRecord& record) override;

  // Readiness says no from here on.
  void set_draining() { system_.set_draining(); }
  std::size_t uploads_in_flight() const { return uploads_in_flight_.load(); }

 private:
  Api(ApiParts parts, ApiOptions options, std::vector<Network> trusted);

  Plan plan_route(const RequestHead& head, const Resource& resource, const Route& route);
  Plan dispatch(Request request);
  Plan plan_delete(Request request);
  Plan plan_link(Request request);
  Plan plan_upload(Request request);

  Response options_answer(const RequestHead& head, const Resource& resource) const;
  std::optional<Response> guard_development(const RequestHead& head) const;
  std::optional<Response> authenticate(Request& request, Scope scope) const;
  std::optional<Response> require_scope(const Request& request, Scope scope) const;
  std::optional<Response> check_body_head(const Request& request) const;
  std::optional<Response> check_precondition(const Request& request) const;
  std::uint64_t body_limit(BodyKind kind) const;
  std::string make_request_id() const;

  template <class Handler>
  Plan whole(Request request, const Handler& handler) const;

  ApiParts parts_;
  ApiOptions options_;
  std::vector<Network> trusted_;
  LinkSigner links_;
  Cors cors_;
  RateLimiter uploads_;
  std::atomic<std::size_t> uploads_in_flight_ = 0;
  SystemHandlers system_;
  DocumentHandlers documents_;
  UploadHandlers upload_;
};

}  // namespace lazaret::http
