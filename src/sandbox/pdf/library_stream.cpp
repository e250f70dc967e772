#include "sandbox/pdf/library_stream.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "sandbox/pdf/names.h"

namespace lazaret::sandbox {
namespace {

constexpr std::uint64_t kLongestHeader = std::uint64_t{1} << 20U;
constexpr std::size_t kBlock = std::size_t{256} * 1024;
constexpr std::size_t kAhead = 256;  // a name that begins before it is whole in the block

}  // namespace

LibraryStream::LibraryStream(const RawDictionary& dictionary, std::uint64_t data, std::uint64_t cap, Census& census)
    : census_(census),
      data_(data),
      cap_(cap),
      lists_objects_(dictionary.name("Type") == "ObjStm"),
      first_(dictionary.number("First").value_or(kLongestHeader + 1)) {
  lists_objects_ = lists_objects_ && first_ <= kLongestHeader;
}

bool LibraryStream::write(const char* bytes, std::size_t length) {
  made_ += length;
  if (!lists_objects_) return made_ <= cap_;
  block_.append(bytes, length);
  if (!has_header_ && block_.size() >= first_) take_header();
  if (has_header_ && block_.size() > kBlock) look(false);
  return made_ <= cap_;
}

void LibraryStream::finish() {
  if (has_header_) look(true);
  block_ = std::string();
}

// Numbers by pairs and nothing else; what is encrypted, and so no text here, is not listed.
void LibraryStream::take_header() {
  const std::string_view header = std::string_view(block_).substr(0, static_cast<std::size_t>(first_));
  Lexer lexer(header);
  for (Token number = lexer.next(); number.kind != TokenKind::kEnd; number = lexer.next()) {
    const auto object = number_in(number.text);
    const auto offset = number_in(lexer.next().text);
    if (!object || !offset || *object > std::numeric_limits<std::int32_t>::max()) {
      lists_objects_ = false;
      block_ = std::string();
      return;
    }
    entries_.push_back({.number = static_cast<std::uint32_t>(*object),
                        .offset = *offset,
                        .index = static_cast<std::int32_t>(entries_.size())});
  }
  mark_doubled();
  std::ranges::sort(entries_, {}, [](const Entry& entry) { return std::pair(entry.offset, entry.index); });
  mark_ends();
  block_.erase(0, static_cast<std::size_t>(first_));
  has_header_ = true;
}

void LibraryStream::mark_doubled() {
  std::unordered_map<std::uint32_t, std::size_t> last;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto [place, is_new] = last.emplace(entries_[i].number, i);
    if (is_new) continue;
    entries_[place->second].is_doubled = true;
    place->second = i;
  }
}

// Several objects may begin at one place; each of them reaches to the next place.
void LibraryStream::mark_ends() {
  std::uint64_t place = std::uint64_t{1} << 62U;
  std::uint64_t end = place;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->offset != place) end = place;
    place = entry->offset;
    entry->end = end;
  }
}

void LibraryStream::look(bool is_last) {
  const std::size_t limit = is_last ? block_.size() : block_.size() - kAhead;
  if (!hides_name_) hides_name_ = find_hidden_name(block_, 0, limit) != std::string_view::npos;
  for (; at_ < entries_.size(); ++at_) {
    const Entry& entry = entries_[at_];
    const std::uint64_t from = std::max(entry.offset, base_) - base_;
    if (from >= limit && !is_last) break;
    const std::size_t to = static_cast<std::size_t>(std::min<std::uint64_t>(limit, std::max(entry.end, base_) - base_));
    if (from < to && !tells_) tells_ = is_telling(block_, static_cast<std::size_t>(from), to);
    if (entry.end > base_ + limit && !is_last) break;  // goes on in the next block
    census_.add({.offset = data_,
                 .number = entry.number,
                 .is_telling = tells_,
                 .index = entry.index,
                 .is_doubled = entry.is_doubled});
    tells_ = false;
  }
  block_.erase(0, limit);
  base_ += limit;
}

}  // namespace lazaret::sandbox
