// What is told of an object by reading it whole.
#include "app/examine.h"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"
#include "tests/support/memory_object_store.h"
#include "tests/support/scripted_inspector.h"
#include "tests/support/temporary_folder.h"

namespace lazaret {
namespace {

class ExamineTest : public testing::Test {
 protected:
  ExamineTest() {
    document_.s3_key = ObjectKey("documents/old-key.pdf");
    document_.filename = PatientText{"old.pdf"};
  }
  void put(std::string_view bytes) {
    auto file = spool_.create();
    ASSERT_TRUE(file->append(std::as_bytes(std::span(bytes.data(), bytes.size()))));
    ASSERT_TRUE(objects_.put({}, document_.s3_key, *std::move(*file).seal()));
  }
  Result<Examined> examine() { return examine_object({}, objects_, inspector_, spool_, document_); }

  testing_support::TemporaryFolder folder_;
  testing_support::ManualClock clock_;
  Spool spool_ = *Spool::open(folder_.path(), 1 << 20);
  testing_support::MemoryObjectStore objects_;
  testing_support::ScriptedInspector inspector_{clock_};
  Document document_;
};

TEST_F(ExamineTest, GivesSizeChecksumAndVerdictOfTheBytes) {
  put("%PDF-1.4 an old report");
  const auto examined = examine();
  ASSERT_TRUE(examined);
  EXPECT_EQ(examined->size, 22U);
  EXPECT_EQ(examined->checksum, sha256("%PDF-1.4 an old report"));
  EXPECT_EQ(examined->inspection.verdict.outcome, Outcome::kClean);
  EXPECT_EQ(inspector_.inspections(), 1);
}

TEST_F(ExamineTest, TakesAnEmptyObjectForWhatItIs) {
  put("");
  EXPECT_EQ(examine()->size, 0U);
}

TEST_F(ExamineTest, SaysThatThereIsNoObject) {
  EXPECT_EQ(examine().error().code, ErrorCode::kNotFound);
  EXPECT_EQ(inspector_.inspections(), 0);
}

}  // namespace
}  // namespace lazaret
