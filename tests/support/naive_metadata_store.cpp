#include "tests/support/naive_metadata_store.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "document/fold.h"

namespace lazaret::testing_support {
namespace {

bool within(const auto& low, const auto& value, const auto& high) {
  return (!low || *low <= value) && (!high || value <= *high);
}

bool categories_match(const Filter& filter, const Document& document) {
  if (filter.categories.empty()) return true;
  const auto has = [&](const std::string& wanted) {
    return std::ranges::find(document.categories, wanted) != document.categories.end();
  };
  return filter.categories_match == CategoriesMatch::kAll ? std::ranges::all_of(filter.categories, has)
                                                          : std::ranges::any_of(filter.categories, has);
}

bool words_match(const Filter& filter, const Document& document) {
  const std::vector<std::string> words = search_words(document.filename.text());
  return std::ranges::all_of(filter.search_words, [&](const std::string& wanted) {
    return std::ranges::any_of(words, [&](const std::string& word) { return word.starts_with(wanted); });
  });
}

}  // namespace

bool matches(const Filter& filter, const Document& document) {
  return document.state == filter.state && categories_match(filter, document) &&
         within(filter.date_from, document.upload_date, filter.date_to) &&
         within(filter.size_min, document.size, filter.size_max) &&
         (!filter.processed || *filter.processed == document.processed) &&
         (!filter.content_type || *filter.content_type == document.content_type) &&
         (!filter.checksum || *filter.checksum == document.checksum) && words_match(filter, document);
}

Position position_of(const Document& document, SortBy sort_by) {
  switch (sort_by) {
    case SortBy::kUploadDate:
      return {document.upload_date, document.id, {}};
    case SortBy::kFilename:
      return {filename_sort_key(document.filename.text()), document.id, {}};
    case SortBy::kSize:
      return {document.size, document.id, {}};
  }
  return {};
}

bool comes_before(const Position& a, const Position& b, SortOrder order) {
  const auto left = std::tie(a.key, a.id);
  const auto right = std::tie(b.key, b.id);
  return order == SortOrder::kAscending ? left < right : right < left;
}

NaiveMetadataStore::Stored* NaiveMetadataStore::find_stored(const DocumentId& id) {
  const auto found = std::ranges::find_if(stored_, [&](const Stored& row) { return row.document.id == id; });
  return found == stored_.end() ? nullptr : &*found;
}

NaiveMetadataStore::Open* NaiveMetadataStore::find_open(const DocumentId& id) {
  const auto found = std::ranges::find_if(open_, [&](const Open& row) { return row.work.attempt.id == id; });
  return found == open_.end() ? nullptr : &*found;
}

NaiveMetadataStore::Open* NaiveMetadataStore::find_pending(const Attempt& attempt) {
  Open* row = find_open(attempt.id);
  return row && row->work.kind == WorkKind::kPending && row->work.attempt == attempt ? row : nullptr;
}

void NaiveMetadataStore::erase_stored(const DocumentId& id) {
  std::erase_if(stored_, [&](const Stored& row) { return row.document.id == id; });
}

// Nothing: the key may be claimed now.
Result<std::optional<ReserveOutcome>> NaiveMetadataStore::judge_claim(const IdempotencyClaim& wanted, Timestamp now) {
  const auto found = claims_.find(wanted.key);
  if (found == claims_.end()) return std::nullopt;
  const Claim& claim = found->second;
  Open* const row = claim.answer ? nullptr : find_pending(claim.attempt);
  const bool alive = claim.answer || (row && row->work.due > now);
  if (claim.expires_at <= now || !alive) {
    // Whoever held the claim must not commit any more: one key, one document.
    if (row) *row = {{WorkKind::kRemoving, row->work.attempt, row->work.s3_key, now}, {}};
    claims_.erase(found);
    return std::nullopt;
  }
  if (claim.fingerprint != wanted.fingerprint) {
    return fail(ErrorCode::kIdempotencyKeyReused, "the idempotency key belongs to another request");
  }
  if (const auto& answer = claim.answer) return AlreadyAnswered{*answer};
  return InProgress{row->work.due};
}

void NaiveMetadataStore::release_claim(const Open& open) {
  if (!open.claim) return;
  const auto found = claims_.find(*open.claim);
  if (found != claims_.end() && !found->second.answer && found->second.attempt == open.work.attempt) {
    claims_.erase(found);
  }
}

Result<ReserveOutcome> NaiveMetadataStore::reserve(const Call&, const Reservation& reservation) {
  const std::lock_guard lock(mutex_);
  if (find_pending(reservation.attempt)) return Reserved{};
  if (find_open(reservation.attempt.id) || find_stored(reservation.attempt.id)) {
    return fail(ErrorCode::kAlreadyExists, "the id is taken");
  }
  std::optional<Digest> key;
  if (const auto& wanted = reservation.idempotency) {
    auto judged = judge_claim(*wanted, reservation.now);
    if (!judged) return std::unexpected(judged.error());
    if (const auto& outcome = *judged) return *outcome;
    key = wanted->key;
    claims_[wanted->key] = {wanted->fingerprint, reservation.attempt, wanted->expires_at, {}};
  }
  open_.push_back({{WorkKind::kPending, reservation.attempt, reservation.s3_key, reservation.lease_until}, key});
  return Reserved{};
}

Result<void> NaiveMetadataStore::renew(const Call&, const Attempt& attempt, Timestamp lease_until) {
  const std::lock_guard lock(mutex_);
  Open* const row = find_pending(attempt);
  if (!row) return fail(ErrorCode::kConflict, "not this attempt's row");
  row->work.due = lease_until;
  return {};
}

Result<void> NaiveMetadataStore::commit(const Call&, const Document& document, AttemptId attempt,
                                        const std::optional<RecordedAnswer>& answer) {
  const std::lock_guard lock(mutex_);
  if (const Stored* stored = find_stored(document.id); stored && stored->attempt == attempt) return {};
  Open* const row = find_pending({document.id, attempt});
  if (!row) return fail(ErrorCode::kConflict, "not this attempt's row");
  if (row->claim && answer) {
    const auto claim = claims_.find(*row->claim);
    if (claim != claims_.end()) claim->second.answer = answer;
  }
  open_.erase(open_.begin() + (row - open_.data()));
  stored_.push_back({document, attempt});
  return {};
}

Result<Document> NaiveMetadataStore::get(const Call&, const DocumentId& id) {
  const std::lock_guard lock(mutex_);
  const Stored* const row = find_stored(id);
  if (!row) return fail(ErrorCode::kNotFound, "no such document");
  return row->document;
}

Result<Page> NaiveMetadataStore::query(const Call&, const Query& query) {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<Position, const Document*>> found;
  std::uint64_t total = 0;
  for (const Stored& row : stored_) {
    if (!matches(query.filter, row.document)) continue;
    ++total;
    Position position = position_of(row.document, query.sort_by);
    if (query.after && !comes_before(*query.after, position, query.sort_order)) continue;
    found.emplace_back(std::move(position), &row.document);
  }
  std::ranges::sort(found,
                    [&](const auto& a, const auto& b) { return comes_before(a.first, b.first, query.sort_order); });
  Page page;
  const bool capped = total > kMaxExactTotal;
  page.total = query.after
                   ? query.after->total
                   : Total{capped ? kMaxExactTotal : total, capped ? TotalRelation::kAtLeast : TotalRelation::kExact};
  for (const auto& [position, document] : found) {
    if (page.documents.size() == query.limit) {
      page.next = position_of(page.documents.back(), query.sort_by);
      page.next->total = page.total;
      break;
    }
    page.documents.push_back(*document);
  }
  return page;
}

Result<std::optional<DocumentId>> NaiveMetadataStore::find_by_checksum(const Call&, const Digest& checksum,
                                                                       const DocumentId& except) {
  const std::lock_guard lock(mutex_);
  const Document* oldest = nullptr;
  for (const auto& [document, attempt] : stored_) {
    if (!has_bytes(document, checksum) || document.id == except || document.state == State::kDeleted) continue;
    if (!oldest || std::tie(document.upload_date, document.id) < std::tie(oldest->upload_date, oldest->id)) {
      oldest = &document;
    }
  }
  return oldest ? std::optional(oldest->id) : std::nullopt;
}

Result<void> NaiveMetadataStore::replace(const Call&, const Document& document, std::uint64_t expected_version) {
  const std::lock_guard lock(mutex_);
  Stored* const row = find_stored(document.id);
  if (!row) return fail(ErrorCode::kNotFound, "no such document");
  if (row->document == document) return {};  // made again after an ambiguous answer
  if (row->document.version != expected_version) return fail(ErrorCode::kConflict, "another version is stored");
  row->document = document;
  return {};
}

Result<OpenWork> NaiveMetadataStore::begin_removal(const Call&, const DocumentId& id, const RemovalCondition& condition,
                                                   Timestamp due) {
  const std::lock_guard lock(mutex_);
  if (const Stored* stored = find_stored(id)) {
    if (condition.attempt || condition.pending_lease_over_at ||
        (condition.version && *condition.version != stored->document.version)) {
      return fail(ErrorCode::kConflict, "the condition fails");
    }
    open_.push_back({{WorkKind::kRemoving, {id, stored->attempt}, stored->document.s3_key, due}, {}});
    erase_stored(id);
    return open_.back().work;
  }
  Open* const row = find_open(id);
  if (!row) return fail(ErrorCode::kNotFound, "no such row");
  if (row->work.kind == WorkKind::kRemoving) return row->work;
  if (condition.version || (condition.attempt && *condition.attempt != row->work.attempt.attempt) ||
      (condition.pending_lease_over_at && row->work.due > *condition.pending_lease_over_at)) {
    return fail(ErrorCode::kConflict, "the condition fails");
  }
  release_claim(*row);
  *row = {{WorkKind::kRemoving, row->work.attempt, row->work.s3_key, due}, {}};
  return row->work;
}

Result<void> NaiveMetadataStore::postpone_removal(const Call&, const DocumentId& id, Timestamp retry_at) {
  const std::lock_guard lock(mutex_);
  Open* const row = find_open(id);
  if (!row || row->work.kind != WorkKind::kRemoving) return fail(ErrorCode::kNotFound, "no row is removing");
  row->work.due = retry_at;
  return {};
}

Result<void> NaiveMetadataStore::finish_removal(const Call&, const DocumentId& id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(open_,
                [&](const Open& row) { return row.work.attempt.id == id && row.work.kind == WorkKind::kRemoving; });
  return {};
}

Result<std::vector<OpenWork>> NaiveMetadataStore::open_work(const Call&, Timestamp now, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<OpenWork> due;
  for (const Open& row : open_) {
    if (row.work.due <= now) due.push_back(row.work);
  }
  std::ranges::sort(due, {}, [](const OpenWork& work) { return std::pair(work.due, work.attempt.id); });
  due.resize(std::min(due.size(), limit));
  return due;
}

Result<std::vector<DocumentId>> NaiveMetadataStore::deleted_before(const Call&, Timestamp time, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<Timestamp, DocumentId>> found;
  for (const auto& [document, attempt] : stored_) {
    if (document.state != State::kDeleted || !document.deleted_at || *document.deleted_at > time) continue;
    found.emplace_back(*document.deleted_at, document.id);
  }
  std::ranges::sort(found);
  std::vector<DocumentId> ids;
  for (const auto& [when, id] : found) {
    if (ids.size() < limit) ids.push_back(id);
  }
  return ids;
}

Result<std::size_t> NaiveMetadataStore::forget_expired_answers(const Call&, Timestamp now, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::size_t forgotten = 0;
  for (auto claim = claims_.begin(); claim != claims_.end() && forgotten < limit;) {
    if (claim->second.expires_at <= now) {
      claim = claims_.erase(claim);
      ++forgotten;
    } else {
      ++claim;
    }
  }
  return forgotten;
}

Result<void> NaiveMetadataStore::probe(const Call&) {
  return {};
}

}  // namespace lazaret::testing_support
