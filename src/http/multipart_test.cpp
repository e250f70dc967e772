#include "http/multipart.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/message.h"

namespace lazaret::http {
namespace {

// Everything a parse did, in one comparable string.
class Recorder final : public MultipartHandler {
 public:
  Flow part_begin(PartHead head) override {
    log_ += "[" + head.name;
    if (head.filename) log_ += "|" + head.filename->text();
    if (!head.content_type.empty()) log_ += "|" + head.content_type;
    log_ += ":";
    return stop_at_begin ? Flow::kStop : Flow::kContinue;
  }
  Flow part_data(std::span<const std::byte> bytes) override {
    EXPECT_FALSE(bytes.empty());
    log_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Flow::kContinue;
  }
  Flow part_end() override {
    log_ += "]";
    return Flow::kContinue;
  }
  const std::string& log() const { return log_; }
  bool stop_at_begin = false;

 private:
  std::string log_;
};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

struct Outcome {
  std::string log;
  std::optional<MultipartFault> fault;
  bool operator==(const Outcome&) const = default;
};

Outcome parse_in_pieces(const std::vector<std::string_view>& pieces, std::string_view boundary = "b",
                        MultipartLimits limits = {}) {
  Recorder recorder;
  MultipartParser parser(boundary, limits, recorder);
  MultipartResult result;
  for (const std::string_view piece : pieces) {
    result = parser.feed(bytes_of(piece));
    if (!result) break;
  }
  if (result) result = parser.finish();
  return {recorder.log(), result ? std::nullopt : std::optional(result.error())};
}

Outcome parse(std::string_view body, std::string_view boundary = "b", MultipartLimits limits = {}) {
  return parse_in_pieces({body}, boundary, limits);
}

std::string field(std::string_view name, std::string_view value) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" + std::string(value) +
         "\r\n";
}

std::string with_head(std::string_view head) {
  return "--b\r\n" + std::string(head) + "\r\n\r\nx\r\n--b--\r\n";
}

Outcome parse_disposition(std::string_view parameters) {
  return parse(with_head("Content-Disposition: form-data; " + std::string(parameters)));
}

const char* const kForm =
    "--b\r\nContent-Disposition: form-data; name=\"categories\"\r\n\r\nlab_results\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n"
    "%PDF\r\n-\r\n--\r\r\n--\r\n--a\r\n\r\n--b\r\nContent-Disposition: form-data; "
    "name=\"metadata\"\r\n\r\n{}\r\n--b--\r\n";

TEST(Multipart, GivesFieldsAndFilesInTheirOrder) {
  EXPECT_EQ(parse(kForm).log,
            "[categories:lab_results][file|a.pdf|application/pdf:%PDF\r\n-\r\n--\r\r\n--\r\n--a\r\n][metadata:{}]");
  EXPECT_EQ(parse(kForm).fault, std::nullopt);
}

TEST(Multipart, GivesTheSameEventsForEverySplitInTwo) {
  const std::string_view form = kForm;
  const Outcome whole = parse(form);
  for (std::size_t cut = 0; cut <= form.size(); ++cut)
    EXPECT_EQ(parse_in_pieces({form.substr(0, cut), form.substr(cut)}), whole) << cut;
}

TEST(Multipart, GivesTheSameEventsForRandomPiecesOfRandomForms) {
  std::mt19937 random(7);  // fixed: a failure can be repeated
  constexpr std::string_view kAlphabet[] = {"\r",      "\n",     "-", "--",    "b",
                                            "\r\n--b", "\r\n--", "x", "--b--", "\r\n--b\r\n"};
  for (int round = 0; round < 2000; ++round) {
    std::string body = random() % 4 == 0 ? "preamble\r\n" : "";
    body +=
        "--b\r\nContent-Disposition: form-data; name=n" + std::string(random() % 2 ? "; filename=f" : "") + "\r\n\r\n";
    for (auto count = random() % 12; count > 0; --count)
      body += kAlphabet[random() % std::size(kAlphabet)];
    body += "\r\n--b--";
    std::vector<std::string_view> pieces;
    for (std::string_view rest = body; !rest.empty();) {
      const std::size_t size = std::min<std::size_t>(rest.size(), 1 + random() % 5);
      pieces.push_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    EXPECT_EQ(parse_in_pieces(pieces), parse(body)) << body;
  }
}

TEST(Multipart, HandsFileBytesOnWithoutACopy) {
  struct Spans final : MultipartHandler {
    Flow part_begin(PartHead) override { return Flow::kContinue; }
    Flow part_data(std::span<const std::byte> bytes) override {
      first = bytes.data();
      return Flow::kContinue;
    }
    Flow part_end() override { return Flow::kContinue; }
    const std::byte* first = nullptr;
  } spans;
  MultipartParser parser("b", {}, spans);
  const std::string data(1000, 'x');
  ASSERT_TRUE(parser.feed(bytes_of("--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\ny")));
  ASSERT_TRUE(parser.feed(bytes_of(data)));
  EXPECT_EQ(static_cast<const void*>(spans.first), static_cast<const void*>(data.data()));
}

TEST(Multipart, TakesAnEmptyPartInBothSpellings) {
  EXPECT_EQ(parse("--b\r\nContent-Disposition: form-data; name=n\r\n\r\n\r\n--b--\r\n").log, "[n:]");
  EXPECT_EQ(parse("--b\r\nContent-Disposition: form-data; name=n\r\n\r\n--b--\r\n").log, "[n:]");
}

TEST(Multipart, TakesAFormWithoutParts) {
  EXPECT_EQ(parse("--b--\r\n"), (Outcome{"", std::nullopt}));
}

TEST(Multipart, TakesAShortPreambleAndPaddingAndEpilogue) {
  EXPECT_EQ(parse("hello\r\n--b \t\r\nContent-Disposition: form-data; name=n\r\n\r\nv\r\n--b-- \r\nbye"),
            (Outcome{"[n:v]", std::nullopt}));
}

TEST(Multipart, ReadsFileNamesAsBrowsersAndToolsWriteThem) {
  const struct {
    const char* parameters;
    const char* log;
  } cases[] = {
      {R"(name="file"; filename="a b.pdf")", "[file|a b.pdf:x]"},
      {R"(name="file"; filename="a%22b%0D%0Ac.pdf")", "[file|a\"b\r\nc.pdf:x]"},
      {R"(name="file"; filename="100%25.pdf")", "[file|100%25.pdf:x]"},
      {R"(name="file"; filename="a\"b\\c.pdf")", "[file|a\"b\\c.pdf:x]"},
      {R"(name="file"; filename="C:\docs\a.pdf")", "[file|C:\\docs\\a.pdf:x]"},
      {R"(name="file"; filename="a; name=evil.pdf")", "[file|a; name=evil.pdf:x]"},
      {R"(name="file"; filename="")", "[file|:x]"},
      {R"(name="file"; filename="Befund-ä.pdf")", "[file|Befund-ä.pdf:x]"},
      {R"(name="file"; filename*=UTF-8''Befund-%C3%A4.pdf)", "[file|Befund-ä.pdf:x]"},
      {R"(name="file"; filename*=utf-8'de'%e2%82%ac.pdf)", "[file|€.pdf:x]"},
      {R"(name="file"; filename="plain.pdf"; filename*=UTF-8''better.pdf)", "[file|better.pdf:x]"},
      {R"(name="file"; filename*=UTF-8''better.pdf; filename="plain.pdf")", "[file|better.pdf:x]"},
      {R"(NAME=file; FileName=a.pdf)", "[file|a.pdf:x]"},
      {R"(name=file ; filename=a.pdf ;)", "[file|a.pdf:x]"},
  };
  for (const auto& one : cases)
    EXPECT_EQ(parse_disposition(one.parameters), (Outcome{one.log, std::nullopt})) << one.parameters;
}

TEST(Multipart, RefusesDispositionsThatCanBeReadInTwoWays) {
  const struct {
    std::string parameters;
    MultipartFault fault;
  } cases[] = {
      {R"(filename="a.pdf")", MultipartFault::kBadDisposition},
      {R"(name="a"; name="b")", MultipartFault::kBadDisposition},
      {R"(name="a"; filename="a"; FILENAME="b")", MultipartFault::kBadDisposition},
      {R"(name="a)", MultipartFault::kBadDisposition},
      {R"(name="a\")", MultipartFault::kBadDisposition},
      {R"(name=)", MultipartFault::kBadDisposition},
      {R"(name = a)", MultipartFault::kBadDisposition},
      {R"(name="a"filename="b")", MultipartFault::kBadDisposition},
      {R"(name=a b)", MultipartFault::kBadDisposition},
      {R"(name=a; filename*="UTF-8''a")", MultipartFault::kBadDisposition},
      {R"(name=a; filename*=UTF-8'a)", MultipartFault::kBadDisposition},
      {R"(name=a; filename*=UTF-8''%4)", MultipartFault::kBadDisposition},
      {R"(name=a; filename*=UTF-8''%00a)", MultipartFault::kBadDisposition},
      {R"(name=a; filename*=ISO-8859-1''a)", MultipartFault::kNotUtf8},
      {R"(name=a; filename=good; filename*=UTF-8''%ff)", MultipartFault::kNotUtf8},
      {"name=a; filename=\"\xff\"; filename*=UTF-8''good", MultipartFault::kNotUtf8},
      {"name=\"\xc3\"", MultipartFault::kNotUtf8},
  };
  for (const auto& one : cases)
    EXPECT_EQ(parse_disposition(one.parameters).fault, one.fault) << one.parameters;
}

TEST(Multipart, RefusesHeadsThatAreNotWellFormed) {
  const std::string fine = "Content-Disposition: form-data; name=n\r\n";
  const struct {
    std::string head;
    MultipartFault fault;
  } cases[] = {
      {"Content-Type: text/plain", MultipartFault::kBadDisposition},
      {"Content-Disposition: attachment; name=n", MultipartFault::kBadDisposition},
      {fine + "Content-Disposition: form-data; name=n", MultipartFault::kRepeatedPartHeader},
      {fine + "Content-Type: a/b\r\nContent-Type: a/b", MultipartFault::kRepeatedPartHeader},
      {fine + "Content-Type : a/b", MultipartFault::kBadPartHeader},
      {fine + " folded", MultipartFault::kBadPartHeader},
      {fine + "X-Y: a\nb", MultipartFault::kBadPartHeader},
      {fine + "X-Y: a\rb", MultipartFault::kBadPartHeader},
      {fine + std::string("X-Y: a\0b", 8), MultipartFault::kBadPartHeader},
      {fine + "X Y: a", MultipartFault::kBadPartHeader},
      {fine + "colonless", MultipartFault::kBadPartHeader},
      {fine + ": a", MultipartFault::kBadPartHeader},
      {fine + "Content-Type: pdf", MultipartFault::kBadPartType},
      {fine + "Content-Type: application/pdf; x", MultipartFault::kBadPartType},
      {fine + "Content-Type: multipart/mixed; boundary=c", MultipartFault::kNestedMultipart},
      {fine + "Content-Transfer-Encoding: base64", MultipartFault::kEncodedPart},
      {fine + "Content-Transfer-Encoding: quoted-printable", MultipartFault::kEncodedPart},
  };
  for (const auto& one : cases)
    EXPECT_EQ(parse(with_head(one.head)).fault, one.fault) << one.head;
  EXPECT_EQ(parse("--b\r\n\r\nx\r\n--b--\r\n").fault, MultipartFault::kBadDisposition);
}

TEST(Multipart, IgnoresHeadersItDoesNotKnowAndPlainEncodings) {
  EXPECT_EQ(parse(with_head("X-Y:\tz \r\nContent-Transfer-Encoding: 8BIT\r\nContent-Disposition: form-data; name=n")),
            (Outcome{"[n:x]", std::nullopt}));
}

TEST(Multipart, RefusesABoundaryThatDoesNotEndItsLine) {
  for (const char* tail : {"x\r\n", "-x", "-\r\n", "\n", " x", "\rx", "\r\r\n"})
    EXPECT_EQ(parse("--b" + std::string(tail)).fault, MultipartFault::kBadDelimiter) << tail;
  for (const char* tail : {"x", "\n", "-", "\rx"})
    EXPECT_EQ(parse("--b--" + std::string(tail)).fault, MultipartFault::kBadDelimiter) << tail;
  EXPECT_EQ(parse("--b" + std::string(100, ' ')).fault, MultipartFault::kBadDelimiter);
}

TEST(Multipart, RefusesABodyThatEndsEarly) {
  const std::string_view form = kForm;
  const std::size_t closing = form.rfind("--\r\n") + 2;
  for (std::size_t size = 0; size < closing; ++size)
    EXPECT_EQ(parse(form.substr(0, size)).fault, MultipartFault::kUnfinished) << size;
  EXPECT_EQ(parse(form.substr(0, closing)).fault, std::nullopt);
}

TEST(Multipart, HoldsItsLimits) {
  MultipartLimits limits;
  limits.parts = 2;
  limits.field_bytes = 10;
  limits.part_head_bytes = 60;
  limits.preamble_bytes = 5;
  const std::string two = field("a", "1") + field("b", "2");
  EXPECT_EQ(parse(two + "--b--", "b", limits).fault, std::nullopt);
  EXPECT_EQ(parse(two + field("c", "3") + "--b--", "b", limits).fault, MultipartFault::kTooManyParts);
  EXPECT_EQ(parse(field("a", "0123456789") + "--b--", "b", limits).fault, std::nullopt);
  EXPECT_EQ(parse(field("a", "0123456789x") + "--b--", "b", limits).fault, MultipartFault::kFieldTooLarge);
  EXPECT_EQ(parse(field(std::string(60, 'n'), "1") + "--b--", "b", limits).fault, MultipartFault::kPartHeadTooLarge);
  EXPECT_EQ(parse("--b\r\n" + std::string(100, 'x'), "b", limits).fault, MultipartFault::kPartHeadTooLarge);
  EXPECT_EQ(parse("123456" + two, "b", limits).fault, MultipartFault::kPreambleTooLong);
  EXPECT_EQ(parse("--b--\r\n12345", "b", limits).fault, std::nullopt);
  EXPECT_EQ(parse("--b--\r\n123456", "b", limits).fault, MultipartFault::kEpilogueTooLong);
}

TEST(Multipart, DoesNotLimitAFile) {
  MultipartLimits limits;
  limits.field_bytes = 1;
  EXPECT_EQ(parse("--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\nlong\r\n--b--", "b", limits),
            (Outcome{"[f|f:long]", std::nullopt}));
}

TEST(Multipart, StopsWhereTheHandlerSaysSoAndStaysStopped) {
  Recorder recorder;
  recorder.stop_at_begin = true;
  MultipartParser parser("b", {}, recorder);
  EXPECT_EQ(parser.feed(bytes_of(kForm)).error(), MultipartFault::kStopped);
  EXPECT_EQ(parser.feed(bytes_of("more")).error(), MultipartFault::kStopped);
  EXPECT_EQ(parser.finish().error(), MultipartFault::kStopped);
  EXPECT_EQ(recorder.log(), "[categories:");
}

TEST(Multipart, FindsTheBoundaryOfAContentType) {
  const std::string seventy(70, 'x');
  const struct {
    std::string type;
    std::string boundary;
  } cases[] = {
      {"multipart/form-data; boundary=----WebKitFormBoundaryABC", "----WebKitFormBoundaryABC"},
      {"Multipart/Form-Data;Boundary=\"a b:c=?\"", "a b:c=?"},
      {"multipart/form-data; charset=utf-8; boundary=" + seventy, seventy},
  };
  for (const auto& one : cases)
    EXPECT_EQ(multipart_boundary(one.type), one.boundary) << one.type;
}

TEST(Multipart, RefusesContentTypesWithoutOneLegalBoundary) {
  for (const std::string& type : std::vector<std::string>{
           "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
           "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=\"a\\\"b\"",
           "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=a=b",
           "multipart/form-data; boundary=a#b", "multipart/form-data; boundary=" + std::string(71, 'x')})
    EXPECT_EQ(multipart_boundary(type).error(), MultipartFault::kBadBoundary) << type;
  for (const char* type : {"", "multipart", "multipart/mixed; boundary=a", "application/json", "form-data; boundary=a"})
    EXPECT_EQ(multipart_boundary(type).error(), MultipartFault::kNotFormData) << type;
}

TEST(Multipart, DescribesEveryFaultInASentence) {
  for (int fault = 0; fault <= static_cast<int>(MultipartFault::kStopped); ++fault)
    EXPECT_TRUE(describe(static_cast<MultipartFault>(fault), {}).ends_with('.')) << fault;
}

TEST(Headers, CompareNamesWithoutCase) {
  Headers headers;
  headers.add("Vary", "Origin");
  headers.add("vary", "Accept");
  EXPECT_EQ(headers.get("VARY"), "Origin");
  EXPECT_EQ(headers.count("vArY"), 2U);
  headers.set("vary", "Cookie");
  EXPECT_EQ(headers.count("Vary"), 1U);
  EXPECT_EQ(headers.get("Vary"), "Cookie");
  EXPECT_FALSE(headers.has("Var"));
}

}  // namespace
}  // namespace lazaret::http
