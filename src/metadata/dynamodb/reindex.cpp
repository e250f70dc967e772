#include "metadata/dynamodb/reindex.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "metadata/dynamodb/home.h"
#include "metadata/dynamodb/index_rows.h"

namespace lazaret {
namespace {

using aws::Item;
using dynamo::Home;
using dynamo::IndexRow;
using dynamo::LegacyItem;
using dynamo::ObjectFact;

constexpr std::size_t kMostProblems = 1000;
constexpr std::size_t kIdLength = 36;
constexpr std::uint32_t kItemsInPage = 100;

std::uint64_t members_of(const aws::AttributeValue& value) {
  if (const auto* list = value.get_if<aws::AttributeValue::List>()) return list->size();
  if (const auto* set = value.get_if<aws::AttributeValue::StringSet>()) return set->size();
  if (const auto* text = value.get_if<std::string>()) return text->size();
  return 0;
}

void only_items_to_adopt(aws::ScanItems& scan) {
  scan.filter = "attribute_not_exists(" + scan.expression.name("_attempt") + ")";
}

// A row that leads to a document; records and directories of the same table are none.
struct ListRow {
  DocumentId id;
  IndexRow row;
};
std::optional<ListRow> list_row_from(const Item& item) {
  const std::string* partition = dynamo::text_of(item, "pk");
  const std::string* sort = dynamo::text_of(item, "sk");
  if (partition == nullptr || sort == nullptr) return std::nullopt;
  const bool of_a_list = partition->starts_with("C#") || partition->starts_with("T#") || partition->starts_with("S#");
  const auto id = of_a_list ? dynamo::id_from_time_key(*sort) : std::nullopt;
  if (!id) return std::nullopt;
  const std::string* words = dynamo::text_of(item, "_words");
  return ListRow{*id, {*partition, *sort, words == nullptr ? "" : *words}};
}

class Reindex {
 public:
  Reindex(const DynamoDbStore::Parts& parts, Pause& pause, const Call& call, const ReindexOptions& options,
          const ReadObject& read_object)
      : home_({parts.db, parts.clock, parts.beside}, options.table, std::chrono::milliseconds{0}),
        pause_(pause),
        call_(call),
        options_(options),
        read_object_(read_object) {}

  Result<ReindexReport> run();

 private:
  unsigned segments() const { return std::max(1U, options_.segments); }
  // `take` gets every page of the table, several at once.
  using TakePage = std::function<Result<void>(const aws::ItemPage&)>;
  Result<void> walk(const aws::ScanItems& table, const TakePage& take);
  Result<void> walk_segment(aws::ScanItems scan, const TakePage& take);
  Result<void> adopt_page(const aws::ItemPage& page);
  Result<void> tidy_page(const aws::ItemPage& page);
  bool is_wanted(const Item* document, const IndexRow& row) const;
  Result<void> take(const Item& item);
  Result<void> adopt(const Item& item, LegacyItem legacy);
  Result<bool> write(const Item& item, const Document& document);
  void leave_alone(const Item& item, std::string why);

