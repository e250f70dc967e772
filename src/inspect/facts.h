// Facts: what inspection learned of a file, as numbers, words and short texts, shown under
// metadata.extracted. The table says which there are and what each may hold, so that a worker that was taken over can
// bring no text of its own. docs/inspection.md lists every row.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::inspect {

enum class FactCode : std::uint8_t {
  kWidth,
  kHeight,
  kBitDepth,
  kChannels,
  kFrames,
  kModality,
  kTransferSyntax,
  kSopClass,
  kFormat,
  kResourceType,
  kEncoding,
  kLines,
  kColumns,
  kAttachments,
  kParts,
  kAttachmentTypes,
  kProducer,
  kCreationDate,
  kLanguage,
  kPageSizes,
  kSigned,
  kTagged,
  kCount,
};

enum class FactKind : std::uint8_t { kNumber, kWord, kText, kFlag };

struct FactRow {
  FactCode code;
  std::string_view name;  // the member of metadata.extracted
  FactKind kind;
  std::string_view meaning;
};

// A number of 0 to kMostNumber; a flag, 0 or 1; a word of at most kLongestWord characters of A-Z, a-z, 0-9, '.', '-'
// and
// '_'; or a text of at most kLongestText characters of these, space and ",()/+:;@".
struct Fact {
  FactCode code{};
  std::int64_t number = 0;
  std::string word;
  bool operator==(const Fact&) const = default;
};
inline constexpr std::int64_t kMostNumber = std::int64_t{1} << 53U;  // what every reader of JSON keeps exact
inline constexpr std::size_t kLongestWord = 64;
inline constexpr std::size_t kLongestText = 128;

// Rows in the order of FactCode.
std::span<const FactRow> fact_table();
const FactRow& fact_row(FactCode code);
bool is_fact_word(std::string_view text);
bool is_fact_text(std::string_view text);

// Facts as the worker gathers them: each code once, and only values the table allows; others are dropped.
class FactList {
 public:
  void set(FactCode code, std::uint64_t number);
  void set(FactCode code, std::string_view word);
  const std::vector<Fact>& facts() const { return facts_; }

 private:
  void put(Fact fact);
  std::vector<Fact> facts_;
};

// The table as docs/inspection.md shows it; a test holds the page against it.
std::string fact_table_markdown();

}  // namespace lazaret::inspect
