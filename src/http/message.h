// Request heads and responses as the rest of src/http knows them: plain values, no Asio, no Beast.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "intake/object_store.h"

namespace lazaret::http {

// Field names are compared without case; order and repetition are kept.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);  // replaces all of that name
  bool has(std::string_view name) const { return find(name) != nullptr; }
  // The first of that name.
  const std::string* find(std::string_view name) const;
  std::string_view get(std::string_view name) const;  // empty when absent
  std::size_t count(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);

enum class BodyFraming : std::uint8_t { kNone, kLength, kChunked };

struct RequestHead {
  std::string method;  // as sent: methods are case-sensitive
  std::string target;  // as sent, origin form; may hold a signature: never logged
  std::string path;    // before `?`, not decoded
  std::string query;   // after `?`, not decoded
  Headers headers;
  BodyFraming framing = BodyFraming::kNone;
  std::uint64_t content_length = 0;  // where framing is kLength
  std::string request_id;            // taken from the request where well-formed, else made
  std::string peer_address;          // numeric address of the socket's other end
};

// Text or binary that is at hand, bytes of a local file, or bytes pulled from a store.
using ResponseBody = std::variant<std::monostate, std::string, FileRange, std::unique_ptr<ByteStream>>;

struct Response {
  int status = 200;
  Headers headers;  // without Content-Length, Connection, Date: the edge writes them
  ResponseBody body;
  std::optional<std::uint64_t> content_length;  // for a ByteStream (required there), and for HEAD answers
  std::string problem_code;                     // of problem answers, for log and metrics
};

}  // namespace lazaret::http
