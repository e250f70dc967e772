#include "sandbox/rules/yara_rules.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include <sys/stat.h>
#include <yara.h>

#include "base/encoding.h"
#include "sandbox/rules/own_rules.h"

namespace lazaret::sandbox {
namespace {

constexpr std::size_t kMostHits = 8;                            // different rules told of one document
constexpr std::size_t kLongestName = 64;                        // of a rule; longer ones are cut
constexpr off_t kMostRuleBytes = off_t{8} << 20;                // of one file
constexpr std::size_t kWorthSharing = std::size_t{256} * 1024;  // a mapping of its own costs a fork something too
constexpr std::size_t kWindow = std::size_t{256} * 1024;        // of a content, at a time
constexpr std::size_t kOverlap = YR_RE_SCAN_LIMIT;              // seen again in the next: no string can be longer
constexpr std::size_t kHead = 4096;                             // of a content, for conditions that name an offset
constexpr std::size_t kAsleep = std::size_t{64} * 1024;         // the same until an anchor is met: each page costs
constexpr std::size_t kLookBack = std::size_t{32} * 1024;       // of what stands before the first anchor
constexpr std::size_t kLongestAnchor = 32;                      // longer ones are cut to it

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

// "anchor", or "anchor_hex" for bytes that are no text. Nothing: the meta is another one.
std::optional<std::string> anchor_in(const YR_META& meta) {
  const std::string_view name = meta.identifier;
  if (meta.type != META_TYPE_STRING || (name != "anchor" && name != "anchor_hex")) return std::nullopt;
  const std::string_view text = meta.string;
  if (name == "anchor") return std::string(text.substr(0, kLongestAnchor));
  std::vector<std::uint8_t> bytes(std::min(text.size() / 2, kLongestAnchor));
  if (!hex_decode(text.substr(0, 2 * bytes.size()), bytes)) return std::string();
  return std::string(bytes.begin(), bytes.end());
}

// Of our own rules. A rule without one could match anything, which an anchor too short to filter by says.
std::vector<std::string> anchors_of(YR_RULES* rules) {
  std::vector<std::string> anchors;
  YR_RULE* rule = nullptr;
  yr_rules_foreach(rules, rule) {
    const std::size_t before = anchors.size();
    YR_META* meta = nullptr;
    yr_rule_metas_foreach(rule, meta) {
      if (auto anchor = anchor_in(*meta)) anchors.push_back(*std::move(anchor));
    }
    if (anchors.size() == before) anchors.emplace_back();
  }
  return anchors;
}

// What to relocate is listed for those who save the rules, in as many small pieces as there are pointers.
void forget_relocations(YR_ARENA& arena) {
  for (YR_RELOC* entry = arena.reloc_list_head; entry != nullptr;) {
    YR_RELOC* const next = entry->next;
    std::free(entry);
    entry = next;
  }
  arena.reloc_list_head = nullptr;
  arena.reloc_list_tail = nullptr;
}

}  // namespace

Result<std::unique_ptr<YaraRules>> YaraRules::load(const std::vector<std::string>& files) {
  if (yr_initialize() != ERROR_SUCCESS) return fail(ErrorCode::kInternal, "libyara cannot be set up");
  // Only that something matched is asked for, not what: no room is made for copies of it.
  std::uint32_t none = 0;
  yr_set_configuration(YR_CONFIG_MAX_MATCH_DATA, &none);
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
  if (auto shared = made->share(); !shared) return std::unexpected(std::move(shared.error()));
  return made;
}

// Scanning reads the rules and writes to the scanner alone.
Result<void> YaraRules::share() {
  YR_ARENA& arena = *static_cast<YR_RULES*>(rules_)->arena;
  forget_relocations(arena);
  for (std::uint32_t i = 0; i < arena.num_buffers; ++i) {
    const YR_ARENA_BUFFER& buffer = arena.buffers[i];
    if (buffer.used < kWorthSharing) continue;
    auto pages = SharedPages::freeze(buffer.data, buffer.used);
    if (!pages) return std::unexpected(std::move(pages.error()));
    pages_.push_back(*std::move(pages));
  }
  return {};
}

std::size_t YaraRules::shared_bytes() const {
  std::size_t bytes = 0;
  for (const SharedPages& pages : pages_)
    bytes += pages.size();
  return bytes;
}

YaraRules::~YaraRules() {
  pages_.clear();
  if (rules_ != nullptr) yr_rules_destroy(static_cast<YR_RULES*>(rules_));
  yr_finalize();
}

std::string YaraRules::version() {
  return "yara " YR_VERSION;
}

// libyara pulls the blocks of a content; here they are pushed. Between two blocks it is told that the next is not ready
// yet, and goes on from there when it is called again. Its rules are evaluated behind the last block; what they read at
// fixed offsets then is in `head`, since the blocks are gone. Until an anchor is met it is not called at all.
struct YaraScan::Machine {
  YR_RULES* rules = nullptr;
  const AnchorFilter* filter = nullptr;  // null: all is shown
  YR_SCANNER* scanner = nullptr;         // made when there is something to show it
  YR_MEMORY_BLOCK block{};
  YR_MEMORY_BLOCK_ITERATOR blocks{};
  std::string window;  // the next block, beginning with what was passed before
  std::string head;
  std::uint64_t file_size = 0;
  std::array<const char*, kMostHits> hits{};
  // Of one content; the strings above keep their room for the next.
  struct Progress {
    std::size_t passed = 0;       // how much of the window that was shown before
    std::uint64_t window_at = 0;  // where it lies in the content
    std::size_t hit_count = 0;
    bool is_awake = false;    // an anchor has been met
    bool has_begun = false;   // libyara has seen a block
    bool is_waiting = false;  // the block has not been taken yet
    bool is_over = false;     // and is the last one
    bool is_sound = true;
  } now;

