#include "http/api/upload.h"

#include <algorithm>

#include "document/json.h"
#include "http/api/json_writer.h"
#include "http/api/upload_form.h"
#include "http/multipart.h"

namespace lazaret::http {
namespace {

constexpr std::size_t kMaxIdempotencyKeyBytes = 255;

// Of caller and key, so that callers cannot meet in one another's keys. The name's length keeps the two apart.
Digest digest_of_key(std::string_view caller, std::string_view key) {
  return sha256(std::to_string(caller.size()) + ":" + std::string(caller) + std::string(key));
}

std::expected<std::optional<Digest>, Problem> idempotency_key(const Request& request) {
  const Headers& headers = request.head.headers;
  const std::string* const key = headers.find("Idempotency-Key");
  if (key == nullptr) return std::nullopt;
  const bool visible = std::ranges::all_of(*key, [](char c) { return c > ' ' && c < 0x7f; });
  if (headers.count("Idempotency-Key") != 1 || key->empty() || key->size() > kMaxIdempotencyKeyBytes || !visible) {
    return std::unexpected(Problem{.code = ProblemCode::kInvalidHeader,
                                   .detail = "Idempotency-Key is given once, as 1 to 255 visible ASCII characters.",
                                   .limit = kMaxIdempotencyKeyBytes});
  }
  return digest_of_key(request.caller.name, *key);
}

ProblemCode refusal_code(const Verdict& verdict) {
  return verdict.outcome == Outcome::kNotPdf ? ProblemCode::kTypeMismatch : ProblemCode::kFileRejected;
}

// An empty file needs no inspector to be turned away.
Problem empty_file() {
  Verdict verdict;
  verdict.outcome = Outcome::kMalformed;
  verdict.findings = {{"empty_file", Severity::kHigh,
                       "The file is empty: check that it opens on your side and send it again.", "offset 0"}};
  return {.code = ProblemCode::kFileRejected, .verdict = std::move(verdict)};
}

Response created(int status, std::uint64_t version, const DocumentId& id, std::string json) {
  Response response = json_response(status, std::move(json));
  response.headers.add("Location", "/api/documents/" + id.to_string());
  response.headers.add("ETag", etag_of(version));
  return response;
}

Response judged(std::string_view verdict_json, std::optional<ProblemCode> refusal) {
  JsonWriter would;
  would.number("status", std::int64_t{refusal ? problem_row(*refusal).status : 201});
  if (refusal) {
    would.text("code", problem_row(*refusal).name);
  } else {
    would.raw("code", "null");
  }
  return json_response(200, JsonWriter().raw("verdict", verdict_json).raw("would_answer", would.finish()).finish());
}

// No verdict: the file was never inspected.
Response judged_unseen(ProblemCode refusal) {
  return judged("null", refusal);
}

// One upload or validation.
class UploadSink final : public BodySink {
 public:
  struct Parts {
    const UploadHandlers& handlers;
    Request request;
    RateDecision rate;
    UploadTicket ticket;
    std::string boundary;
    std::optional<Digest> idempotency_key;
  };

  explicit UploadSink(Parts parts)
      : handlers_(parts.handlers),
        request_(std::move(parts.request)),
        rate_(parts.rate),
        ticket_(std::move(parts.ticket)),
        idempotency_key_(parts.idempotency_key),
        form_(handlers_.parts(), handlers_.options(), validates() ? OnRefusedFile::kReadOn : OnRefusedFile::kStop,
              request_.head.request_id),
        parser_(parts.boundary, kLimits, form_) {}

  std::optional<Response> on_data(std::span<const std::byte> bytes) override {
    const MultipartResult fed = parser_.feed(bytes);
    if (fed) return std::nullopt;
    if (const std::optional<Problem>& problem = form_.problem()) return answer(*problem);
    if (form_.is_beyond_size()) return with_rate(judged_unseen(form_.refusal()->code));
    return malformed(fed.error());
  }

  Response finish(const Call& call) override {
    if (const MultipartResult over = parser_.finish(); !over) return malformed(over.error());
    auto outcome = form_.finish();
    if (!outcome) return answer(outcome.error());
    return with_rate(
        std::visit([&](auto&& form) { return validates() ? validate(call, form) : upload(call, std::move(form)); },
                   *std::move(outcome)));
  }

 private:
  static constexpr MultipartLimits kLimits{};

  bool validates() const { return request_.route->id == RouteId::kValidate; }

