#include "response.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace lazaret::bench {
namespace {

constexpr std::size_t kMostHead = 64 << 10;

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

ResponseReader::State ResponseReader::take(std::string_view bytes) {
  if (state_ == State::kHead) {
    head_ += bytes;
    const std::size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (head_.size() > kMostHead) state_ = State::kBroken;
      return state_;
    }
    const std::string rest = head_.substr(end + 4);
    const std::string head = head_.substr(0, end + 2);
    state_ = parse_head(head);
    if (state_ == State::kHead) {  // 1xx: the real one follows
      head_.clear();
      return rest.empty() ? state_ : take(rest);
    }
    return rest.empty() ? state_ : skip(rest.size());
  }
  return skip(bytes.size());
}

ResponseReader::State ResponseReader::skip(std::uint64_t bytes) {
  if (state_ != State::kBody) return state_ = State::kBroken;
  if (until_close_) return state_;
  if (bytes > body_left_) return state_ = State::kBroken;
  body_left_ -= bytes;
  if (body_left_ == 0) state_ = State::kDone;
  return state_;
}

ResponseReader::State ResponseReader::close() {
  keep_alive_ = false;
  return state_ = state_ == State::kBody && until_close_ ? State::kDone : State::kBroken;
}

void ResponseReader::reset() {
  state_ = State::kHead;
  head_.clear();
  status_ = 0;
  keep_alive_ = true;
  until_close_ = false;
  body_left_ = 0;
}

ResponseReader::State ResponseReader::parse_head(std::string_view head) {
  if (!head.starts_with("HTTP/1.") || head.size() < 12 || !read_number(head.substr(9, 3), status_))
    return State::kBroken;
  if (status_ >= 100 && status_ < 200) return State::kHead;
  keep_alive_ = head.starts_with("HTTP/1.1");
  bool has_length = false;
  std::size_t at = head.find("\r\n") + 2;
  while (at < head.size()) {
    const std::size_t end = head.find("\r\n", at);
    const std::string_view line = head.substr(at, end - at);
    at = end + 2;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return State::kBroken;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (same_word(name, "content-length")) {
      if (!read_number(value, body_left_)) return State::kBroken;
      has_length = true;
    } else if (same_word(name, "transfer-encoding")) {
      return State::kBroken;  // none of the measured answers is chunked; one that becomes so must be noticed
    } else if (same_word(name, "connection")) {
      keep_alive_ = !same_word(value, "close");
    }
  }
  if (status_ == 204 || status_ == 304) return State::kDone;
  until_close_ = !has_length;
  return has_length && body_left_ == 0 ? State::kDone : State::kBody;
}

}  // namespace lazaret::bench
