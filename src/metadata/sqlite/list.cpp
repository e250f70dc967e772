#include "metadata/sqlite/list.h"

#include <algorithm>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "metadata/sqlite/facets.h"
#include "metadata/sqlite/matcher.h"
#include "metadata/sqlite/rows.h"
#include "metadata/sqlite/streams.h"

namespace lazaret::sqlite {
namespace {

constexpr std::string_view kCountWord =
    "SELECT count(*) FROM (SELECT 1 FROM document_word WHERE sort = 0 AND state = ?1 AND word >= ?2 AND word < ?3 "
    "LIMIT ?4)";
constexpr std::string_view kReadWord =
    "SELECT upload_date, id, serial, facet, size FROM document_word WHERE sort = 0 AND state = ?1 AND word >= ?2 AND "
    "word < ?3 "
    "LIMIT ?4";
constexpr std::string_view kNextWord =
    "SELECT word FROM document_word WHERE sort = 0 AND state = ?1 AND word > ?2 AND word < ?3 ORDER BY word LIMIT 1";
constexpr std::string_view kFirstWord =
    "SELECT word FROM document_word WHERE sort = 0 AND state = ?1 AND word >= ?2 AND word < ?3 ORDER BY word LIMIT 1";
constexpr std::string_view kCountChecksum =
    "SELECT count(*) FROM (SELECT 1 FROM documents INDEXED BY documents_by_checksum WHERE state = ?1 AND checksum = ?2 "
    "LIMIT ?3)";
constexpr std::string_view kCountDates =
    "SELECT count(*) FROM (SELECT 1 FROM documents INDEXED BY documents_by_date WHERE state = ?1 AND upload_date "
    "BETWEEN ?2 AND ?3 LIMIT ?4)";
constexpr std::string_view kCountSizes =
    "SELECT count(*) FROM (SELECT 1 FROM documents INDEXED BY documents_by_size WHERE state = ?1 AND size "
    "BETWEEN ?2 AND ?3 LIMIT ?4)";
constexpr std::string_view kReadName = "SELECT filename_key FROM documents WHERE serial = ?1";

Result<std::uint64_t> read_count(Statement& statement) {
  const auto row = statement.step();
  if (!row) return std::unexpected(row.error());
  return *row ? static_cast<std::uint64_t>(statement.integer(0)) : 0;
}

// One list request over one snapshot.
class List {
 public:
  List(Connection& connection, const Query& query, const ListLimits& limits, FacetSet facets)
      : connection_(connection),
        documents_(connection),
        query_(query),
        filter_(query.filter),
        limits_(limits),
        facets_(std::move(facets)) {
    words_ = filter_.search_words;
    // The longest is the likeliest to be rare.
    std::ranges::sort(words_, [](const std::string& a, const std::string& b) {
      return std::pair(b.size(), std::string_view(b)) < std::pair(a.size(), std::string_view(a));
    });
  }

  Result<Page> run();
  Result<Total> count();
  // Set when run() met every document that matches.
  std::optional<Total> known_total() const { return known_total_; }

 private:
  // What a list is driven by: either everything a rare filter leaves, or streams to merge.
  struct Driver {
    std::optional<std::vector<Candidate>> gathered;
    std::vector<StreamSource> sources;
    std::optional<std::string> word;  // what the driver already holds to
    bool checksum = false;
  };
  using MaybeDriver = std::optional<Driver>;

  Result<Driver> choose();
  Result<MaybeDriver> gather_rare();
  Result<MaybeDriver> gather_rare_words();
  Result<MaybeDriver> gather_range(SortBy by, std::string_view count);
  Result<MaybeDriver> merge_words();
  Result<std::vector<StreamSource>> sources_of_prefix(const std::string& prefix);
  std::vector<StreamSource> facet_sources() const;
  StreamSource state_source() const { return {.lead = Lead::kState, .state = filter_.state}; }
  StreamSource checksum_source(const Digest& checksum) const {
    return {.lead = Lead::kChecksum, .state = filter_.state, .checksum = checksum};
  }
  Result<std::uint64_t> count_word(const std::string& word);
  Result<std::vector<Candidate>> read_word(const std::string& word, std::size_t limit);
  Result<std::vector<Candidate>> read_range(const StreamSource& source, SortBy by, std::size_t limit);
  Result<void> set_keys(std::vector<Candidate>& candidates);

