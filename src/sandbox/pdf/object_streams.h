// ObjectStreams: those of an encrypted document, which the raw pass cannot read. Each is decrypted and counted under a
// cap before libqpdf inflates it by itself, and what it holds is compared with what libqpdf shows, as the raw pass does
// for documents in the clear. C++17, inside the room of libqpdf.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <qpdf/QPDF.hh>

#include "sandbox/pdf/hidden.h"
#include "sandbox/pdf/streams.h"
#include "sandbox/pdf/walk.h"

namespace lazaret::sandbox {

class ObjectStreams {
 public:
  ObjectStreams(QPDF& pdf, const WalkTools& tools, const WalkLimits& limits);

  // False: one of them bursts, and a finding says so; libqpdf must not be asked for objects any more.
  bool are_bounded(StreamLook& streams);

  struct Member {
    HiddenObject object;
    std::string value;
  };
  // Those that tell of something and that no table leads to, at most `most`.
  std::vector<Member> hidden(StreamLook& streams, std::size_t most);

 private:
  void find_streams();
  std::uint64_t place_of(int number) const;
  void look_into(int number, const std::string& text, std::uint64_t first, std::vector<Member>& found) const;

  QPDF& pdf_;
  const WalkTools& tools_;
  const WalkLimits& limits_;
  const std::map<QPDFObjGen, QPDFXRefEntry> table_;
  std::vector<int> streams_;  // by number
};

// Whether those that a table leads to inside another stream's bytes, where the raw pass counts nothing, stay under the
// cap too. False: one bursts, as above.
bool are_buried_streams_bounded(QPDF& pdf, const WalkTools& tools, StreamLook& streams);

}  // namespace lazaret::sandbox
