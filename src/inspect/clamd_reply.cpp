#include "inspect/clamd_reply.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace lazaret::inspect {
namespace {

constexpr char kEnd = '\0';  // of every message, because commands begin with `z`
constexpr std::string_view kProgram = "ClamAV ";
constexpr std::string_view kSubject = "stream: ";
constexpr std::string_view kFound = " FOUND";
constexpr std::size_t kLongestEngine = 48;
constexpr std::size_t kLongestDatabase = 10;
constexpr std::size_t kLongestShown = 160;
constexpr std::chrono::hours kFurthestWest{12};  // behind UTC
constexpr std::chrono::hours kFurthestEast{15};  // before it, and an hour for clocks that are off

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::unexpected<Error> not_understood(std::string_view reply) {
  return fail(ErrorCode::kUnavailable, "clamd answered: " + printable_reply(reply), Retry::kSafe);
}

// Takes the first word off; words are parted by one space or, before a day of one digit, by two.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::chrono::month> month_named(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::ranges::find(kMonths, name);
  if (found == kMonths.end()) return std::nullopt;
  return std::chrono::month(static_cast<unsigned>(found - kMonths.begin()) + 1);
}

// "09:05:07".
std::optional<std::chrono::seconds> time_of_day(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hours = number(text.substr(0, 2));
  const auto minutes = number(text.substr(3, 2));
  const auto seconds = number(text.substr(6, 2));
  if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds);
}

// As ctime() writes it: "Tue Feb  4 09:05:07 2025".
std::optional<Timestamp> parse_ctime(std::string_view text) {
  take_word(text);  // the day of the week
  const auto month = month_named(take_word(text));
  const auto day = number(take_word(text));
  const auto time = time_of_day(take_word(text));
  const auto year = number(take_word(text));
  if (!month || !day || !time || !year || !text.empty() || *year < 1970 || *year > 9999) return std::nullopt;
  const auto date = std::chrono::year(static_cast<int>(*year)) / *month / std::chrono::day(*day);
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + *time;
}

// Of the four codes a hit can have, how bad it is.
int rank(FindingCode code) {
  if (code == FindingCode::kAntivirus) return 2;
  return code == FindingCode::kEscapedName ? 0 : 1;
}

FindingCode code_of(std::string_view signature) {
  if (signature.starts_with("Heuristics.Limits.Exceeded")) return FindingCode::kAntivirusLimit;
  if (signature.starts_with("Heuristics.Encrypted.")) return FindingCode::kAntivirusLocked;
  if (signature == "Heuristics.PDF.ObfuscatedNameObject") return FindingCode::kEscapedName;
  return FindingCode::kAntivirus;
}

// Names come from databases, some of them an operator's own: none is trusted to be a name.
std::string safe_signature(std::string_view name) {
  // "Name(md5:size)" where an older clamd adds what it matched.
  std::string safe(name.substr(0, std::min(name.find('('), kLongestSignature)));
  std::ranges::replace_if(safe, [](char c) { return !is_letter_or_digit(c) && c != '.' && c != '-' && c != '_'; }, '_');
  return safe.empty() ? "unnamed" : safe;
}

// One message without its end.
Result<std::optional<ClamdHit>> parse_message(std::string_view message) {
  if (!message.starts_with(kSubject)) return not_understood(message);
  const std::string_view said = message.substr(kSubject.size());
  if (said == "OK") return std::nullopt;
  if (!said.ends_with(kFound)) return not_understood(message);
  std::string signature = safe_signature(said.substr(0, said.size() - kFound.size()));
  return ClamdHit{code_of(signature), std::move(signature)};
}

}  // namespace

Result<ClamdVersion> parse_clamd_version(std::string_view reply) {
  if (!reply.starts_with(kProgram) || reply.back() != kEnd) return not_understood(reply);
  const std::string_view text = reply.substr(kProgram.size(), reply.size() - kProgram.size() - 1);
  const std::size_t slash = text.find('/');
  ClamdVersion version{std::string(text.substr(0, slash)), {}, {}};
  const auto is_sound = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '+' || c == '~'; };
  if (version.engine.empty() || version.engine.size() > kLongestEngine ||
      !std::ranges::all_of(version.engine, is_sound)) {
    return not_understood(reply);
  }
  if (slash == std::string_view::npos) return version;
  const std::size_t second = text.find('/', slash + 1);
  if (second == std::string_view::npos) return not_understood(reply);
  version.database = text.substr(slash + 1, second - slash - 1);
  version.dated = parse_ctime(text.substr(second + 1));
  if (version.database.empty() || version.database.size() > kLongestDatabase ||
      !std::ranges::all_of(version.database, is_digit) || !version.dated) {
    return not_understood(reply);
  }
  return version;
}

Result<std::optional<ClamdHit>> parse_clamd_scan(std::string_view reply) {
  // One message; with HeuristicScanPrecedence one for each hit.
  std::optional<ClamdHit> worst;
  std::optional<Error> fault;
  bool is_first = true;
  while (is_first || !reply.empty()) {
    const std::size_t end = reply.find(kEnd);
    if (end == std::string_view::npos) return not_understood(reply);
    auto hit = parse_message(reply.substr(0, end));
    reply.remove_prefix(end + 1);
    if (!hit) {
      fault = std::move(hit.error());
    } else if (*hit && (!worst || rank((*hit)->code) > rank(worst->code))) {
      worst = std::move(*hit);
    }
    is_first = false;
  }
  const bool is_attack = worst && worst->code == FindingCode::kAntivirus;
  if (fault && !is_attack) return std::unexpected(std::move(*fault));
  return worst;
}

Result<void> check_database_age(const ClamdVersion& version, Timestamp now, std::chrono::milliseconds most) {
  if (most == std::chrono::milliseconds::zero()) return {};
  if (!version.dated) {
    return fail(ErrorCode::kUnavailable, "clamd has no database that tells its date (CLAMD_DATABASE_AGE)",
                Retry::kSafe);
  }
  const auto age = now - *version.dated;
  if (age <= most + kFurthestWest && age >= -kFurthestEast) return {};
  return fail(ErrorCode::kUnavailable,
              "clamd's database is of " + format_rfc3339(*version.dated) + ", which CLAMD_DATABASE_AGE does not allow",
              Retry::kSafe);
}

std::string to_string(const ClamdVersion& version) {
  return "clamav " + version.engine + (version.database.empty() ? "" : "/" + version.database);
}

std::string printable_reply(std::string_view reply) {
  if (reply.empty()) return "nothing";
  std::string shown(reply.substr(0, kLongestShown));
  std::ranges::replace_if(shown, [](char c) { return c < 0x20 || c > 0x7e; }, ' ');
  shown.erase(shown.find_last_not_of(' ') + 1);
  return shown;
}

}  // namespace lazaret::inspect
