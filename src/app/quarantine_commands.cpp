#include "app/quarantine_commands.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/copy_object.h"
#include "app/exit_codes.h"
#include "app/stores.h"
#include "base/unique_fd.h"
#include "base/write_whole.h"
#include "document/json.h"
#include "document/validation.h"
#include "intake/document_service.h"

namespace lazaret {
namespace {

constexpr std::chrono::seconds kCallTime{60};
constexpr std::size_t kPage = 200;

// The stores that the configuration names, opened for one command.
class Quarantine {
 public:
  static Result<std::unique_ptr<Quarantine>> open();

  Result<Page> page(const std::optional<Position>& after);
  // kNotFound where it is not in quarantine.
  Result<Document> find(const DocumentId& id);
  Result<void> release(const DocumentId& id, PatientText reason, std::string by);
  Result<void> remove(const DocumentId& id, Restorable restorable);
  // kConflict where there is none.
  Result<void> take_out(const DocumentId& id, PatientText reason, std::string by, int file);

 private:
  explicit Quarantine(Config config) : config_(std::move(config)) {}
  Call call() const { return {clock_.steady_now() + kCallTime, {}, "quarantine"}; }

  Config config_;
  SystemClock clock_;
  SystemRandom random_;
  ThreadPause pause_;
  Log log_{{.level = LogLevel::kWarning, .format = LogFormat::kText}, clock_};
  std::unique_ptr<Stores> stores_;
  std::optional<DocumentService> documents_;
};

Result<std::unique_ptr<Quarantine>> Quarantine::open() {
  auto loaded = load_config_of_process();
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  std::unique_ptr<Quarantine> made(new Quarantine(std::move(loaded->config)));
  auto stores = Stores::open(made->config_, {made->log_, made->clock_, made->random_}, Stores::Opener::kCommand);
  if (!stores) return std::unexpected(std::move(stores.error()));
  made->stores_ = std::move(*stores);
  made->documents_.emplace(DocumentService::Parts{made->stores_->metadata(), made->stores_->objects(), made->clock_,
                                                  made->random_, made->pause_},
                           DocumentService::Options{.retention = made->config_.retention_deleted,
                                                    .zombie_window = made->config_.zombie_window});
  return made;
}

Result<Page> Quarantine::page(const std::optional<Position>& after) {
  Query query;
  query.filter.state = State::kQuarantined;
  query.limit = kPage;
  query.after = after;
  return documents_->query(call(), query);
}

Result<Document> Quarantine::find(const DocumentId& id) {
  auto document = documents_->get(call(), id);
  if (document && document->state != State::kQuarantined) return fail(ErrorCode::kNotFound, "not in quarantine");
  return document;
}

Result<void> Quarantine::release(const DocumentId& id, PatientText reason, std::string by) {
  auto released = documents_->release(call(), id, std::move(reason), std::move(by), std::nullopt);
  if (released) return {};
  // Of a document that somebody else released in the meantime it is the same to say.
  if (released.error().code == ErrorCode::kConflict) return fail(ErrorCode::kNotFound, "not in quarantine");
  return std::unexpected(std::move(released.error()));
}

// Only while it is what was looked at: one that is released in this moment stays.
Result<void> Quarantine::remove(const DocumentId& id, Restorable restorable) {
  const auto document = find(id);
  if (!document) return std::unexpected(document.error());
  if (restorable == Restorable::kYes) return documents_->remove(call(), id, document->version);
  return documents_->purge(call(), id, document->version);
}

Result<void> Quarantine::take_out(const DocumentId& id, PatientText reason, std::string by, int file) {
  auto body = documents_->take_out_original(call(), id, std::move(reason), std::move(by));
  if (!body) return std::unexpected(std::move(body.error()));
  return copy_object(call(), *body, [file](std::span<const std::byte> bytes) {
    return write_whole(file, bytes, "write the original");
  });
}

// Of opening, and of work on one document.
int report_unopened(const Error& error) {
  const int status = report_failure(error, kExitUnavailable);
  if (error.code == ErrorCode::kConflict) {
    fmt::print(stderr, "lazaret: a service that runs on DATA_DIR is asked by POST /api/documents/<id>/release.\n");
  }
  return status;
}
int report_undone(const std::string& id, const Error& error) {
  if (error.code != ErrorCode::kNotFound) return report_failure(error, kExitUnavailable);
  fmt::print(stderr, "lazaret: {} is not in quarantine.\n", id);
  return kExitFindings;
}

std::optional<DocumentId> parse_id(const std::string& text) {
  auto id = DocumentId::parse(text);
  if (!id) fmt::print(stderr, "lazaret: an id is a UUID in lower case, as `lazaret quarantine list` prints it.\n");
  return id;
}

std::string codes_of(const Verdict& verdict) {
  std::vector<std::string_view> codes;
  for (const Finding& finding : verdict.findings) {
    if (std::ranges::find(codes, finding.code) == codes.end()) codes.emplace_back(finding.code);
  }
  return fmt::format("{}", fmt::join(codes, ","));
}

// JSON says control characters of the first 32 by escapes; terminals obey those of U+0080 to U+009F too.
std::string for_terminal(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json[i]);
    const bool is_control = byte == 0xC2 && i + 1 < json.size() && static_cast<unsigned char>(json[i + 1]) < 0xA0;
    if (is_control) {
      text += fmt::format("\\u{:04x}", static_cast<unsigned char>(json[++i]));
    } else if (byte == 0x7F) {
      text += "\\u007f";
    } else {
      text += json[i];
    }
  }
  return text;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// Who runs this process, by the system's name for them.
std::string own_name() {
  const passwd* user = ::getpwuid(::geteuid());
  return user != nullptr ? user->pw_name : fmt::format("user {}", ::geteuid());
}

// An order that can be carried out.
struct CheckedOrder {
  DocumentId id;
  PatientText reason;
  std::string by;
};

// Nothing: what is wrong has been printed.
std::optional<CheckedOrder> check_order(const ReleaseOrder& order) {
  const auto id = parse_id(order.id);
  if (!id) return std::nullopt;
  auto reason = check_release_reason(order.reason, "--reason");
  std::string by = order.by.empty() ? own_name() : order.by;
  if (reason && is_name(by)) return CheckedOrder{*id, *std::move(reason), std::move(by)};
  if (!reason) print_faults(reason.error());
  if (!is_name(by)) fmt::print(stderr, "lazaret: --by is 1 to 64 printable characters of ASCII.\n");
  return std::nullopt;
}

}  // namespace

