#include "document/own_verdict.h"

#include <charconv>
#include <utility>

#include "base/encoding.h"
#include "document/json.h"

namespace lazaret {
namespace {

// Takes a text off from the front. The first thing that is not as expected spoils the rest.
class OwnText {
 public:
  explicit OwnText(std::string_view text) : rest_(text) {}

  bool take(std::string_view literal) {
    if (!rest_.starts_with(literal)) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }
  void expect(std::string_view literal) { sound_ = take(literal) && sound_; }
  // The characters up to the closing quote, which goes too.
  std::string_view text() {
    const std::string_view characters = rest_.substr(0, plain_json_prefix(rest_));
    rest_.remove_prefix(characters.size());
    expect("\"");
    return characters;
  }
  template <class Parse>
  auto parsed(Parse parse) {
    const auto value = parse(text());
    sound_ = sound_ && value;
    return value ? *value : typename decltype(parse(text()))::value_type{};
  }
  std::uint64_t count() {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    sound_ = sound_ && error == std::errc{} && rest_.front() != '0';
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  bool is_sound() const { return sound_; }
  bool is_over() const { return sound_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool sound_ = true;
};

Finding take_finding(OwnText& in) {
  Finding finding;
  in.expect(R"({"code":")");
  finding.code = in.text();
  in.expect(R"(,"severity":")");
  finding.severity = in.parsed(parse_severity);
  in.expect(R"(,"message":")");
  finding.message = in.text();
  in.expect(R"(,"where":")");
  finding.where = in.text();
  in.expect("}");
  return finding;
}

}  // namespace

std::optional<Verdict> read_own_verdict(std::string_view text) {
  if (text.size() > kMaxVerdictBytes || !is_valid_utf8(text)) return std::nullopt;
  OwnText in(text);
  Verdict verdict;
  in.expect(R"({"outcome":")");
  verdict.outcome = in.parsed(parse_outcome);
  in.expect(R"(,"findings":[)");
  while (in.is_sound() && !in.take("]")) {
    if (!verdict.findings.empty()) in.expect(",");
    verdict.findings.push_back(take_finding(in));
  }
  if (in.take(R"(,"more_findings":)")) verdict.more_findings = in.count();
  in.expect(R"(,"engine":")");
  verdict.engine = in.text();
  in.expect(R"(,"policy_version":")");
  verdict.policy_version = in.text();
  in.expect(R"(,"inspected_at":")");
  verdict.inspected_at = in.parsed(parse_rfc3339);
  in.expect("}");
  if (!in.is_over()) return std::nullopt;
  return verdict;
}

}  // namespace lazaret