  Result<Page> page_from(std::vector<Candidate> candidates, Matcher& matcher);
  Result<Page> page_from(const std::vector<StreamSource>& sources, Matcher& matcher);
  Result<Total> count_streams(const std::vector<StreamSource>& sources, SortBy by, Matcher& matcher);
  Result<Total> count_words(Matcher& matcher);
  Result<void> append(Page& page, const Candidate& candidate);

  Connection& connection_;
  DocumentReader documents_;
  const Query& query_;
  const Filter& filter_;
  const ListLimits& limits_;
  FacetSet facets_;
  std::vector<std::string> words_;
  std::optional<Total> known_total_;
};

Total capped(std::uint64_t count, TotalRelation relation = TotalRelation::kExact) {
  if (count > kMaxExactTotal) return {kMaxExactTotal, TotalRelation::kAtLeast};
  return {count, relation};
}

bool bounds_dates(const Filter& filter) {
  return filter.date_from || filter.date_to;
}
bool bounds_sizes(const Filter& filter) {
  return filter.size_min || filter.size_max;
}

Result<Page> List::run() {
  auto driver = choose();
  if (!driver) return std::unexpected(std::move(driver.error()));
  Matcher matcher(connection_, filter_, facets_);
  if (driver->word) matcher.take_word_as_given(*driver->word);
  if (driver->checksum) matcher.take_checksum_as_given();
  if (driver->gathered) return page_from(std::move(*driver->gathered), matcher);
  return page_from(driver->sources, matcher);
}

Result<List::Driver> List::choose() {
  const bool few_facets =
      facets_.filters() && facets_.complete() && facets_.matching().size() <= limits_.merged_streams;
  if (few_facets && facets_.documents() <= limits_.rare) return Driver{.sources = facet_sources()};
  // A lone word needs no look at how rare it is: the walk along it finds nothing else.
  const bool lone_word = words_.size() == 1 && !bounds_sizes(filter_) && !bounds_dates(filter_);
  for (const auto look :
       {lone_word ? &List::merge_words : &List::gather_rare, lone_word ? &List::gather_rare : &List::merge_words}) {
    auto looked = (this->*look)();
    if (!looked) return std::unexpected(std::move(looked.error()));
    if (MaybeDriver& driver = *looked; driver) return std::move(*driver);
  }
  if (filter_.checksum && query_.sort_by == SortBy::kUploadDate) {
    return Driver{.sources = {checksum_source(*filter_.checksum)}, .checksum = true};
  }
  if (few_facets) return Driver{.sources = facet_sources()};
  return Driver{.sources = {state_source()}};
}

Result<List::MaybeDriver> List::gather_rare() {
  if (filter_.checksum && query_.sort_by != SortBy::kUploadDate) {
    auto count = connection_.prepare(kCountChecksum);
    if (!count) return std::unexpected(count.error());
    count->bind(1, std::to_underlying(filter_.state)).bind(2, Bytes(filter_.checksum->bytes()));
    const auto found = read_count(count->bind(3, static_cast<std::int64_t>(limits_.rare + 1)));
    if (!found) return std::unexpected(found.error());
    if (*found <= limits_.rare) {
      auto candidates = read_range(checksum_source(*filter_.checksum), SortBy::kUploadDate, limits_.rare);
      if (!candidates) return std::unexpected(candidates.error());
      return Driver{.gathered = std::move(*candidates), .checksum = true};
    }
  }
  auto words = gather_rare_words();
  if (!words || *words) return words;
  if (bounds_sizes(filter_) && query_.sort_by != SortBy::kSize) {
    auto sizes = gather_range(SortBy::kSize, kCountSizes);
    if (!sizes || *sizes) return sizes;
  }
  if (bounds_dates(filter_) && query_.sort_by != SortBy::kUploadDate) {
    return gather_range(SortBy::kUploadDate, kCountDates);
  }
  return std::nullopt;
}

Result<List::MaybeDriver> List::gather_rare_words() {
  for (const std::string& word : words_) {
    const auto entries = count_word(word);
    if (!entries) return std::unexpected(entries.error());
    if (*entries > limits_.rare) continue;
    auto candidates = read_word(word, limits_.rare);
    if (!candidates) return std::unexpected(candidates.error());
    return Driver{.gathered = std::move(*candidates), .word = word};
  }
  return std::nullopt;
}

Result<List::MaybeDriver> List::gather_range(SortBy by, std::string_view count) {
  const auto range = make_range(filter_, by, SortOrder::kAscending, std::nullopt);
  if (!range) return std::unexpected(range.error());
  auto statement = connection_.prepare(count);
  if (!statement) return std::unexpected(statement.error());
  statement->bind(1, std::to_underlying(filter_.state)).bind(2, range->start.number).bind(3, range->end.number);
  const auto found = read_count(statement->bind(4, static_cast<std::int64_t>(limits_.rare + 1)));
  if (!found) return std::unexpected(found.error());
  if (*found > limits_.rare) return std::nullopt;
  auto candidates = read_range(state_source(), by, limits_.rare);
  if (!candidates) return std::unexpected(candidates.error());
  return Driver{.gathered = std::move(*candidates)};
}

Result<List::MaybeDriver> List::merge_words() {
  if (words_.empty()) return std::nullopt;
  for (const std::string& word : words_) {
    auto sources = sources_of_prefix(word);
    if (!sources) return std::unexpected(sources.error());
    if (sources->size() <= limits_.merged_words) return Driver{.sources = std::move(*sources), .word = word};
  }
  return std::nullopt;
}

// One more than may be merged, where there are that many.
Result<std::vector<StreamSource>> List::sources_of_prefix(const std::string& prefix) {
  const std::string end = end_of_prefix(prefix);
  std::vector<StreamSource> sources;
  std::string word = prefix;
  while (sources.size() <= limits_.merged_words) {
    auto next = connection_.prepare(sources.empty() ? kFirstWord : kNextWord);
    if (!next) return std::unexpected(next.error());
    const auto row = next->bind(1, std::to_underlying(filter_.state)).bind(2, word).bind(3, end).step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    std::string found(next->text(0));
    next->reset();
    word = std::move(found);
    sources.push_back({.lead = Lead::kWord, .state = filter_.state, .word = word});
  }
  return sources;
}

std::vector<StreamSource> List::facet_sources() const {
  std::vector<StreamSource> sources;
  for (const std::int64_t facet : facets_.matching())
    sources.push_back({.lead = Lead::kFacet, .state = filter_.state, .facet = facet});
  return sources;
}

Result<std::uint64_t> List::count_word(const std::string& word) {
  auto count = connection_.prepare(kCountWord);
  if (!count) return std::unexpected(count.error());
  const std::string end = end_of_prefix(word);
  count->bind(1, std::to_underlying(filter_.state)).bind(2, word).bind(3, end);
  const auto found = read_count(count->bind(4, static_cast<std::int64_t>(limits_.rare + 1)));
  count->reset();
  return found;
}

// A document with two such words comes twice.
Result<std::vector<Candidate>> List::read_word(const std::string& word, std::size_t limit) {
  const std::string end = end_of_prefix(word);
  auto read = connection_.prepare(kReadWord);
  if (!read) return std::unexpected(read.error());
  read->bind(1, std::to_underlying(filter_.state)).bind(2, word).bind(3, end);
  read->bind(4, static_cast<std::int64_t>(limit));
  std::vector<Candidate> found;
  for (;;) {
    const auto row = read->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    const auto id = to_id(read->bytes(1));
    if (!id) return fail(ErrorCode::kCorrupt, "sqlite: a word's row is damaged in its id");
    found.push_back({.id = *id,
                     .serial = read->integer(2),
                     .facet = read->integer(3),
                     .size = read->integer(4),
                     .upload_date = read->integer(0)});
  }
  return found;
}

Result<std::vector<Candidate>> List::read_range(const StreamSource& source, SortBy by, std::size_t limit) {
  const auto range = make_range(filter_, by, SortOrder::kAscending, std::nullopt);
  if (!range) return std::unexpected(range.error());
  auto stream = Stream::open(connection_, source, *range);
  if (!stream) return std::unexpected(stream.error());
  std::vector<Candidate> found;
  while (found.size() < limit) {
    const auto row = stream->advance();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    found.push_back(stream->head());
  }
  return found;
}

// Gathered candidates carry whatever key their source had: this gives them the one of the sort.
Result<void> List::set_keys(std::vector<Candidate>& candidates) {
  for (Candidate& candidate : candidates) {
    if (query_.sort_by == SortBy::kUploadDate) candidate.number = candidate.upload_date;
    if (query_.sort_by == SortBy::kSize) candidate.number = candidate.size;
    if (query_.sort_by != SortBy::kFilename) continue;
    auto read = connection_.prepare(kReadName);
    if (!read) return std::unexpected(read.error());
    const auto row = read->bind(1, candidate.serial).step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return fail(ErrorCode::kCorrupt, "sqlite: an index names a document that is not there");
    candidate.name = read->text(0);
  }
  return {};
}

Result<void> List::append(Page& page, const Candidate& candidate) {
  auto stored = documents_.read(candidate.serial);
  if (!stored) {
    if (stored.error().code != ErrorCode::kNotFound) return std::unexpected(std::move(stored.error()));
    return fail(ErrorCode::kCorrupt, "sqlite: an index names a document that is not there");
  }
  page.documents.push_back(std::move(stored->document));
  return {};
}

Result<Page> List::page_from(std::vector<Candidate> candidates, Matcher& matcher) {
  std::vector<Candidate> matching;
  for (Candidate& candidate : candidates) {
    const auto passes = matcher.passes(candidate);
    if (!passes) return std::unexpected(passes.error());
    if (*passes) matching.push_back(std::move(candidate));
  }
  if (auto set = set_keys(matching); !set) return std::unexpected(set.error());
  std::ranges::sort(matching, [this](const Candidate& a, const Candidate& b) {
    return comes_before(a, b, query_.sort_by, query_.sort_order);
  });
  const auto doubles = std::ranges::unique(matching, {}, &Candidate::id);
  matching.erase(doubles.begin(), doubles.end());
  known_total_ = capped(matching.size());

  auto first = matching.begin();
  if (query_.after) {
    const auto range = make_range(filter_, query_.sort_by, query_.sort_order, query_.after);
    if (!range) return std::unexpected(range.error());
    const Candidate after{.number = range->start.number, .name = range->start.name, .id = query_.after->id};
    first = std::ranges::find_if(matching, [&](const Candidate& candidate) {
      return comes_before(after, candidate, query_.sort_by, query_.sort_order);
    });
  }
  Page page;
  for (; first != matching.end() && page.documents.size() < query_.limit; ++first) {
    if (auto added = append(page, *first); !added) return std::unexpected(added.error());
  }
  if (first != matching.end()) page.next = to_position(*std::prev(first), query_.sort_by, {});
  return page;
}

Result<Page> List::page_from(const std::vector<StreamSource>& sources, Matcher& matcher) {
  const auto range = make_range(filter_, query_.sort_by, query_.sort_order, query_.after);
  if (!range) return std::unexpected(range.error());
  auto merge = Merge::open(connection_, sources, *range);
  if (!merge) return std::unexpected(merge.error());
  Page page;
  std::optional<Position> last;
  for (;;) {
    const auto candidate = merge->next();
    if (!candidate) return std::unexpected(candidate.error());
    if (!*candidate) return page;
    const auto passes = matcher.passes(**candidate);
    if (!passes) return std::unexpected(passes.error());
    if (*passes && page.documents.size() == query_.limit) {
      page.next = std::move(last);
      return page;
    }
    if (*passes) {
      if (auto added = append(page, **candidate); !added) return std::unexpected(added.error());
      if (page.documents.size() == query_.limit) last = to_position(**candidate, query_.sort_by, {});
    }
    if (matcher.cost() >= limits_.page_cost) {
      page.next = to_position(**candidate, query_.sort_by, {});
      return page;
    }
  }
}

Result<Total> List::count() {
  if (facets_.says_all() && (facets_.complete() || facets_.documents() > kMaxExactTotal)) {
    return capped(facets_.documents());
  }
  Matcher matcher(connection_, filter_, facets_);
  const bool few_facets =
      facets_.filters() && facets_.complete() && facets_.matching().size() <= limits_.merged_streams;
  // Looking at each of these documents costs less than reading every row of a word.
  const bool rare_facets = few_facets && facets_.documents() <= kMaxExactTotal;
  if (!words_.empty() && !rare_facets) return count_words(matcher);
  if (filter_.checksum && !rare_facets) {
    matcher.take_checksum_as_given();
    return count_streams({checksum_source(*filter_.checksum)}, SortBy::kUploadDate, matcher);
  }
  const SortBy by = bounds_dates(filter_) || !bounds_sizes(filter_) ? SortBy::kUploadDate : SortBy::kSize;
  return count_streams(few_facets ? facet_sources() : std::vector{state_source()}, by, matcher);
}

Result<Total> List::count_streams(const std::vector<StreamSource>& sources, SortBy by, Matcher& matcher) {
  const auto range = make_range(filter_, by, SortOrder::kAscending, std::nullopt);
  if (!range) return std::unexpected(range.error());
  std::uint64_t found = 0;
  for (const StreamSource& source : sources) {
    auto stream = Stream::open(connection_, source, *range);
    if (!stream) return std::unexpected(stream.error());
    for (;;) {
      const auto row = stream->advance();
      if (!row) return std::unexpected(row.error());
      if (!*row) break;
      const auto passes = matcher.passes(stream->head());
      if (!passes) return std::unexpected(passes.error());
      if (*passes && ++found > kMaxExactTotal) return capped(found);
      if (matcher.cost() >= limits_.count_cost) return capped(found, TotalRelation::kAtLeast);
    }
  }
  return capped(found);
}

// From the rows of the words alone: a look at each document would cost many times as much.
Result<Total> List::count_words(Matcher& matcher) {
  for (const std::string& word : words_)
    matcher.take_word_as_given(word);
  if (words_.size() == 1) {
    auto sources = sources_of_prefix(words_.front());
    if (!sources) return std::unexpected(sources.error());
    // One word alone counts every document once.
    if (sources->size() <= 1) return count_streams(*sources, SortBy::kUploadDate, matcher);
  }
  bool whole = true;
  std::vector<std::vector<std::int64_t>> others;
  for (const std::string& word : std::span(words_).subspan(1)) {
    const auto entries = read_word(word, limits_.count_cost);
    if (!entries) return std::unexpected(entries.error());
    whole = whole && entries->size() < limits_.count_cost;
    std::vector<std::int64_t>& serials = others.emplace_back();
    for (const Candidate& candidate : *entries)
      serials.push_back(candidate.serial);
    std::ranges::sort(serials);
  }
  const auto entries = read_word(words_.front(), limits_.count_cost);
  if (!entries) return std::unexpected(entries.error());
  whole = whole && entries->size() < limits_.count_cost;
  std::unordered_set<std::int64_t> seen;
  std::uint64_t found = 0;
  for (const Candidate& candidate : *entries) {
    const auto holds = [&](const auto& serials) { return std::ranges::binary_search(serials, candidate.serial); };
    if (!std::ranges::all_of(others, holds) || !seen.insert(candidate.serial).second) continue;
    const auto passes = matcher.passes(candidate);
    if (!passes) return std::unexpected(passes.error());
    if (*passes && ++found > kMaxExactTotal) return capped(found);
  }
  return capped(found, whole ? TotalRelation::kExact : TotalRelation::kAtLeast);
}

Result<Total> total_of(List& list, const FacetSet& facets, const Filter& filter, TotalCache& totals,
                       std::uint64_t generation) {
  if (const auto known = list.known_total()) return *known;
  if (facets.says_all()) return list.count();
  const std::string key = filter_key(filter);
  if (const auto known = totals.find(key, generation)) return *known;
  auto total = list.count();
  if (total) totals.keep(key, generation, *total);
  return total;
}

}  // namespace

Result<Page> list_documents(Connection& connection, const Query& query, const ListLimits& limits, TotalCache& totals,
                            std::uint64_t generation) {
  const auto snapshot = ReadTransaction::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  auto facets = FacetSet::load(connection, query.filter);
  if (!facets) return std::unexpected(facets.error());
  List list(connection, query, limits, *facets);
  auto page = list.run();
  if (!page) return page;
  if (query.after) {
    page->total = query.after->total;
  } else {
    const auto total = total_of(list, *facets, query.filter, totals, generation);
    if (!total) return std::unexpected(total.error());
    page->total = *total;
  }
  if (page->next) page->next->total = page->total;
  return page;
}

std::vector<std::string_view> list_texts() {
  return {kCountWord, kReadWord, kNextWord, kFirstWord, kCountChecksum, kCountDates, kCountSizes, kReadName};
}

}  // namespace lazaret::sqlite
