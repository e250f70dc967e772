// InlineImages: pictures that stand in a page's content itself, between BI and EI, in bytes that arrive in pieces.
// Their stated size is judged like that of others; their data is the content's. Plain C++17, for the room of libqpdf.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lazaret::sandbox {

class InlineImages {
 public:
  void feed(std::string_view bytes);
  // In bytes, as it states itself; 0: there was none.
  double largest() const { return largest_; }
  void reset();

 private:
  void look(std::string_view text);
  std::string tail_;
  double largest_ = 0;
};

}  // namespace lazaret::sandbox
