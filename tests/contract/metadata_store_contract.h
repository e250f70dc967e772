// The contract of MetadataStore, run on every implementation. A backend joins with one INSTANTIATE_TEST_SUITE_P in a
// file of its own, naming its facts: what differs is declared there, and the tests do not know who is behind the port.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "intake/metadata_store.h"
#include "tests/support/naive_metadata_store.h"
#include "tests/support/random_document.h"

namespace lazaret::contract {

// A store with nothing in it.
class MetadataStoreHome {
 public:
  MetadataStoreHome() = default;
  MetadataStoreHome(const MetadataStoreHome&) = delete;
  MetadataStoreHome& operator=(const MetadataStoreHome&) = delete;
  virtual ~MetadataStoreHome() = default;
  virtual MetadataStore& store() = 0;
  // Ends the store object and makes another over the same data, as a restart does.
  virtual void reopen() = 0;
};

// Whether totals under filters are exact up to kMaxExactTotal, or may say "at least" sooner.
enum class FilteredTotals : std::uint8_t { kExact, kMaySayAtLeast };

struct MetadataStoreFacts {
  std::string name;  // letters and digits
  std::function<std::unique_ptr<MetadataStoreHome>()> make;
  FilteredTotals filtered_totals = FilteredTotals::kExact;
  std::size_t random_documents = 3000;  // in the walks; fewer where every call crosses a network
  std::size_t random_queries = 400;
};

inline void PrintTo(const MetadataStoreFacts& facts, std::ostream* out) {
  *out << facts.name;
}

class MetadataStoreContract : public testing::TestWithParam<MetadataStoreFacts> {
 protected:
  MetadataStoreContract() : home_(GetParam().make()) {}

  MetadataStore& store() { return home_->store(); }

  // A reservation of this id's own attempt; the lease ends a minute after kNow.
  Reservation reservation(const DocumentId& id, std::uint64_t attempt = 1);
  Reservation reservation_under_key(const DocumentId& id, const std::string& key, const std::string& form = "form");
  Result<ReserveOutcome> reserve(const Reservation& reservation) { return store().reserve(call_, reservation); }
  // Through reserve and commit, and a replace where the document is a deleted one.
  void put(MetadataStore& store, Document document);
  void put(Document document) { put(store(), std::move(document)); }
  // One that matches the filters of no test by chance: available, no categories, "plain.pdf".
  Document plain(std::uint64_t number);
  // Names every document of the walk by its number, in order.
  std::vector<Document> walk(MetadataStore& store, Query query, std::vector<Total>* totals = nullptr);
  std::vector<DocumentId> ids(Query query);
  std::vector<OpenWork> open_work(Timestamp now, std::size_t limit = 100);
  // Random documents, crowded together, in the store and in the oracle; remembered in documents_.
  void fill(std::size_t count);
  // The same documents in the same order, and the same totals.
  void expect_same_walk(const Query& query);

  static DocumentId id_of(std::uint64_t number);
  static constexpr Timestamp kNow{std::chrono::milliseconds{1'800'000'000'000}};
  static constexpr std::chrono::minutes kLease{1};

  std::unique_ptr<MetadataStoreHome> home_;
  test::RandomDocuments random_{20'261'124};
  testing_support::NaiveMetadataStore oracle_;
  std::vector<Document> documents_;
  Call call_;
};

ErrorCode code_of(const auto& result) {
  EXPECT_FALSE(result.has_value());
  return result.has_value() ? ErrorCode::kInternal : result.error().code;
}

}  // namespace lazaret::contract
