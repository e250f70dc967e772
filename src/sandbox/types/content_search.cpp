#include "sandbox/types/content_search.h"

#include <algorithm>
#include <utility>

#include "sandbox/rules/yara_rules.h"

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kBlock = std::size_t{32} * 1024;
constexpr std::uint64_t kJoined = std::uint64_t{256} * 1024;  // small contents are one until they come to this
constexpr std::size_t kChunk = 64;
constexpr unsigned kMostHighBytes = 16;  // of a chunk of text; of what is compressed or encrypted half of them are

bool may_be_text(std::string_view chunk) {
  unsigned high = 0;
  for (const char c : chunk)
    high += static_cast<unsigned char>(c) >> 7U;
  return high <= kMostHighBytes;
}

}  // namespace

void ContentSearch::search_file(const FileReader& file) {
  begin({});
  std::string block(kBlock, '\0');
  for (std::uint64_t at = 0; at < file.size();) {
    const std::size_t got = file.read_at(at, block.data(), block.size());
    if (got == 0) break;
    spot_ = at_offset(at);
    feed(std::string_view(block).substr(0, got));
    at += got;
  }
  end_raw();
}

// Each chunk that may be text is shown with its neighbours.
void ContentSearch::show_raw_encoded(std::string_view bytes) {
  if (rules_ == nullptr || budget_left_ == 0) return;
  std::size_t shown = 0;
  std::size_t at = 0;
  for (; at + kChunk <= bytes.size(); at += kChunk) {
    if (!may_be_text(bytes.substr(at, kChunk))) continue;
    const std::size_t from = std::max(shown, at - std::min(at, kChunk));
    shown = std::min(bytes.size(), at + 2 * kChunk);
    show_rules(bytes.substr(from, shown - from));
  }
  show_rules(bytes.substr(std::max(shown, at)));
}

void ContentSearch::end_raw() {
  settle();
  budget_left_ = kRuleBytes;
}

void ContentSearch::begin(const Spot& spot) {
  eicar_.reset();
  spot_ = spot;
  if (unsettled_ >= kJoined) settle();
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
  bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), budget_left_)));
  budget_left_ -= bytes.size();
  unsettled_ += bytes.size();
  rules_->feed(bytes);
}

void ContentSearch::settle() {
  if (rules_ == nullptr || unsettled_ == 0) return;
  unsettled_ = 0;
  if (!rules_->end(hits_)) findings_.add(inspect::FindingCode::kTimeLimit, {});
}

std::vector<std::string> ContentSearch::finish() {
  settle();
  for (std::size_t i = 0; i < hits_.size(); ++i) {
    Spot spot;
    spot.rule = static_cast<std::int64_t>(i);
    findings_.add(inspect::FindingCode::kKnownAttack, spot);
  }
  return std::move(hits_);
}

}  // namespace lazaret::sandbox
