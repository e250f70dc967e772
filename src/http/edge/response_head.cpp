#include "http/edge/response_head.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace lazaret::http {
namespace {

constexpr std::array<std::string_view, 4> kOwnNames{"Content-Length", "Connection", "Date", "Transfer-Encoding"};

bool is_own(std::string_view name) {
  return std::ranges::any_of(kOwnNames, [&](std::string_view own) { return equal_ignoring_case(own, name); });
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}
bool is_name_character(char c) {
  return c > ' ' && c < 0x7f && c != ':';
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

bool status_allows_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::optional<std::uint64_t> stated_length(const Response& response) {
  if (response.status < 200 || response.status == 204) return std::nullopt;
  if (response.content_length) return response.content_length;
  if (const auto* text = std::get_if<std::string>(&response.body)) return text->size();
  if (const auto* file = std::get_if<FileRange>(&response.body)) return file->length;
  if (response.status == 304) return std::nullopt;
  return 0;
}

bool headers_are_sound(const Headers& headers) {
  return std::ranges::all_of(headers.fields(), [](const auto& field) {
    const auto& [name, value] = field;
    return !name.empty() && std::ranges::all_of(name, is_name_character) && std::ranges::none_of(value, is_control);
  });
}

void append_response_head(std::string& out, const Response& response, const ResponseFacts& facts) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(response.status));
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\nDate: ";
  out += facts.date;
  for (const auto& [name, value] : response.headers.fields()) {
    if (is_own(name)) continue;
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
  }
  if (facts.content_length) {
    out += "\r\nContent-Length: ";
    append_number(out, *facts.content_length);
  }
  switch (facts.connection) {
    case ConnectionHeader::kNone:
      break;
    case ConnectionHeader::kClose:
      out += "\r\nConnection: close";
      break;
    case ConnectionHeader::kKeepAlive:
      out += "\r\nConnection: keep-alive";
      break;
  }
  out += "\r\n\r\n";
}

}  // namespace lazaret::http
