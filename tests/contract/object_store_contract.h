// The contract of ObjectStore, run on every implementation. A backend joins with one INSTANTIATE_TEST_SUITE_P in a file
// of its own, naming its facts: what differs is declared there, and the tests do not know who is behind the port.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "intake/object_store.h"
#include "intake/spool.h"

namespace lazaret::contract {

// A store with nothing in it, and a spool whose blobs it takes.
class ObjectStoreHome {
 public:
  ObjectStoreHome() = default;
  ObjectStoreHome(const ObjectStoreHome&) = delete;
  ObjectStoreHome& operator=(const ObjectStoreHome&) = delete;
  virtual ~ObjectStoreHome() = default;
  virtual ObjectStore& store() = 0;
  virtual Spool& spool() = 0;
  // Ends the store object and makes another over the same data, as a restart does.
  virtual void reopen() = 0;
};

enum class Presigning : std::uint8_t { kNever, kAlways };
enum class BodyKind : std::uint8_t { kFile, kStream };
// What becomes of a put under a key that is taken. Nothing rests on it, for keys are never reused.
enum class TakenKeys : std::uint8_t {
  kRefused,
  kRefusedLater,   // and of several at once more than one may win
  kAsTheStoreCan,  // refused, or replaced whole
};

struct ObjectStoreFacts {
  std::string name;                                        // letters and digits
  std::function<std::unique_ptr<ObjectStoreHome>()> make;  // nullptr: there is no such server here
  BodyKind body = BodyKind::kFile;
  Presigning presigning = Presigning::kNever;
  TakenKeys taken_keys = TakenKeys::kRefused;
};

inline void PrintTo(const ObjectStoreFacts& facts, std::ostream* out) {
  *out << facts.name;
}

class ObjectStoreContract : public testing::TestWithParam<ObjectStoreFacts> {
 protected:
  ObjectStoreContract() : home_(GetParam().make()) {}
  void SetUp() override {
    if (!home_) GTEST_SKIP() << "its server could not be started; what it said stands above";
  }

  ObjectStore& store() { return home_->store(); }
  SealedBlob blob(std::string_view text);
  // A key of its own for each number, ascending.
  static ObjectKey key(std::uint64_t number);
  // All the bytes of a range, by whichever way the store gives them.
  Result<std::string> read(const ObjectKey& key, ByteRange range);
  Result<std::string> read_whole(const ObjectKey& key);

  std::unique_ptr<ObjectStoreHome> home_;
  Call call_;
};

}  // namespace lazaret::contract
