#include "metadata/dynamodb/gathered_reads.h"

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <initializer_list>
#include <mutex>
#include <new>
#include <numeric>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lazaret::dynamo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

DocumentId id_of(std::uint8_t number) {
  std::array<std::uint8_t, 16> bytes{};
  bytes.back() = number;
  return DocumentId(bytes);
}

aws::Item item_of(const DocumentId& id) {
  return {{"id", id.to_string()}};
}

std::string text_in(const Result<GatheredReads::Found>& result) {
  if (!result) return std::string(to_string(result.error().code));
  return *result ? *(*result)->at("id").get_if<std::string>() : "none";
}

// A table of one hundred documents. The reads that fill the places wait until they are let go; all others are answered
// at once. Readers get threads of their own.
class GatheredReadsTest : public testing::Test {
 protected:
  static constexpr std::uint8_t kDocuments = 100;

  Result<GatheredReads::Found> read_alone(const Call& call, const DocumentId& id) {
    if (note({id}) <= GatheredReads::kUnderWay && holds_) places_.acquire();
    if (call.stop.stop_requested()) return fail(ErrorCode::kCancelled, "called off");
    if (id >= id_of(kDocuments)) return GatheredReads::Found{};
    return item_of(id);
  }

  Result<std::map<DocumentId, aws::Item>> read_together(const Call& call, const std::vector<DocumentId>& ids) {
    note(ids);
    if (call.stop.stop_requested()) return fail(ErrorCode::kCancelled, "called off");
    if (many_run_out_of_memory_) throw std::bad_alloc();
    if (many_fail_as_) return fail(*many_fail_as_, "as the test wants");
    std::map<DocumentId, aws::Item> found;
    for (const DocumentId& id : ids) {
      if (id < id_of(kDocuments)) found.emplace(id, item_of(id));
    }
    return found;
  }

  void fill_every_place() {
    holds_ = true;
    for (std::size_t i = 0; i < GatheredReads::kUnderWay; ++i)
      start(static_cast<std::uint8_t>(i));
    wait_until([this] { return requests().size() == GatheredReads::kUnderWay; });
  }

  std::size_t start(std::uint8_t number, Call call = {}) {
    const std::size_t place = answers_.size();
    answers_.emplace_back();
    readers_.emplace_back([this, place, number, call = std::move(call)] {
      std::string answer = "no memory";
      try {
        answer = text_in(reads_.read(call, id_of(number)));
      } catch (const std::bad_alloc&) {  // stays what it is
      }
      const std::lock_guard lock(mutex_);
      answers_.at(place) = std::move(answer);
    });
    return place;
  }

  void start_waiting(std::uint8_t number, Call call = {}) {
    const std::size_t before = reads_.waiting();
    start(number, std::move(call));
    wait_until([&] { return reads_.waiting() == before + 1; });
  }

  // The answers of those who came after every place was full, in the order in which they came.
  std::vector<std::string> let_go_and_finish() {
    places_.release(1);
    for (std::size_t i = GatheredReads::kUnderWay; i < readers_.size(); ++i)
      readers_.at(i).join();
    places_.release(GatheredReads::kUnderWay - 1);
    for (std::size_t i = 0; i < GatheredReads::kUnderWay; ++i)
      readers_.at(i).join();
    return {answers_.begin() + GatheredReads::kUnderWay, answers_.end()};
  }
  bool is_answered(std::size_t place) {
    const std::lock_guard lock(mutex_);
    return !answers_.at(place).empty();
  }

  std::vector<std::vector<DocumentId>> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  // Requests after those that filled the places.
  std::vector<std::vector<DocumentId>> later_requests() {
    auto all = requests();
    all.erase(all.begin(), all.begin() + GatheredReads::kUnderWay);
    return all;
  }

  template <class Condition>
  static void wait_until(Condition condition) {
    while (!condition())
      std::this_thread::yield();
  }

  std::optional<ErrorCode> many_fail_as_;
  bool many_run_out_of_memory_ = false;

 private:
  std::size_t note(const std::vector<DocumentId>& ids) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(ids);
    return requests_.size();
  }

  std::mutex mutex_;
  std::atomic<bool> holds_ = false;
  std::counting_semaphore<> places_{0};
  std::vector<std::vector<DocumentId>> requests_;
  std::deque<std::string> answers_;

 protected:
  GatheredReads reads_{
      {[this](const Call& call, const DocumentId& id) { return read_alone(call, id); },
       [this](const Call& call, const std::vector<DocumentId>& ids) { return read_together(call, ids); }}};

 private:
  std::vector<std::jthread> readers_;
};

TEST_F(GatheredReadsTest, WhoComesAloneHasARequestOfItsOwn) {
  EXPECT_EQ(text_in(reads_.read({}, id_of(7))), id_of(7).to_string());
  EXPECT_EQ(text_in(reads_.read({}, id_of(200))), "none");
  EXPECT_THAT(requests(), ElementsAre(ElementsAre(id_of(7)), ElementsAre(id_of(200))));
}

