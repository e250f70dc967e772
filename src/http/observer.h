// RequestObserver: what the API tells of its requests; obs makes log lines and metrics of it. Implementations are
// thread-safe and quick. Nothing in an event is a header, a body, a query or a name of a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/application.h"

namespace lazaret::http {

// One per request, when its answer is out. The views live as long as the call.
struct RequestEvent {
  std::string_view request_id;
  std::string_view method;        // a known method, or "other"
  std::string_view route;         // a pattern of the route table, or "other"
  std::string_view document_id;   // the one asked for, or the one an upload made; empty for none
  std::string_view caller;        // name of the key; "link" for a signed link; empty without keys
  std::string_view client;        // numeric address
  std::string_view problem_code;  // empty when all went well
  RequestRecord record;
};

class RequestObserver {
 public:
  RequestObserver() = default;
  RequestObserver(const RequestObserver&) = delete;
  RequestObserver& operator=(const RequestObserver&) = delete;
  virtual ~RequestObserver() = default;

  virtual void request(const RequestEvent& event) = 0;
  // An error that became a 5xx answer: its detail is for the log and was not shown.
  virtual void failure(std::string_view request_id, const Error& error) = 0;
};

}  // namespace lazaret::http
