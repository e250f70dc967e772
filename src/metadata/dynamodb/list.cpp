#include "metadata/dynamodb/list.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "metadata/dynamodb/count.h"
#include "metadata/dynamodb/filter.h"
#include "metadata/dynamodb/index_rows.h"
#include "metadata/dynamodb/plan.h"
#include "metadata/dynamodb/streams.h"

namespace lazaret::dynamo {
namespace {

using aws::Item;

// Rows nobody wants that one page clears away.
constexpr std::size_t kMostSettled = 8;

class List {
 public:
  List(Home& home, const Call& call, const Query& query, const ListBudget& budget, const Plan& plan, unsigned shards)
      : home_(home),
        call_(call),
        query_(query),
        budget_(budget),
        shards_(shards),
        merge_(home, query, plan),
        started_(home.clock().steady_now()) {}

  Result<Page> run();

 private:
  bool may_go_on() const {
    return merge_.bytes_read() + bytes_read_ < budget_.page_bytes &&
           home_.clock().steady_now() - started_ < budget_.page_time;
  }
  Result<void> append(Page& page, const std::vector<Candidate>& candidates);
  Result<bool> append_if_wanted(Page& page, const Candidate& candidate, const Item* item);
  std::optional<Position> next_position(const Page& page) const;

  Home& home_;
  const Call& call_;
  const Query& query_;
  const ListBudget& budget_;
  const unsigned shards_;
  Merge merge_;
  const std::chrono::steady_clock::time_point started_;
  std::uint64_t bytes_read_ = 0;
  std::vector<Candidate> stale_;
};

Result<Page> List::run() {
  Page page;
  for (;;) {
    const auto candidates = merge_.next(call_, query_.limit - page.documents.size(), [this] { return may_go_on(); });
    if (!candidates) return std::unexpected(candidates.error());
    if (candidates->empty()) break;
    if (auto appended = append(page, *candidates); !appended) return std::unexpected(std::move(appended.error()));
    if (page.documents.size() == query_.limit) break;
  }
  page.next = next_position(page);
  for (std::size_t i = 0; i < std::min(stale_.size(), kMostSettled); ++i)
    settle_rows(home_, call_, stale_[i].id, {*stale_[i].row});
  return page;
}

Result<void> List::append(Page& page, const std::vector<Candidate>& candidates) {
  aws::BatchGet batch{.table = home_.documents()};
  // Rows that are left over may lead to one document twice, and a batch must not ask twice.
  std::set<DocumentId> asked;
  for (const Candidate& candidate : candidates) {
    if (asked.insert(candidate.id).second) batch.keys.push_back(key_of(candidate.id));
  }
  auto found = home_.db().get_batch(call_, batch);
  if (!found) return fail_as(std::move(found.error()));
  bytes_read_ += found->bytes_read;
  std::unordered_map<std::string, const Item*> by_id;
  for (const Item& item : found->items) {
    if (const std::string* id = text_of(item, "id")) by_id.emplace(*id, &item);
  }
  for (const Candidate& candidate : candidates) {
    const auto item = by_id.find(candidate.id.to_string());
    auto wanted = append_if_wanted(page, candidate, item == by_id.end() ? nullptr : item->second);
    if (!wanted) return std::unexpected(std::move(wanted.error()));
    if (!*wanted && candidate.row) stale_.push_back(candidate);
  }
  return {};
}

// False: the document does not want to be found here, so what led to it is left over from before a change.
Result<bool> List::append_if_wanted(Page& page, const Candidate& candidate, const Item* item) {
  if (item == nullptr) return false;
  auto row = row_from(*item);
  if (!row) return std::unexpected(std::move(row.error()));
  if (row->kind != RowKind::kVisible || !row->document) return row->kind == RowKind::kPending;
  const bool here =
      row->document->state == query_.filter.state && sort_key(query_.sort_by, *row->document) == candidate.key;
  if (here && passes(query_.filter, *row->document)) {
    page.documents.push_back(std::move(*row->document));
    return true;
  }
  return here && (!candidate.row || std::ranges::binary_search(rows_of(*row->document, shards_), *candidate.row));
}

std::optional<Position> List::next_position(const Page& page) const {
  if (merge_.finished()) return std::nullopt;
  if (page.documents.size() < query_.limit) return merge_.seen_to();
  const Document& last = page.documents.back();
  return position_from(query_.sort_by, sort_key(query_.sort_by, last));
}

}  // namespace

Result<Page> list_documents(Home& home, const Call& call, const Query& query, const ListBudget& budget,
                            Totals& totals) {
  const auto shards = home.shards(call);
  if (!shards) return std::unexpected(shards.error());
  std::vector<std::string> months;
  if (needs_months(query)) {
    auto noted = home.months(call, query.filter.state);
    if (!noted) return std::unexpected(std::move(noted.error()));
    months = std::move(*noted);
  }
  const Plan plan = make_plan(query, months, *shards);
  auto page = List(home, call, query, budget, plan, *shards).run();
  if (!page) return page;
  if (query.after) {
    page->total = query.after->total;
  } else if (!page->next) {
    page->total = {page->documents.size(), TotalRelation::kExact};
  } else {
    auto total = totals.find_or_count(query.filter, [&] { return count_documents(home, call, query.filter, budget); });
    if (!total) return std::unexpected(std::move(total.error()));
    page->total = *total;
    // What this page shows is there, however late an index is.
    page->total.count = std::max<std::uint64_t>(page->total.count, page->documents.size());
  }
  if (page->next) page->next->total = page->total;
  return page;
}

}  // namespace lazaret::dynamo
