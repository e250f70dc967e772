#include "sandbox/content_search.h"

#include <algorithm>
#include <utility>

#include "sandbox/yara_rules.h"

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kBlock = std::size_t{32} * 1024;
constexpr std::size_t kWindow = std::size_t{256} * 1024;  // what rules see at a time
constexpr std::size_t kOverlap = 1024;                    // of one window seen again in the next

}  // namespace

void ContentSearch::search_file(const FileReader& file) {
  begin({});
  std::string block(kBlock, '\0');
  std::uint64_t at = 0;
  while (const std::size_t got = file.read_at(at, block.data(), block.size())) {
    if (eicar_.feed(block.data(), got)) findings_.add(inspect::FindingCode::kEicar, at_offset(at));
    at += got;
  }
  search_file_by_rules(file);
}

void ContentSearch::search_file_by_rules(const FileReader& file) {
  const std::uint64_t end = std::min(file.size(), kRuleBytes);
  if (rules_ == nullptr || !may_match(file, end)) return;
  std::string block(kBlock, '\0');
  for (std::uint64_t at = 0; at < end;) {
    const std::size_t got = file.read_at(at, block.data(), std::min<std::uint64_t>(block.size(), end - at));
    if (got == 0) break;
    show_rules(std::string_view(block).substr(0, got));
    at += got;
  }
  budget_left_ = kRuleBytes;
}

// Whether rules have to see the file's first `end` bytes at all. Few pages of memory and one look at each byte: it
// decides for nearly every document.
bool ContentSearch::may_match(const FileReader& file, std::uint64_t end) const {
  const std::size_t overlap = rules_->reach();
  std::string block(kBlock, '\0');
  for (std::uint64_t at = 0; at < end; at += kBlock - overlap) {
    const std::size_t got = file.read_at(at, block.data(), std::min<std::uint64_t>(kBlock, end - at));
    if (rules_->may_match(std::string_view(block).substr(0, got))) return true;
    if (got < kBlock) return false;
  }
  return false;
}

void ContentSearch::begin(const Spot& spot) {
  eicar_.reset();
  spot_ = spot;
}

void ContentSearch::feed(std::string_view bytes) {
  if (eicar_.feed(bytes.data(), bytes.size())) findings_.add(inspect::FindingCode::kEicar, spot_);
  show_rules(bytes);
}

bool ContentSearch::write(const char* bytes, std::size_t length) {
  show_rules({bytes, length});
  return true;
}

void ContentSearch::show_rules(std::string_view bytes) {
  if (rules_ == nullptr) return;
  bytes = bytes.substr(0, budget_left_);
  budget_left_ -= bytes.size();
  while (!bytes.empty()) {
    const std::size_t taken = std::min(bytes.size(), kWindow - window_.size());
    window_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (window_.size() < kWindow) continue;
    scan_window();
    window_.erase(0, window_.size() - kOverlap);
  }
}

void ContentSearch::scan_window() {
  if (!rules_->scan(window_, hits_)) findings_.add(inspect::FindingCode::kTimeLimit, {});
}

std::vector<std::string> ContentSearch::finish() {
  if (rules_ != nullptr && !window_.empty()) scan_window();
  window_.clear();
  for (std::size_t i = 0; i < hits_.size(); ++i) {
    Spot spot;
    spot.rule = static_cast<std::int64_t>(i);
    findings_.add(inspect::FindingCode::kKnownAttack, spot);
  }
  return std::move(hits_);
}

}  // namespace lazaret::sandbox
