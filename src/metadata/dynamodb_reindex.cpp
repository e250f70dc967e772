#include "metadata/dynamodb_reindex.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "metadata/dynamodb_home.h"
#include "metadata/dynamodb_index_rows.h"

namespace lazaret {
namespace {

using aws::Item;
using dynamo::Home;
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

class Reindex {
 public:
  Reindex(const DynamoDbStore::Parts& parts, aws::Pause& pause, const Call& call, const ReindexOptions& options,
          const ReadObject& read_object)
      : home_({parts.db, parts.clock, parts.beside}, options.table, std::chrono::milliseconds{0}),
        pause_(pause),
        call_(call),
        options_(options),
        read_object_(read_object) {}

  Result<ReindexReport> run();

 private:
  Result<void> run_segment(unsigned segment);
  Result<void> take(const Item& item);
  Result<void> adopt(const Item& item, LegacyItem legacy);
  Result<bool> write(const Item& item, const Document& document);
  void leave_alone(const Item& item, std::string why);

  Home home_;
  aws::Pause& pause_;
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
  auto done = dynamo::run_side_by_side(home_.beside(), std::max(1U, options_.segments), [this](std::size_t segment) {
    return run_segment(static_cast<unsigned>(segment));
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return std::move(report_);
}

Result<void> Reindex::run_segment(unsigned segment) {
  const unsigned segments = std::max(1U, options_.segments);
  aws::ScanItems scan{.table = home_.documents(), .segment = segment, .segments = segments, .limit = kItemsInPage};
  scan.filter = "attribute_not_exists(" + scan.expression.name("_attempt") + ")";
  do {
    auto page = home_.db().scan(call_, scan);
    if (!page) return dynamo::fail_as(std::move(page.error()));
    {
      const std::lock_guard lock(mutex_);
      report_.looked_at += page->scanned;
    }
    for (const Item& item : page->items) {
      if (auto taken = take(item); !taken) return taken;
    }
    scan.start = std::move(page->next);
    const std::size_t rate = std::max<std::size_t>(1, options_.items_per_second);
    if (scan.start) pause_.wait(call_, std::chrono::milliseconds{page->scanned * 1000 * segments / rate});
    if (call_.stop.stop_requested()) return fail(ErrorCode::kCancelled, "reindex was stopped", Retry::kSafe);
  } while (scan.start);
  return {};
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

Result<ReindexReport> reindex_dynamodb(const DynamoDbStore::Parts& parts, aws::Pause& pause, const Call& call,
                                       const ReindexOptions& options, const ReadObject& read_object) {
  return Reindex(parts, pause, call, options, read_object).run();
}

}  // namespace lazaret
