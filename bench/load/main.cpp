// lazaret_load: asks one server the same kind of thing over and over, and prints what came of it as one JSON object.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <numeric>

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include "client.h"
#include "request.h"

namespace lazaret::bench {
namespace {

struct Arguments {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string upload_file, put_file, paths_file;
  RequestPlan plan;
  RunOptions run;
  double seconds = 0;
  double warm_up = 0;
};

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double percentile(const std::vector<float>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return static_cast<double>(sorted[std::min(rank, sorted.size() - 1)]);
}

void print_report(RunResult result, double cpu) {
  std::ranges::sort(result.latencies_ms);
  const auto& latencies = result.latencies_ms;
  const double sum = std::accumulate(latencies.begin(), latencies.end(), 0.0);
  std::string kinds;
  for (const auto& [kind, count] : result.error_kinds)
    kinds += fmt::format("{}\"{}\": {}", kinds.empty() ? "" : ", ", kind, count);
  const double seconds = std::max(result.seconds, 1e-9);
  fmt::print(
      "{{\"answers\": {}, \"errors\": {}, \"error_kinds\": {{{}}}, \"seconds\": {:.3f}, \"per_second\": {:.2f}, "
      "\"mean_ms\": {:.3f}, \"p50_ms\": {:.3f}, \"p90_ms\": {:.3f}, \"p99_ms\": {:.3f}, \"max_ms\": {:.3f}, "
      "\"generator_cpu_seconds\": {:.3f}}}\n",
      result.answers, result.errors, kinds, result.seconds, static_cast<double>(result.answers) / seconds,
      latencies.empty() ? 0 : sum / static_cast<double>(latencies.size()), percentile(latencies, 0.5),
      percentile(latencies, 0.9), percentile(latencies, 0.99), percentile(latencies, 1.0), cpu);
}

bool read_file(const std::string& name, std::string& bytes) {
  std::ifstream file(name, std::ios::binary);
  bytes.assign(std::istreambuf_iterator<char>(file), {});
  return file.good() || file.eof();
}

int parse_arguments(int argc, char** argv, Arguments& arguments) {
  CLI::App app{"Asks a server on this machine the same thing over many kept connections; prints one JSON object."};
  app.add_option("--host", arguments.host, "IPv4 address");
  app.add_option("--port", arguments.port)->required();
  app.add_option("--path", arguments.plan.paths, "path to ask for; for --put a prefix");
  app.add_option("--paths", arguments.paths_file, "file of paths, one a line, asked for by turns");
  app.add_option("--upload", arguments.upload_file, "POST this PDF as a multipart form");
  app.add_option("--put", arguments.put_file, "PUT this PDF");
  app.add_option("--field", arguments.plan.fields, "form field name=value");
  app.add_option("--header", arguments.plan.headers, "header `Name: value`");
  app.add_option("--connections", arguments.run.connections)->check(CLI::Range(1, 4096));
  app.add_option("--requests", arguments.run.requests, "stop after so many");
  app.add_option("--seconds", arguments.seconds, "stop after this time");
  app.add_option("--warm-up", arguments.warm_up, "seconds that do not count");
  app.add_option("--expect", arguments.run.expected_status, "any other status is an error");
  app.add_option("--first-number", arguments.plan.first_number, "where the marks that vary the files begin");
  CLI11_PARSE(app, argc, argv);
  if (arguments.run.requests == 0 && arguments.seconds <= 0) {
    fmt::print(stderr, "one of --requests and --seconds is needed\n");
    return 2;
  }
  return -1;
}

int prepare(Arguments& arguments) {
  arguments.run.address.sin_family = AF_INET;
  arguments.run.address.sin_port = htons(arguments.port);
  if (::inet_pton(AF_INET, arguments.host.c_str(), &arguments.run.address.sin_addr) != 1) return 2;
  arguments.run.time = std::chrono::milliseconds(static_cast<long>(arguments.seconds * 1000));
  arguments.run.warm_up = std::chrono::milliseconds(static_cast<long>(arguments.warm_up * 1000));
  arguments.plan.authority = fmt::format("{}:{}", arguments.host, arguments.port);
  if (!arguments.paths_file.empty()) {
    std::ifstream lines(arguments.paths_file);
    for (std::string line; std::getline(lines, line);)
      if (!line.empty()) arguments.plan.paths.push_back(line);
  }
  if (arguments.upload_file.empty() && arguments.put_file.empty()) return 0;
  arguments.plan.verb = arguments.upload_file.empty() ? Verb::kPut : Verb::kUpload;
  const std::string& name = arguments.upload_file.empty() ? arguments.put_file : arguments.upload_file;
  if (!read_file(name, arguments.plan.file)) {
    fmt::print(stderr, "cannot read {}\n", name);
    return 2;
  }
  return 0;
}

int run(int argc, char** argv) {
  Arguments arguments;
  if (const int status = parse_arguments(argc, argv, arguments); status >= 0) return status;
  if (const int status = prepare(arguments); status != 0) return status;
  auto source = RequestSource::make(std::move(arguments.plan));
  if (!source) {
    fmt::print(stderr, "{}\n", source.error().detail);
    return 2;
  }
  const double before = processor_seconds();
  auto result = run_load(*source, arguments.run);
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().detail);
    return 1;
  }
  print_report(std::move(*result), processor_seconds() - before);
  return 0;
}

}  // namespace
}  // namespace lazaret::bench

int main(int argc, char** argv) {
  return lazaret::bench::run(argc, argv);
}
