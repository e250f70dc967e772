#include "inspect/supervisor.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect/copy_receiver.h"
#include "inspect/crew.h"
#include "inspect/protocol.h"
#include "inspect/turns.h"
#include "inspect/wire_channel.h"
#include "inspect/zygote_process.h"

namespace lazaret::inspect {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStatusLimit{2'000};  // for the zygote to say how a child ended
constexpr milliseconds kFirstBackOff{50};
constexpr milliseconds kLongestBackOff{5'000};
constexpr milliseconds kSteadyLife{10'000};  // a zygote that lived this long starts the back-off anew
constexpr std::string_view kRenewal = "many documents killed their workers";
constexpr int kTick = 1'000;  // milliseconds between looks for children that overstay

SandboxLayers layers_of(std::uint8_t bits) {
  return {.limits = (bits & kLayerLimits) != 0,
          .no_new_privileges = (bits & kLayerNoNewPrivileges) != 0,
          .seccomp = (bits & kLayerSeccomp) != 0,
          .landlock = (bits & kLayerLandlock) != 0,
          .namespaces = (bits & kLayerNamespaces) != 0};
}

#if defined(LAZARET_ASAN) || defined(LAZARET_TSAN)
constexpr bool kSeccompBuilt = false;  // sanitizers make calls that no filter of ours allows
#else
constexpr bool kSeccompBuilt = true;
#endif

Result<void> check_layers(const SandboxLayers& layers, const SupervisorOptions& options) {
  if (!options.sandbox && !options.require_isolation) return {};
  if (!layers.limits) return fail(ErrorCode::kUnavailable, "sandbox: resource limits do not hold on this system");
  if (!layers.no_new_privileges) return fail(ErrorCode::kUnavailable, "sandbox: no-new-privileges does not hold");
  if (kSeccompBuilt && !layers.seccomp) return fail(ErrorCode::kUnavailable, "sandbox: seccomp does not hold");
  if (options.require_isolation && !layers.landlock && !layers.namespaces) {
    return fail(ErrorCode::kUnavailable, "sandbox: neither Landlock nor namespaces hold on this system");
  }
  return {};
}

// Why a worker ended without an answer. nullopt: not by its document; the machine or the zygote is at fault.
std::optional<FindingCode> cause_of_end(WaitStatus status) {
  if (!status) return std::nullopt;
  if (WIFSIGNALED(*status)) return WTERMSIG(*status) == SIGXCPU ? FindingCode::kTimeLimit : FindingCode::kWorkerDied;
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == kExitFault) return std::nullopt;
  return FindingCode::kWorkerDied;
}

// A description of its own: a worker that was taken over cannot move the server's file offset.
Result<UniqueFd> reopen(const SealedBlob& blob) {
  const std::string path = "/proc/self/fd/" + std::to_string(blob.fd());
  UniqueFd descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!descriptor.valid()) return std::unexpected(system_error("open the spool file again", errno));
  return descriptor;
}

Report report_of(FindingCode code) {
  Report report;
  report.findings.push_back({code, {}});
  report.content_type = "application/octet-stream";
  return report;
}

// The machine's fault, not the document's: worth one more try. A worker that ended before it read the document cost
// nothing: those are passed over, as many as may have died together with a zygote.
enum class Document : std::uint8_t { kRead, kUnread };
struct Fault {
  std::string detail;
  Document document = Document::kRead;
};
constexpr int kTries = 2;
constexpr int kMostPassedOver = 64;
using Answer = std::variant<Report, CleanCopy, Fault>;

// How long a worker is waited for. The kernel waits in real time, whatever clock the supervisor has.
struct Patience {
  std::chrono::steady_clock::time_point until;
  bool ends_with_call = false;  // the caller's deadline comes before the limit of a document
};

// What comes next from a worker; nullopt when the limit of a document is reached.
Result<std::optional<Received>> wait_for_message(const Call& call, int channel, const Patience& patience,
                                                 std::size_t longest) {
  pollfd watched{channel, POLLIN, 0};
  int ready = -1;
  do {
    const auto rest = std::chrono::ceil<milliseconds>(patience.until - std::chrono::steady_clock::now());
    ready = poll(&watched, 1, std::max(static_cast<int>(rest.count()), 0));
  } while (ready < 0 && errno == EINTR);
  if (call.stop.stop_requested()) return fail(ErrorCode::kCancelled, "called off during inspection", Retry::kSafe);
  if (ready == 0 && patience.ends_with_call) {
    return fail(ErrorCode::kDeadline, "inspection not done by the deadline", Retry::kSafe);
  }
  if (ready == 0) return std::nullopt;
  return receive_message(channel, longest, Descriptors::kNone, Blocking::kDoNotWait);
}

}  // namespace

std::vector<std::string> checkable_extensions() {
  return {"csv", "dcm", "docx", "jpeg", "jpg", "json", "pdf", "png", "tif", "tiff", "txt", "xlsx", "xml"};
}

class Supervisor::State {
 public:
  struct Bells {
    UniqueFd wake;  // there is something to do
    UniqueFd halt;  // the end; never read, so that every wait sees it
  };
  State(SupervisorOptions options, Policy policy, const Clock& clock, Bells bells)
      : options_(std::move(options)),
        policy_(std::move(policy)),
        clock_(clock),
        bells_(std::move(bells)),
        turns_({options_.children, options_.queue_limit}, clock) {
    options_.children = std::max<std::size_t>(options_.children, 1);
  }
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Result<void> start();
  Result<Inspection> inspect(const Call& call, const SealedBlob& blob, const Declared& declared);
  Result<CleanCopy> clean(const Call& call, const SealedBlob& blob, const Spool& spool);
  Result<void> probe() const;
  SandboxLayers layers() const;
  pid_t zygote() const { return zygote_.load(); }

