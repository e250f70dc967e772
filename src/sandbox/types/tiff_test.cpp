// TIFF: whole pictures of every form pass, and what lies, loops or hides in them is seen.
#include <gtest/gtest.h>

#include "sample/pdf_writer.h"
#include "sample/tiff_writer.h"
#include "sandbox/rules/eicar.h"
#include "sandbox/types/byte_ranges.h"
#include "tests/support/judged_bytes.h"

namespace lazaret::sandbox {
namespace {

using namespace std::string_literals;
using sample::grey_picture;
using sample::TiffField;
using sample::TiffForm;
using sample::TiffWriter;

constexpr unsigned kStored = 1;

class Tiffs : public testing_support::JudgedBytes {};

// Tells what is different about an 8 by 4 picture of a writer's.
using Change = void (*)(std::vector<TiffField>& fields, TiffWriter& writer);

std::string tiff_with(Change change, TiffForm form = TiffForm::kLittle) {
  TiffWriter writer(form);
  std::vector<TiffField> fields = grey_picture(8, 4, writer.put(std::string(32, '\x80')), 32, kStored);
  change(fields, writer);
  writer.put_directory(fields);
  return writer.finish();
}

std::string plain_tiff(TiffForm form = TiffForm::kLittle) {
  return tiff_with([](std::vector<TiffField>&, TiffWriter&) {}, form);
}

std::string tiff_with_text(const std::string& text) {
  TiffWriter writer;
  std::vector<TiffField> fields = grey_picture(8, 4, writer.put(std::string(32, '\x80')), 32, kStored);
  fields.push_back({270, {}, text});
  writer.put_directory(fields);
  return writer.finish();
}

TEST_F(Tiffs, AWholePictureOfEveryFormIsCleanAndTellsItsSize) {
  for (const TiffForm form : {TiffForm::kLittle, TiffForm::kBig, TiffForm::kLittle64, TiffForm::kBig64}) {
    for (const char* extension : {"tif", "tiff"}) {
      const inspect::Report report = judge(extension, plain_tiff(form), "image/tiff");
      EXPECT_EQ(in_words(report), "clean") << static_cast<int>(form);
      EXPECT_EQ(facts_of(report), "width=8 height=4 bit_depth=8 channels=1 frames=1");
      EXPECT_EQ(report.content_type, "image/tiff");
    }
  }
  EXPECT_EQ(said_of("tif", sample::make_tiff(16, 300, std::string(16 * 300, 'x'))), "clean");
}

TEST_F(Tiffs, PagesTilesPreviewsAndNotesAreRead) {
  TiffWriter writer(TiffForm::kBig);
  const std::uint64_t notes = writer.put_directory({{36867, {}, "2026:11:25 08:00:00"}}, TiffWriter::Place::kLoose);
  const std::uint64_t small = writer.put("\xFF\xD8\xFF\xD9");
  const std::uint64_t preview =
      writer.put_directory({{259, {6}, {}}, {513, {small}, {}}, {514, {4}, {}}}, TiffWriter::Place::kLoose);
  for (int page = 0; page < 3; ++page) {
    std::vector<TiffField> fields = grey_picture(20, 20, writer.put(std::string(400, 'x')), 400, kStored);
    fields.push_back({330, {preview + 0}, {}});
    fields.push_back({34665, {notes}, {}});
    if (page != 0) fields.erase(fields.end() - 2);
    writer.put_directory(fields);
  }
  const std::uint64_t tile = writer.put(std::string(256, 't'));
  writer.put_directory({{256, {20}, {}},
                        {257, {20}, {}},
                        {322, {16}, {}},
                        {323, {16}, {}},
                        {324, {tile, tile, tile, tile}, {}},
                        {325, {256, 256, 256, 256}, {}}});
  const inspect::Report report = judge("tif", writer.finish());
  EXPECT_EQ(in_words(report), "clean");
  EXPECT_EQ(facts_of(report), "width=20 height=20 bit_depth=8 channels=1 frames=4");
}

TEST_F(Tiffs, WhatIsNoPictureIsUnreadable) {
  EXPECT_EQ(said_of("tif", "II*\0"s), "malformed: unreadable");
  EXPECT_EQ(said_of("tif", "II*\0\0\0\0\0"s), "malformed: unreadable") << "no directory";
  EXPECT_EQ(said_of("tif", "II*\0\xFF\xFF\0\0"s), "malformed: unreadable") << "outside the file";
  EXPECT_EQ(said_of("tif", tiff_with([](auto& fields, auto&) { fields[0].numbers = {0}; })), "malformed: unreadable");
  EXPECT_EQ(said_of("tif", tiff_with([](auto& fields, auto&) { fields[3].numbers = {12345}; })),
            "malformed: unreadable")
      << "a compression that nobody knows";
  EXPECT_EQ(said_of("tif", tiff_with([](auto& fields, auto&) { fields.erase(fields.begin() + 5); })),
            "malformed: unreadable")
      << "no strips";
  EXPECT_EQ(said_of("tif", tiff_with([](auto& fields, auto&) { fields[5].numbers = {0xFFFFFF00}; })),
            "malformed: unreadable, truncated")
      << "no strip lies in the file";
}

TEST_F(Tiffs, ACutPictureIsRepaired) {
  EXPECT_EQ(said_of("tif", tiff_with([](auto& fields, auto&) { fields[8].numbers = {4000}; })), "repaired: truncated");
  EXPECT_EQ(said_of("tif", tiff_with([](auto& fields, auto&) { fields[7].numbers = {1}; })), "repaired: truncated")
      << "strips are missing";
  TiffWriter writer;
  writer.put_directory(grey_picture(8, 4, writer.put(std::string(32, 'x')), 32, kStored));
  std::string file = writer.finish();
  file.replace(writer.link(), 4, writer.number(0xFFFFFF00, 4));
  EXPECT_EQ(said_of("tif", file), "repaired: truncated") << "the next page lies outside the file";
}

TEST_F(Tiffs, WhatNoPictureHasIsSuspicious) {
  EXPECT_EQ(said_of("tif", tiff_with([](auto& fields, auto&) { fields[2].numbers = {65535}; })),
            "suspicious: absurd_image");
  EXPECT_EQ(said_of("tif", tiff_with([](auto& fields, auto&) { fields[6].numbers = {60000}; })),
            "suspicious: absurd_image");
  TiffWriter writer;
  std::vector<TiffField> fields = grey_picture(8, 4, writer.put(std::string(32, 'x')), 32, kStored);
  writer.put_directory(fields);
  std::string file = writer.finish();
  const std::uint64_t first = static_cast<unsigned char>(file[4]) + 256U * static_cast<unsigned char>(file[5]);
  file.replace(writer.link(), 4, writer.number(first, 4));
  EXPECT_EQ(said_of("tif", file), "suspicious: absurd_image") << "a page that is its own successor";
}

TEST_F(Tiffs, ADirectoryThatLeadsBackToItsPageIsFollowedOnce) {
  TiffWriter writer;
  std::vector<TiffField> fields = grey_picture(8, 4, writer.put(std::string(32, 'x')), 32, kStored);
  fields.push_back({330, {writer.finish().size() + 16}, {}});  // behind the text of the software
  writer.put_directory(fields);
  EXPECT_EQ(said_of("tif", writer.finish()), "suspicious: absurd_image");
}

TEST_F(Tiffs, ALimitThatIsHitIsABomb) {
  EXPECT_EQ(said_of("tif", tiff_with([](auto& fields, auto&) {
                      fields[0].numbers = fields[1].numbers = fields[7].numbers = {500'000};
                    })),
            "bomb: huge_image");
  TiffWriter writer;
  const std::uint64_t strip = writer.put(std::string(32, 'x'));
  for (int page = 0; page < 5'001; ++page)
    writer.put_directory(grey_picture(8, 4, strip, 32, kStored));
  EXPECT_EQ(said_of("tif", writer.finish()), "bomb: too_many_objects, trailing_bytes");
}

TEST_F(Tiffs, TextsThatShareTheirBytesAreNotReadOverAndOver) {
  TiffWriter writer;
  std::vector<TiffField> fields = grey_picture(8, 4, writer.put(std::string(32, 'x')), 32, kStored);
  fields.push_back({270, {}, std::string(60'000, 'a')});
  writer.put_directory(fields);
  std::string file = writer.finish();
  const std::string entry = file.substr(file.size() - 16, 12);
  TiffWriter twice;
  twice.put(file.substr(8));
  std::string all = "\x0C\0"s;
  for (int i = 0; i < 12; ++i)
    all += entry;
  const std::uint64_t place = twice.put(all + "\0\0\0\0"s);
  file = twice.finish();
  file.replace(4, 4, twice.number(place, 4));
  EXPECT_NE(said_of("tif", file).find("absurd_image"), std::string::npos);
}

TEST_F(Tiffs, ScriptInWhatIsSaidAboutThePictureIsSeen) {
  EXPECT_EQ(said_of("tif", tiff_with_text("x <?PHP inert ?>")), "suspicious: embedded_script");
  EXPECT_EQ(said_of("tif", tiff_with_text("<script>inert</script>")), "suspicious: embedded_script");
  EXPECT_EQ(said_of("tif", tiff_with_text("a script of the scanner's")), "clean");
}

TEST_F(Tiffs, AnotherFileBehindOrBetweenIsSeen) {
  EXPECT_EQ(said_of("tif", plain_tiff() + "MZ" + std::string(100, '\0')), "suspicious: polyglot");
  EXPECT_EQ(said_of("tif", plain_tiff() + "PK\3\4" + std::string(40, '\0')), "suspicious: polyglot");
  EXPECT_EQ(said_of("tif", plain_tiff() + "%PDF-1.7"), "suspicious: polyglot");
  EXPECT_EQ(said_of("tif", plain_tiff() + "stray"), "repaired: trailing_bytes");
  EXPECT_EQ(said_of("tif", plain_tiff() + std::string(5000, '\0')), "clean");
  EXPECT_EQ(said_of("tif", tiff_with([](auto&, auto& writer) { writer.put("MZ" + std::string(100, '\1')); })),
            "suspicious: polyglot");
  EXPECT_EQ(said_of("tif", tiff_with([](auto&, auto& writer) { writer.put("<html><body>"); })), "suspicious: polyglot");
  EXPECT_EQ(said_of("tif", tiff_with([](auto&, auto& writer) { writer.put("what an editor left"); })), "clean");
}

TEST_F(Tiffs, TheAntivirusTestIsFound) {
  EXPECT_EQ(said_of("tif", tiff_with_text(eicar_test_string())), "malicious: eicar");
}

TEST_F(Tiffs, LiesAboutTheTypeAreRefused) {
  EXPECT_EQ(said_of("tif", "\xFF\xD8\xFF\xE0 and nothing"), "not_pdf: type_mismatch");
  EXPECT_EQ(said_of("png", plain_tiff()), "not_pdf: type_mismatch");
  EXPECT_EQ(said_of("tif", plain_tiff(), "image/png"), "not_pdf: declared_type_mismatch");
}

TEST_F(Tiffs, EveryCutOfAPictureIsAnswered) {
  const std::string picture = plain_tiff();
  for (std::size_t length = 0; length < picture.size(); ++length)
    EXPECT_NE(said_of("tif", std::string_view(picture).substr(0, length)), "clean") << length;
}

TEST(ByteRanges, TellsWhatNobodyLedTo) {
  ByteRanges ranges;
  ranges.add(10, 5);
  ranges.add(0, 4);
  ranges.add(4, 2);
  ranges.add(12, 1);
  EXPECT_EQ(ranges.gaps(20), (std::vector<ByteRange>{{6, 10}, {15, 20}}));
  EXPECT_EQ(ranges.gaps(12), (std::vector<ByteRange>{{6, 10}}));
  EXPECT_EQ(ByteRanges().gaps(3), (std::vector<ByteRange>{{0, 3}}));
}

}  // namespace
}  // namespace lazaret::sandbox
