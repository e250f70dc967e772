// The disk dies at its Nth change, and the power goes with it: what was acknowledged is there afterwards, what was not
// is there whole or not at all, and no index tells another story than the rows.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/fold.h"
#include "metadata/sqlite/connection.h"
#include "metadata/sqlite/store.h"
#include "tests/support/faulty_vfs.h"
#include "tests/support/random_document.h"
#include "tests/support/temporary_folder.h"

namespace lazaret {
namespace {

using testing_support::AfterFault;
using testing_support::FaultyVfs;
using testing_support::TemporaryFolder;

constexpr Timestamp kNow{std::chrono::milliseconds{1'800'000'000'000}};

// What a document may be found as: one entry when its last write was acknowledged, two when that is not known.
using Possible = std::vector<std::optional<Document>>;

class Script {
 public:
  // False once the disk has failed: the process would go on refusing, a test need not.
  void run(SqliteStore& store) {
    test::RandomDocuments random(5);
    std::vector<Document> documents;
    for (int i = 0; i < 6; ++i) {
      Document document = random.next();
      document.state = State::kAvailable;
      document.state_before_delete.reset();
      document.deleted_at.reset();
      document.version = 1;
      documents.push_back(document);
      store_one(store, document);
    }
    for (std::size_t i = 0; i < documents.size(); i += 2) {
      Document changed = documents[i];
      changed.version = 2;
      changed.processed = !changed.processed;
      changed.filename = PatientText{"renamed.pdf"};
      write(changed.id, changed, [&] { return store.replace({}, changed, 1).has_value(); });
    }
    write(documents[1].id, std::nullopt,
          [&] { return store.begin_removal({}, documents[1].id, {}, kNow).has_value(); });
  }
  const std::map<DocumentId, Possible>& possible() const { return possible_; }
  bool failed() const { return failed_; }

 private:
  void store_one(SqliteStore& store, const Document& document) {
    const Reservation reservation{.attempt = {document.id, AttemptId{1}},
                                  .s3_key = document.s3_key,
                                  .now = kNow,
                                  .lease_until = kNow + std::chrono::minutes{1},
                                  .idempotency = {}};
    possible_[document.id] = {std::nullopt};
    const auto reserved = store.reserve({}, reservation);
    failed_ = failed_ || !reserved;
    if (!reserved) return;
    write(document.id, document, [&] { return store.commit({}, document, AttemptId{1}, {}).has_value(); });
  }
  template <class Write>
  void write(const DocumentId& id, const std::optional<Document>& after, Write write) {
    Possible& found = possible_[id];
    if (write()) {
      found = {after};
    } else {
      failed_ = true;
      found.push_back(after);
    }
  }

  std::map<DocumentId, Possible> possible_;
  bool failed_ = false;
};

class SqliteFaults : public testing::Test {
 protected:
  static std::string path(const TemporaryFolder& folder) { return folder.path() / "metadata.sqlite"; }

  static void expect_sound(const std::string& path) {
    auto connection = sqlite::Connection::open({.path = path}).value();
    const auto answer = [&](std::string_view sql) {
      auto statement = connection->prepare(sql);
      EXPECT_TRUE(statement && statement->step().value_or(false)) << sql;
      return std::string(statement->text(0));
    };
    EXPECT_EQ(answer("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(answer("SELECT coalesce(sum(documents), 0) = (SELECT count(*) FROM documents) FROM facets"), "1");
    EXPECT_EQ(answer("SELECT count(*) FROM document_word WHERE serial NOT IN (SELECT serial FROM documents)"), "0");
    EXPECT_EQ(answer("SELECT count(*) FROM documents WHERE serial NOT IN (SELECT serial FROM document_word)"), "0");
    EXPECT_EQ(answer("SELECT count(*) FROM open_work WHERE id IN (SELECT id FROM documents)"), "0");
  }

  static void expect_possible(SqliteStore& store, const std::map<DocumentId, Possible>& possible) {
    for (const auto& [id, choices] : possible) {
      const auto got = store.get({}, id);
      if (!got) ASSERT_EQ(got.error().code, ErrorCode::kNotFound) << got.error().detail;
      const std::optional<Document> found = got ? std::optional(*got) : std::nullopt;
      EXPECT_THAT(choices, testing::Contains(found));
    }
  }

  // True: the script met the fault.
  static bool die_at(std::uint64_t change, int code, AfterFault after) {
    const TemporaryFolder folder;
    FaultyVfs vfs("faults-" + std::to_string(change));
    Script script;
    {
      auto store = SqliteStore::open({.path = path(folder), .readers = 1, .vfs = vfs.name()}).value();
      vfs.fail_change(change, code, after);
      script.run(*store);
      if (after == AfterFault::kRecovers) expect_possible(*store, script.possible());
    }
    vfs.cut_power();
    auto store = SqliteStore::open({.path = path(folder), .readers = 1}).value();
    expect_possible(*store, script.possible());
    store.reset();
    expect_sound(path(folder));
    return script.failed();
  }
};

TEST_F(SqliteFaults, NothingAcknowledgedIsLostWhenTheDiskDies) {
  std::uint64_t change = 1;
  while (change < 2000 && die_at(change, SQLITE_IOERR_WRITE, AfterFault::kStaysBroken)) {
    if (HasFailure()) FAIL() << "at change " << change;
    change += change < 40 ? 1 : 7;
  }
  EXPECT_GT(change, 40U) << "the script met the fault at every change up to its end";
}

TEST_F(SqliteFaults, OneFailedChangeIsNeverHalfAWrite) {
  for (std::uint64_t change = 1; change < 120; change += 5) {
    die_at(change, SQLITE_FULL, AfterFault::kRecovers);
    if (HasFailure()) FAIL() << "at change " << change;
  }
}

}  // namespace
}  // namespace lazaret