 private:
  // The manager's thread.
  void manage(const std::stop_token& stop, std::promise<Result<void>> started);
  Result<ZygoteProcess> raise();
  std::string attend(ZygoteProcess& zygote, std::uint64_t generation, const std::stop_token& stop);
  Result<void> hear(ZygoteProcess& zygote, std::uint64_t generation);
  void wake_manager() const;

  // Callers' threads.
  struct Order {
    const SealedBlob& blob;
    std::string task;
    const Spool* spool;  // where a copy goes; null: a report is wanted
  };
  Result<Answer> carry_out(const Call& call, const Order& order);
  Result<Answer> try_once(const Call& call, const Order& order);
  Result<Answer> converse(const Call& call, const Worker& worker, int document, const Order& order);
  Result<Answer> read_report(const Call& call, const Worker& worker);
  Result<Answer> read_copy(const Call& call, const Worker& worker, const Spool& spool);
  Patience patience(const Call& call) const;
  Result<Answer> explain(const Worker& worker, const Received& received);
  Result<Answer> explain_end(const Worker& worker);
  Inspection conclude(const Report& report) const;

  SupervisorOptions options_;
  const Policy policy_;
  const Clock& clock_;
  const Bells bells_;
  Turns turns_;
  Crew crew_;
  std::atomic<pid_t> zygote_{-1};
  std::atomic<bool> renewing_{false};               // between two zygotes, by our own will
  std::atomic<std::uint64_t> stuck_generation_{0};  // sends no workers: to be killed

  mutable std::mutex mutex_;
  SandboxLayers layers_;
  std::string engine_;