int run_quarantine_list() {
  auto quarantine = Quarantine::open();
  if (!quarantine) return report_unopened(quarantine.error());
  std::optional<Position> after;
  do {
    const auto page = (*quarantine)->page(after);
    if (!page) return report_failure(page.error(), kExitUnavailable);
    for (const Document& document : page->documents) {
      fmt::print("{} {} {:>10} {} {}\n", document.id.to_string(), format_rfc3339(document.upload_date), document.size,
                 to_string(document.verdict.outcome), codes_of(document.verdict));
    }
    after = page->next;
  } while (after);
  return kExitOk;
}

int run_quarantine_show(const std::string& text) {
  const auto id = parse_id(text);
  if (!id) return kExitUsage;
  auto quarantine = Quarantine::open();
  if (!quarantine) return report_unopened(quarantine.error());
  const auto document = (*quarantine)->find(*id);
  if (!document) return report_undone(text, document.error());
  fmt::print("{}\n", for_terminal(to_client_json(*document)));
  return kExitOk;
}

int run_quarantine_release(const ReleaseOrder& order) {
  auto checked = check_order(order);
  if (!checked) return kExitUsage;
  auto quarantine = Quarantine::open();
  if (!quarantine) return report_unopened(quarantine.error());
  const auto released = (*quarantine)->release(checked->id, std::move(checked->reason), "command line: " + checked->by);
  if (!released) return report_undone(order.id, released.error());
  fmt::print("released {}\n", order.id);
  return kExitOk;
}

int run_quarantine_original(const OriginalOrder& order) {
  auto checked = check_order(order.who);
  if (!checked) return kExitUsage;
  auto quarantine = Quarantine::open();
  if (!quarantine) return report_unopened(quarantine.error());
  const UniqueFd file(::open(order.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) {
    fmt::print(stderr, "lazaret: --to cannot be made: {}.\n", system_error("open", errno).detail);
    return kExitUsage;
  }
  const auto taken =
      (*quarantine)->take_out(checked->id, std::move(checked->reason), "command line: " + checked->by, file.get());
  if (taken) {
    fmt::print("original of {} in {}\n", order.who.id, order.file);
    return kExitOk;
  }
  ::unlink(order.file.c_str());
  const ErrorCode code = taken.error().code;
  if (code != ErrorCode::kNotFound && code != ErrorCode::kConflict) {
    return report_failure(taken.error(), kExitUnavailable);
  }
  fmt::print(stderr, "lazaret: {} has no original to take out: {}.\n", order.who.id, taken.error().detail);
  return kExitFindings;
}

int run_quarantine_remove(const std::string& text, Restorable restorable) {
  const auto id = parse_id(text);
  if (!id) return kExitUsage;
  auto quarantine = Quarantine::open();
  if (!quarantine) return report_unopened(quarantine.error());
  const auto removed = (*quarantine)->remove(*id, restorable);
  if (!removed) return report_undone(text, removed.error());
  fmt::print("{} {}\n", restorable == Restorable::kYes ? "removed" : "purged", text);
  return kExitOk;
}

}  // namespace lazaret
