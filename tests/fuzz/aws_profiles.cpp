// Profile files: any text is read within its bounds, and settings and the plan of credentials come of it without a
// loop.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "aws/credentials/plan.h"
#include "aws/profile_file.h"
#include "aws/settings.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lazaret;
  using namespace lazaret::aws;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Lookup nothing = [](std::string_view) { return std::optional<std::string>{}; };
  for (const ProfileFile kind : {ProfileFile::kConfig, ProfileFile::kCredentials}) {
    Profiles profiles;
    const auto parsed = parse_profiles(text, kind, "file", profiles);
    if (!parsed) {
      require(parsed.error().faults.size() == 1);
      continue;
    }
    if (const auto settings = resolve_settings(nothing, profiles)) {
      require(!settings->region.empty());
      for (const Service service : {Service::kS3, Service::kDynamoDb, Service::kSts})
        require(!endpoint_of(*settings, service).host.empty());
    }
    for (const auto& [name, properties] : profiles.profiles) {
      const auto plan = plan_credentials(nothing, profiles, name);
      require(plan || !plan.error().faults.empty());
    }
  }
  static_cast<void>(split_command(text));
  return 0;
}
