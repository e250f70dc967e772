#include "tests/contract/object_store_contract.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace lazaret::contract {
namespace {

std::string read_file(const FileRange& range) {
  std::string text(range.length, '\0');
  const ssize_t got = pread(range.fd.get(), text.data(), text.size(), static_cast<off_t>(range.offset));
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

Result<std::string> read_stream(const Call& call, ByteStream& stream, std::size_t cap) {
  std::string text;
  std::array<std::byte, 1000> buffer{};
  while (text.size() <= cap) {
    const auto got = stream.read(call, buffer);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return text;
    text.append(reinterpret_cast<const char*>(buffer.data()), *got);
  }
  return fail(ErrorCode::kCorrupt, "more bytes than asked for");
}

}  // namespace

SealedBlob ObjectStoreContract::blob(std::string_view text) {
  auto file = home_->spool().create();
  EXPECT_TRUE(file.has_value());
  EXPECT_TRUE(file->append(std::as_bytes(std::span(text.data(), text.size()))).has_value());
  return std::move(*file).seal().value();
}

ObjectKey ObjectStoreContract::key(std::uint64_t number) {
  using std::chrono::days;
  const std::chrono::sys_days first = std::chrono::year{2026} / 11 / 24;
  std::array<std::uint8_t, 16> id{};
  id[14] = static_cast<std::uint8_t>(number >> 8U);
  id[15] = static_cast<std::uint8_t>(number);
  // One document a day; attempts descend, so that no order but the key's own comes out right by chance.
  return make_object_key(first + days{number}, DocumentId{id}, AttemptId{~number * 0x9e3779b97f4a7c15U});
}

Result<std::string> ObjectStoreContract::read(const ObjectKey& object, ByteRange range) {
  auto body = store().open(call_, object, range);
  if (!body) return std::unexpected(std::move(body).error());
  EXPECT_EQ(std::holds_alternative<FileRange>(*body), GetParam().body == BodyKind::kFile);
  if (const auto* file = std::get_if<FileRange>(&*body)) return read_file(*file);
  return read_stream(call_, *std::get<std::unique_ptr<ByteStream>>(*body), range.length);
}

Result<std::string> ObjectStoreContract::read_whole(const ObjectKey& object) {
  const auto stat = store().stat(call_, object);
  if (!stat) return std::unexpected(stat.error());
  return read(object, {0, stat->size});
}

namespace {

TEST_P(ObjectStoreContract, GivesBackTheBytesThatWerePut) {
  ASSERT_TRUE(store().put(call_, key(1), blob("some bytes")).has_value());
  EXPECT_EQ(read_whole(key(1)), "some bytes");
}

TEST_P(ObjectStoreContract, KeepsAnObjectWithoutAByte) {
  ASSERT_TRUE(store().put(call_, key(1), blob("")).has_value());
  EXPECT_EQ(store().stat(call_, key(1))->size, 0U);
  EXPECT_EQ(read(key(1), {0, 0}), "");
}

TEST_P(ObjectStoreContract, KeepsLargeObjectsWhole) {
  std::string text(9'000'001, '\0');
  for (std::size_t i = 0; i < text.size(); ++i)
    text[i] = static_cast<char>(i * 37 % 253);
  ASSERT_TRUE(store().put(call_, key(1), blob(text)).has_value());
  EXPECT_TRUE(read_whole(key(1)) == text);
}

TEST_P(ObjectStoreContract, GivesPartsOfAnObject) {
  ASSERT_TRUE(store().put(call_, key(1), blob("0123456789")).has_value());
  EXPECT_EQ(read(key(1), {0, 3}), "012");
  EXPECT_EQ(read(key(1), {4, 2}), "45");
  EXPECT_EQ(read(key(1), {9, 1}), "9");
  EXPECT_EQ(read(key(1), {0, 10}), "0123456789");
}

TEST_P(ObjectStoreContract, NeverGivesFewerBytesThanTheRangeAsks) {
  ASSERT_TRUE(store().put(call_, key(1), blob("0123456789")).has_value());
  for (const ByteRange range : {ByteRange{0, 11}, ByteRange{10, 1}, ByteRange{11, 0}, ByteRange{5, ~std::uint64_t{0}},
                                ByteRange{~std::uint64_t{0}, 2}}) {
    EXPECT_FALSE(read(key(1), range).has_value()) << range.offset << "+" << range.length;
  }
}

TEST_P(ObjectStoreContract, KnowsTheSize) {
  ASSERT_TRUE(store().put(call_, key(1), blob("twelve bytes")).has_value());
  const auto stat = store().stat(call_, key(1));
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->size, 12U);
}

TEST_P(ObjectStoreContract, FindsNothingUnderAKeyThatWasNeverPut) {
  const auto body = store().open(call_, key(1), {0, 0});
  ASSERT_FALSE(body.has_value());
  EXPECT_EQ(body.error().code, ErrorCode::kNotFound);
  const auto stat = store().stat(call_, key(1));
  ASSERT_FALSE(stat.has_value());
  EXPECT_EQ(stat.error().code, ErrorCode::kNotFound);
}

TEST_P(ObjectStoreContract, RefusesATakenKeyAndKeepsWhatIsThere) {
  ASSERT_TRUE(store().put(call_, key(1), blob("first")).has_value());
  const auto second = store().put(call_, key(1), blob("second"));
  if (second.has_value() && GetParam().taken_keys == TakenKeys::kAsTheStoreCan) {
    EXPECT_EQ(read_whole(key(1)), "second");
    return;
  }
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(read_whole(key(1)), "first");
}

TEST_P(ObjectStoreContract, LetsExactlyOneOfManyPutsOfOneKeyWin) {
  constexpr int kPutters = 8;
  std::vector<SealedBlob> blobs;
  for (int i = 0; i < kPutters; ++i)
    blobs.push_back(blob("from " + std::to_string(i)));
  std::atomic<int> won = 0;
  std::atomic<int> winner = -1;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kPutters; ++i) {
      threads.emplace_back([&, i] {
        if (!store().put(call_, key(1), blobs[static_cast<std::size_t>(i)])) return;
        ++won;
        winner = i;
      });
    }
  }
  if (GetParam().taken_keys != TakenKeys::kRefused) {
    EXPECT_GE(won, 1);
    EXPECT_EQ(read_whole(key(1)).value_or("").substr(0, 5), "from ");
    return;
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(read_whole(key(1)), "from " + std::to_string(winner));
}

