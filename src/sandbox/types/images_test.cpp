// Pictures: whole ones pass, and what is hidden in, behind or before them is seen.
#include <gtest/gtest.h>

#include "sample/pdf_writer.h"
#include "sample/png_writer.h"
#include "sample/scan_image.h"
#include "sandbox/rules/eicar.h"
#include "tests/support/judged_bytes.h"

namespace lazaret::sandbox {
namespace {

using namespace std::string_literals;
using sample::deflate;
using sample::kPngSignature;
using sample::png_chunk;
using sample::png_header;

class Images : public testing_support::JudgedBytes {};

std::string plain_png() {
  return sample::make_png(16, 8, std::string(16 * 8, '\x80'));
}

// A picture whose chunks between header and end are told.
std::string png_of(const std::string& header, const std::string& chunks) {
  return std::string(kPngSignature) + png_chunk("IHDR", header) + chunks + png_chunk("IEND", {});
}

std::string rows(unsigned width_bytes, unsigned height) {
  return png_chunk("IDAT", deflate(std::string((1UL + width_bytes) * height, '\0'), 6));
}

std::string plain_jpeg() {
  sample::SeededRandom random(7);
  return sample::make_scan_jpeg(2000, random).data;
}

// The picture with a segment behind its start.
std::string jpeg_with(std::string_view marker, std::string_view data) {
  std::string file = plain_jpeg();
  const std::size_t length = data.size() + 2;
  std::string segment(marker);
  segment.push_back(static_cast<char>(length >> 8U));
  segment.push_back(static_cast<char>(length & 0xFFU));
  segment.append(data);
  return file.insert(2, segment);
}

std::string small_zip() {
  std::string name = "a.txt";
  std::string local = "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0"s + name;
  std::string central =
      "PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s + name;
  std::string end = "PK\x05\x06\0\0\0\0\x01\0\x01\0"s;
  for (const std::size_t number : {central.size(), local.size()})
    end += std::string(1, static_cast<char>(number)) + "\0\0\0"s;
  return local + central + end + "\0\0"s;
}

TEST_F(Images, AWholePictureIsCleanAndTellsItsSize) {
  const inspect::Report png = judge("png", plain_png(), "image/png");
  EXPECT_EQ(in_words(png), "clean");
  EXPECT_EQ(facts_of(png), "width=16 height=8 bit_depth=8 channels=1");
  EXPECT_EQ(png.content_type, "image/png");
  for (const char* extension : {"jpg", "jpeg"}) {
    const inspect::Report jpeg = judge(extension, plain_jpeg(), "image/jpeg");
    EXPECT_EQ(in_words(jpeg), "clean");
    EXPECT_TRUE(facts_of(jpeg).ends_with("bit_depth=8 channels=1")) << facts_of(jpeg);
    EXPECT_EQ(jpeg.content_type, "image/jpeg");
  }
}

TEST_F(Images, EveryKindOfPngIsRead) {
  EXPECT_EQ(said_of("png", png_of(png_header(9, 3, 1, 0), rows(2, 3))), "clean");
  EXPECT_EQ(said_of("png", png_of(png_header(9, 3, 16, 6), rows(72, 3))), "clean");
  EXPECT_EQ(said_of("png", png_of(png_header(4, 2, 8, 3), png_chunk("PLTE", "\1\2\3"s) + rows(4, 2))), "clean");
  std::string interlaced = png_header(8, 8, 8, 0);
  interlaced.back() = '\1';
  const std::string passes = png_chunk("IDAT", deflate(std::string(8 * 8 + 15, '\0'), 6));
  EXPECT_EQ(said_of("png", png_of(interlaced, passes)), "clean");
  const std::string parts = png_chunk("IDAT", deflate(std::string(9 * 8, '\0'), 6).substr(0, 3)) +
                            png_chunk("IDAT", deflate(std::string(9 * 8, '\0'), 6).substr(3));
  EXPECT_EQ(said_of("png", png_of(png_header(8, 8, 8, 0), parts)), "clean");
}

TEST_F(Images, ABrokenHeaderIsUnreadable) {
  for (const std::string& header :
       {png_header(0, 8, 8, 0), png_header(8, 8, 3, 0), png_header(8, 8, 8, 5), png_header(8, 8, 8, 1), "short"s}) {
    EXPECT_EQ(said_of("png", png_of(header, rows(8, 8))), "malformed: unreadable");
  }
  EXPECT_EQ(said_of("png", png_of(png_header(8, 8, 8, 0), "")), "malformed: unreadable") << "no picture";
  EXPECT_EQ(said_of("png", std::string(kPngSignature)), "malformed: unreadable, truncated");
  EXPECT_EQ(said_of("jpg", "\xFF\xD8\xFF\xE0 and nothing"), "malformed: unreadable, truncated");
  EXPECT_EQ(said_of("jpg", "\xFF\xD8\xFF\xE0\0\1"s), "malformed: unreadable");
}

TEST_F(Images, ADamagedPictureIsRepairedAndACutOneToo) {
  std::string damaged = plain_png();
  damaged[damaged.size() - 1] ^= 1;
  EXPECT_EQ(said_of("png", damaged), "repaired: recovered");
  EXPECT_EQ(said_of("png", plain_png().substr(0, 60)), "repaired: truncated");
  EXPECT_EQ(said_of("png", png_of(png_header(8, 9, 8, 0), rows(8, 8))), "repaired: truncated") << "a row is missing";
  EXPECT_EQ(said_of("jpg", plain_jpeg().substr(0, 900)), "repaired: truncated");
}

TEST_F(Images, APictureThatUnpacksBeyondItsSizeIsABomb) {
  EXPECT_EQ(said_of("png", png_of(png_header(8, 8, 8, 0), png_chunk("IDAT", deflate(std::string(1 << 20, '\0'), 9)))),
            "bomb: inflates_too_far");
  EXPECT_EQ(said_of("png", png_of(png_header(0x7FFFFFFF, 0x7FFFFFFF, 16, 6), rows(8, 8))),
            "bomb: huge_image, truncated");
  const std::string bomb = deflate(std::string(32 << 20, 'a'), 9);
  EXPECT_EQ(said_of("png", png_of(png_header(8, 8, 8, 0), png_chunk("zTXt", "note\0\0"s + bomb) + rows(8, 8))),
            "bomb: inflates_too_far");
  std::string jpeg = plain_jpeg();
  const std::size_t frame = jpeg.find("\xFF\xC0");
  jpeg.replace(frame + 5, 4, "\xFF\xFF\xFF\xFF");
  EXPECT_EQ(said_of("jpg", jpeg), "clean") << "65,535 by 65,535 grey pixels fit";
}

TEST_F(Images, AnotherFileBehindThePictureIsSeen) {
  for (const auto& [extension, picture] : {std::pair{"png", plain_png()}, std::pair{"jpg", plain_jpeg()}}) {
    EXPECT_EQ(said_of(extension, picture + "MZ" + std::string(100, '\0')), "suspicious: polyglot");
    EXPECT_EQ(said_of(extension, picture + "<script>inert</script>"), "suspicious: polyglot");
    EXPECT_EQ(said_of(extension, picture + "%PDF-1.7"), "suspicious: polyglot");
    EXPECT_EQ(said_of(extension, picture + "stray"), "repaired: trailing_bytes");
    EXPECT_EQ(said_of(extension, picture + std::string(5000, '\0')), "clean");
    EXPECT_EQ(said_of(extension, picture + std::string(9000, 'x') + small_zip()),
              "suspicious: polyglot, trailing_bytes");
  }
  EXPECT_EQ(said_of("jpg", plain_jpeg() + plain_jpeg()), "repaired: trailing_bytes") << "as cameras write them";
}

TEST_F(Images, APdfThatBeginsInsideThePictureIsSeen) {
  EXPECT_EQ(said_of("png", png_of(png_header(8, 8, 8, 0), png_chunk("tEXt", "note\0%PDF-1.7"s) + rows(8, 8))),
            "suspicious: polyglot");
  EXPECT_EQ(said_of("jpg", jpeg_with("\xFF\xFE", "%PDF-1.7")), "suspicious: polyglot");
}

TEST_F(Images, ScriptInWhatIsSaidAboutThePictureIsSeen) {
  const auto with = [](const std::string& chunk) { return png_of(png_header(8, 8, 8, 0), chunk + rows(8, 8)); };
  const std::string script = "x <?PHP inert ?>";
  EXPECT_EQ(said_of("png", with(png_chunk("tEXt", "note\0"s + script))), "suspicious: embedded_script");
  EXPECT_EQ(said_of("png", with(png_chunk("zTXt", "note\0\0"s + deflate(script, 9)))), "suspicious: embedded_script");
  EXPECT_EQ(said_of("png", with(png_chunk("iTXt", "note\0\1\0en\0x\0"s + deflate(script, 9)))),
            "suspicious: embedded_script");
  EXPECT_EQ(said_of("png", with(png_chunk("tEXt", "note\0a script of PHP"s))), "clean");
  EXPECT_EQ(said_of("jpg", jpeg_with("\xFF\xFE", script)), "suspicious: embedded_script");
  EXPECT_EQ(said_of("jpg", jpeg_with("\xFF\xE1", "Exif\0\0"s + script)), "suspicious: embedded_script");
  EXPECT_EQ(said_of("jpg", jpeg_with("\xFF\xFE", "made by a scanner")), "clean");
}

TEST_F(Images, TheAntivirusTestIsFoundRawAndInDeflatedText) {
  const std::string text = eicar_test_string();
  EXPECT_EQ(said_of("png", plain_png() + text), "malicious: eicar, trailing_bytes");
  EXPECT_EQ(
      said_of("png", png_of(png_header(8, 8, 8, 0), png_chunk("zTXt", "note\0\0"s + deflate(text, 9)) + rows(8, 8))),
      "malicious: eicar");
  EXPECT_EQ(said_of("jpg", jpeg_with("\xFF\xFE", text)), "malicious: eicar");
}

TEST_F(Images, LiesAboutTheTypeAreRefused) {
  EXPECT_EQ(said_of("jpg", plain_png()), "not_pdf: type_mismatch");
  EXPECT_EQ(said_of("png", plain_jpeg()), "not_pdf: type_mismatch");
  EXPECT_EQ(said_of("dcm", plain_png()), "not_pdf: type_mismatch");
  EXPECT_EQ(said_of("txt", plain_png()), "not_pdf: binary_text");
  EXPECT_EQ(judge("txt", plain_png()).content_type, "image/png");
  EXPECT_EQ(said_of("png", plain_png(), "image/jpeg"), "not_pdf: declared_type_mismatch");
  EXPECT_EQ(said_of("png", "MZ\x90 program"), "not_pdf: type_mismatch");
}

TEST_F(Images, EveryCutOfAPictureIsAnswered) {
  for (const auto& [extension, picture] : {std::pair{"png", plain_png()}, std::pair{"jpg", plain_jpeg()}}) {
    for (std::size_t length = 0; length < picture.size(); length += 5)
      EXPECT_NE(said_of(extension, std::string_view(picture).substr(0, length)), "clean") << length;
  }
}

}  // namespace
}  // namespace lazaret::sandbox
