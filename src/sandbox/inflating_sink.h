// InflatingSink: takes deflated bytes in pieces and hands on what they make.
#pragma once

#include "sandbox/inflater.h"

namespace lazaret::sandbox {

class InflatingSink final : public ByteSink {
 public:
  // Borrows both; goes on with what `inflater` has begun.
  InflatingSink(Inflater& inflater, ByteSink& next) : inflater_(inflater), next_(next) {}
  bool write(const char* bytes, std::size_t length) override {
    return inflater_.feed(bytes, length, next_) == Inflater::State::kMore;
  }

 private:
  Inflater& inflater_;
  ByteSink& next_;
};

}  // namespace lazaret::sandbox
