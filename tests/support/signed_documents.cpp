// Signed documents that were changed afterwards. Their benign twins are in benign_documents.cpp.
#include "tests/support/document_kit.h"

namespace lazaret::testing_support {

using inspect::FindingCode;
using std::string;

void add_signed_documents(std::vector<ExpectedDocument>& attacks) {
  const auto add = [&attacks](string name, string bytes, Outcome outcome = Outcome::kSuspicious) {
    attacks.push_back({std::move(name), std::move(bytes), outcome, {FindingCode::kChangedAfterSigning}, false});
  };
  const string page = signed_page();
  add("page replaced after signing", with_update(page, {{4, stream_body("", "BT (Other results) Tj ET")}}));
  add("page added after signing", with_update(page, {{2, "<< /Type /Pages /Kids [3 0 R 7 0 R] /Count 2 >>"},
                                                     {7, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"}}));
  add("script added after signing",
      with_update(page, {{1,
                          "<< /Type /Catalog /Pages 2 0 R /AcroForm << /SigFlags 3 /Fields [5 0 R] >> /OpenAction << "
                          "/S /JavaScript /JS (inert) >> >>"}}));
  string ranges = page;
  const std::size_t first = ranges.find("/ByteRange [0 ") + 14;
  ranges.replace(first, 10, "9         ");
  add("signature that leaves most of it out", ranges);
}

}  // namespace lazaret::testing_support
