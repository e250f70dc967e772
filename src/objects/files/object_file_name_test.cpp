#include "objects/files/object_file_name.h"

#include <array>
#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace lazaret {
namespace {

const DocumentId kId = *DocumentId::parse("0198c2f4-7d5a-7abc-8def-0123456789ab");
const AttemptId kAttempt{0x0123456789abcdefU};
constexpr Timestamp kDay = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24};

TEST(ObjectFileName, TakesTheFolderFromTheAttemptsLastByte) {
  const auto place = object_place(make_object_key(kDay, kId, kAttempt));
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->folder, "ef");
  EXPECT_EQ(place->name, "20261124-0198c2f4-7d5a-7abc-8def-0123456789ab-0123456789abcdef");
}

TEST(ObjectFileName, GivesBackTheWholeKey) {
  const ObjectKey key = make_object_key(kDay, kId, kAttempt);
  EXPECT_EQ(object_key_of(object_place(key)->name), key);
}

TEST(ObjectFileName, AnOriginalLiesBesideWhatIsServed) {
  const ObjectKey served = make_object_key(kDay, kId, kAttempt);
  const ObjectKey original = original_object_key(served);
  const auto place = object_place(original);
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->folder, object_place(served)->folder);
  EXPECT_EQ(place->name, object_place(served)->name + ".original");
  EXPECT_EQ(object_key_of(place->name), original);
  EXPECT_FALSE(object_place(original_object_key(original)).has_value());
  EXPECT_FALSE(object_key_of(place->name + ".original").has_value());
}

TEST(ObjectFileName, HasNoPlaceForAKeyOfAnotherForm) {
  const std::string good = make_object_key(kDay, kId, kAttempt).text();
  const std::array<std::string, 14> bad{
      "",
      "/",
      "../../../../etc/passwd",
      good + "/",
      good + "0",
      "/" + good,
      good.substr(1),
      "medical_documents/2026/11/24/../../../../../../../../../../../../../../../../etc/passwd00000000000",
      "medical_documents/2026/13/24/0198c2f4-7d5a-7abc-8def-0123456789ab/0123456789abcdef",
      "medical_documents/2026-11-24/0198c2f4-7d5a-7abc-8def-0123456789ab/0123456789abcdef",
      "medical_documents/2026/11/24/0198C2F4-7d5a-7abc-8def-0123456789ab/0123456789abcdef",
      "medical_documents/2026/11/24/0198c2f4-7d5a-7abc-8def-0123456789ab/0123456789abcdeF",
      "medical_documents/2026/11/24/0198c2f4-7d5a-7abc-8def-0123456789ab/0123456789abcd/f",
      std::string("medical_documents/2026/11/24/0198c2f4-7d5a-7abc-8def-0123456789ab/0123456789abcd\0f", 82),
  };
  for (const std::string& text : bad)
    EXPECT_FALSE(object_place(ObjectKey{text}).has_value()) << text;
}

TEST(ObjectFileName, SeesNoObjectInAForeignName) {
  for (const char* name : {".", "..", "lost+found", "20261124-0198c2f4-7d5a-7abc-8def-0123456789ab",
                           "20261324-0198c2f4-7d5a-7abc-8def-0123456789ab-0123456789abcdef",
                           "20261124_0198c2f4-7d5a-7abc-8def-0123456789ab-0123456789abcdef"}) {
    EXPECT_FALSE(object_key_of(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace lazaret