  Response with_rate(Response response) const {
    add_rate_headers(response.headers, rate_);
    return response;
  }

  Response answer(const Problem& problem) const { return with_rate(make_problem(request_.occurrence(), problem)); }

  Response malformed(MultipartFault fault) const {
    return answer({.code = ProblemCode::kMalformedMultipart, .detail = describe(fault, kLimits)});
  }

  Response failed(const Error& error) const {
    return error_response(request_, error, Effect::kUpload, handlers_.parts().observer);
  }

  Response upload(const Call& call, Submission submission) {
    if (submission.blob.size() == 0) return answer(empty_file());
    // The first version's route answers 200, and its clients test for exactly that.
    submission.answer_status = request_.route->id == RouteId::kLegacyUpload ? 200 : 201;
    submission.idempotency_key = idempotency_key_;
    const int status = submission.answer_status;
    auto outcome = handlers_.parts().intake.accept(call, std::move(submission));
    if (!outcome) return failed(outcome.error());
    if (auto* stored = std::get_if<Stored>(&*outcome)) {
      return created(status, stored->document.version, stored->document.id, std::move(stored->json));
    }
    if (auto* replayed = std::get_if<Replayed>(&*outcome)) {
      return created(replayed->answer.status, kFirstVersion, replayed->answer.id, std::move(replayed->answer.body));
    }
    Verdict& verdict = std::get<Refused>(*outcome).inspection.verdict;
    return answer({.code = refusal_code(verdict), .verdict = std::move(verdict)});
  }

  Response upload(const Call&, const RefusedFile& refused) const { return answer(refused.answer); }

  static Response validate(const Call&, const RefusedFile& refused) { return judged_unseen(refused.answer.code); }

  Response validate(const Call& call, const Submission& submission) {
    auto inspection = handlers_.parts().intake.validate(call, submission);
    if (!inspection) return failed(inspection.error());
    const std::string verdict = verdict_to_json(inspection->verdict);
    if (submission.blob.size() == 0) return judged(verdict, ProblemCode::kFileRejected);
    if (inspection->action == Action::kReject) return judged(verdict, refusal_code(inspection->verdict));
    return judged(verdict, std::nullopt);
  }

  static constexpr std::uint64_t kFirstVersion = 1;

  const UploadHandlers& handlers_;
  const Request request_;
  const RateDecision rate_;
  const UploadTicket ticket_;
  const std::optional<Digest> idempotency_key_;
  UploadForm form_;
  MultipartParser parser_;
};

}  // namespace

std::optional<UploadTicket> UploadTicket::take(std::atomic<std::size_t>& in_flight, std::size_t most) {
  std::size_t now = in_flight.load();
  do {
    if (now >= most) return std::nullopt;
  } while (!in_flight.compare_exchange_weak(now, now + 1));
  return UploadTicket(in_flight);
}

UploadTicket::~UploadTicket() {
  if (in_flight_ != nullptr) in_flight_->fetch_sub(1);
}

Problem too_large_problem(std::uint64_t max_file_size) {
  return {.code = ProblemCode::kFileTooLarge,
          .detail = "The file is larger than the " + describe_bytes(max_file_size) +
                    " this service takes; nothing was stored.",
          .limit = max_file_size};
}

Response UploadHandlers::announced_too_large(const Request& request) const {
  if (request.route->id == RouteId::kValidate) return judged_unseen(ProblemCode::kFileTooLarge);
  return make_problem(request.occurrence(), too_large_problem(options_.max_file_size));
}

std::expected<std::unique_ptr<BodySink>, Response> UploadHandlers::make_sink(Request request, const RateDecision& rate,
                                                                             UploadTicket ticket) {
  auto boundary = multipart_boundary(request.head.headers.get("Content-Type"));
  if (!boundary) {
    return std::unexpected(make_problem(
        request.occurrence(), {.code = ProblemCode::kMalformedMultipart, .detail = describe(boundary.error(), {})}));
  }
  const bool validates = request.route->id == RouteId::kValidate;
  auto key = validates ? std::expected<std::optional<Digest>, Problem>{std::nullopt} : idempotency_key(request);
  if (!key) return std::unexpected(make_problem(request.occurrence(), key.error()));
  return std::make_unique<UploadSink>(
      UploadSink::Parts{*this, std::move(request), rate, std::move(ticket), *std::move(boundary), *key});
}

}  // namespace lazaret::http
