// Report: what a worker says of one document, in facts. Sentences, severities and outcomes are looked up from the
// finding table by the server, so a worker that was taken over can lie but cannot speak.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "inspect/facts.h"
#include "inspect/findings.h"

namespace lazaret::inspect {

enum class Purpose : std::uint8_t {
  kInspect,  // answered by a report
  kClean,    // answered by a copy without what acts (inspect/copy_wire.h)
};

// What the worker is asked, beside the descriptor of the bytes.
struct Task {
  Purpose purpose = Purpose::kInspect;
  std::uint64_t size = 0;
  std::string extension;      // lower case; one that has a checker
  std::string declared_type;  // empty: no claim
  bool walk = true;           // ENABLE_FILE_SCANNING: false leaves the type check and the raw-byte stage
};

// Where a finding is. Numbers only: nothing of the document's text.
struct Place {
  std::int64_t object = -1;
  std::int64_t generation = 0;
  std::int64_t page = -1;
  std::int64_t offset = -1;
  std::int64_t rule = -1;  // of Report::rules
  bool operator==(const Place&) const = default;
};

struct RawFinding {
  FindingCode code{};
  Place place;
  bool operator==(const RawFinding&) const = default;
};

struct Report {
  std::vector<RawFinding> findings;  // at most kMaxFindings; the worst are kept
  std::uint64_t more_findings = 0;
  std::string content_type;        // as detected; printable ASCII, at most 127 bytes
  std::int64_t page_count = -1;    // -1: not known
  std::string pdf_version;         // "1.7"; at most 8 bytes of 0-9 and dot
  bool encrypted = false;          // opened with the empty password
  std::vector<Fact> facts;         // of a file that is no PDF; each code at most once
  std::vector<std::string> rules;  // names of YARA rules that matched; at most kMaxRules, each a word as a fact's
  bool operator==(const Report&) const = default;
};

// The wire form: a length-prefixed, versioned binary message of at most kMaxReportBytes. decode_report() treats it as
// hostile: every number, length and character is checked; kCorrupt otherwise.
inline constexpr std::size_t kMaxReportBytes = std::size_t{16} * 1024;
inline constexpr std::size_t kMaxTaskBytes = 1024;
inline constexpr std::size_t kMaxRules = 8;
std::string encode_report(const Report& report);
Result<Report> decode_report(std::string_view message);
std::string encode_task(const Task& task);
Result<Task> decode_task(std::string_view message);

}  // namespace lazaret::inspect