  Machine() {
    blocks.context = this;
    blocks.first = [](YR_MEMORY_BLOCK_ITERATOR* self) { return of(self->context).first_block(); };
    blocks.next = [](YR_MEMORY_BLOCK_ITERATOR* self) { return of(self->context).next_block(); };
    blocks.file_size = [](YR_MEMORY_BLOCK_ITERATOR* self) { return of(self->context).file_size; };
    block.fetch_data = [](YR_MEMORY_BLOCK* self) { return static_cast<const std::uint8_t*>(self->context); };
  }
  static Machine& of(void* self) { return *static_cast<Machine*>(self); }

  YR_MEMORY_BLOCK* show(std::string& bytes, std::uint64_t at) {
    block.context = bytes.data();
    block.size = bytes.size();
    block.base = at;
    return &block;
  }
  YR_MEMORY_BLOCK* first_block() { return now.is_waiting ? next_block() : show(head, 0); }
  YR_MEMORY_BLOCK* next_block() {
    blocks.last_error = now.is_waiting || now.is_over ? ERROR_SUCCESS : ERROR_BLOCK_NOT_READY;
    return std::exchange(now.is_waiting, false) ? show(window, now.window_at) : nullptr;
  }

  // Called from C, so it must not throw: the names are the rules' own and outlive the scan.
  static int take_hit(YR_SCAN_CONTEXT*, int message, void* data, void* self) {
    Machine& machine = of(self);
    if (message != CALLBACK_MSG_RULE_MATCHING || machine.now.hit_count == kMostHits) return CALLBACK_CONTINUE;
    machine.hits.at(machine.now.hit_count++) = static_cast<const YR_RULE*>(data)->identifier;
    return CALLBACK_CONTINUE;
  }

  void set_up();
  void scan();
  void look_for_anchors();
  void pass_window();
};

// Without handlers of signals, which a sealed worker may not set; a fault ends the worker, as it should. What takes too
// long ends by the worker's limit of processor time.
void YaraScan::Machine::set_up() {
  if (yr_scanner_create(rules, &scanner) != ERROR_SUCCESS) throw std::bad_alloc();
  yr_scanner_set_flags(scanner, SCAN_FLAGS_FAST_MODE | SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
  yr_scanner_set_callback(scanner, take_hit, this);
}

void YaraScan::Machine::scan() {
  if (scanner == nullptr) set_up();
  now.has_begun = true;
  const int result = yr_scanner_scan_mem_blocks(scanner, &blocks);
  if (result == ERROR_INSUFFICIENT_MEMORY) throw std::bad_alloc();
  now.is_sound = result == ERROR_SUCCESS || result == ERROR_BLOCK_NOT_READY || result == ERROR_TOO_MANY_MATCHES;
}

// An anchor that lies across what was passed and what is new is seen too.
void YaraScan::Machine::look_for_anchors() {
  if (now.is_awake) return;
  const std::size_t from = filter == nullptr ? 0 : now.passed - std::min(now.passed, filter->reach());
  now.is_awake = filter == nullptr || filter->may_match(std::string_view(window).substr(from));
}

// What stands before the first anchor may belong to it, so a part of it stays.
void YaraScan::Machine::pass_window() {
  look_for_anchors();
  if (now.is_awake && window.size() < kWindow) return;
  if (now.is_awake) {
    now.is_waiting = true;
    scan();
  }
  now.passed = now.is_awake ? kOverlap : kLookBack;
  const std::size_t done = window.size() - now.passed;
  window.erase(0, done);
  now.window_at += done;
}

YaraScan::YaraScan(const YaraRules& rules, std::uint64_t file_size) : machine_(std::make_unique<Machine>()) {
  machine_->rules = static_cast<YR_RULES*>(rules.rules_);
  if (rules.filter_) machine_->filter = &*rules.filter_;
  machine_->file_size = file_size;
}

YaraScan::~YaraScan() {
  if (machine_->scanner != nullptr) yr_scanner_destroy(machine_->scanner);
}

void YaraScan::feed(std::string_view bytes) {
  Machine& machine = *machine_;
  if (machine.head.size() < kHead) machine.head.append(bytes.substr(0, kHead - machine.head.size()));
  // Growing by and by would touch twice the pages.
  if (machine.window.capacity() < kAsleep) machine.window.reserve(kAsleep);
  while (!bytes.empty() && machine.now.is_sound) {
    const std::size_t full = machine.now.is_awake ? kWindow : kAsleep;
    const std::size_t taken = std::min(bytes.size(), full - machine.window.size());
    machine.window.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (machine.window.size() == full) machine.pass_window();
  }
}

bool YaraScan::end(std::vector<std::string>& hits) {
  Machine& machine = *machine_;
  machine.now.is_over = true;
  machine.now.is_waiting = machine.window.size() > machine.now.passed;
  if (machine.now.is_waiting) machine.look_for_anchors();
  const bool is_asked = machine.now.is_awake && (machine.now.is_waiting || machine.now.has_begun);
  if (is_asked && machine.now.is_sound) machine.scan();
  for (std::size_t i = 0; i < machine.now.hit_count; ++i) {
    const std::string name = std::string(machine.hits.at(i)).substr(0, kLongestName);
    if (hits.size() < kMostHits && std::ranges::find(hits, name) == hits.end()) hits.push_back(name);
  }
  machine.window.clear();
  machine.head.clear();
  machine.blocks.last_error = ERROR_SUCCESS;
  return std::exchange(machine.now, {}).is_sound;
}

}  // namespace lazaret::sandbox
