// Synthetic medical documents to try the service with and to measure it, in English, Malay and Chinese: valid PDF 1.7
// of just under the size asked for, or another type of about it; the same bytes for the same seed. Nobody in them
// exists. make_sample() is pure; write_samples() puts a series of them into a folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "sample/wording.h"

namespace lazaret::sample {

enum class Kind : std::uint8_t {
  kMixed,  // text documents and scans by turns; what is short of the size comes as a scanned page
  kScan,   // pages of JPEG pictures
  kFlate,  // pages of losslessly compressed strips: every byte has to be inflated to be judged
};

enum class Type : std::uint8_t { kPdf, kPng, kJpeg, kTiff, kDicom, kDocx, kXlsx, kXml, kJson, kText, kCsv };

struct Recipe {
  Type type = Type::kPdf;
  Form form = Form::kLabResult;
  Language language = Language::kEnglish;
  Kind kind = Kind::kMixed;            // of a PDF
  std::uint64_t size_bytes = 100'000;  // about; a document has at least its own few thousand bytes
  std::uint64_t seed = 1;
};

inline constexpr std::uint64_t kMostSampleBytes = std::uint64_t{1} << 30U;

// At most kMostSampleBytes; larger recipes are cut to it.
std::string make_sample(const Recipe& recipe);

struct SampleOptions {
  std::filesystem::path folder;  // made when it is not there
  std::size_t count = 1;         // at most 100,000
  std::uint64_t size_bytes = 100'000;
  std::uint64_t seed = 1;
  Kind kind = Kind::kMixed;
  Type type = Type::kPdf;
};

// Recipe number `index` (from 0) of a series: forms and languages by turns, a seed of its own.
Recipe nth_recipe(const SampleOptions& options, std::size_t index);
// "lab-result-0001-en.pdf"
std::string nth_file_name(const SampleOptions& options, std::size_t index);

// Files of the same name are replaced. A failure leaves the files written so far.
Result<std::vector<std::filesystem::path>> write_samples(const SampleOptions& options);

}  // namespace lazaret::sample