  Home home_;
  Pause& pause_;
  const Call& call_;
  const ReindexOptions& options_;
  const ReadObject& read_object_;
  unsigned shards_ = 0;
  std::mutex mutex_;
  ReindexReport report_;  // guarded by `mutex_`
};

Result<ReindexReport> Reindex::run() {
  const auto shards = home_.shards(call_);
  if (!shards) return std::unexpected(shards.error());
  shards_ = *shards;
  aws::ScanItems documents{.table = home_.documents()};
  only_items_to_adopt(documents);
  auto done = walk(documents, [this](const aws::ItemPage& page) { return adopt_page(page); });
  if (done) done = walk({.table = home_.index()}, [this](const aws::ItemPage& page) { return tidy_page(page); });
  if (!done) return std::unexpected(std::move(done.error()));
  return std::move(report_);
}

Result<void> Reindex::walk(const aws::ScanItems& table, const TakePage& take) {
  return dynamo::run_side_by_side(home_.beside(), segments(), [&](std::size_t segment) {
    aws::ScanItems scan = table;
    scan.segment = static_cast<std::uint32_t>(segment);
    scan.segments = segments();
    scan.limit = kItemsInPage;
    return walk_segment(std::move(scan), take);
  });
}

Result<void> Reindex::walk_segment(aws::ScanItems scan, const TakePage& take) {
  do {
    auto page = home_.db().scan(call_, scan);
    if (!page) return dynamo::fail_as(std::move(page.error()));
    if (auto taken = take(*page); !taken) return taken;
    scan.start = std::move(page->next);
    const std::size_t rate = std::max<std::size_t>(1, options_.items_per_second);
    if (scan.start) pause_.wait(call_, std::chrono::milliseconds{page->scanned * 1000 * segments() / rate});
    if (call_.stop.stop_requested()) return fail(ErrorCode::kCancelled, "reindex was stopped", Retry::kSafe);
  } while (scan.start);
  return {};
}

Result<void> Reindex::adopt_page(const aws::ItemPage& page) {
  {
    const std::lock_guard lock(mutex_);
    report_.looked_at += page.scanned;
  }
  for (const Item& item : page.items) {
    if (auto taken = take(item); !taken) return taken;
  }
  return {};
}

// What a crash between two steps left, and no list has met since.
Result<void> Reindex::tidy_page(const aws::ItemPage& page) {
  std::vector<ListRow> rows;
  std::map<DocumentId, const Item*> documents;
  for (const Item& item : page.items) {
    auto row = list_row_from(item);
    if (!row) continue;
    documents.emplace(row->id, nullptr);
    rows.push_back(std::move(*row));
  }
  aws::BatchGet batch{.table = home_.documents()};
  for (const auto& [id, unread] : documents)
    batch.keys.push_back(dynamo::key_of(id));
  const auto found = home_.db().get_batch(call_, batch);
  if (!found) return dynamo::fail_as(found.error());
  for (const Item& item : found->items) {
    const std::string* text = dynamo::text_of(item, "id");
    if (const auto id = text == nullptr ? std::nullopt : DocumentId::parse(*text)) documents[*id] = &item;
  }
  std::uint64_t unwanted = 0;
  for (const ListRow& row : rows) {
    if (is_wanted(documents[row.id], row.row)) continue;
    ++unwanted;
    dynamo::settle_rows(home_, call_, row.id, {row.row});  // reads the document again, strongly
  }
  const std::lock_guard lock(mutex_);
  report_.rows_looked_at += rows.size();
  report_.rows_unwanted += unwanted;
  return {};
}

// What cannot be judged is left: a pending or removing row has an operation that tidies up behind it.
bool Reindex::is_wanted(const Item* document, const IndexRow& row) const {
  if (document == nullptr) return false;
  const auto found = dynamo::row_from(*document);
  if (!found || found->kind != dynamo::RowKind::kVisible || !found->document) return true;
  return std::ranges::binary_search(dynamo::rows_of(*found->document, shards_), row);
}

// Fails only where going on makes no sense: the store does not answer.
Result<void> Reindex::take(const Item& item) {
  auto legacy = dynamo::read_legacy(item);
  if (!legacy) {
    leave_alone(item, std::move(legacy.error().detail));
    return {};
  }
  return adopt(item, std::move(*legacy));
}

Result<void> Reindex::adopt(const Item& item, LegacyItem legacy) {
  Document& document = legacy.document;
  if (!legacy.missing.empty()) {
    auto facts = read_object_(call_, document, legacy.missing);
    if (!facts) {
      leave_alone(item, "its object cannot be read: " + facts.error().detail);
      return {};
    }
    const auto is_missing = [&](ObjectFact fact) {
      return std::ranges::find(legacy.missing, fact) != legacy.missing.end();
    };
    if (is_missing(ObjectFact::kSize)) document.size = facts->size;
    if (is_missing(ObjectFact::kChecksum)) document.checksum = facts->checksum;
    if (is_missing(ObjectFact::kContentType)) document.content_type = facts->content_type;
    if (facts->verdict) document.verdict = std::move(*facts->verdict);
  }
  const auto rows = dynamo::rows_of(document, shards_);
  auto prepared = home_.note_month(call_, document.state, dynamo::month_of(document.upload_date));
  if (prepared) prepared = dynamo::put_rows(home_, call_, rows, document.version);
  if (!prepared) return prepared;
  const auto written = write(item, document);
  if (!written) return std::unexpected(written.error());
  if (!*written) {
    leave_alone(item, "it changed while it was read: run again");
    return {};
  }
  const std::lock_guard lock(mutex_);
  ++report_.adopted;
  return {};
}

// The same members, in whatever order. Engines differ in whether lists can be compared.
std::string same_categories(const Item& item, const Document& document, aws::Expression& expression) {
  const std::string name = expression.name("categories");
  if (!item.contains("categories")) return " AND attribute_not_exists(" + name + ")";
  std::string condition;
  for (const std::string& category : document.categories)
    condition += " AND contains(" + name + ", " + expression.value(category) + ")";
  return condition + " AND size(" + name + ") = " + expression.value(members_of(item.at("categories")));
}

// False: the item is not as it was read. Its larger attributes are not compared: who changes them changes no index.
Result<bool> Reindex::write(const Item& item, const Document& document) {
  aws::UpdateItem update{.table = home_.documents(), .key = dynamo::key_of(document.id)};
  aws::Expression& expression = update.expression;
  // Nobody's attempt: what made items of the first version runs no more.
  const Item to = dynamo::document_item(document, AttemptId{}, shards_);
  update.update = dynamo::update_between(item, to, expression);
  update.condition = "attribute_not_exists(" + expression.name("_attempt") + ")";
  for (const auto& [name, value] : item) {
    const bool composed = name == "metadata" || name == "verdict" || name == "categories";
    if (!dynamo::is_ours(name) || composed) continue;
    update.condition += " AND " + expression.name(name) + " = " + expression.value(value);
  }
  update.condition += same_categories(item, document, expression);
  auto updated = home_.db().update(call_, update);
  if (updated) return true;
  if (aws::is_condition_failure(updated.error())) return false;
  return dynamo::fail_as(std::move(updated.error()));
}

void Reindex::leave_alone(const Item& item, std::string why) {
  const std::string* id = dynamo::text_of(item, "id");
  const std::lock_guard lock(mutex_);
  ++report_.left_alone;
  if (report_.problems.size() >= kMostProblems) return;
  report_.problems.push_back({id == nullptr ? std::string{} : id->substr(0, kIdLength), std::move(why)});
}

}  // namespace

Result<bool> shows_items_to_adopt(aws::DynamoDbClient& db, const Call& call, const std::string& table) {
  aws::ScanItems scan{.table = table, .limit = kItemsInPage};
  only_items_to_adopt(scan);
  const auto page = db.scan(call, scan);
  if (!page) return dynamo::fail_as(page.error());
  return !page->items.empty();
}

Result<ReindexReport> reindex_dynamodb(const DynamoDbStore::Parts& parts, Pause& pause, const Call& call,
                                       const ReindexOptions& options, const ReadObject& read_object) {
  return Reindex(parts, pause, call, options, read_object).run();
}

}  // namespace lazaret
