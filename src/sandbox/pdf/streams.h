// StreamLook: what is inside the streams of a document, decoded under caps and never held. C++17, inside the room of
// libqpdf. How much is decoded (docs/inspection.md): attachments wholly; other streams wholly up to a budget of
// compressed bytes and beyond it only their beginning, unless that swells like a bomb; image codecs not at all.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <qpdf/QPDFObjectHandle.hh>

#include "sandbox/pdf/filter_chain.h"
#include "sandbox/pdf/inline_images.h"
#include "sandbox/pdf/walk.h"
#include "sandbox/rules/eicar.h"

namespace lazaret::sandbox {

class StreamLook {
 public:
  StreamLook(const WalkTools& tools, const WalkLimits& limits, bool encrypted)
      : tools_(tools),
        encrypted_(encrypted),
        output_left_(limits.inflated_bytes),
        image_output_left_(limits.inflated_bytes / 4),
        thorough_left_(limits.thorough_bytes),
        images_left_(std::min(limits.thorough_bytes, kThoroughImageBytes)) {}
  StreamLook(const StreamLook&) = delete;
  StreamLook& operator=(const StreamLook&) = delete;

  void look_at(QPDFObjectHandle& stream, const Spot& spot);
  struct Attachment {
    FileKind kind = FileKind::kOrdinary;
    std::string pdf;            // the bytes where it is one
    bool is_too_large = false;  // a PDF too large to be held
  };
  Attachment look_at_attachment(QPDFObjectHandle& stream, const Spot& spot);
  // What a stream decodes to, up to `longest` bytes of it; empty where it cannot be decoded.
  std::string text_of(QPDFObjectHandle& stream, std::size_t longest, const Spot& spot);
  // Whether it decodes to more than `cap`, or than is left for all streams together.
  bool bursts(QPDFObjectHandle& stream, std::uint64_t cap);
  // A stream libqpdf does not show, by the text of its dictionary and where its data begins in the file.
  void look_at_hidden(std::string_view dictionary, std::uint64_t data, const Spot& spot);
  std::uint64_t output_left() const { return output_left_; }

 private:
  static constexpr std::uint64_t kThoroughImageBytes = std::uint64_t{256} * 1024;
  // How a stream is encoded.
  struct Coding {
    std::vector<FilterSpec> filters;
    std::string image_codec;  // behind the filters; empty: none
    bool is_known = true;
  };
  struct Raw {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    bool is_direct = false;  // the bytes lie in the file as they are
  };
  class Sink;

  Coding coding_of(QPDFObjectHandle& dictionary, const Spot& spot) const;
  Raw raw_of(QPDFObjectHandle& stream, QPDFObjectHandle& dictionary) const;
  void feed_raw(std::uint64_t from, std::uint64_t length, FilterChain& chain);
  void decode(QPDFObjectHandle& stream, const Coding& coding, const Raw& raw, std::uint64_t input_cap, Sink& sink);
  void look_for_inline_images(const Raw& raw, const Spot& spot);
  void look_at_image(QPDFObjectHandle& stream, const Coding& coding, const Raw& raw, const Spot& spot);
  void look_at_code(QPDFObjectHandle& stream, const Coding& coding, const Raw& raw, const Spot& spot);
  std::uint64_t cap_of(const Raw& raw) const;
  void watch(const Raw& raw);
  void settle(const Sink& sink, const Spot& spot);

  const WalkTools& tools_;
  bool encrypted_;
  EicarMatcher eicar_;
  InlineImages inline_images_;
  std::string block_;  // one for all streams: a buffer of its own for each costs more than reading it
  std::uint64_t output_left_;
  std::uint64_t image_output_left_;
  std::uint64_t thorough_left_;
  std::uint64_t images_left_;  // the same of images, whose pixels nobody runs
};

}  // namespace lazaret::sandbox
