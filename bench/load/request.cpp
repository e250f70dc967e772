#include "request.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace lazaret::bench {
namespace {

constexpr std::string_view kBoundary = "----load-generator-boundary-5f2b";
constexpr std::string_view kMarkAfter = "/ID [<";

iovec piece(std::string_view bytes) {
  return {const_cast<char*>(bytes.data()), bytes.size()};  // writev only reads
}

}  // namespace

Result<RequestSource> RequestSource::make(RequestPlan plan) {
  if (plan.paths.empty()) return fail(ErrorCode::kInvalidParameter, "no path to ask for");
  RequestSource source(std::move(plan));
  if (source.plan_.verb == Verb::kGet) return source;
  const std::size_t id = source.plan_.file.rfind(kMarkAfter);
  if (id == std::string::npos || source.plan_.file.size() - id < kMarkAfter.size() + 16)
    return fail(ErrorCode::kInvalidParameter, "the file has no /ID that could be varied");
  source.mark_at_ = id + kMarkAfter.size();
  return source;
}

RequestSource::RequestSource(RequestPlan plan) : plan_(std::move(plan)), number_(plan_.first_number) {
  if (plan_.verb != Verb::kUpload) return;
  for (const std::string& field : plan_.fields) {
    const std::size_t equals = std::min(field.find('='), field.size());
    const std::string value = equals < field.size() ? field.substr(equals + 1) : "";
    body_head_ += fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n", kBoundary,
                              field.substr(0, equals), value);
  }
  body_head_ += fmt::format(
      "--{}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n"
      "Content-Type: application/pdf\r\n\r\n",
      kBoundary, plan_.file_name);
  body_tail_ = fmt::format("\r\n--{}--\r\n", kBoundary);
}

void RequestSource::next(Request& request) {
  request.pieces.clear();
  if (plan_.verb == Verb::kGet) {
    next_get(request);
  } else {
    next_with_body(request);
  }
  ++number_;
}

void RequestSource::next_get(Request& request) {
  request.head =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n", plan_.paths[number_ % plan_.paths.size()], plan_.authority);
  for (const std::string& header : plan_.headers)
    request.head += header + "\r\n";
  request.head += "\r\n";
  request.pieces.push_back(piece(request.head));
}

void RequestSource::next_with_body(Request& request) {
  const std::string_view file = plan_.file;
  const std::size_t length = body_head_.size() + file.size() + body_tail_.size();
  const std::string& path = plan_.paths[number_ % plan_.paths.size()];
  request.head =
      plan_.verb == Verb::kUpload
          ? fmt::format("POST {} HTTP/1.1\r\nContent-Type: multipart/form-data; boundary={}\r\n", path, kBoundary)
          : fmt::format("PUT {}{}.pdf HTTP/1.1\r\nContent-Type: application/pdf\r\n", path, number_);
  request.head += fmt::format("Host: {}\r\nContent-Length: {}\r\n", plan_.authority, length);
  for (const std::string& header : plan_.headers)
    request.head += header + "\r\n";
  request.head += "\r\n";
  request.head += body_head_;
  fmt::format_to_n(request.mark.begin(), request.mark.size(), "{:016X}", number_);
  request.pieces = {piece(request.head), piece(file.substr(0, mark_at_)),
                    piece({request.mark.data(), request.mark.size()}),
                    piece(file.substr(mark_at_ + request.mark.size()))};
  if (!body_tail_.empty()) request.pieces.push_back(piece(body_tail_));
}

}  // namespace lazaret::bench
