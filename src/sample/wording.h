// What the sample documents say: letters and results of people, places and values that do not exist, in three
// languages. Pure functions of form, language and seed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sample/seeded_random.h"

namespace lazaret::sample {

enum class Form : std::uint8_t { kLabResult, kPrescription, kReferral, kDischargeLetter, kScan };
inline constexpr std::array kForms{Form::kLabResult, Form::kPrescription, Form::kReferral, Form::kDischargeLetter,
                                   Form::kScan};

enum class Language : std::uint8_t { kEnglish, kMalay, kChinese };
inline constexpr std::array kLanguages{Language::kEnglish, Language::kMalay, Language::kChinese};

std::string_view slug(Form form);         // "lab-result", as in file names
std::string_view tag(Language language);  // "en", "ms", "zh"

// UTF-8; English and Malay are ASCII alone.
struct Wording {
  std::string facility;
  std::string title;
  std::vector<std::array<std::string, 2>> fields;  // label, value
  std::vector<std::vector<std::string>> table;     // the first row is its head; may be empty
  std::vector<std::string> paragraphs;
  std::string notice;  // that all of it is invented
};

Wording make_wording(Form form, Language language, SeededRandom& random);

}  // namespace lazaret::sample
