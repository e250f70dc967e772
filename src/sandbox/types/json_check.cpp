#include "sandbox/types/json_check.h"

#include <string>

#include "sandbox/types/base64_look.h"
#include "sandbox/types/json_scan.h"
#include "sandbox/types/script_matcher.h"
#include "sandbox/types/text_reader.h"

namespace lazaret::sandbox {
namespace {

using inspect::FactCode;
using inspect::FindingCode;

constexpr std::size_t kDeepest = 128;  // FHIR questionnaires nest a few dozen

// Also the bridge from the reader of text to the scan of JSON.
class JsonCheck final : public ByteSink, private JsonListener {
 public:
  explicit JsonCheck(const CheckTools& tools) : tools_(tools), files_(tools.search, tools.nested) {}

  bool write(const char* text, std::size_t length) override {
    state_ = scan_.feed({text, length});
    return state_ == JsonScan::State::kSound;
  }
  void finish(const TextTraits& traits);

 private:
  void begin_string(std::string_view name, std::size_t level) override {
    is_resource_type_ = name == "resourceType" && level == 1;
    is_file_ = name == "data";
    word_.clear();
    script_.begin();
    if (is_file_) files_.begin({});
  }
  void string_part(std::string_view text) override {
    if (is_file_) files_.feed(text);
    if (is_resource_type_ && word_.size() <= inspect::kLongestWord) word_.append(text);
    has_script_ = script_.feed(text) || has_script_;
  }
  void end_string() override {
    if (is_file_) files_.end();
    if (is_resource_type_ && inspect::is_fact_word(word_)) resource_type_ = word_;
  }

  const CheckTools& tools_;
  Base64Look files_;
  ScriptMatcher script_;
  JsonScan scan_{*this, kDeepest};
  JsonScan::State state_ = JsonScan::State::kSound;
  bool is_resource_type_ = false;
  bool is_file_ = false;
  bool has_script_ = false;
  std::string word_;
  std::string resource_type_;
};

void JsonCheck::finish(const TextTraits& traits) {
  if (traits.foreign_at) return tools_.findings.add(FindingCode::kBinaryText, at_offset(*traits.foreign_at));
  if (state_ == JsonScan::State::kSound) state_ = scan_.finish();
  const bool is_utf8 = traits.encoding == "us-ascii" || traits.encoding == "utf-8";
  if (state_ == JsonScan::State::kTooDeep) tools_.findings.add(FindingCode::kTooDeep, {});
  if (state_ == JsonScan::State::kBroken || !is_utf8) tools_.findings.add(FindingCode::kUnreadable, {});
  if (has_script_) tools_.findings.add(FindingCode::kEmbeddedScript, {});
  if (!resource_type_.empty()) {
    tools_.facts.set(FactCode::kFormat, "fhir");
    tools_.facts.set(FactCode::kResourceType, resource_type_);
  }
  tools_.facts.set(FactCode::kEncoding, traits.encoding);
  if (files_.files() != 0) tools_.facts.set(FactCode::kAttachments, files_.files());
}

}  // namespace

void check_json(const CheckTools& tools) {
  JsonCheck check(tools);
  check.finish(read_text(tools.file, check));
}

}  // namespace lazaret::sandbox
