#include "inspect/protocol.h"

#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "inspect/wire_channel.h"

namespace lazaret::inspect {
namespace {

TEST(Protocol, HelloReadsBackAsItWasWritten) {
  const Hello hello{.layers = 31, .versions = "qpdf 11.3.0", .fault = "none"};
  EXPECT_EQ(*decode_hello(encode(hello)), hello);
}

TEST(Protocol, HelloCutsAndCleansItsTexts) {
  const auto hello = decode_hello(encode(Hello{.layers = 0, .versions = "a\nb", .fault = std::string(999, 'x')}));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->versions, "a?b");
  EXPECT_EQ(hello->fault.size(), 255U);
}

TEST(Protocol, EventReadsBackAsItWasWritten) {
  const Event event{.came = 7, .ended = 3, .status = -1};
  EXPECT_EQ(*decode_event(encode(event)), event);
}

TEST(Protocol, KillReadsBackAsItWasWritten) {
  EXPECT_EQ(*decode_kill(encode(Kill{42})), Kill{42});
}

TEST(Protocol, RefusesOneMessageInPlaceOfAnother) {
  EXPECT_FALSE(decode_hello(encode(Event{})));
  EXPECT_FALSE(decode_event(encode(Kill{1})));
  EXPECT_FALSE(decode_kill(encode(Event{})));
}

TEST(Protocol, RefusesCutMessages) {
  const std::string hello = encode(Hello{.layers = 1, .versions = "v", .fault = {}});
  EXPECT_FALSE(decode_hello(hello.substr(0, hello.size() - 1)));
  EXPECT_FALSE(decode_event(encode(Event{}) + "x"));
  EXPECT_FALSE(decode_kill(""));
}

TEST(Channel, CarriesAMessageWithItsDescriptor) {
  auto ends = make_channel();
  ASSERT_TRUE(ends);
  const UniqueFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(send_message(ends->first.get(), "hello", null.get()), Sent::kDone);
  const Received received = receive_message(ends->second.get(), 16, Descriptors::kOne);
  EXPECT_EQ(received.kind, Received::Kind::kMessage);
  EXPECT_EQ(received.bytes, "hello");
  EXPECT_TRUE(received.descriptor.valid());
}

TEST(Channel, TellsAnEndAfterReadingFromAnEndBefore) {
  auto ends = make_channel();
  auto others = make_channel();
  ASSERT_TRUE(ends && others);
  ends->second.reset();
  EXPECT_EQ(receive_message(ends->first.get(), 16, Descriptors::kNone).kind, Received::Kind::kEnd);
  ASSERT_EQ(send_message(others->first.get(), "unread"), Sent::kDone);
  others->second.reset();
  EXPECT_EQ(receive_message(others->first.get(), 16, Descriptors::kNone).kind, Received::Kind::kReset);
}

TEST(Channel, LosesAMessageThatIsTooLong) {
  auto ends = make_channel();
  ASSERT_TRUE(ends);
  ASSERT_EQ(send_message(ends->first.get(), std::string(17, 'x')), Sent::kDone);
  EXPECT_EQ(receive_message(ends->second.get(), 16, Descriptors::kNone).kind, Received::Kind::kTooLong);
}

TEST(Channel, TakesNoDescriptorThatIsNotAskedFor) {
  auto ends = make_channel();
  ASSERT_TRUE(ends);
  ASSERT_EQ(send_message(ends->first.get(), "x", STDIN_FILENO), Sent::kDone);
  EXPECT_EQ(receive_message(ends->second.get(), 16, Descriptors::kNone).kind, Received::Kind::kTooLong);
}

TEST(Channel, SendingToNobodyIsToldWithoutASignal) {
  auto ends = make_channel();
  ASSERT_TRUE(ends);
  ends->second.reset();
  EXPECT_EQ(send_message(ends->first.get(), "x"), Sent::kGone);
}

}  // namespace
}  // namespace lazaret::inspect
