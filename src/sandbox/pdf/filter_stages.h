// The stages a FilterChain is made of, each of which decodes what is written to it and writes that to the next. Each
// counts what it makes: a stream that bursts in the middle of its chain is a bomb even where little comes out.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "sandbox/pdf/filter_chain.h"

namespace lazaret::sandbox {

class FilterStage : public ByteSink {
 public:
  FilterStage(ByteSink& next, std::uint64_t cap) : next_(next), cap_(cap) {}
  virtual void finish() {}
  bool bursts() const { return made_ > cap_; }

 protected:
  bool pass_on(const char* bytes, std::size_t length) {
    made_ += length;
    return length == 0 || (next_.write(bytes, length) && made_ <= cap_);
  }

 private:
  ByteSink& next_;
  std::uint64_t cap_;
  std::uint64_t made_ = 0;
};

// Stages that make their bytes one by one.
class BytewiseStage : public FilterStage {
 public:
  using FilterStage::FilterStage;
  bool write(const char* bytes, std::size_t length) final;
  void finish() final;

 protected:
  // False: the data has ended here.
  virtual bool take(unsigned char byte) = 0;
  virtual void end() {}
  void make(unsigned char byte);
  bool is_wanted() const { return is_wanted_; }

 private:
  void flush();
  std::array<char, 4096> out_{};
  std::size_t filled_ = 0;
  bool is_wanted_ = true;
};

class AsciiHexStage final : public BytewiseStage {
 public:
  using BytewiseStage::BytewiseStage;

 private:
  bool take(unsigned char byte) override;
  void end() override;
  int high_ = -1;
};

class Ascii85Stage final : public BytewiseStage {
 public:
  using BytewiseStage::BytewiseStage;

 private:
  bool take(unsigned char byte) override;
  void end() override;
  void make_group(int bytes);
  std::uint32_t group_ = 0;
  int digits_ = 0;
  bool is_fresh_ = true;  // nothing but a first digit so far
};

class RunLengthStage final : public BytewiseStage {
 public:
  using BytewiseStage::BytewiseStage;

 private:
  bool take(unsigned char byte) override;
  int copies_ = 0;   // bytes still to be copied as they are
  int repeats_ = 0;  // how often the next byte is meant
};

class LzwStage final : public BytewiseStage {
 public:
  LzwStage(ByteSink& next, std::uint64_t cap, bool early_change)
      : BytewiseStage(next, cap), early_(early_change ? 1U : 0U) {
    restart();
  }

 private:
  static constexpr unsigned kClear = 256;
  static constexpr unsigned kEnd = 257;
  static constexpr unsigned kMostCodes = 4096;
  bool take(unsigned char byte) override;
  bool take_code(unsigned code);
  unsigned first_of(unsigned code) const;
  void make_string(unsigned code);
  void restart();

  unsigned early_;
  std::uint32_t bits_ = 0;
  unsigned bit_count_ = 0;
  unsigned width_ = 9;
  unsigned next_code_ = 258;
  unsigned previous_ = kMostCodes;  // none
  std::array<std::uint16_t, kMostCodes> prefix_{};
  std::array<unsigned char, kMostCodes> suffix_{};
  std::array<unsigned char, kMostCodes> string_{};
};

// Undoes what PNG and TIFF do to rows. Its memory grows with what arrives, not with the /Columns that are stated.
class PredictorStage final : public FilterStage {
 public:
  static bool can_predict(const FilterSpec& spec);
  PredictorStage(ByteSink& next, std::uint64_t cap, const FilterSpec& spec);
  bool write(const char* bytes, std::size_t length) override;
  void finish() override;

 private:
  bool end_row();
  void undo_png();
  void undo_tiff();

  bool is_png_;
  std::size_t row_bytes_;
  std::size_t pixel_bytes_;
  std::int64_t bits_;
  std::string row_;  // with the tag of PNG in front
  std::string above_;
};

}  // namespace lazaret::sandbox
