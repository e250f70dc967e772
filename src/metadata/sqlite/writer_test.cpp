// The writer: what is told to whom when writes are committed together, fail, or are no longer waited for.
#include "metadata/sqlite/writer.h"

#include <future>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/unique_fd.h"
#include "tests/support/faulty_vfs.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::sqlite {
namespace {

using testing_support::AfterFault;
using testing_support::FaultyVfs;
using testing_support::TemporaryFolder;

class WriterTest : public testing::Test {
 protected:
  void SetUp() override {
    const UniqueFd file(::open(path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(file.valid());
  }
  std::string path() const { return folder_.path() / "writer.sqlite"; }
  std::unique_ptr<Connection> connection(Access access) {
    auto made = Connection::open({.path = path(), .vfs = vfs_.name(), .access = access});
    return made ? std::move(*made) : nullptr;
  }
  std::unique_ptr<Writer> writer(Writer::Options options = {}) {
    auto made = connection(Access::kReadWrite);
    EXPECT_TRUE(made->execute("PRAGMA journal_mode = WAL; CREATE TABLE rows (number INTEGER PRIMARY KEY)"));
    return std::make_unique<Writer>(std::move(made), options);
  }
  static Writer::Work insert(int number) {
    return [number](WriteContext& context) {
      return context.connection.execute("INSERT INTO rows VALUES (" + std::to_string(number) + ")");
    };
  }
  std::int64_t rows() {
    const auto reader = connection(Access::kReadOnly);
    auto count = reader->prepare("SELECT count(*) FROM rows");
    EXPECT_TRUE(count && count->step());
    return count->integer(0);
  }
  // Holds the writer inside its next transaction until the gate is opened.
  struct Gate {
    std::promise<void> reached;
    std::promise<void> opened;
    std::jthread holder;
    void open() {
      opened.set_value();
      holder.join();
    }
  };
  static std::unique_ptr<Gate> hold(Writer& writer) {
    auto gate = std::make_unique<Gate>();
    gate->holder = std::jthread([&writer, raw = gate.get()] {
      EXPECT_TRUE(writer.write({}, [raw](WriteContext&) -> Result<void> {
        raw->reached.set_value();
        raw->opened.get_future().wait();
        return {};
      }));
    });
    gate->reached.get_future().wait();
    return gate;
  }
  static void wait_for_queue(const Writer& writer, std::size_t count) {
    while (writer.queued() < count)
      std::this_thread::yield();
  }

  TemporaryFolder folder_;
  FaultyVfs vfs_{"writer-test"};
  Call call_;
};

TEST_F(WriterTest, CommitsWhatWaitsTogether) {
  const auto writes = writer();
  auto gate = hold(*writes);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] { EXPECT_TRUE(writes->write({}, insert(i))); });
  wait_for_queue(*writes, 8);
  const std::uint64_t syncs = vfs_.syncs();
  gate->open();
  threads.clear();
  EXPECT_EQ(rows(), 8);
  EXPECT_EQ(vfs_.syncs() - syncs, 1U) << "eight writes, one sync";
}

TEST_F(WriterTest, ARefusedWriteTakesOnlyItselfBack) {
  const auto writes = writer();
  auto gate = hold(*writes);
  std::jthread good([&] { EXPECT_TRUE(writes->write({}, insert(1))); });
  std::jthread bad([&] {
    const auto written = writes->write({}, [](WriteContext& context) -> Result<void> {
      EXPECT_TRUE(context.connection.execute("INSERT INTO rows VALUES (2)"));
      return fail(ErrorCode::kConflict, "refused after it wrote");
    });
    EXPECT_EQ(written.error().code, ErrorCode::kConflict);
  });
  wait_for_queue(*writes, 2);
  gate->open();
  good.join();
  bad.join();
  EXPECT_EQ(rows(), 1);
}

TEST_F(WriterTest, ARefusedWriteThatCameAloneIsTakenBack) {
  const auto writes = writer();
  const auto written = writes->write({}, [](WriteContext& context) -> Result<void> {
    EXPECT_TRUE(context.connection.execute("INSERT INTO rows VALUES (2)"));
    return fail(ErrorCode::kConflict, "refused after it wrote");
  });
  EXPECT_EQ(written.error().code, ErrorCode::kConflict);
  EXPECT_EQ(written.error().retry, Retry::kNever);
  EXPECT_TRUE(writes->write({}, insert(1)));
  EXPECT_EQ(rows(), 1);
}

TEST_F(WriterTest, AFailedCommitFailsEveryoneWhoWaits) {
  const auto writes = writer();
  auto gate = hold(*writes);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&, i] {
      const auto written = writes->write({}, insert(i));
      ASSERT_FALSE(written);
      EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
      EXPECT_EQ(written.error().retry, Retry::kAmbiguous);
    });
  }
  wait_for_queue(*writes, 5);
  vfs_.fail_sync(1);
  gate->open();
  threads.clear();
  EXPECT_EQ(rows(), 0);
  EXPECT_TRUE(writes->write({}, insert(1))) << "the next transaction is whole again";
  EXPECT_EQ(rows(), 1);
}

