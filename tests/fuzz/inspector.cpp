// The whole inspection of a document, in process, and its clean copy.
#include <cstdint>
#include <cstdlib>

#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "sandbox/analysis.h"

namespace {

class BoundedCopy final : public lazaret::sandbox::ByteSink {
 public:
  bool write(const char*, std::size_t length) override {
    size += length;
    return size <= (std::uint64_t{16} << 20U);
  }
  std::uint64_t size = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static lazaret::sandbox::Engine engine;
  static const lazaret::UniqueFd document(::memfd_create("document", MFD_CLOEXEC));
  if (::ftruncate(document.get(), 0) != 0 || ::pwrite(document.get(), data, size, 0) != static_cast<ssize_t>(size)) {
    std::abort();
  }
  lazaret::inspect::Task task;
  task.size = size;
  task.extension = "pdf";
  lazaret::sandbox::Limits limits;
  limits.inflated_bytes = std::uint64_t{16} << 20U;
  limits.objects = 10'000;
  const lazaret::inspect::Report report = engine.analyse(document.get(), task, limits);
  if (report.findings.size() > lazaret::kMaxFindings || report.content_type.empty()) std::abort();
  BoundedCopy copy;
  const auto end = engine.clean(document.get(), task, limits, copy);
  if (end == lazaret::inspect::CopyEnd::kWhole && copy.size == 0) std::abort();
  return 0;
}
