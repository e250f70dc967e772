// What clamd answers, read from bytes that are not believed: of a scan, and of VERSION. Whatever is not exactly an
// answer that clamd gives when all went well is an error, so that nothing is clean by misunderstanding. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "inspect/finding_code.h"

namespace lazaret::inspect {

inline constexpr std::size_t kMaxClamdReplyBytes = 4096;
inline constexpr std::size_t kLongestSignature = 128;

struct ClamdVersion {
  std::string engine;              // "1.4.3"
  std::string database;            // "27842"; empty where no database with a date is loaded
  std::optional<Timestamp> dated;  // of that database, read as UTC: clamd tells its local time, and no zone
  bool operator==(const ClamdVersion&) const = default;
};

// What clamd found. ClamAV's own heuristics for what it could not look at are no attack; they are never clean either.
struct ClamdHit {
  FindingCode code{};     // kAntivirus, kAntivirusLimit, kAntivirusLocked or kEscapedName
  std::string signature;  // its name: at most kLongestSignature of A-Z, a-z, 0-9, '.', '-' and '_'
  bool operator==(const ClamdHit&) const = default;
};

// Both take everything up to the end of the connection; kUnavailable where it is not an answer.
Result<ClamdVersion> parse_clamd_version(std::string_view reply);
// The worst of what it says; nullopt: clean.
Result<std::optional<ClamdHit>> parse_clamd_scan(std::string_view reply);

// kUnavailable where the database is older than `most`, is from the future, or has no date. Half a
// day more is let pass, because the zone of the date is not told. A `most` of zero takes every database.
Result<void> check_database_age(const ClamdVersion& version, Timestamp now, std::chrono::milliseconds most);

// "clamav 1.4.3/27842", for Verdict::engine.
std::string to_string(const ClamdVersion& version);

// A reply as a log may show it: printable ASCII, cut.
std::string printable_reply(std::string_view reply);

}  // namespace lazaret::inspect