TEST_F(WriterTest, AFullDiskIsUnavailable) {
  const auto writes = writer();
  vfs_.fail_change(1, SQLITE_FULL, AfterFault::kRecovers);
  const auto written = writes->write({}, insert(1));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(written.error().retry, Retry::kNever);
  EXPECT_EQ(rows(), 0);
}

TEST_F(WriterTest, ADeadlineThatComesInTheQueueTakesTheWriteBack) {
  const auto writes = writer();
  auto gate = hold(*writes);
  const Call late{.deadline = std::chrono::steady_clock::time_point::min(), .stop = {}, .request_id = {}};
  const auto written = writes->write(late, insert(1));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kDeadline);
  EXPECT_EQ(written.error().retry, Retry::kSafe);
  gate->open();
  EXPECT_TRUE(writes->write({}, insert(2)));
  EXPECT_EQ(rows(), 1);
}

TEST_F(WriterTest, AStopThatComesWhileTheWriteRunsIsAmbiguous) {
  const auto writes = writer();
  std::stop_source stop;
  std::promise<void> reached;
  std::promise<void> opened;
  std::jthread stopper([&] {
    reached.get_future().wait();
    stop.request_stop();
  });
  const Call call{.deadline = std::chrono::steady_clock::time_point::max(), .stop = stop.get_token(), .request_id = {}};
  const auto written = writes->write(call, [&](WriteContext& context) {
    auto done = insert(1)(context);
    reached.set_value();
    opened.get_future().wait();
    return done;
  });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(written.error().retry, Retry::kAmbiguous);
  opened.set_value();
  EXPECT_TRUE(writes->write({}, insert(2)));
  EXPECT_EQ(rows(), 2) << "it was applied all the same";
}

TEST_F(WriterTest, AFullQueueIsOverloaded) {
  const auto writes = writer({.queue_limit = 1});
  auto gate = hold(*writes);
  std::jthread waiting([&] { EXPECT_TRUE(writes->write({}, insert(1))); });
  wait_for_queue(*writes, 1);
  const auto written = writes->write({}, insert(2));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(written.error().retry, Retry::kSafe);
  gate->open();
}

TEST_F(WriterTest, AForeignLockIsUnavailableAndNeverBusy) {
  const auto writes = writer();
  auto foreign = connection(Access::kReadWrite);
  ASSERT_TRUE(foreign->execute("BEGIN IMMEDIATE"));
  auto impatient = Connection::open(
      {.path = path(), .vfs = vfs_.name(), .access = Access::kReadWrite, .busy_timeout = std::chrono::milliseconds{1}});
  ASSERT_TRUE(impatient);
  Writer second(std::move(*impatient), {});
  const auto written = second.write({}, insert(1));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(written.error().retry, Retry::kSafe);
}

TEST_F(WriterTest, TheGenerationGrowsWithChangesOfDocumentsOnly) {
  const auto writes = writer();
  ASSERT_TRUE(writes->write({}, insert(1)));
  EXPECT_EQ(writes->generation(), 0U);
  ASSERT_TRUE(writes->write({}, [](WriteContext& context) -> Result<void> {
    context.touched_documents = true;
    return insert(2)(context);
  }));
  EXPECT_EQ(writes->generation(), 1U);
}

TEST_F(WriterTest, TheLogStaysBoundedUnderALongRunOfWrites) {
  const auto writes = writer({.checkpoint_pages = 10});
  for (int i = 0; i < 500; ++i)
    ASSERT_TRUE(writes->write({}, insert(i)));
  EXPECT_LT(std::filesystem::file_size(path() + "-wal"), 60U * 4200U);
}

}  // namespace
}  // namespace lazaret::sqlite
