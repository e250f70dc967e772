// Request: a head after routing and authentication, which is what handlers get; and the answers they share. Internal
// to src/http.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/ids.h"
#include "document/document.h"
#include "http/api/auth.h"
#include "http/api/problem.h"
#include "http/api/router.h"
#include "http/message.h"
#include "http/observer.h"

namespace lazaret::http {

struct Request {
  RequestHead head;
  const Route* route = nullptr;
  DocumentId id;  // where the pattern has one
  Caller caller;
  std::string client;  // address, behind trusted proxies

  Occurrence occurrence() const { return {head.path, head.request_id}; }
  bool is_head() const { return head.method == "HEAD"; }
};

inline Response json_response(int status, std::string json) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(json);
  return response;
}

inline Response empty_response(int status) {
  Response response;
  response.status = status;
  return response;
}

inline std::string etag_of(std::uint64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

// The answer to a failed call; what only the log may know goes to the observer.
inline Response error_response(const Request& request, const Error& error, Effect effect, RequestObserver& observer) {
  const Problem problem = problem_of(error, effect);
  if (problem_row(problem.code).status >= 500) observer.failure(request.head.request_id, error);
  return make_problem(request.occurrence(), problem);
}

}  // namespace lazaret::http