TEST_P(ObjectStoreContract, TakesManyPutsAtOnce) {
  constexpr std::uint64_t kPutters = 8;
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t i = 0; i < kPutters; ++i) {
      threads.emplace_back(
          [&, i] { EXPECT_TRUE(store().put(call_, key(i), blob("object " + std::to_string(i))).has_value()); });
    }
  }
  for (std::uint64_t i = 0; i < kPutters; ++i)
    EXPECT_EQ(read_whole(key(i)), "object " + std::to_string(i));
}

TEST_P(ObjectStoreContract, MakesNothingVisibleByPreparing) {
  const SealedBlob prepared = blob("prepared");
  ASSERT_TRUE(store().prepare(call_, prepared).has_value());
  ASSERT_TRUE(store().prepare(call_, prepared).has_value());
  EXPECT_EQ(store().list(call_, "", {}, 10), std::vector<ObjectKey>{});
}

TEST_P(ObjectStoreContract, PutsWhatWasPrepared) {
  const SealedBlob prepared = blob("prepared");
  ASSERT_TRUE(store().prepare(call_, prepared).has_value());
  ASSERT_TRUE(store().put(call_, key(1), prepared).has_value());
  EXPECT_EQ(read_whole(key(1)), "prepared");
}

TEST_P(ObjectStoreContract, KeepsObjectsLongerThanTheirBlobs) {
  {
    const SealedBlob sealed = blob("outlives its blob");
    ASSERT_TRUE(store().put(call_, key(1), sealed).has_value());
  }
  EXPECT_EQ(read_whole(key(1)), "outlives its blob");
}

