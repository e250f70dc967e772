// An inspector for tests: the real zygote, layers and wire around an analyst that does what its document says. By the
// name it is started under, its zygote itself misbehaves.
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect/copy_wire.h"
#include "inspect/protocol.h"
#include "inspect/wire_channel.h"
#include "sandbox/jail/escapes.h"
#include "sandbox/jail/zygote.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;
using inspect::kControlFd;
using inspect::Report;

[[noreturn]] void spin() {
  for (volatile unsigned long turns = 0;; turns = turns + 1) {
  }
}

std::string say(std::string content_type) {
  Report report;
  report.content_type = std::move(content_type);
  report.page_count = 1;
  return encode_report(report);
}

std::string find(FindingCode code) {
  Report report;
  report.content_type = "application/pdf";
  report.findings.push_back({code, {.object = 12}});
  return encode_report(report);
}

std::string eat_memory() {
  constexpr std::size_t kPieces = 4096;
  std::vector<std::string> eaten;
  eaten.reserve(kPieces);
  for (std::size_t i = 0; i < kPieces; ++i)
    eaten.emplace_back(std::size_t{1} << 20U, 'm');
  return say("full");
}

std::string attempt(std::string_view name) {
  for (const Escape& escape : escapes()) {
    if (escape.name == name) return say(escape.act() ? "escaped" : "refused");
  }
  return say("unknown");
}

std::string obey(std::string_view words, const inspect::Task& task) {
  if (words == "clean") return say("application/pdf");
  if (words == "task") return say(task.extension + "/" + task.declared_type + "/" + (task.walk ? "walk" : "stay"));
  if (words == "uri") return find(FindingCode::kUri);
  if (words == "garbage") return "no report at all";
  if (words == "oversize") return std::string(100'000, 'x');
  if (words == "nothing") return "";
  if (words == "silence") spin();
  if (words == "crash") __builtin_trap();
  if (words == "abort") std::abort();
  if (words == "throw") throw 1;
  if (words == "overtime") raise(SIGXCPU);
  if (words == "memory") return eat_memory();
  if (words == "exit") _exit(0);
  if (words == "fault") _exit(inspect::kExitFault);
  if (words == "linger") {
    inspect::send_message(kControlFd, say("application/pdf"));
    spin();
  }
  if (words.starts_with("escape ")) return attempt(words.substr(7));
  return say("unknown");
}

// As a cleaner: pieces of whatever size, and an end that may lie.
inspect::CopyEnd copy_out(std::string_view words, ByteSink& copy) {
  const auto write = [&copy](std::string_view bytes) { return copy.write(bytes.data(), bytes.size()); };
  const auto tell = [](const std::string& message) { inspect::send_message(kControlFd, message); };
  if (words == "signed") return inspect::CopyEnd::kSigned;
  if (words == "crash") __builtin_trap();
  if (words == "fault") _exit(inspect::kExitFault);
  if (words == "silence") spin();
  if (words == "garbage") tell("no piece at all");
  if (words == "oversized piece") tell(std::string(inspect::kMaxCopyMessageBytes + 1, 'x'));
  if (words == "memory") throw std::bad_alloc();
  write("%PDF-1.7\n");
  if (words == "cut off") _exit(0);
  if (words == "lies of its size") tell(encode(inspect::CopyEnding{inspect::CopyEnd::kWhole, 10}));
  if (words == "without an end") spin();
  if (words == "endless") {
    const std::string piece(inspect::kMaxPieceBytes, 'x');
    while (write(piece)) {
    }
  }
  write("%%EOF\n");
  return inspect::CopyEnd::kWhole;
}

class Puppet final : public Analyst {
 public:
  std::string versions() const override { return "imposter 1"; }
  std::string judge(int document, const inspect::Task& task) override { return obey(words_of(document), task); }
  inspect::CopyEnd clean(int document, const inspect::Task&, ByteSink& copy) override {
    return copy_out(words_of(document), copy);
  }

 private:
  static std::string words_of(int document) {
    std::string words(64, '\0');
    const ssize_t size = pread(document, words.data(), words.size(), 0);
    words.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return words;
  }
};

// Answers of a zygote that is none. Waits for the end of its channel where a real one would live on.
int misbehave(std::string_view way) {
  const auto tell = [](const std::string& bytes) { inspect::send_message(kControlFd, bytes); };
  const inspect::Hello hello{.layers = 31, .versions = "imposter 1", .fault = {}};
  if (way == "dies") return 1;
  if (way == "foreign") tell("HTTP/1.1 200 OK");
  if (way == "faulty") tell(encode(inspect::Hello{.layers = 0, .versions = {}, .fault = "no magic"}));
  if (way == "unsealed") tell(encode(inspect::Hello{.layers = 0, .versions = "imposter 1", .fault = {}}));
  if (way == "unisolated") tell(encode(inspect::Hello{.layers = 7, .versions = "imposter 1", .fault = {}}));
  if (way == "stuck") tell(encode(hello));
  if (way == "babbling") {
    tell(encode(hello));
    tell("nonsense");
  }
  if (way == "channelless") {
    tell(encode(hello));
    tell(encode(inspect::Event{.came = 1, .ended = 0, .status = 0}));
  }
  static_cast<void>(inspect::receive_message(kControlFd, 64, inspect::Descriptors::kNone));
  return 0;
}

}  // namespace
}  // namespace lazaret::sandbox

int main(int count, char** arguments) {
  const std::string_view name = arguments[0];
  const std::size_t dash = name.rfind("imposter-");
  if (dash != std::string_view::npos) return lazaret::sandbox::misbehave(name.substr(dash + std::strlen("imposter-")));
  const auto options = lazaret::sandbox::parse_inspector_options(count, arguments);
  if (!options) return 64;
  return lazaret::sandbox::run_inspector(*options, []() -> lazaret::Result<std::unique_ptr<lazaret::sandbox::Analyst>> {
    return std::make_unique<lazaret::sandbox::Puppet>();
  });
}
