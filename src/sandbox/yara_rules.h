// YaraRules: our own rules and the operator's, compiled once in the zygote and shared by every child. YaraScan: one
// child's use of them. The only room of libyara, whose header defines macros that break other headers; its modules that
// parse files of other kinds are left out (see yara_modules.cpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "sandbox/anchor_filter.h"

namespace lazaret::sandbox {

class YaraRules {
 public:
  // Ours, and those of `files`. The error is a sentence that names file and line.
  static Result<std::unique_ptr<YaraRules>> load(const std::vector<std::string>& files);
  ~YaraRules();
  YaraRules(const YaraRules&) = delete;
  YaraRules& operator=(const YaraRules&) = delete;

  static std::string version();

 private:
  friend class YaraScan;
  YaraRules() = default;
  void* rules_ = nullptr;
  std::optional<AnchorFilter> filter_;  // where all rules are ours: an operator's name no anchors
};

class YaraScan {
 public:
  explicit YaraScan(const YaraRules& rules) : rules_(rules) {}
  ~YaraScan();
  YaraScan(const YaraScan&) = delete;
  YaraScan& operator=(const YaraScan&) = delete;

  // False: no rule can match in `bytes`. A whole is asked about in pieces that overlap by reach().
  bool may_match(std::string_view bytes) const { return !rules_.filter_ || rules_.filter_->may_match(bytes); }
  std::size_t reach() const { return rules_.filter_ ? rules_.filter_->reach() : 0; }

  // False: the time for one scan is over. std::bad_alloc. Names of rules that matched are put into `hits`, each once.
  bool scan(std::string_view bytes, std::vector<std::string>& hits);

 private:
  void set_up();

  const YaraRules& rules_;
  void* scanner_ = nullptr;  // made when there is something to show it
};

}  // namespace lazaret::sandbox