TEST_P(ObjectStoreContract, KeepsObjectsAcrossARestart) {
  ASSERT_TRUE(store().put(call_, key(1), blob("still here")).has_value());
  home_->reopen();
  EXPECT_EQ(read_whole(key(1)), "still here");
}

TEST_P(ObjectStoreContract, RemovesAnObject) {
  ASSERT_TRUE(store().put(call_, key(1), blob("bytes")).has_value());
  ASSERT_TRUE(store().put(call_, key(2), blob("other")).has_value());
  ASSERT_TRUE(store().remove(call_, key(1)).has_value());
  EXPECT_EQ(store().stat(call_, key(1)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read_whole(key(2)), "other");
}

TEST_P(ObjectStoreContract, RemovesWhatIsNotThereWithSuccess) {
  EXPECT_TRUE(store().remove(call_, key(1)).has_value());
  ASSERT_TRUE(store().put(call_, key(1), blob("bytes")).has_value());
  EXPECT_TRUE(store().remove(call_, key(1)).has_value());
  EXPECT_TRUE(store().remove(call_, key(1)).has_value());
}

TEST_P(ObjectStoreContract, ListsKeysInOrder) {
  std::vector<ObjectKey> expected;
  for (std::uint64_t i = 0; i < 20; ++i)
    expected.push_back(key(i));
  for (const unsigned i : {7U, 3U, 19U, 0U, 12U, 5U, 18U, 1U, 9U, 14U, 2U, 16U, 8U, 4U, 11U, 6U, 17U, 10U, 15U, 13U})
    ASSERT_TRUE(store().put(call_, key(i), blob("x")).has_value());
  ASSERT_TRUE(std::ranges::is_sorted(expected));
  EXPECT_EQ(store().list(call_, "", {}, 100), expected);
}

TEST_P(ObjectStoreContract, WalksItsKeysPageByPageWithoutSkippingOrRepeating) {
  std::vector<ObjectKey> expected;
  for (std::uint64_t i = 0; i < 10; ++i) {
    expected.push_back(key(i));
    ASSERT_TRUE(store().put(call_, key(i), blob("x")).has_value());
  }
  std::vector<ObjectKey> walked;
  ObjectKey after;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = store().list(call_, "", after, 3);
    ASSERT_TRUE(page.has_value());
    ASSERT_LE(page->size(), 3U);
    if (page->empty()) break;
    walked.insert(walked.end(), page->begin(), page->end());
    after = page->back();
  }
  EXPECT_EQ(walked, expected);
}

TEST_P(ObjectStoreContract, ListsOnlyKeysThatStartWithThePrefix) {
  for (std::uint64_t i = 0; i < 10; ++i)
    ASSERT_TRUE(store().put(call_, key(i), blob("x")).has_value());
  EXPECT_EQ(store().list(call_, "medical_documents/2026/11/26/", {}, 10), (std::vector{key(2)}));
  EXPECT_EQ(store().list(call_, "medical_documents/2026/12/", {}, 2), (std::vector{key(7), key(8)}));
  EXPECT_EQ(store().list(call_, "elsewhere/", {}, 10), std::vector<ObjectKey>{});
}

TEST_P(ObjectStoreContract, PresignsWhereItSaysSo) {
  ASSERT_TRUE(store().put(call_, key(1), blob("bytes")).has_value());
  const auto url = store().presign(call_, key(1), {});
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->has_value(), GetParam().presigning == Presigning::kAlways);
}

TEST_P(ObjectStoreContract, SaysThatItIsReady) {
  EXPECT_TRUE(store().probe(call_).has_value());
  EXPECT_EQ(store().list(call_, "", {}, 10), std::vector<ObjectKey>{});
}

}  // namespace
}  // namespace lazaret::contract
