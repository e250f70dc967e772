#include "metadata/sqlite/matcher.h"

#include <algorithm>
#include <limits>

#include "metadata/sqlite/rows.h"

namespace lazaret::sqlite {
namespace {

constexpr std::uint64_t kCostOfDocument = 5;

constexpr std::string_view kReadWords = "SELECT words, checksum FROM documents WHERE serial = ?1";

std::int64_t clamp(std::uint64_t value) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(value, kMost));
}

}  // namespace

Matcher::Matcher(Connection& connection, const Filter& filter, FacetSet& facets)
    : connection_(connection),
      filter_(filter),
      facets_(facets),
      date_low_(filter.date_from ? to_number(*filter.date_from) : std::numeric_limits<std::int64_t>::min()),
      date_high_(filter.date_to ? to_number(*filter.date_to) : std::numeric_limits<std::int64_t>::max()),
      size_low_(clamp(filter.size_min.value_or(0))),
      size_high_(clamp(filter.size_max.value_or(std::numeric_limits<std::uint64_t>::max()))),
      ask_checksum_(filter.checksum.has_value()) {
  for (const std::string& word : filter.search_words)
    word_starts_.push_back(" " + word);
}

void Matcher::take_word_as_given(const std::string& word) {
  std::erase(word_starts_, " " + word);
}

Result<bool> Matcher::passes(const Candidate& candidate) {
  ++cost_;
  if (candidate.upload_date < date_low_ || candidate.upload_date > date_high_) return false;
  if (candidate.size < size_low_ || candidate.size > size_high_) return false;
  auto in_facet = facets_.contains(connection_, candidate.facet);
  if (!in_facet || !*in_facet) return in_facet;
  if (!ask_checksum_ && word_starts_.empty()) return true;
  cost_ += kCostOfDocument;
  return document_passes(candidate.serial);
}

Result<bool> Matcher::document_passes(std::int64_t serial) {
  auto read = connection_.prepare(kReadWords);
  if (!read) return std::unexpected(read.error());
  const auto row = read->bind(1, serial).step();
  if (!row) return row;
  if (!*row) return fail(ErrorCode::kCorrupt, "sqlite: an index names a document that is not there");
  if (ask_checksum_ && !std::ranges::equal(read->bytes(1), filter_.checksum->bytes())) return false;
  const std::string_view words = read->text(0);
  return std::ranges::all_of(word_starts_,
                             [&](const std::string& start) { return words.find(start) != std::string_view::npos; });
}

}  // namespace lazaret::sqlite
