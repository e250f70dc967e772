#include "sandbox/inflater.h"

#include <algorithm>
#include <array>
#include <limits>

#include <isa-l/igzip_lib.h>

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kOutput = std::size_t{32} * 1024;
constexpr std::size_t kWrapper = 2;  // the zlib header, which tells nothing that is needed here

}  // namespace

// Left as the heap gives it: isal_inflate_init() sets what is read, and touching 100 KB is a page fault each 4 KB.
struct Inflater::Machine {
  inflate_state state;
  std::array<std::uint8_t, kOutput> output;
  std::size_t skipped = 0;
  State result = State::kMore;
};

Inflater::Inflater() : machine_(std::make_unique_for_overwrite<Machine>()) {
  reset();
}

Inflater::~Inflater() = default;

void Inflater::reset() {
  isal_inflate_init(&machine_->state);
  machine_->skipped = 0;
  machine_->result = State::kMore;
}

Inflater::State Inflater::feed(const char* bytes, std::size_t length, ByteSink& sink) {
  Machine& machine = *machine_;
  if (machine.result != State::kMore) return machine.result;
  const std::size_t skip = std::min(length, kWrapper - machine.skipped);
  machine.skipped += skip;
  length = std::min<std::size_t>(length - skip, std::numeric_limits<std::int32_t>::max());
  inflate_state& state = machine.state;
  // ISA-L reads its input only; its interface predates const.
  state.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(bytes + skip));
  state.avail_in = static_cast<std::uint32_t>(length);
  do {
    state.next_out = machine.output.data();
    state.avail_out = kOutput;
    const int status = isal_inflate(&state);
    const std::size_t made = kOutput - state.avail_out;
    if (made != 0 && !sink.write(reinterpret_cast<const char*>(machine.output.data()), made)) {
      return machine.result = State::kStopped;
    }
    if (status != ISAL_DECOMP_OK) return machine.result = State::kDamaged;
    if (state.block_state == ISAL_BLOCK_FINISH) return machine.result = State::kDone;
  } while (state.avail_in != 0 || state.avail_out == 0);
  return State::kMore;
}

}  // namespace lazaret::sandbox
