// DICOM: however its elements are written, its structure is followed; what hides in it is seen; nothing of a patient is
// read.
#include <gtest/gtest.h>

#include "sample/dicom_writer.h"
#include "sample/pdf_writer.h"
#include "sandbox/rules/eicar.h"
#include "tests/support/attack_documents.h"
#include "tests/support/judged_bytes.h"

namespace lazaret::sandbox {
namespace {

using namespace std::string_literals;
using sample::DicomWriter;

constexpr std::string_view kCtImage = "1.2.840.10008.5.1.4.1.1.2";
constexpr std::string_view kEncapsulatedPdf = "1.2.840.10008.5.1.4.1.1.104.1";

class Dicom : public testing_support::JudgedBytes {};

void add_picture(DicomWriter& file, std::uint16_t width = 4, std::uint16_t height = 2) {
  file.add(0x00080060, "CS", "CT");
  file.add(0x00100010, "PN", "Tan^Ah Kow");
  file.add(0x00100020, "LO", "S1234567A");
  file.add_number(0x00280002, 1);
  file.add(0x00280008, "IS", "3");
  file.add_number(0x00280010, height);
  file.add_number(0x00280011, width);
  file.add_number(0x00280100, 16);
  file.add_number(0x00280101, 12);
}

std::string picture(std::string_view more = {}) {
  DicomWriter file(kCtImage, "1.2.3.4");
  add_picture(file);
  file.add_raw(more);
  file.add(0x7FE00010, "OW", std::string(48, '\0'));
  return file.finish();
}

std::string length_of(std::size_t size) {
  std::string bytes;
  for (int i = 0; i < 4; ++i)
    bytes.push_back(static_cast<char>(size >> (8 * i) & 0xFFU));
  return bytes;
}

constexpr std::string_view kUndefined = "\xFF\xFF\xFF\xFF";
const std::string kItem = "\xFE\xFF\x00\xE0"s;
const std::string kItemEnd = "\xFE\xFF\x0D\xE0\0\0\0\0"s;
const std::string kSequenceEnd = "\xFE\xFF\xDD\xE0\0\0\0\0"s;
const std::string kSequence = "\x40\x00\x60\xA0SQ\0\0"s;  // (0040,A060), its length not yet

// A sequence in a sequence and so on, each of unknown length.
std::string nested(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i)
    text += kSequence + std::string(kUndefined) + kItem + std::string(kUndefined);
  for (std::size_t i = 0; i < depth; ++i)
    text += kItemEnd + kSequenceEnd;
  return text;
}

TEST_F(Dicom, APictureIsCleanAndTellsWhatItIs) {
  const inspect::Report report = judge("dcm", picture(), "application/dicom");
  EXPECT_EQ(in_words(report), "clean");
  EXPECT_EQ(facts_of(report),
            "transfer_syntax=1.2.840.10008.1.2.1 sop_class=1.2.840.10008.5.1.4.1.1.2 modality=CT frames=3 width=4 "
            "height=2 bit_depth=12 channels=1");
  EXPECT_EQ(report.content_type, "application/dicom");
}

TEST_F(Dicom, NothingOfThePatientIsTold) {
  const std::string facts = facts_of(judge("dcm", picture()));
  EXPECT_EQ(facts.find("Tan"), std::string::npos);
  EXPECT_EQ(facts.find("S1234567A"), std::string::npos);
}

TEST_F(Dicom, SequencesAreFollowedHoweverTheirLengthIsTold) {
  const std::string element = DicomWriter::element(0x00080100, "SH", "T-A0100");
  const std::string item = kItem + length_of(element.size()) + element;
  EXPECT_EQ(said_of("dcm", picture(kSequence + length_of(item.size()) + item)), "clean");
  EXPECT_EQ(said_of("dcm", picture(kSequence + std::string(kUndefined) + item + kSequenceEnd)), "clean");
  EXPECT_EQ(said_of("dcm", picture(kSequence + std::string(kUndefined) + kItem + std::string(kUndefined) + element +
                                   kItemEnd + kSequenceEnd)),
            "clean");
  EXPECT_EQ(said_of("dcm", picture(kSequence + length_of(0))), "clean");
  EXPECT_EQ(said_of("dcm", picture(nested(20))), "clean");
  EXPECT_EQ(said_of("dcm", picture(nested(40))), "bomb: too_deep");
}

TEST_F(Dicom, CompressedFramesAreSteppedOver) {
  DicomWriter file(kCtImage, "1.2.3.4", "1.2.840.10008.1.2.4.50");
  add_picture(file);
  const std::string pixels = "\xE0\x7F\x10\x00OB\0\0"s + std::string(kUndefined) + kItem + length_of(0) + kItem +
                             length_of(6) + "frames" + kSequenceEnd;
  file.add_raw(pixels);
  EXPECT_EQ(said_of("dcm", file.finish()), "clean");
  file.add_raw(pixels.substr(0, pixels.size() - 8));
  EXPECT_EQ(said_of("dcm", file.finish()), "repaired: truncated");
}

TEST_F(Dicom, ImplicitAndBigEndianDataSetsAreRead) {
  DicomWriter implicit(kCtImage, "1.2.3.4", "1.2.840.10008.1.2");
  implicit.add_raw("\x08\0\x60\0\x02\0\0\0MR\x28\0\x10\0\x02\0\0\0\x05\0\x28\0\x11\0\x02\0\0\0\x06\0"s);
  EXPECT_TRUE(
      facts_of(judge("dcm", implicit.finish())).ends_with("modality=MR width=6 height=5 bit_depth=0 channels=1"))
      << facts_of(judge("dcm", implicit.finish()));
  DicomWriter big(kCtImage, "1.2.3.4", "1.2.840.10008.1.2.2");
  big.add_raw("\0\x28\0\x10US\0\x02\0\x05\0\x28\0\x11US\0\x02\0\x06"s);
  EXPECT_TRUE(facts_of(judge("dcm", big.finish())).ends_with("width=6 height=5 bit_depth=0 channels=1"));
}

TEST_F(Dicom, ADeflatedDataSetIsReadAndABombIsSeen) {
  const auto deflated = [](std::string_view data) {
    DicomWriter file(kCtImage, "1.2.3.4", "1.2.840.10008.1.2.1.99");
    file.add_raw(sample::deflate(data, 9).substr(2));
    return file.finish();
  };
  EXPECT_TRUE(facts_of(judge("dcm", deflated(DicomWriter::element(0x00080060, "CS", "US")))).ends_with("modality=US"));
  EXPECT_EQ(said_of("dcm", deflated(DicomWriter::element(0x00080060, "UT", eicar_test_string()))), "malicious: eicar");
  EXPECT_EQ(said_of("dcm", deflated(std::string(100 << 20, '\0'))), "bomb: inflates_too_far");
}

TEST_F(Dicom, AProgramInThePreambleIsMaliciousAndATiffThereIsNot) {
  DicomWriter file(kCtImage, "1.2.3.4");
  add_picture(file);
  for (const std::string& program : {"MZ\x90\0\x03"s, "\x7F"s + "ELF\x02"s, "#!/bin/sh\n"s, "\xCF\xFA\xED\xFE"s}) {
    EXPECT_EQ(said_of("dcm", file.finish(program)), "malicious: executable_polyglot") << program;
  }
  EXPECT_EQ(said_of("dcm", file.finish("II*\0\x08\0\0\0"s)), "clean");
  EXPECT_EQ(said_of("dcm", file.finish("MM\0*\0\0\0\x08"s)), "clean");
  EXPECT_EQ(said_of("dcm", file.finish("GIF89a")), "suspicious: polyglot");
  EXPECT_EQ(said_of("dcm", file.finish("<html><script>")), "suspicious: polyglot");
  EXPECT_EQ(said_of("dcm", file.finish("%PDF-1.7")), "suspicious: polyglot");
}

TEST_F(Dicom, ADocumentThatTravelsAsDicomIsJudgedByItsBytes) {
  const auto with = [](std::string_view bytes) {
    DicomWriter file(kEncapsulatedPdf, "1.2.3.4");
    file.add(0x00080060, "CS", "DOC");
    file.add(0x00420011, "OB", bytes);
    return file.finish();
  };
  EXPECT_EQ(said_of("dcm", with(testing_support::one_page({}))), "clean");
  EXPECT_EQ(said_of("dcm", with(testing_support::one_page({.catalog = "/OpenAction << /S /Launch /F (inert.exe) >>"}))),
            "malicious: launch");
  EXPECT_EQ(said_of("dcm", with("MZ" + std::string(60, '\0'))), "malicious: executable_attachment");
}

TEST_F(Dicom, WhatIsBrokenOrCutIsTold) {
  EXPECT_EQ(said_of("dcm", picture().substr(0, picture().size() - 10)), "repaired: truncated");
  EXPECT_EQ(said_of("dcm", picture("\x28\0\x30\0~~\x02\0ab"s)), "malformed: unreadable");
  EXPECT_EQ(said_of("dcm", picture(kItem + length_of(0))), "malformed: unreadable");
  EXPECT_EQ(said_of("dcm", picture() + std::string(64, '\0')), "clean") << "padding";
  EXPECT_EQ(said_of("dcm", picture().substr(0, 140)), "malformed: unreadable");
  EXPECT_EQ(said_of("dcm", picture().substr(128)), "not_pdf: type_mismatch") << "no preamble";
  EXPECT_EQ(said_of("dcm", std::string(128, '\0') + "DICM"), "malformed: unreadable");
}

TEST_F(Dicom, EveryCutOfAFileIsAnswered) {
  const std::string whole = picture(nested(3));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const inspect::Report report = judge("dcm", std::string_view(whole).substr(0, length));
    EXPECT_NE(report.content_type, "");
  }
}

TEST_F(Dicom, APictureOfAbsurdSizeIsABomb) {
  DicomWriter file(kCtImage, "1.2.3.4");
  add_picture(file, 65'535, 65'535);
  EXPECT_EQ(said_of("dcm", file.finish()), "bomb: huge_image");
}

}  // namespace
}  // namespace lazaret::sandbox
