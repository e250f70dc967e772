// The judgement of one type other than PDF, in process; LAZARET_FUZZ_TYPE is its extension.
#include <cstdint>
#include <cstdlib>

#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "sandbox/analysis.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static lazaret::sandbox::Engine engine;
  static const lazaret::UniqueFd document(::memfd_create("document", MFD_CLOEXEC));
  if (::ftruncate(document.get(), 0) != 0 || ::pwrite(document.get(), data, size, 0) != static_cast<ssize_t>(size)) {
    std::abort();
  }
  lazaret::inspect::Task task;
  task.size = size;
  task.extension = LAZARET_FUZZ_TYPE;
  lazaret::sandbox::Limits limits;
  limits.inflated_bytes = std::uint64_t{16} << 20U;
  limits.objects = 10'000;
  const lazaret::inspect::Report report = engine.analyse(document.get(), task, limits);
  if (report.findings.size() > lazaret::kMaxFindings || report.content_type.empty()) std::abort();
  // What the worker says must be what the server can read.
  const auto read = lazaret::inspect::decode_report(encode_report(report));
  if (!read || read->facts.size() != report.facts.size()) std::abort();
  return 0;
}
