#include "sandbox/content_search.h"

#include <string>

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kBlock = std::size_t{64} * 1024;

}  // namespace

void ContentSearch::search_file(const FileReader& file) {
  begin({});
  std::string block(kBlock, '\0');
  for (std::uint64_t at = 0; at < file.size();) {
    const std::size_t got = file.read_at(at, block.data(), block.size());
    if (got == 0) return;
    spot_ = at_offset(at);
    feed(std::string_view(block).substr(0, got));
    at += got;
  }
}

void ContentSearch::begin(const Spot& spot) {
  eicar_.reset();
  spot_ = spot;
}

void ContentSearch::feed(std::string_view bytes) {
  if (eicar_.feed(bytes.data(), bytes.size())) findings_.add(inspect::FindingCode::kEicar, spot_);
}

}  // namespace lazaret::sandbox