  std::jthread manager_;  // last: it uses all of the above
};

Supervisor::State::~State() {
  crew_.close();
  manager_.request_stop();
  static_cast<void>(eventfd_write(bells_.halt.get(), 1));
}

Result<void> Supervisor::State::start() {
  std::promise<Result<void>> started;
  auto outcome = started.get_future();
  manager_ = std::jthread(
      [this, promise = std::move(started)](const std::stop_token& stop) mutable { manage(stop, std::move(promise)); });
  return outcome.get();
}

void Supervisor::State::wake_manager() const {
  static_cast<void>(eventfd_write(bells_.wake.get(), 1));
}

// Starts a zygote, hears its hello and checks what it says of its layers.
Result<ZygoteProcess> Supervisor::State::raise() {
  // As many at work as are allowed, as many waiting: a burst finds its workers sealed.
  const std::size_t children = std::max(2 * options_.children, options_.children + 2);
  auto zygote = ZygoteProcess::start({options_.inspector, children, options_.sandbox, options_.rules});
  if (!zygote) return zygote;
  zygote_ = zygote->pid();
  const auto hello = zygote->wait_for_hello(bells_.halt.get(), options_.start_limit);
  if (!hello) return std::unexpected(hello.error());
  const SandboxLayers layers = layers_of(hello->layers);
  if (auto checked = check_layers(layers, options_); !checked) return std::unexpected(std::move(checked.error()));
  const std::lock_guard lock(mutex_);
  layers_ = layers;
  engine_ = options_.engine.empty() ? hello->versions : options_.engine + " " + hello->versions;
  return zygote;
}

void Supervisor::State::manage(const std::stop_token& stop, std::promise<Result<void>> started) {
  bool first = true;
  milliseconds back_off = kFirstBackOff;
  for (std::uint64_t generation = 1; !stop.stop_requested(); ++generation) {
    const auto born = clock_.steady_now();
    std::string reason;
    auto zygote = raise();
    if (zygote) {
      crew_.begin(generation);
      renewing_ = false;
      if (std::exchange(first, false)) started.set_value({});
      reason = attend(*zygote, generation, stop);
    } else if (first) {
      started.set_value(std::unexpected(std::move(zygote.error())));
      return;
    } else {
      reason = zygote.error().detail;
    }
    zygote_ = -1;
    renewing_ = reason == kRenewal;
    crew_.end(generation, "the inspector is being started again: " + reason);
    if (renewing_) continue;
    if (clock_.steady_now() - born >= kSteadyLife) back_off = kFirstBackOff;
    pollfd halt{bells_.halt.get(), POLLIN, 0};
    static_cast<void>(poll(&halt, 1, static_cast<int>(back_off.count())));
    back_off = std::min(2 * back_off, kLongestBackOff);
  }
}

// Until the zygote ends; returns why.
std::string Supervisor::State::attend(ZygoteProcess& zygote, std::uint64_t generation, const std::stop_token& stop) {
  std::array<pollfd, 3> watched{
      {{zygote.control(), POLLIN, 0}, {bells_.wake.get(), POLLIN, 0}, {bells_.halt.get(), POLLIN, 0}}};
  while (!stop.stop_requested()) {
    if (poll(watched.data(), watched.size(), kTick) < 0 && errno != EINTR) return "poll failed";
    eventfd_t ignored = 0;
    if (watched[1].revents != 0) static_cast<void>(eventfd_read(bells_.wake.get(), &ignored));
    if (watched[0].revents != 0) {
      if (auto heard = hear(zygote, generation); !heard) return heard.error().detail;
    }
    for (const std::uint64_t serial : crew_.to_kill(clock_.steady_now()))
      zygote.kill_worker(serial);
    if (stuck_generation_ == generation) return "the inspector sent no workers";
    if (crew_.wants_new_zygote()) return std::string(kRenewal);
  }
  return "shut down";
}

Result<void> Supervisor::State::hear(ZygoteProcess& zygote, std::uint64_t generation) {
  for (;;) {
    auto news = zygote.next_event();
    if (!news) return std::unexpected(std::move(news.error()));
    std::optional<ZygoteProcess::News>& item = *news;
    if (!item) return {};
    if (item->event.ended != 0) crew_.ended({generation, item->event.ended}, item->event.status);
    if (item->event.came != 0) crew_.came({{generation, item->event.came}, std::move(item->channel)});
  }
}

Result<Inspection> Supervisor::State::inspect(const Call& call, const SealedBlob& blob, const Declared& declared) {
  const Task task{.size = blob.size(),
                  .extension = declared.extension,
                  .declared_type = declared.content_type,
                  .walk = options_.walk};
  auto answer = carry_out(call, {blob, encode_task(task), nullptr});
  if (!answer) return std::unexpected(std::move(answer.error()));
  return conclude(std::get<Report>(*answer));
}

Result<CleanCopy> Supervisor::State::clean(const Call& call, const SealedBlob& blob, const Spool& spool) {
  const Task task{.purpose = Purpose::kClean, .size = blob.size(), .extension = "pdf", .declared_type = {}};
  auto answer = carry_out(call, {blob, encode_task(task), &spool});
  if (!answer) return std::unexpected(std::move(answer.error()));
  if (auto* const copy = std::get_if<CleanCopy>(&*answer)) return std::move(*copy);
  return CleanCopy{};  // the document ended its worker, or was too much for it
}

// Never a Fault: that of the machine is an error.
Result<Answer> Supervisor::State::carry_out(const Call& call, const Order& order) {
  const auto turn = turns_.take(call);
  if (!turn) return std::unexpected(turn.error());
  std::string detail;
  for (int tries = 0, passed_over = 0; tries < kTries && passed_over < kMostPassedOver;) {
    auto answer = try_once(call, order);
    if (!answer) return answer;
    const Fault* const fault = std::get_if<Fault>(&*answer);
    if (fault == nullptr) return answer;
    detail = fault->detail;
    ++(fault->document == Document::kRead ? tries : passed_over);
  }
  return fail(ErrorCode::kUnavailable, "inspection failed: " + detail, Retry::kSafe);
}

Result<Answer> Supervisor::State::try_once(const Call& call, const Order& order) {
  const auto document = reopen(order.blob);
  if (!document) return std::unexpected(document.error());
  const std::uint64_t generation = crew_.generation();
  auto worker = crew_.take(call, clock_.steady_now(), options_.worker_limit);
  if (!worker) {
    if (worker.error().code == ErrorCode::kUnavailable && generation != 0 && generation == crew_.generation()) {
      stuck_generation_ = generation;
      wake_manager();
    }
    return std::unexpected(std::move(worker.error()));
  }
  auto answer = converse(call, *worker, document->get(), order);
  const bool answered = answer && !std::holds_alternative<Fault>(*answer);
  if (!answered) {
    crew_.give_up(worker->id, clock_.steady_now());
    wake_manager();
  }
  crew_.dismiss(worker->id, clock_.steady_now());
  return answer;
}

Result<Answer> Supervisor::State::converse(const Call& call, const Worker& worker, int document, const Order& order) {
  const int channel = worker.channel.get();
  if (send_message(channel, order.task, document, Blocking::kDoNotWait) != Sent::kDone) {
    return Fault{"a worker was gone before its document came", Document::kUnread};
  }
  const std::stop_callback on_stop(call.stop, [channel] { shutdown(channel, SHUT_RDWR); });
  return order.spool == nullptr ? read_report(call, worker) : read_copy(call, worker, *order.spool);
}

Patience Supervisor::State::patience(const Call& call) const {
  const auto left = std::chrono::ceil<milliseconds>(call.deadline - clock_.steady_now());
  return {.until = std::chrono::steady_clock::now() + std::min(left, options_.wall_limit),
          .ends_with_call = left <= options_.wall_limit};
}

Result<Answer> Supervisor::State::read_report(const Call& call, const Worker& worker) {
  auto received = wait_for_message(call, worker.channel.get(), patience(call), kMaxReportBytes);
  if (!received) return std::unexpected(std::move(received.error()));
  if (!*received) return report_of(FindingCode::kTimeLimit);
  if ((*received)->kind != Received::Kind::kMessage) return explain(worker, **received);
  if (auto report = decode_report((*received)->bytes)) return std::move(*report);
  return report_of(FindingCode::kWorkerDied);
}

Result<Answer> Supervisor::State::read_copy(const Call& call, const Worker& worker, const Spool& spool) {
  auto file = spool.create();
  if (!file) return std::unexpected(std::move(file.error()));
  CopyReceiver receiver(std::move(*file));
  const Patience patient = patience(call);
  for (;;) {
    auto received = wait_for_message(call, worker.channel.get(), patient, kMaxCopyMessageBytes);
    if (!received) return std::unexpected(std::move(received.error()));
    if (!*received) return report_of(FindingCode::kTimeLimit);
    if ((*received)->kind != Received::Kind::kMessage) return explain(worker, **received);
    const auto step = receiver.take((*received)->bytes);
    if (!step) return std::unexpected(step.error());
    switch (*step) {
      case CopyReceiver::Step::kMore:
        break;
      case CopyReceiver::Step::kTooLarge:
      case CopyReceiver::Step::kMalformed:
        return report_of(FindingCode::kWorkerDied);
      case CopyReceiver::Step::kEnded:
        return std::move(receiver).finish();
    }
  }
}

// Of a worker that sent no message of its own.
Result<Answer> Supervisor::State::explain(const Worker& worker, const Received& received) {
  switch (received.kind) {
    case Received::Kind::kTooLong:
      return report_of(FindingCode::kWorkerDied);
    case Received::Kind::kEnd:
      return explain_end(worker);
    case Received::Kind::kReset:
      return Fault{"a worker ended before it read its document", Document::kUnread};
    case Received::Kind::kMessage:
    case Received::Kind::kNothing:
    case Received::Kind::kFailed:
      return Fault{"a worker's channel failed"};
  }
  return Fault{"a worker's channel failed"};
}

Result<Answer> Supervisor::State::explain_end(const Worker& worker) {
  crew_.give_up(worker.id, clock_.steady_now());  // one that only pretends to have ended ends now
  wake_manager();
  const auto status = crew_.wait_for_end(worker.id, kStatusLimit);
  if (!status) return Fault{status.error().detail};
  if (const auto cause = cause_of_end(*status)) return report_of(*cause);
  return Fault{"a worker ended by a fault that is not its document's"};
}

Inspection Supervisor::State::conclude(const Report& report) const {
  std::string engine;
  {
    const std::lock_guard lock(mutex_);
    engine = engine_;
  }
  Inspection inspection;
  inspection.verdict = make_verdict(report, engine, policy_, clock_.now());
  inspection.action = policy_.decide(report);
  inspection.content_type = report.content_type.empty() ? "application/octet-stream" : report.content_type;
  inspection.extracted = make_extracted(report);
  return inspection;
}

Result<void> Supervisor::State::probe() const {
  if (!crew_.is_up() && !renewing_) return fail(ErrorCode::kUnavailable, crew_.reason(), Retry::kSafe);
  return {};
}

SandboxLayers Supervisor::State::layers() const {
  const std::lock_guard lock(mutex_);
  return layers_;
}

Supervisor::Supervisor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Supervisor::~Supervisor() = default;

Result<std::unique_ptr<Supervisor>> Supervisor::start(SupervisorOptions options, Policy policy, const Clock& clock) {
  State::Bells bells{UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
                     UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))};
  if (!bells.wake.valid() || !bells.halt.valid()) return std::unexpected(system_error("make an eventfd", errno));
  auto state = std::make_unique<State>(std::move(options), std::move(policy), clock, std::move(bells));
  if (auto started = state->start(); !started) return std::unexpected(std::move(started.error()));
  return std::unique_ptr<Supervisor>(new Supervisor(std::move(state)));
}

Result<Inspection> Supervisor::inspect(const Call& call, const SealedBlob& blob, const Declared& declared) {
  return state_->inspect(call, blob, declared);
}

Result<CleanCopy> Supervisor::clean(const Call& call, const SealedBlob& blob, const Spool& spool) {
  return state_->clean(call, blob, spool);
}

Result<void> Supervisor::probe(const Call&) {
  return state_->probe();
}

SandboxLayers Supervisor::layers() const {
  return state_->layers();
}

pid_t Supervisor::zygote() const {
  return state_->zygote();
}

}  // namespace lazaret::inspect
