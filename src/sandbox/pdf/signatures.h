// SignatureLook: whether a signed document was changed after it was signed, or its signature leaves parts of it out.
// Later signatures and timestamps, validation data (DSS), filled fields and, where the signer allows them, annotations
// are no change. Certificates are none of its business. C++17, inside the room of libqpdf.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <qpdf/QPDF.hh>

#include "sandbox/pdf/hidden.h"
#include "sandbox/pdf/walk.h"

namespace lazaret::sandbox {

class SignatureLook {
 public:
  SignatureLook(QPDF& pdf, const WalkTools& tools) : pdf_(pdf), tools_(tools) {}

  // Told of every dictionary; keeps the signatures among them, at most kMostSignatures.
  void meet(QPDFObjectHandle& dictionary, const Spot& spot);
  bool found_any() const { return !signatures_.empty(); }
  void judge();

 private:
  static constexpr std::size_t kMostSignatures = 64;
  struct Signature {
    std::uint64_t gap = 0;  // where the signature's own bytes stand
    std::uint64_t gap_end = 0;
    std::uint64_t end = 0;     // of what it covers
    bool is_sound = false;     // the ranges make sense
    long long permission = 0;  // of DocMDP: 1 nothing, 2 forms, 3 annotations too; 0: it does not say
    Spot spot;
  };

  bool leaves_parts_out(const Signature& signature) const;
  bool is_changed_after(const Signature& signature);
  bool is_permitted(const ChangedObject& object, const Signature& signature, ObjectStreamReader& reader);
  QPDFObjectHandle earlier(const ChangedObject& object, ObjectStreamReader& reader);

  QPDF& pdf_;
  const WalkTools& tools_;
  std::vector<Signature> signatures_;
};

}  // namespace lazaret::sandbox
