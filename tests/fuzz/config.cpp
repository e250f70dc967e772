// `.env` files: whatever one holds, every fault has a name and a sentence, and what is accepted shows no secret.
#include "config/config.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/dotenv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lazaret;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto dotenv = config::parse_dotenv(text);
  if (dotenv.entries.size() > config::kMaxDotenvEntries) std::abort();
  if (dotenv.faults.size() > config::kMaxDotenvFaults + 1) std::abort();

  const auto loaded = load_config({{}, text, {"pdf"}, {}});
  if (!loaded) {
    if (loaded.error().faults.empty()) std::abort();
    for (const Fault& fault : loaded.error().faults) {
      if (fault.where.empty() || fault.detail.empty()) std::abort();
    }
    return 0;
  }
  if (!dotenv.faults.empty()) std::abort();
  const std::string_view key = loaded->config.secret_key.reveal();
  // A key this long stands nowhere else by chance.
  if (key.size() >= 32 && show_settings(*loaded).find("SECRET_KEY=" + std::string(key)) != std::string::npos) {
    std::abort();
  }
  return 0;
}
