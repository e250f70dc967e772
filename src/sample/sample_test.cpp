// Samples must be what they claim: valid, readable, of their size, the same again for the same seed.
#include "sample/sample.h"

#include <charconv>
#include <cstdio>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sample/pdf_writer.h"
#include "sample/scan_image.h"

namespace lazaret::sample {
namespace {

using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::size_t number_at(std::string_view text, std::size_t at) {
  std::size_t value = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

// The reader of the test: finds every object through startxref, as strictly as the format asks.
void expect_sound_xref(const std::string& pdf) {
  ASSERT_THAT(pdf, StartsWith("%PDF-1.7\n"));
  ASSERT_THAT(pdf, EndsWith("\n%%EOF\n"));
  const std::size_t xref = number_at(pdf, pdf.rfind("startxref\n") + 10);
  ASSERT_EQ(pdf.compare(xref, 7, "xref\n0 "), 0);
  const std::size_t count = number_at(pdf, xref + 7);
  const std::size_t entries = pdf.find('\n', xref + 5) + 1;
  for (std::size_t number = 1; number < count; ++number) {
    const std::size_t entry = entries + number * 20;
    const std::size_t offset = number_at(pdf, entry);
    const std::string head = fmt::format("{} 0 obj\n", number);
    ASSERT_EQ(pdf.compare(offset, head.size(), head), 0) << number;
    ASSERT_EQ(pdf.compare(entry + 10, 10, " 00000 n \n"), 0) << number;
  }
  ASSERT_EQ(pdf.compare(entries + count * 20, 8, "trailer\n"), 0);
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "lazaret-sample-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct ToolRun {
  int status = -1;
  std::string output;
};

// Runs a reader that the machine may have. Only ever given our own temporary names.
ToolRun run_tool(const std::string& command) {
  ToolRun run;
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return run;
  char buffer[4096];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe))
    run.output.append(buffer, got);
  run.status = ::pclose(pipe);
  return run;
}

bool have(const std::string& tool) {
  return run_tool("command -v " + tool).status == 0;
}

TEST(Sample, HasASoundXrefInEveryFormAndLanguage) {
  for (const Form form : kForms) {
    for (const Language language : kLanguages)
      expect_sound_xref(make_sample({.form = form, .language = language, .size_bytes = 20'000}));
  }
}

TEST(Sample, IsTheSameForTheSameSeed) {
  const Recipe recipe{.form = Form::kReferral, .size_bytes = 50'000, .seed = 7};
  EXPECT_EQ(make_sample(recipe), make_sample(recipe));
}

TEST(Sample, DiffersForAnotherSeed) {
  EXPECT_NE(make_sample({.size_bytes = 50'000, .seed = 7}), make_sample({.size_bytes = 50'000, .seed = 8}));
}

TEST(Sample, ComesOutJustUnderTheSizeAskedForSoThatALimitOfThatSizeTakesIt) {
  for (const Kind kind : {Kind::kMixed, Kind::kScan, Kind::kFlate}) {
    for (const Language language : kLanguages) {
      for (const std::uint64_t size : {10'000U, 100'000U, 3'000'000U}) {
        const std::size_t got = make_sample({.language = language, .kind = kind, .size_bytes = size}).size();
        EXPECT_LE(got, size) << static_cast<int>(kind);
        EXPECT_GE(got, size - size / 20 - 3000) << static_cast<int>(kind);
      }
    }
  }
}

TEST(Sample, IsStillAWholeDocumentWhenTheSizeIsTooSmall) {
  for (const Kind kind : {Kind::kMixed, Kind::kScan, Kind::kFlate}) {
    const std::string pdf = make_sample({.kind = kind, .size_bytes = 0});
    expect_sound_xref(pdf);
    EXPECT_THAT(pdf, HasSubstr("/Count 1"));
  }
}

TEST(Sample, OfScansHoldsJpegAndOfFlateOnlyDeflatedStreams) {
  EXPECT_THAT(make_sample({.kind = Kind::kScan}), HasSubstr("/DCTDecode"));
  EXPECT_EQ(make_sample({.kind = Kind::kFlate}).find("/DCTDecode"), std::string::npos);
}

TEST(Sample, ShrinksItsStripsAboutTwofoldSoThatTheyAreNoBomb) {
  SeededRandom random(1);
  const std::string rows = make_scan_rows(1240, 128, random);
  const std::string packed = deflate(rows, 1);
  EXPECT_GT(2 * rows.size(), 3 * packed.size());
  EXPECT_LT(rows.size(), 4 * packed.size());
}

TEST(Sample, NamesItsFilesByFormNumberAndLanguage) {
  const SampleOptions options{};
  EXPECT_EQ(nth_file_name(options, 0), "lab-result-0001-en.pdf");
  EXPECT_EQ(nth_file_name(options, 3), "discharge-letter-0004-en.pdf");
  EXPECT_EQ(nth_file_name(options, 11), "prescription-0012-zh.pdf");
}

TEST(Sample, ShowsEveryFormInEveryLanguageWithinFifteen) {
  std::set<std::string> kinds;
  for (std::size_t index = 0; index < 15; ++index) {
    const Recipe recipe = nth_recipe({}, index);
    kinds.insert(fmt::format("{}{}", slug(recipe.form), tag(recipe.language)));
  }
  EXPECT_EQ(kinds.size(), 15U);
}

TEST(Sample, RefusesACountOrASizeBeyondItsLimits) {
  const auto none = write_samples({.folder = "unused", .count = 0});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kInvalidParameter);
  const auto huge = write_samples({.folder = "unused", .size_bytes = kMostSampleBytes + 1});
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().faults.at(0).where, "size");
}

TEST(Sample, SaysSoWhenTheFolderCannotBeMade) {
  EXPECT_FALSE(write_samples({.folder = "/proc/no-such-folder"}));
}

TEST(Sample, WritesExactlyWhatItsRecipesMake) {
  const TemporaryFolder folder;
  const SampleOptions options{.folder = folder.path() / "new", .count = 3, .size_bytes = 8000, .seed = 3};
  const auto paths = write_samples(options);
  ASSERT_TRUE(paths);
  ASSERT_EQ(paths->size(), 3U);
  for (std::size_t index = 0; index < 3; ++index) {
    std::ifstream file((*paths)[index], std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes, make_sample(nth_recipe(options, index)));
  }
}

TEST(Sample, PassesQpdfCheckWithoutAWarning) {
  if (!have("qpdf")) GTEST_SKIP() << "qpdf is not installed";
  const TemporaryFolder folder;
  for (const Kind kind : {Kind::kMixed, Kind::kScan, Kind::kFlate}) {
    const auto paths = write_samples({.folder = folder.path(), .count = 15, .size_bytes = 60'000, .kind = kind});
    ASSERT_TRUE(paths);
    for (const auto& path : *paths) {
      const ToolRun run = run_tool("qpdf --check " + path.string());
      EXPECT_EQ(run.status, 0) << path << run.output;
    }
  }
}

TEST(Sample, ShowsItsTextAndPicturesInPoppler) {
  if (!have("pdftotext") || !have("pdftoppm")) GTEST_SKIP() << "poppler's tools are not installed";
  const TemporaryFolder folder;
  const auto paths = write_samples({.folder = folder.path(), .count = 15, .size_bytes = 30'000});
  ASSERT_TRUE(paths);
  for (const auto& path : *paths) {
    const ToolRun text = run_tool("pdftotext " + path.string() + " -");
    // Chinese needs poppler-data for the character maps; without it only the structure can be read.
    if (text.output.find("Missing language pack") != std::string::npos) continue;
    EXPECT_THAT(text.output, AnyOf(HasSubstr("invented"), HasSubstr("rekaan"), HasSubstr("虚构"))) << path;
    const ToolRun drawn = run_tool("pdftoppm -r 20 -gray " + path.string() + " | wc -c");
    EXPECT_EQ(drawn.output.find("rror"), std::string::npos) << path << drawn.output;
  }
}

}  // namespace
}  // namespace lazaret::sample
