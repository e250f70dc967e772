// analyse(): the whole judgement of one document's bytes, as one function without side effects, run inside the sealed
// worker (and in process by fuzz targets and the benchmark). Reads by pread, never maps; allocates nothing by a size
// the file states.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "inspect/copy_end.h"
#include "inspect/report.h"
#include "sandbox/file_reader.h"

namespace lazaret::sandbox {

struct Limits {
  std::uint64_t inflated_bytes = std::uint64_t{1} << 30U;  // all decoded streams together
  std::uint64_t objects = 500'000;
  int depth = 100;  // of nested arrays and dictionaries, and of the page tree
  // Compressed bytes of ordinary streams that are decoded to their end; of streams beyond it only the beginning is.
  std::uint64_t thorough_bytes = std::uint64_t{8} << 20U;
};

// Loaded before the sandbox closes, shared by all children of a zygote.
class Engine {
 public:
  // Loads libmagic's database and compiles the rules, ours and those of `rule_files`; throws std::runtime_error when
  // it cannot.
  explicit Engine(const std::vector<std::string>& rule_files = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  // Never throws but std::bad_alloc (the caller reports kMemoryLimit).
  inspect::Report analyse(int fd, const inspect::Task& task, const Limits& limits);
  // A copy of a PDF without what acts, handed to `copy` piece by piece. Throws as analyse() does.
  inspect::CopyEnd clean(int fd, const inspect::Task& task, const Limits& limits, ByteSink& copy);
  // "qpdf 11.3.0 libmagic 5.44 yara 4.2.3"
  static std::string versions();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lazaret::sandbox
