// Cleaner: takes out of a document, in memory, what acts or reaches out. Every object is visited once, iteratively and
// counted, as by the Walker; an entry goes where the walk's own judges (ActionJudge, judge_xmp) find anything in it
// that is more than a link that waits for a click. What a removed thing looked like on its page stays. C++17, inside
// the room of libqpdf.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <qpdf/QPDF.hh>
#include <qpdf/QPDFObjectHandle.hh>

#include "inspect/copy_end.h"
#include "sandbox/pdf/actions.h"
#include "sandbox/pdf/signatures.h"
#include "sandbox/pdf/streams.h"
#include "sandbox/pdf/walk.h"

namespace lazaret::sandbox {

// Hears whether a judge finds anything that a clean document may not have.
class Ear final : public FindingSink {
 public:
  void add(inspect::FindingCode code, const Spot&) override { heard_ = heard_ || code != inspect::FindingCode::kUri; }
  void begin() { heard_ = false; }
  bool heard() const { return heard_; }

 private:
  bool heard_ = false;
};

class Cleaner {
 public:
  Cleaner(QPDF& pdf, const WalkTools& tools, const WalkLimits& limits);
  // Once. Anything but kWhole: the document is to be left as it is.
  inspect::CopyEnd clean();

 private:
  struct Item {
    QPDFObjectHandle value;
    int depth = 0;
  };

  bool clean_from(const QPDFObjectHandle& value);
  void clean_dictionary(QPDFObjectHandle& dictionary, int depth);
  void clean_array(QPDFObjectHandle& array, int depth);
  void clean_stream(QPDFObjectHandle& stream, int depth);
  void drop_media(QPDFObjectHandle& dictionary);
  void push(const QPDFObjectHandle& value, int depth);

  bool must_go(QPDFObjectHandle& owner, const std::string& key, QPDFObjectHandle& value);
  bool must_go_anywhere(QPDFObjectHandle& value);
  bool is_bad_link(QPDFObjectHandle& owner, QPDFObjectHandle& value);
  bool is_bad_chain(QPDFObjectHandle& next);
  bool is_bad_metadata(QPDFObjectHandle& stream);
  bool acts(QPDFObjectHandle& action, Trigger trigger);

  QPDF& pdf_;
  const WalkLimits& limits_;
  Ear ear_;
  const WalkTools tools_;
  ActionJudge actions_;
  StreamLook streams_;
  SignatureLook signatures_;
  std::vector<Item> stack_;
  std::uint64_t nodes_ = 0;
};

}  // namespace lazaret::sandbox
