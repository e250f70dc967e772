// Attack documents and their benign twins, built from scratch and inert: their scripts are no scripts, their programs
// two letters long, their addresses reserved names. Each says what inspection must make of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "document/verdict.h"
#include "inspect/finding_code.h"

namespace lazaret::testing_support {

// Writes objects, xref table and trailer of a PDF 1.7. Objects are numbered from 1 in the order they are added.
class PdfText {
 public:
  int add(std::string_view body);
  // `entries` are the dictionary's own, without /Length.
  int add_stream(std::string_view entries, std::string_view data);
  // `trailer` are the trailer's entries beside /Root and /Size.
  std::string finish(std::string_view trailer = {}, std::string_view root = "1 0 R") const;

 private:
  std::vector<std::string> objects_;
};

// A document of one page: 1 catalog, 2 page tree, 3 page, 4 content; what `more` holds is numbered from 5.
struct OnePage {
  std::string catalog;  // further entries
  std::string page;
  std::string content = "BT /F1 12 Tf 72 720 Td (Blood count) Tj ET";
  std::vector<std::string> more;
  std::string trailer;
};
std::string one_page(const OnePage& parts);
// The body of a stream object, for OnePage::more.
std::string stream_body(std::string_view entries, std::string_view data);

struct ExpectedDocument {
  std::string name;
  std::string bytes;
  Outcome outcome = Outcome::kClean;
  std::vector<inspect::FindingCode> must_hold;
  // What it does is in its objects, so it must be seen as well when they are written in another way.
  bool is_rewritable = true;
};

std::vector<ExpectedDocument> attack_documents();
std::vector<ExpectedDocument> benign_documents();

}  // namespace lazaret::testing_support
