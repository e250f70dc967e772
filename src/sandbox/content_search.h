// ContentSearch: looks for what is known to be bad in bytes of any origin: the raw file, and whatever is decoded of it.
// Rules see the bytes in windows, several small streams in one, up to a budget; the antivirus test string is looked for
// in all of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/eicar.h"
#include "sandbox/file_reader.h"
#include "sandbox/finding_sink.h"

namespace lazaret::sandbox {

class YaraScan;

class ContentSearch final : public ByteSink {
 public:
  // `rules` may be null: then only the test string is looked for.
  ContentSearch(FindingSink& findings, YaraScan* rules) : findings_(findings), rules_(rules) {}

  // Reads the whole file, in pieces.
  void search_file(const FileReader& file);
  // The same for rules alone, of a file whose raw bytes have been read for the test string.
  void search_file_by_rules(const FileReader& file);
  // Decoded bytes, in pieces that belong together until the next begin(). What is found is put at `spot`.
  void begin(const Spot& spot);
  void feed(std::string_view bytes);
  // Decoded bytes that have been searched for the test string already.
  bool write(const char* bytes, std::size_t length) override;
  // Nothing more comes. The names of rules that matched.
  std::vector<std::string> finish();

 private:
  bool may_match(const FileReader& file, std::uint64_t end) const;
  void show_rules(std::string_view bytes);
  void scan_window();

  FindingSink& findings_;
  YaraScan* rules_;
  EicarMatcher eicar_;
  Spot spot_;
  std::string window_;
  std::uint64_t budget_left_ = kRuleBytes;
  std::vector<std::string> hits_;

  // Of the raw file, and again of what is decoded.
  static constexpr std::uint64_t kRuleBytes = std::uint64_t{16} << 20U;
};

}  // namespace lazaret::sandbox
