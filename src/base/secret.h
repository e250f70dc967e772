// Types for text that must never reach a log: they have no formatter and no stream operator, so logging one does
// not compile. Reading the text takes a call whose name says what is being done.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace lazaret {

// A key, token or password.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  bool empty() const { return value_.empty(); }
  std::size_t size() const { return value_.size(); }
  // The secret itself: for signing and comparing, never for printing.
  std::string_view reveal() const { return value_; }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

// Text that may name a patient: file names, titles, metadata values. It goes to stores and to clients, not to logs.
class PatientText {
 public:
  PatientText() = default;
  explicit PatientText(std::string text) : text_(std::move(text)) {}
  bool empty() const { return text_.empty(); }
  std::size_t size() const { return text_.size(); }
  const std::string& text() const { return text_; }
  bool operator==(const PatientText&) const = default;
  auto operator<=>(const PatientText&) const = default;

 private:
  std::string text_;
};

}  // namespace lazaret
