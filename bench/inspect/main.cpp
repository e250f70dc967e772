// lazaret_inspection: what inspection sees and what it costs, over the generated documents. In process, without the
// sandbox. bench/inspection puts it to use.
//   detect                  JSON lines: name, way, benign, expected, outcome, class, milliseconds
//   judge FILE...           JSON lines: file, outcome, codes, milliseconds
//   write FOLDER            documents of several sizes and kinds, to be timed
//   sanitise FOLDER         JSON lines of every document that may be sanitised: number, name, way, end, again (the
//   outcome of its copy); NUMBER-before.pdf and NUMBER-after.pdf in the folder time TIMES FILE...      JSON lines:
//   file, p50_ms, p99_ms (of processor time), peak_kb: each file in a process of its own
#include <algorithm>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "sample/sample.h"
#include "tests/support/hidden_documents.h"
#include "tests/support/hidings.h"
#include "tests/support/qpdf_rewrite.h"

namespace {

using namespace lazaret;

// Processor time of this process: on a machine with other work to do, the clock on the wall measures that too.
double processor_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

int detect() {
  sandbox::Engine engine;
  testing_support::for_each_document([&engine](const testing_support::HiddenDocument& hidden) {
    const double start = processor_milliseconds();
    const Outcome outcome = testing_support::outcome_of(testing_support::inspect_bytes(engine, hidden.bytes));
    const double spent = processor_milliseconds() - start;
    const auto& codes = hidden.document.must_hold;
    fmt::print(R"({{"name": "{}", "way": "{}", "benign": {}, "expected": "{}", "outcome": "{}", "class": "{}", )"
               R"("ms": {:.3f}, "bytes": {}}})"
               "\n",
               hidden.document.name, hidden.way, hidden.is_benign, to_string(hidden.document.outcome),
               to_string(outcome), codes.empty() ? "none" : inspect::finding_row(codes.front()).name, spent,
               hidden.bytes.size());
  });
  return 0;
}

int judge(char** first, char** last) {
  sandbox::Engine engine;
  for (char** name = first; name != last; ++name) {
    std::ifstream file(*name, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const double start = processor_milliseconds();
    const inspect::Report report = testing_support::inspect_bytes(engine, bytes);
    const double spent = processor_milliseconds() - start;
    std::string codes;
    for (const inspect::RawFinding& finding : report.findings) {
      const std::string code(inspect::finding_row(finding.code).name);
      if (codes.find(code) == std::string::npos) codes += (codes.empty() ? "" : " ") + code;
    }
    fmt::print(R"({{"file": "{}", "outcome": "{}", "codes": "{}", "ms": {:.3f}}})"
               "\n",
               std::filesystem::path(*name).filename().string(), to_string(testing_support::outcome_of(report)), codes,
               spent);
  }
  return 0;
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

class Copy final : public sandbox::ByteSink {
 public:
  bool write(const char* bytes, std::size_t length) override {
    text.append(bytes, length);
    return true;
  }
  std::string text;
};

std::string_view name_of(inspect::CopyEnd end) {
  switch (end) {
    case inspect::CopyEnd::kWhole:
      return "whole";
    case inspect::CopyEnd::kSigned:
      return "signed";
    case inspect::CopyEnd::kShownByScript:
      return "shown by script";
    case inspect::CopyEnd::kUnreadable:
    case inspect::CopyEnd::kCount:
      break;
  }
  return "unreadable";
}

// Makes the clean copies, and tells of each what it is worth and what it cost.
class Sanitising {
 public:
  explicit Sanitising(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
  }

  // Documents that policy leaves alone are copied where `is_sound`: to lose nothing is all that is asked of those.
  void copy(std::string_view name, std::string_view way, const std::string& bytes, bool is_sound) {
    const Outcome outcome = testing_support::outcome_of(testing_support::inspect_bytes(engine_, bytes));
    const bool may_be_sanitised =
        outcome == Outcome::kRepaired || outcome == Outcome::kActive || outcome == Outcome::kSuspicious;
    if (!may_be_sanitised && !(is_sound && outcome == Outcome::kClean)) return;
    const std::string stem = std::to_string(++number_);
    write_file(folder_ / (stem + "-before.pdf"), bytes);
    const UniqueFd file(::open((folder_ / (stem + "-before.pdf")).c_str(), O_RDONLY | O_CLOEXEC));
    Copy copy;
    const double start = processor_milliseconds();
    const auto end = engine_.clean(file.get(), {.size = bytes.size(), .extension = "pdf"}, {}, copy);
    const double spent = processor_milliseconds() - start;
    std::string_view again = "none";
    if (end == inspect::CopyEnd::kWhole) {
      write_file(folder_ / (stem + "-after.pdf"), copy.text);
      again = to_string(testing_support::outcome_of(testing_support::inspect_bytes(engine_, copy.text)));
    }
    fmt::print(R"({{"number": {}, "name": "{}", "way": "{}", "before": "{}", "end": "{}", "again": "{}", )"
               R"("ms": {:.3f}, "bytes": {}}})"
               "\n",
               number_, name, way, to_string(outcome), name_of(end), again, spent, bytes.size());
  }

 private:
  std::filesystem::path folder_;
  sandbox::Engine engine_;
  int number_ = 0;
};

int sanitise(const std::filesystem::path& folder) {
  Sanitising sanitising(folder);
  testing_support::for_each_document([&](const testing_support::HiddenDocument& hidden) {
    sanitising.copy(hidden.document.name, hidden.way, hidden.bytes, hidden.is_benign);
  });
  for (const auto& [name, kind] : {std::pair("mixed", sample::Kind::kMixed), std::pair("scan", sample::Kind::kScan),
                                   std::pair("flate", sample::Kind::kFlate)}) {
    for (const std::uint64_t bytes : {100'000ULL, 1'000'000ULL, 10'000'000ULL})
      sanitising.copy(name, "sample", sample::make_sample({.kind = kind, .size_bytes = bytes}), true);
  }
  return 0;
}

void write_other_types(const std::filesystem::path& folder) {
  using sample::Type;
  constexpr std::uint64_t kBytes = 1'000'000;
  for (const auto& [type, extension] :
       {std::pair(Type::kPng, "png"), std::pair(Type::kJpeg, "jpg"), std::pair(Type::kTiff, "tif"),
        std::pair(Type::kDicom, "dcm"), std::pair(Type::kDocx, "docx"), std::pair(Type::kXlsx, "xlsx"),
        std::pair(Type::kXml, "xml"), std::pair(Type::kJson, "json"), std::pair(Type::kText, "txt"),
        std::pair(Type::kCsv, "csv")}) {
    write_file(folder / fmt::format("sample-1M.{}", extension),
               sample::make_sample({.type = type, .size_bytes = kBytes}));
  }
}

int write_samples(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  struct Size {
    const char* name;
    std::uint64_t bytes;
  };
  struct Kind {
    const char* name;
    sample::Kind kind;
  };
  for (const Size& size : {Size{"100K", 100'000}, Size{"1M", 1'000'000}, Size{"10M", 10'000'000}}) {
    for (const Kind& kind : {Kind{"mixed", sample::Kind::kMixed}, Kind{"scan", sample::Kind::kScan},
                             Kind{"flate", sample::Kind::kFlate}}) {
      const std::string bytes = sample::make_sample({.kind = kind.kind, .size_bytes = size.bytes});
      write_file(folder / fmt::format("{}-{}.pdf", kind.name, size.name), bytes);
      if (kind.kind != sample::Kind::kMixed) continue;
      for (const auto rewriting : {testing_support::Rewriting::kObjectStreams, testing_support::Rewriting::kAes256}) {
        const bool is_encrypted = rewriting == testing_support::Rewriting::kAes256;
        write_file(folder / fmt::format("{}-{}.pdf", is_encrypted ? "encrypted" : "object-streams", size.name),
                   testing_support::rewrite_pdf(bytes, rewriting));
      }
    }
  }
  write_other_types(folder);
  return 0;
}

// Runs in a child, so that its peak of memory is its own.
int time_one(const char* name, int times) {
  const UniqueFd file(::open(name, O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return 1;
  const std::string extension = std::filesystem::path(name).extension().string();
  const inspect::Task task{.size = static_cast<std::uint64_t>(status.st_size),
                           .extension = extension.empty() ? "pdf" : extension.substr(1),
                           .declared_type = {}};
  sandbox::Engine engine;
  std::vector<double> spent;
  for (int i = 0; i < times; ++i) {
    const double start = processor_milliseconds();
    static_cast<void>(engine.analyse(file.get(), task, sandbox::Limits{}));
    spent.push_back(processor_milliseconds() - start);
  }
  std::ranges::sort(spent);
  struct rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  fmt::print(R"({{"file": "{}", "p50_ms": {:.3f}, "p99_ms": {:.3f}, "peak_kb": {}}})"
             "\n",
             std::filesystem::path(name).filename().string(), spent[spent.size() / 2], spent[spent.size() * 99 / 100],
             usage.ru_maxrss);
  std::fflush(stdout);
  return 0;
}

int time_all(int times, char** first, char** last) {
  for (char** name = first; name != last; ++name) {
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(time_one(*name, times));
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "detect" && argc == 2) return detect();
  if (verb == "judge" && argc > 2) return judge(argv + 2, argv + argc);
  if (verb == "sanitise" && argc == 3) return sanitise(argv[2]);
  if (verb == "write" && argc == 3) return write_samples(argv[2]);
  int times = 0;
  const std::string_view count = verb == "time" && argc > 3 ? argv[2] : "";
  std::from_chars(count.data(), count.data() + count.size(), times);
  if (times > 0) return time_all(times, argv + 3, argv + argc);
  fmt::print(
      stderr,
      "usage: lazaret_inspection detect | judge FILE... | sanitise FOLDER | write FOLDER | time TIMES FILE...\n");
  return 2;
}
