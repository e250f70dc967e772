// ContentSearch: looks for what is known to be bad in bytes of any origin: the raw file, and whatever a checker
// decodes.
#pragma once

#include <string_view>

#include "sandbox/eicar.h"
#include "sandbox/file_reader.h"
#include "sandbox/finding_sink.h"

namespace lazaret::sandbox {

class ContentSearch {
 public:
  explicit ContentSearch(FindingSink& findings) : findings_(findings) {}
  ContentSearch(const ContentSearch&) = delete;
  ContentSearch& operator=(const ContentSearch&) = delete;

  // Reads the whole file, in pieces.
  void search_file(const FileReader& file);
  // Decoded bytes, in pieces that belong together until the next begin(). What is found is put at `spot`.
  void begin(const Spot& spot);
  void feed(std::string_view bytes);

 private:
  FindingSink& findings_;
  EicarMatcher eicar_;
  Spot spot_;
};

}  // namespace lazaret::sandbox
