#include "sandbox/pdf/filter_chain.h"

#include <algorithm>
#include <array>

#include "sandbox/pdf/filter_stages.h"

namespace lazaret::sandbox {
namespace {

struct NamedFilter {
  std::string_view name;
  FilterKind kind;
};

constexpr auto kFilters = std::to_array<NamedFilter>({
    {.name = "FlateDecode", .kind = FilterKind::kFlate},
    {.name = "Fl", .kind = FilterKind::kFlate},
    {.name = "LZWDecode", .kind = FilterKind::kLzw},
    {.name = "LZW", .kind = FilterKind::kLzw},
    {.name = "ASCIIHexDecode", .kind = FilterKind::kAsciiHex},
    {.name = "AHx", .kind = FilterKind::kAsciiHex},
    {.name = "ASCII85Decode", .kind = FilterKind::kAscii85},
    {.name = "A85", .kind = FilterKind::kAscii85},
    {.name = "RunLengthDecode", .kind = FilterKind::kRunLength},
    {.name = "RL", .kind = FilterKind::kRunLength},
    {.name = "Crypt", .kind = FilterKind::kIdentity},
});

constexpr auto kImageCodecs =
    std::to_array<std::string_view>({"DCTDecode", "DCT", "JPXDecode", "JBIG2Decode", "CCITTFaxDecode", "CCF"});

// Passes bytes on as they are.
class IdentityStage final : public FilterStage {
 public:
  using FilterStage::FilterStage;
  bool write(const char* bytes, std::size_t length) override { return pass_on(bytes, length); }
};

class FlateStage final : public FilterStage {
 public:
  // Borrows `shared` where one is given, else brings an inflater of its own.
  FlateStage(ByteSink& next, std::uint64_t cap, Inflater* shared) : FilterStage(next, cap), outlet_(*this) {
    if (shared == nullptr) own_ = std::make_unique<Inflater>();
    inflater_ = shared == nullptr ? own_.get() : shared;
    inflater_->reset();
  }
  bool write(const char* bytes, std::size_t length) override {
    return inflater_->feed(bytes, length, outlet_) == Inflater::State::kMore;
  }

 private:
  class Outlet final : public ByteSink {
   public:
    explicit Outlet(FlateStage& stage) : stage_(stage) {}
    bool write(const char* bytes, std::size_t length) override { return stage_.pass_on(bytes, length); }

   private:
    FlateStage& stage_;
  };

  Outlet outlet_;
  std::unique_ptr<Inflater> own_;
  Inflater* inflater_;
};

std::unique_ptr<FilterStage> make_stage(const FilterSpec& spec, Inflater* inflater, std::uint64_t cap, ByteSink& next) {
  switch (spec.kind) {
    case FilterKind::kFlate:
      return std::make_unique<FlateStage>(next, cap, inflater);
    case FilterKind::kLzw:
      return std::make_unique<LzwStage>(next, cap, spec.early_change);
    case FilterKind::kAsciiHex:
      return std::make_unique<AsciiHexStage>(next, cap);
    case FilterKind::kAscii85:
      return std::make_unique<Ascii85Stage>(next, cap);
    case FilterKind::kRunLength:
      return std::make_unique<RunLengthStage>(next, cap);
    case FilterKind::kIdentity:
      break;
  }
  return std::make_unique<IdentityStage>(next, cap);
}

}  // namespace

std::optional<FilterKind> filter_kind_of(std::string_view name) {
  const auto* row = std::ranges::find(kFilters, name, &NamedFilter::name);
  return row == kFilters.end() ? std::nullopt : std::optional(row->kind);
}

bool is_image_codec(std::string_view name) {
  return std::ranges::find(kImageCodecs, name) != kImageCodecs.end();
}

FilterChain::FilterChain(const std::vector<FilterSpec>& specs, Inflater& inflater, std::uint64_t cap, ByteSink& last)
    : last_(last) {
  Inflater* shared = &inflater;
  ByteSink* next = &last;
  const auto put_before = [&](std::unique_ptr<FilterStage> stage) {
    next = stage.get();
    stages_.push_back(std::move(stage));
  };
  const std::size_t count = std::min(specs.size(), kMaxFilters);
  for (std::size_t i = count; i-- > 0;) {
    const FilterSpec& spec = specs[i];
    const bool may_predict = spec.kind == FilterKind::kFlate || spec.kind == FilterKind::kLzw;
    if (may_predict && PredictorStage::can_predict(spec))
      put_before(std::make_unique<PredictorStage>(*next, cap, spec));
    put_before(make_stage(spec, shared, cap, *next));
    if (spec.kind == FilterKind::kFlate) shared = nullptr;
  }
}

FilterChain::~FilterChain() = default;

bool FilterChain::write(const char* bytes, std::size_t length) {
  return stages_.empty() ? last_.write(bytes, length) : stages_.back()->write(bytes, length);
}

void FilterChain::finish() {
  for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage)
    (*stage)->finish();
}

bool FilterChain::bursts() const {
  return std::ranges::any_of(stages_, [](const auto& stage) { return stage->bursts(); });
}

}  // namespace lazaret::sandbox
