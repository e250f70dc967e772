// LibraryStream: an object or xref stream as stage A sees it, before libqpdf may: it counts what the stream inflates to
// (libqpdf inflates these by itself and without a limit), looks for hidden names in it, and lists the objects of an
// object stream. Holds a block of what is decoded, never all of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/file_reader.h"
#include "sandbox/pdf/lexer.h"
#include "sandbox/pdf/object_census.h"

namespace lazaret::sandbox {

// What libqpdf may inflate of one stream by itself, in bytes.
inline constexpr std::uint64_t kLibraryStream = std::uint64_t{64} << 20U;

class LibraryStream final : public ByteSink {
 public:
  // `data` is where the stream's bytes begin in the file.
  LibraryStream(const RawDictionary& dictionary, std::uint64_t data, std::uint64_t cap, Census& census);
  bool write(const char* bytes, std::size_t length) override;
  void finish();

  std::uint64_t made() const { return made_; }
  bool bursts() const { return made_ > cap_; }
  bool hides_name() const { return hides_name_; }

 private:
  struct Entry {
    std::uint32_t number = 0;
    std::uint64_t offset = 0;
    std::uint64_t end = 0;  // where the next object begins
    std::int32_t index = 0;
    bool is_doubled = false;
  };

  void take_header();
  void mark_doubled();
  void mark_ends();
  void look(bool is_last);

  Census& census_;
  std::uint64_t data_;
  std::uint64_t cap_;
  std::uint64_t made_ = 0;
  bool lists_objects_;  // an object stream whose header has made sense so far
  bool has_header_ = false;
  std::uint64_t first_;         // where the header ends and the objects begin
  std::vector<Entry> entries_;  // by offset
  std::size_t at_ = 0;          // the entry that is being looked at
  bool tells_ = false;          // what the blocks so far say of it
  std::string block_;
  std::uint64_t base_ = 0;  // offset of the block among the objects
  bool hides_name_ = false;
};

}  // namespace lazaret::sandbox
