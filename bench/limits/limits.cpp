// lazaret_limits: how fast this machine can do the parts of an upload that nobody can leave out, each alone and on one
// thread: hashing, and writing a file that survives a power cut. Also makes the documents that the runs upload.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "sample/sample.h"

namespace lazaret::bench {
namespace {

constexpr std::size_t kPiece = 256 << 10;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int fail_with_text(const Error& error) {
  fmt::print(stderr, "{}\n", error.detail);
  return 1;
}

void hash(std::uint64_t bytes) {
  const std::string piece(kPiece, 'x');
  Sha256 sha;
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t done = 0; done < bytes; done += kPiece)
    sha.update(piece);
  const std::string digest = sha.finish().to_string();
  const double seconds = seconds_since(start);
  fmt::print("{{\"bytes\": {}, \"seconds\": {:.3f}, \"mb_per_second\": {:.1f}, \"digest\": \"{}\"}}\n", bytes, seconds,
             static_cast<double>(bytes) / 1048576 / seconds, digest);
}

// One pass over the bytes: hashed and written piece by piece, then made durable under a name.
Result<void> store_once(std::string_view bytes, const std::string& folder, int folder_fd, int number) {
  const UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (!file.valid()) return std::unexpected(system_error("O_TMPFILE", errno));
  Sha256 sha;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::string_view piece = bytes.substr(at, kPiece);
    sha.update(piece);
    const ssize_t written = ::write(file.get(), piece.data(), piece.size());
    if (written != static_cast<ssize_t>(piece.size())) return std::unexpected(system_error("write", errno));
    at += piece.size();
  }
  sha.finish();
  if (::fsync(file.get()) != 0) return std::unexpected(system_error("fsync", errno));
  const std::string from = fmt::format("/proc/self/fd/{}", file.get());
  const std::string to = fmt::format("{}/{}", folder, number);
  if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) != 0)
    return std::unexpected(system_error("linkat", errno));
  if (::fsync(folder_fd) != 0) return std::unexpected(system_error("fsync of the folder", errno));
  return {};
}

int store(const std::string& file_name, const std::string& folder, int times) {
  std::ifstream file(file_name, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const UniqueFd folder_fd(::open(folder.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
  if (bytes.empty() || !folder_fd.valid()) {
    fmt::print(stderr, "cannot read {} or open {}\n", file_name, folder);
    return 1;
  }
  std::vector<double> milliseconds;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) {
    const auto one = std::chrono::steady_clock::now();
    if (const auto stored = store_once(bytes, folder, folder_fd.get(), i); !stored)
      return fail_with_text(stored.error());
    milliseconds.push_back(seconds_since(one) * 1000);
  }
  const double seconds = seconds_since(start);
  std::ranges::sort(milliseconds);
  fmt::print("{{\"files\": {}, \"per_second\": {:.2f}, \"p50_ms\": {:.3f}, \"mb_per_second\": {:.1f}}}\n", times,
             times / seconds, milliseconds[milliseconds.size() / 2],
             static_cast<double>(bytes.size()) * times / 1048576 / seconds);
  return 0;
}

int write_documents(const sample::SampleOptions& options) {
  const auto paths = sample::write_samples(options);
  if (!paths) return fail_with_text(paths.error());
  for (const auto& path : *paths)
    fmt::print("{}\n", path.string());
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app{"What this machine can do at most."};
  app.require_subcommand(1);
  std::uint64_t bytes = 1 << 30;
  auto* sha_command = app.add_subcommand("sha256", "SHA-256 over bytes in memory");
  sha_command->add_option("--bytes", bytes);
  std::string file, folder;
  int times = 1;
  auto* store_command = app.add_subcommand("store", "hash, write and fsync a file, again and again");
  store_command->add_option("--file", file)->required();
  store_command->add_option("--folder", folder, "an empty folder on the disk to measure")->required();
  store_command->add_option("--times", times)->check(CLI::Range(1, 1'000'000));
  sample::SampleOptions options;
  std::string sample_folder;
  auto* sample_command = app.add_subcommand("sample", "write documents to upload");
  sample_command->add_option("folder", sample_folder)->required();
  sample_command->add_option("--count", options.count);
  sample_command->add_option("--bytes", options.size_bytes);
  sample_command->add_option("--kind", options.kind)
      ->transform(CLI::CheckedTransformer(std::map<std::string, sample::Kind>{
          {"mixed", sample::Kind::kMixed}, {"scan", sample::Kind::kScan}, {"flate", sample::Kind::kFlate}}));
  CLI11_PARSE(app, argc, argv);
  if (*sha_command) hash(bytes);
  if (*store_command) return store(file, folder, times);
  if (*sample_command) {
    options.folder = sample_folder;
    return write_documents(options);
  }
  return 0;
}

}  // namespace
}  // namespace lazaret::bench

int main(int argc, char** argv) {
  return lazaret::bench::run(argc, argv);
}
