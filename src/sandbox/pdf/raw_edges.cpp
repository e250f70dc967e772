#include "sandbox/pdf/raw_edges.h"

#include <algorithm>
#include <array>
#include <string>

#include "sandbox/pdf/names.h"
#include "sandbox/types/file_kinds.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;
using namespace std::string_view_literals;

constexpr std::size_t kHeaderReach = 1024;  // where readers look for %PDF-
constexpr std::size_t kTailReach = 4096;
constexpr auto kBlank = "\0\t\n\f\r \x1a"sv;

bool is_foreign(std::string_view bytes) {
  return is_foreign_magic(bytes) || holds_foreign_magic(bytes);
}

}  // namespace

void look_at_head(std::string_view head, std::size_t header, FindingSink& findings) {
  const std::string_view before = head.substr(0, header);
  if (header != 0) {
    const bool foreign = is_foreign(before) || opens_script(before);
    findings.add(foreign ? FindingCode::kForeignMagic : FindingCode::kLeadingBytes, at_offset(0));
  }
  if (holds_markup(head.substr(0, kHeaderReach))) findings.add(FindingCode::kMarkupHead, at_offset(0));
  const std::string_view version = head.substr(std::min(head.size(), header + 5), 3);
  static constexpr auto kVersions =
      std::to_array<std::string_view>({"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2.0"});
  const std::string_view after = head.substr(std::min(head.size(), header + 8), 1);
  const bool ends = after.empty() || !is_regular(after[0]);
  if (std::ranges::find(kVersions, version) == kVersions.end() || !ends) {
    findings.add(FindingCode::kBadVersion, at_offset(header));
  }
}

void look_at_tail(const FileReader& file, std::uint64_t end_mark, FindingSink& findings) {
  std::uint64_t after = end_mark + 5;
  std::string tail = file.read_at(after, kTailReach);
  const std::size_t first = tail.find_first_not_of(kBlank);
  if (first == std::string::npos) return;
  after += first;
  tail.erase(0, first);
  findings.add(FindingCode::kTrailingBytes, at_offset(after));
  if (is_foreign(tail) || closes_script(tail)) findings.add(FindingCode::kForeignMagic, at_offset(after));
  if (holds_markup(tail)) findings.add(FindingCode::kMarkupHead, at_offset(after));
}

void look_behind_end_mark(std::string_view after, std::uint64_t offset, FindingSink& findings) {
  const std::size_t first = after.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return;
  if (is_foreign_magic(after.substr(first))) findings.add(FindingCode::kForeignMagic, at_offset(offset + first));
}

}  // namespace lazaret::sandbox
