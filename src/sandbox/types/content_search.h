// ContentSearch: looks for what is known to be bad in bytes of any origin: the raw file, and whatever is decoded of it.
// Rules see each content as a whole, several small ones as one, up to a budget; the antivirus test string is looked for
// in all of it. Plain C++17, so that the room of libqpdf can use it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/file_reader.h"
#include "sandbox/finding_sink.h"
#include "sandbox/rules/eicar.h"

namespace lazaret::sandbox {

class YaraScan;

class ContentSearch final : public ByteSink {
 public:
  // `rules` may be null: then only the test string is looked for.
  ContentSearch(FindingSink& findings, YaraScan* rules) : findings_(findings), rules_(rules) {}

  // Reads the whole file, in pieces.
  void search_file(const FileReader& file);
  // The raw bytes of a file that is taken apart by somebody else, in pieces, for rules alone; of encoded bytes only
  // stretches that may be text, since what they encode is shown decoded. end_raw(): that was the file.
  void show_raw(std::string_view bytes) { show_rules(bytes); }
  void show_raw_encoded(std::string_view bytes);
  void end_raw();
  // Decoded bytes, in pieces that belong together until the next begin(). What is found is put at `spot`.
  void begin(const Spot& spot);
  void feed(std::string_view bytes);
  // Decoded bytes that have been searched for the test string already.
  bool write(const char* bytes, std::size_t length) override;
  // Nothing more comes. The names of rules that matched.
  std::vector<std::string> finish();

 private:
  void show_rules(std::string_view bytes);
  void settle();

  // Of the raw file, and again of what is decoded.
  static constexpr std::uint64_t kRuleBytes = std::uint64_t{16} << 20U;

  FindingSink& findings_;
  YaraScan* rules_;
  EicarMatcher eicar_;
  Spot spot_;
  std::uint64_t budget_left_ = kRuleBytes;
  std::uint64_t unsettled_ = 0;  // bytes that rules have seen and not been asked about
  std::vector<std::string> hits_;
};

}  // namespace lazaret::sandbox
