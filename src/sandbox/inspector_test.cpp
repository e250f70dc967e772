// The inspector as it is shipped, all layers on, over documents of every make: what its libraries need, its sandbox
// must let them have. Verdicts are tested beside the checks; here a wrong layer shows as a worker that died.
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>

#include "inspect/supervisor.h"
#include "sample/sample.h"
#include "tests/support/qpdf_rewrite.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::sandbox {
namespace {

using testing::HasSubstr;

class Inspected : public testing::Test {
 protected:
  void SetUp() override {
    auto supervisor =
        inspect::Supervisor::start({.inspector = LAZARET_INSPECTOR, .engine = "test"}, inspect::Policy(), clock_);
    ASSERT_TRUE(supervisor) << supervisor.error().detail;
    supervisor_ = std::move(*supervisor);
  }
  SealedBlob blob(const std::string& bytes) const {
    const auto path = folder_.path() / "document";
    std::ofstream(path, std::ios::binary) << bytes;
    return {UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC)), path, bytes.size(), sha256(bytes)};
  }
  Inspection inspect(const std::string& bytes) { return inspect(blob(bytes)); }
  Inspection inspect(const SealedBlob& blob) {
    auto inspection = supervisor_->inspect({}, blob, {.extension = "pdf", .content_type = {}});
    EXPECT_TRUE(inspection) << inspection.error().detail;
    return inspection ? std::move(*inspection) : Inspection{};
  }

  SystemClock clock_;
  testing_support::TemporaryFolder folder_;
  std::unique_ptr<inspect::Supervisor> supervisor_;
};

TEST_F(Inspected, FindsSamplesOfEveryKindClean) {
  for (const sample::Kind kind : {sample::Kind::kMixed, sample::Kind::kScan, sample::Kind::kFlate}) {
    const Inspection inspection = inspect(sample::make_sample({.kind = kind, .size_bytes = 200'000}));
    EXPECT_EQ(inspection.verdict.outcome, Outcome::kClean);
    EXPECT_EQ(inspection.content_type, "application/pdf");
    EXPECT_THAT(inspection.extracted.text(), HasSubstr("page_count"));
  }
}

// Each cipher and digest comes from a library of a library, and of those a worker is given only what it calls.
TEST_F(Inspected, OpensEveryKindOfEncryptionThatAsksForNoPassword) {
  const std::string sound = sample::make_sample({.size_bytes = 20'000});
  for (const testing_support::Rewriting rewriting : testing_support::all_rewritings()) {
    SCOPED_TRACE(testing_support::name_of(rewriting));
    const Inspection open = inspect(testing_support::rewrite_pdf(sound, rewriting));
    EXPECT_EQ(open.verdict.outcome, Outcome::kClean);
    EXPECT_THAT(open.extracted.text(), HasSubstr("page_count"));
  }
  for (const auto rewriting : {testing_support::Rewriting::kRc4With128Bits, testing_support::Rewriting::kAes256}) {
    SCOPED_TRACE(testing_support::name_of(rewriting));
    const Inspection locked = inspect(testing_support::rewrite_pdf(sound, rewriting, "secret"));
    EXPECT_EQ(locked.verdict.outcome, Outcome::kEncrypted);
  }
}

TEST_F(Inspected, CopiesDocumentsOfEveryMakeIntoCleanOnes) {
  const Spool spool = *Spool::open(folder_.path() / "spool", std::uint64_t{64} << 20U);
  std::vector<std::string> documents;
  for (const sample::Kind kind : {sample::Kind::kMixed, sample::Kind::kScan, sample::Kind::kFlate})
    documents.push_back(sample::make_sample({.kind = kind, .size_bytes = 4'000'000}));
  const std::string sound = sample::make_sample({.size_bytes = 20'000});
  for (const testing_support::Rewriting rewriting : testing_support::all_rewritings())
    documents.push_back(testing_support::rewrite_pdf(sound, rewriting));
  for (const std::string& document : documents) {
    const auto copy = supervisor_->clean({}, blob(document), spool);
    ASSERT_TRUE(copy) << copy.error().detail;
    ASSERT_TRUE(copy->blob) << document.size();
    const Inspection before = inspect(document);
    const Inspection after = inspect(*copy->blob);
    EXPECT_EQ(after.verdict.outcome, Outcome::kClean);
    const auto page_count = [](const Inspection& inspection) {
      const std::string& text = inspection.extracted.text();
      return text.substr(0, text.find(','));
    };
    EXPECT_EQ(page_count(after), page_count(before));
  }
}

TEST_F(Inspected, NamesTheVersionsOfItsLibraries) {
  EXPECT_THAT(inspect("%PDF-1.4").verdict.engine, HasSubstr("qpdf"));
}

TEST_F(Inspected, LivesThroughWhatIsNoPdf) {
  constexpr std::array<std::string_view, 8> kHeads{
      "\x7F"
      "ELF\2\1\1",
      "\x1F\x8B\x08\x08gzip",
      "PK\3\4",
      "MZ\x90",
      "\x89PNG\r\n\x1A\n",
      "<!DOCTYPE html><html>",
      "#!/bin/sh\n",
      "GIF89a"};
  for (const std::string_view head : kHeads) {
    for (const std::size_t size : {head.size(), std::size_t{64}, std::size_t{5000}}) {
      std::string bytes(head);
      bytes.resize(size, ' ');
      EXPECT_EQ(inspect(bytes).verdict.outcome, Outcome::kNotPdf) << head;
    }
  }
}

TEST_F(Inspected, LivesThroughDamageAnywhere) {
  const std::string sound = sample::make_sample({.size_bytes = 20'000});
  for (std::size_t i = 0; i < 200; ++i) {
    std::string bytes = sound;
    const std::size_t place = i * bytes.size() / 200;
    if (i % 3 == 0) bytes[place] = static_cast<char>(bytes[place] ^ 0x15);
    if (i % 3 == 1) bytes.resize(place);
    if (i % 3 == 2) bytes.erase(place, 40);
    EXPECT_NE(inspect(bytes).verdict.outcome, Outcome::kBomb) << i;
  }
}

}  // namespace
}  // namespace lazaret::sandbox
