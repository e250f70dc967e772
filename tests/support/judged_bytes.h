// Bytes judged in process, and what was said of them in words a test can print.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "sandbox/analysis.h"

namespace lazaret::testing_support {

class JudgedBytes : public testing::Test {
 protected:
  static void SetUpTestSuite() { engine_ = std::make_unique<sandbox::Engine>(); }
  static void TearDownTestSuite() { engine_.reset(); }

  static inspect::Report judge(std::string_view extension, std::string_view bytes, std::string_view declared = {}) {
    const UniqueFd fd(::memfd_create("file", MFD_CLOEXEC));
    EXPECT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    const inspect::Task task{
        .size = bytes.size(), .extension = std::string(extension), .declared_type = std::string(declared)};
    return engine_->analyse(fd.get(), task, sandbox::Limits{});
  }

  // "malicious: eicar, uri"; "clean" where nothing was found.
  static std::string said_of(std::string_view extension, std::string_view bytes, std::string_view declared = {}) {
    return in_words(judge(extension, bytes, declared));
  }

  static std::string in_words(const inspect::Report& report) {
    Outcome worst = Outcome::kClean;
    std::string codes;
    for (const inspect::RawFinding& finding : report.findings) {
      const inspect::FindingRow& row = inspect::finding_row(finding.code);
      if (outcome_rank(row.outcome) > outcome_rank(worst)) worst = row.outcome;
      if (codes.find(row.name) == std::string::npos) codes.append(codes.empty() ? ": " : ", ").append(row.name);
    }
    return std::string(to_string(worst)) + codes;
  }

  // The facts as "width=640 modality=CT".
  static std::string facts_of(const inspect::Report& report) {
    std::string text;
    for (const inspect::Fact& fact : report.facts) {
      const inspect::FactRow& row = inspect::fact_row(fact.code);
      text.append(text.empty() ? "" : " ").append(row.name).append("=");
      text.append(row.kind == inspect::FactKind::kNumber ? std::to_string(fact.number) : fact.word);
    }
    return text;
  }

  static sandbox::Engine& engine() { return *engine_; }

 private:
  static inline std::unique_ptr<sandbox::Engine> engine_;
};

}  // namespace lazaret::testing_support
