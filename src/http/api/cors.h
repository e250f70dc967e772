// Which web pages' scripts may call the API (CORS of the Fetch standard), and the headers that say so.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace lazaret::http {

struct CorsOptions {
  std::vector<std::string> origins;  // "https://host", "https://host:port", or "*"
  bool allow_local = false;          // development: also any origin on localhost and 127.0.0.1
};

class Cors {
 public:
  explicit Cors(CorsOptions options) : options_(std::move(options)) {}

  // What every answer carries: Vary, and for an allowed origin who it is and what it may read.
  void decorate(const Headers& request, Headers& response) const;
  // What a preflight's answer carries beside that. `methods` is the resource's Allow.
  void add_preflight(const Headers& request, const std::string& methods, Headers& response) const;
  static bool is_preflight(std::string_view method, const Headers& request);

  // An origin that was named, not one that `*` lets in.
  bool is_named(std::string_view origin) const;

 private:
  bool is_allowed(std::string_view origin) const;
  CorsOptions options_;
};

// Whether a page of `origin` was served from `host` (a Host header), over http or https.
bool is_same_origin(std::string_view origin, std::string_view host);

}  // namespace lazaret::http
