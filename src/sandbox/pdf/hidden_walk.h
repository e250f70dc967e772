// HiddenWalk: what the raw bytes hold beside the objects libqpdf shows, judged like these. What no table leads to is
// opened a second time through a table that does lead there, so that a reader's other view is walked as a whole; what a
// later revision replaces is looked at object by object. C++17, inside the room of libqpdf.
#pragma once

#include <string>
#include <vector>

#include "sandbox/pdf/findings.h"
#include "sandbox/pdf/hidden.h"
#include "sandbox/pdf/object_streams.h"
#include "sandbox/pdf/walker.h"

namespace lazaret::sandbox {

class HiddenWalk {
 public:
  // `findings` are those of the tools.
  HiddenWalk(QPDF& pdf, const WalkTools& tools, const WalkLimits& limits, Walker& shown, WatchedFindings& findings)
      : pdf_(pdf), tools_(tools), limits_(limits), shown_(shown), findings_(findings) {}
  // `locked` are the object streams of an encrypted document, null of another.
  void run(ObjectStreams* locked);

 private:
  void walk_other_view(const std::vector<HiddenObject>& hidden);
  void walk_alone(const HiddenObject& object, ObjectStreamReader& reader);
  void walk_locked_streams(ObjectStreams& streams);
  void walk_value(const std::string& value, bool is_stream, const Spot& spot);
  void judge(const HiddenObject& object);

  QPDF& pdf_;
  const WalkTools& tools_;
  const WalkLimits& limits_;
  Walker& shown_;
  WatchedFindings& findings_;
};

}  // namespace lazaret::sandbox
