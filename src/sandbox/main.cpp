// lazaret-inspector: judges documents in processes that can do nothing else. Started by the server alone.
#include <exception>
#include <memory>
#include <string>

#include "sandbox/analysis.h"
#include "sandbox/jail/zygote.h"

namespace lazaret::sandbox {
namespace {

constexpr int kExitUsage = 64;

class EngineAnalyst final : public Analyst {
 public:
  explicit EngineAnalyst(const std::vector<std::string>& rules) : engine_(rules) {}
  std::string versions() const override { return Engine::versions(); }
  std::string judge(int document, const inspect::Task& task) override {
    return inspect::encode_report(engine_.analyse(document, task, Limits{}));
  }
  inspect::CopyEnd clean(int document, const inspect::Task& task, ByteSink& copy) override {
    return engine_.clean(document, task, Limits{}, copy);
  }

 private:
  Engine engine_;
};

Result<std::unique_ptr<Analyst>> load_engine(const std::vector<std::string>& rules) {
  try {
    return std::make_unique<EngineAnalyst>(rules);
  } catch (const std::exception& error) {
    return fail(ErrorCode::kUnavailable, error.what());
  }
}

}  // namespace
}  // namespace lazaret::sandbox

int main(int count, char** arguments) {
  const auto options = lazaret::sandbox::parse_inspector_options(count, arguments);
  if (!options) return lazaret::sandbox::kExitUsage;
  return lazaret::sandbox::run_inspector(*options,
                                         [&options] { return lazaret::sandbox::load_engine(options->rules); });
}
