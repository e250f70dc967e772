#include "sandbox/yara_rules.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>

#include <sys/stat.h>
#include <yara.h>

#include "sandbox/own_rules.h"

namespace lazaret::sandbox {
namespace {

constexpr int kScanSeconds = 5;                   // for one piece of a document; a worker has ten for all of it
constexpr std::size_t kMostHits = 8;              // different rules told of one document
constexpr std::size_t kLongestName = 64;          // of a rule; longer ones are cut
constexpr off_t kMostRuleBytes = off_t{8} << 20;  // of one file

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(YR_COMPILER* compiler) const { yr_compiler_destroy(compiler); }
  void operator()(YR_RULES* rules) const { yr_rules_destroy(rules); }
};
using File = std::unique_ptr<std::FILE, Closer>;
using Compiler = std::unique_ptr<YR_COMPILER, Closer>;

void keep_first_error(int level, const char* file, int line, const YR_RULE*, const char* message, void* self) {
  auto& fault = *static_cast<std::string*>(self);
  if (level != YARA_ERROR_LEVEL_ERROR || !fault.empty()) return;
  const std::string name = file == nullptr ? "our own rules" : file;
  const std::string where = line > 0 ? " line " + std::to_string(line) : std::string(" at its end");
  fault = name + where + ": " + message;
}

Result<Compiler> make_compiler(std::string& fault) {
  YR_COMPILER* compiler = nullptr;
  if (yr_compiler_create(&compiler) != ERROR_SUCCESS) throw std::bad_alloc();
  yr_compiler_set_callback(compiler, keep_first_error, &fault);
  // A rule file is read from where the operator says, and takes nothing else in.
  yr_compiler_set_include_callback(
      compiler, [](const char*, const char*, const char*, void*) -> const char* { return nullptr; }, nullptr, nullptr);
  return Compiler(compiler);
}

Result<void> add_file(YR_COMPILER* compiler, const std::string& path, const std::string& fault) {
  const File file(std::fopen(path.c_str(), "re"));
  struct stat status{};
  if (file == nullptr || fstat(fileno(file.get()), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInvalidParameter, path + " cannot be read");
  }
  if (status.st_size > kMostRuleBytes) return fail(ErrorCode::kInvalidParameter, path + " is larger than 8 MB");
  // A space of names for each file: two may call a rule the same.
  if (yr_compiler_add_file(compiler, file.get(), path.c_str(), path.c_str()) == 0) return {};
  return fail(ErrorCode::kInvalidParameter, fault);
}

// The compiled rules as bytes: loaded again, they lie in blocks of just their size, and what compiling them took is
// given back.
class Bytes {
 public:
  static size_t write(const void* data, size_t size, size_t count, void* self) {
    static_cast<Bytes*>(self)->text_.append(static_cast<const char*>(data), size * count);
    return count;
  }
  static size_t read(void* data, size_t size, size_t count, void* self) {
    Bytes& bytes = *static_cast<Bytes*>(self);
    const std::size_t wanted = size * count;
    if (bytes.text_.size() - bytes.at_ < wanted) return 0;
    std::memcpy(data, bytes.text_.data() + bytes.at_, wanted);
    bytes.at_ += wanted;
    return count;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

Result<YR_RULES*> reload(YR_COMPILER* compiler) {
  YR_RULES* compiled = nullptr;
  if (yr_compiler_get_rules(compiler, &compiled) != ERROR_SUCCESS) throw std::bad_alloc();
  const std::unique_ptr<YR_RULES, Closer> owned(compiled);
  Bytes bytes;
  YR_STREAM stream{&bytes, Bytes::read, Bytes::write};
  YR_RULES* rules = nullptr;
  if (yr_rules_save_stream(compiled, &stream) != ERROR_SUCCESS ||
      yr_rules_load_stream(&stream, &rules) != ERROR_SUCCESS) {
    return fail(ErrorCode::kInternal, "compiled rules cannot be loaded");
  }
  return rules;
}

// Of our own rules. A rule without one could match anything, which an anchor too short to filter by says.
std::vector<std::string> anchors_of(YR_RULES* rules) {
  std::vector<std::string> anchors;
  YR_RULE* rule = nullptr;
  yr_rules_foreach(rules, rule) {
    const std::size_t before = anchors.size();
    YR_META* meta = nullptr;
    yr_rule_metas_foreach(rule, meta) {
      if (meta->type == META_TYPE_STRING && std::string_view(meta->identifier) == "anchor") {
        anchors.emplace_back(meta->string);
      }
    }
    if (anchors.size() == before) anchors.emplace_back();
  }
  return anchors;
}

int take_hit(YR_SCAN_CONTEXT*, int message, void* data, void* self) {
  if (message != CALLBACK_MSG_RULE_MATCHING) return CALLBACK_CONTINUE;
  auto& hits = *static_cast<std::vector<std::string>*>(self);
  const std::string name = std::string(static_cast<const YR_RULE*>(data)->identifier).substr(0, kLongestName);
  if (hits.size() < kMostHits && std::ranges::find(hits, name) == hits.end()) hits.push_back(name);
  return CALLBACK_CONTINUE;
}

}  // namespace

Result<std::unique_ptr<YaraRules>> YaraRules::load(const std::vector<std::string>& files) {
  if (yr_initialize() != ERROR_SUCCESS) return fail(ErrorCode::kInternal, "libyara cannot be set up");
  std::unique_ptr<YaraRules> made(new YaraRules());
  std::string fault;
  auto compiler = make_compiler(fault);
  if (!compiler) return std::unexpected(std::move(compiler.error()));
  if (yr_compiler_add_string(compiler->get(), std::string(own_rules()).c_str(), nullptr) != 0) {
    return fail(ErrorCode::kInternal, fault);
  }
  for (const std::string& path : files) {
    if (auto added = add_file(compiler->get(), path, fault); !added) return std::unexpected(std::move(added.error()));
  }
  auto rules = reload(compiler->get());
  if (!rules) return std::unexpected(std::move(rules.error()));
  made->rules_ = *rules;
  if (files.empty()) made->filter_.emplace(anchors_of(*rules));
  return made;
}

YaraRules::~YaraRules() {
  if (rules_ != nullptr) yr_rules_destroy(static_cast<YR_RULES*>(rules_));
  yr_finalize();
}

std::string YaraRules::version() {
  return "yara " YR_VERSION;
}

void YaraScan::set_up() {
  YR_SCANNER* scanner = nullptr;
  if (yr_scanner_create(static_cast<YR_RULES*>(rules_.rules_), &scanner) != ERROR_SUCCESS) throw std::bad_alloc();
  // Without handlers of signals, which a sealed worker may not set; a fault ends the worker, as it should.
  yr_scanner_set_flags(scanner, SCAN_FLAGS_FAST_MODE | SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
  yr_scanner_set_timeout(scanner, kScanSeconds);
  scanner_ = scanner;
}

YaraScan::~YaraScan() {
  if (scanner_ != nullptr) yr_scanner_destroy(static_cast<YR_SCANNER*>(scanner_));
}

bool YaraScan::scan(std::string_view bytes, std::vector<std::string>& hits) {
  if (!may_match(bytes)) return true;
  if (scanner_ == nullptr) set_up();
  auto* scanner = static_cast<YR_SCANNER*>(scanner_);
  yr_scanner_set_callback(scanner, take_hit, &hits);
  const int result = yr_scanner_scan_mem(scanner, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (result == ERROR_INSUFFICIENT_MEMORY) throw std::bad_alloc();
  return result == ERROR_SUCCESS || result == ERROR_TOO_MANY_MATCHES;
}

}  // namespace lazaret::sandbox
