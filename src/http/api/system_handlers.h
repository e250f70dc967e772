// The routes about the service itself: health, metrics, the API's description, the page at the root. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>

#include "base/call.h"
#include "base/clock.h"
#include "http/api/request.h"
#include "intake/inspector.h"
#include "intake/metadata_store.h"
#include "intake/object_store.h"

namespace lazaret::http {

class SystemHandlers {
 public:
  struct Parts {
    MetadataStore& metadata;
    ObjectStore& objects;
    Inspector& inspector;
    RequestObserver& observer;
    const Clock& clock;
    std::function<std::string()> metrics;  // Prometheus text
    std::string version;
  };
  explicit SystemHandlers(Parts parts) : parts_(std::move(parts)) {}

  // From here on readiness says no, so that a load balancer sends nobody new.
  void set_draining() { draining_ = true; }

  Response health() const;
  Response live() const;
  // Asks the parts at most once a second and one request at a time, however often it is asked itself: this route is
  // open to everyone, and a store that hangs must not take a pool's threads with it.
  Response ready(const Call& call);
  Response metrics() const;
  Response openapi() const;
  Response home() const;

 private:
  struct Readiness {
    bool objects = false;
    bool metadata = false;
    bool inspector = false;
    std::chrono::steady_clock::time_point asked{};
    bool known = false;
  };
  Readiness current(const Call& call);
  Readiness ask(const Call& call);

  Parts parts_;
  std::atomic<bool> draining_ = false;
  std::mutex asking_;  // held by the one request that asks
  std::mutex mutex_;   // guards readiness_
  Readiness readiness_;
};

// The OpenAPI 3.1 document (docs/openapi.json), built in.
std::string_view openapi_document();
// The page at the root: no script, nothing loaded from elsewhere.
std::string_view home_page();

}  // namespace lazaret::http
