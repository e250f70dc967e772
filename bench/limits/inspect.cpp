// lazaret_limit_inspect FILE TIMES: the whole judgement of one document in this process, without a fork and without
// the sandbox. What an upload costs beyond it is the price of keeping a stranger's document away from the others.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/unique_fd.h"
#include "sandbox/analysis.h"

int main(int argc, char** argv) {
  using namespace lazaret;
  int times = 0;
  const std::string_view count = argc == 3 ? argv[2] : "";
  std::from_chars(count.data(), count.data() + count.size(), times);
  const UniqueFd file(argc == 3 ? ::open(argv[1], O_RDONLY | O_CLOEXEC) : -1);
  struct stat status{};
  if (times < 1 || !file.valid() || ::fstat(file.get(), &status) != 0) {
    fmt::print(stderr, "usage: lazaret_limit_inspect FILE TIMES\n");
    return 2;
  }
  sandbox::Engine engine;
  const inspect::Task task{
      .size = static_cast<std::uint64_t>(status.st_size), .extension = "pdf", .declared_type = "application/pdf"};
  std::vector<double> milliseconds;
  std::size_t findings = 0;
  for (int i = 0; i < times; ++i) {
    const auto start = std::chrono::steady_clock::now();
    findings = engine.analyse(file.get(), task, sandbox::Limits{}).findings.size();
    milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::sort(milliseconds);
  fmt::print("{{\"times\": {}, \"p50_ms\": {:.3f}, \"p99_ms\": {:.3f}, \"findings\": {}}}\n", times,
             milliseconds[milliseconds.size() / 2], milliseconds[milliseconds.size() * 99 / 100], findings);
  return 0;
}
