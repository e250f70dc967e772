// YaraRules: our own rules and the operator's, compiled once in the zygote and shared by every child; what is large of
// them lies in pages that a fork does not copy. YaraScan: one child's use of them. The only room of libyara, whose
// header defines macros that break other headers; its modules that parse files of other kinds are left out (see
// yara_modules.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "sandbox/rules/anchor_filter.h"
#include "sandbox/rules/shared_pages.h"

namespace lazaret::sandbox {

class YaraRules {
 public:
  // Ours, and those of `files`. The error is a sentence that names file and line.
  static Result<std::unique_ptr<YaraRules>> load(const std::vector<std::string>& files);
  ~YaraRules();
  YaraRules(const YaraRules&) = delete;
  YaraRules& operator=(const YaraRules&) = delete;

  static std::string version();
  // How much of them lies in shared pages.
  std::size_t shared_bytes() const;

 private:
  friend class YaraScan;
  YaraRules() = default;
  Result<void> share();
  void* rules_ = nullptr;
  std::optional<AnchorFilter> filter_;  // where all rules are ours: an operator's name no anchors
  std::vector<SharedPages> pages_;
};

class YaraScan {
 public:
  // `file_size` is what rules mean by `filesize`.
  YaraScan(const YaraRules& rules, std::uint64_t file_size);
  ~YaraScan();
  YaraScan(const YaraScan&) = delete;
  YaraScan& operator=(const YaraScan&) = delete;

  // The next bytes of one content. Strings are seen across the bounds of pieces, and the strings of a rule may lie
  // anywhere in the content; of our own rules, from 32 KiB before the first anchor on. What stands at fixed offsets is
  // looked for in its first kilobytes alone.
  void feed(std::string_view bytes);  // std::bad_alloc
  // The content is over, and the next begins. Names of rules that matched are put into `hits`, each once. False: the
  // rules could not be asked of all of it.
  bool end(std::vector<std::string>& hits);

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace lazaret::sandbox