TEST_F(GatheredReadsTest, ThoseWhoWaitGoTogetherAndEachGetsItsOwn) {
  fill_every_place();
  for (const std::uint8_t number : std::initializer_list<std::uint8_t>{20, 21, 200, 22})
    start_waiting(number);
  EXPECT_THAT(let_go_and_finish(),
              ElementsAre(id_of(20).to_string(), id_of(21).to_string(), "none", id_of(22).to_string()));
  EXPECT_THAT(later_requests(), ElementsAre(SizeIs(4)));
}

TEST_F(GatheredReadsTest, ADocumentThatManyWantIsAskedForOnceInARequest) {
  fill_every_place();
  for (int i = 0; i < 3; ++i)
    start_waiting(20);
  EXPECT_THAT(let_go_and_finish(), testing::Each(id_of(20).to_string()));
  EXPECT_THAT(later_requests(), ElementsAre(ElementsAre(id_of(20))));
}

TEST_F(GatheredReadsTest, NoRequestAsksForMoreThanDynamoDbTakes) {
  std::vector<std::uint8_t> wanted(GatheredReads::kMostTogether + 10);
  std::iota(wanted.begin(), wanted.end(), std::uint8_t{20});
  fill_every_place();
  for (const std::uint8_t number : wanted)
    start_waiting(number);
  let_go_and_finish();
  std::size_t asked = 0;
  for (const auto& request : later_requests()) {
    EXPECT_LE(request.size(), GatheredReads::kMostTogether);
    asked += request.size();
  }
  EXPECT_EQ(asked, wanted.size());
}

TEST_F(GatheredReadsTest, ADamagedItemIsTheFailureOfNoneThatWentWithIt) {
  many_fail_as_ = ErrorCode::kCorrupt;
  fill_every_place();
  for (const std::uint8_t number : std::initializer_list<std::uint8_t>{20, 21, 22})
    start_waiting(number);
  EXPECT_THAT(let_go_and_finish(), ElementsAre(id_of(20).to_string(), id_of(21).to_string(), id_of(22).to_string()));
}

TEST_F(GatheredReadsTest, ATableThatCannotBeReadIsAskedOnceForAll) {
  many_fail_as_ = ErrorCode::kUnavailable;
  fill_every_place();
  for (const std::uint8_t number : std::initializer_list<std::uint8_t>{20, 21, 22})
    start_waiting(number);
  EXPECT_THAT(let_go_and_finish(), ElementsAre("unavailable", "unavailable", "unavailable"));
  EXPECT_THAT(later_requests(), ElementsAre(SizeIs(3)));
}

TEST_F(GatheredReadsTest, TheEndOfACallIsThatOfNoOther) {
  many_fail_as_ = ErrorCode::kDeadline;
  fill_every_place();
  for (const std::uint8_t number : std::initializer_list<std::uint8_t>{20, 21, 22})
    start_waiting(number);
  EXPECT_THAT(let_go_and_finish(), ElementsAre("deadline", id_of(21).to_string(), id_of(22).to_string()));
}

TEST_F(GatheredReadsTest, ARequestThatRunsOutOfMemoryLeavesItsPlaceAndItsCompanyToOthers) {
  many_run_out_of_memory_ = true;
  fill_every_place();
  for (const std::uint8_t number : std::initializer_list<std::uint8_t>{20, 21, 22})
    start_waiting(number);
  EXPECT_THAT(let_go_and_finish(), ElementsAre("no memory", id_of(21).to_string(), id_of(22).to_string()));
  EXPECT_EQ(text_in(reads_.read({}, id_of(30))), id_of(30).to_string());
}

TEST_F(GatheredReadsTest, WhoIsCalledOffWhileWaitingLeavesTheOthersTheirTurn) {
  std::stop_source stop;
  fill_every_place();
  start_waiting(20, {.stop = stop.get_token()});
  start_waiting(21);
  stop.request_stop();
  wait_until([this] { return reads_.waiting() == 1; });
  EXPECT_THAT(let_go_and_finish(), ElementsAre("cancelled", id_of(21).to_string()));
  EXPECT_THAT(later_requests(), ElementsAre(ElementsAre(id_of(21))));
}

TEST_F(GatheredReadsTest, WhoseTimeEndsWhileWaitingIsToldSo) {
  fill_every_place();
  const auto late = start(20, {.deadline = std::chrono::steady_clock::now()});
  wait_until([&] { return is_answered(late); });
  EXPECT_THAT(let_go_and_finish(), ElementsAre("deadline"));
  EXPECT_THAT(later_requests(), IsEmpty());
}

TEST_F(GatheredReadsTest, PlacesAreFreeAgainAfterwards) {
  fill_every_place();
  start_waiting(20);
  let_go_and_finish();
  EXPECT_EQ(text_in(reads_.read({}, id_of(30))), id_of(30).to_string());
  EXPECT_THAT(requests().back(), ElementsAre(id_of(30)));
}

}  // namespace
}  // namespace lazaret::dynamo
