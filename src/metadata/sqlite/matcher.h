// Matcher: whether a candidate passes every filter, asking the index row first and the document's row only for words
// and checksums. It counts what that cost, so that a walk can stop in time. Belongs to one snapshot; not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "document/query.h"
#include "metadata/sqlite/connection.h"
#include "metadata/sqlite/facets.h"
#include "metadata/sqlite/streams.h"

namespace lazaret::sqlite {

class Matcher {
 public:
  // Filter and facets must outlive the matcher.
  Matcher(Connection& connection, const Filter& filter, FacetSet& facets);

  // The source of the candidates already holds this search word, or the checksum: do not ask again.
  void take_word_as_given(const std::string& word);
  void take_checksum_as_given() { ask_checksum_ = false; }

  Result<bool> passes(const Candidate& candidate);
  // In index rows looked at; a look at a document counts for several.
  std::uint64_t cost() const { return cost_; }

 private:
  Result<bool> document_passes(std::int64_t serial);

  Connection& connection_;
  const Filter& filter_;
  FacetSet& facets_;
  std::int64_t date_low_;
  std::int64_t date_high_;
  std::int64_t size_low_;
  std::int64_t size_high_;
  bool ask_checksum_;
  std::vector<std::string> word_starts_;  // " word", as they lie in documents.words
  std::uint64_t cost_ = 0;
};

}  // namespace lazaret::sqlite
