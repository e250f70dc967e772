#include "metadata/dynamodb/claims.h"

#include <algorithm>
#include <utility>

#include "metadata/dynamodb/removal.h"

namespace lazaret::dynamo {
namespace {

using aws::Item;

constexpr std::string_view kSort = "#";
// Others may move a record while it is judged; each move lets somebody through.
constexpr int kMostTries = 8;

struct Claim {
  Digest fingerprint;
  Attempt attempt;
  Timestamp lease_until{};
  Timestamp expires_at{};
  std::optional<RecordedAnswer> answer;  // laid in, perhaps before its document was there
  bool finished = false;                 // the document was there
};

std::unexpected<Error> damaged() {
  return fail(ErrorCode::kCorrupt, "dynamodb: an idempotency record is damaged");
}

std::uint64_t millis(Timestamp time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.time_since_epoch().count()));
}

std::optional<Timestamp> time_of(const Item& item, std::string_view name) {
  const auto number = number_of(item, name);
  if (!number) return std::nullopt;
  return Timestamp{std::chrono::milliseconds{static_cast<std::int64_t>(*number)}};
}

template <class Parse>
auto parsed(const Item& item, std::string_view name, Parse parse) {
  const std::string* text = text_of(item, name);
  return parse(text == nullptr ? std::string_view{} : std::string_view(*text));
}

Result<Claim> claim_from(const Item& item) {
  const auto fingerprint = parsed(item, "fingerprint", Digest::parse);
  const auto id = parsed(item, "id", DocumentId::parse);
  const auto attempt = parsed(item, "attempt", AttemptId::parse);
  const auto lease = time_of(item, "lease_until");
  const auto expiry = time_of(item, "expires_at");
  if (!fingerprint || !id || !attempt || !lease || !expiry) return damaged();
  Claim claim{*fingerprint, {*id, *attempt}, *lease, *expiry, {}, item.contains("finished")};
  const auto status = number_of(item, "status");
  const std::string* body = text_of(item, "body");
  if (status && body != nullptr) claim.answer = RecordedAnswer{static_cast<int>(*status), *body, *id};
  return claim;
}

Item record_of(const Reservation& reservation, const IdempotencyClaim& wanted, unsigned shards) {
  Item item = index_key(claim_partition(wanted.key), kSort);
  item.emplace("fingerprint", wanted.fingerprint.to_string());
  item.emplace("id", reservation.attempt.id.to_string());
  item.emplace("attempt", reservation.attempt.attempt.to_string());
  item.emplace("lease_until", millis(reservation.lease_until));
  item.emplace("expires_at", millis(wanted.expires_at));
  item.emplace("ttl", millis(wanted.expires_at) / 1000 + 1);  // seconds: the engine's own forgetting, days late
  item.emplace("_xp", expiry_partition(wanted.key, shards));
  item.emplace("_xk", format_rfc3339(wanted.expires_at) + "#" + wanted.key.to_string());
  return item;
}

// The record is still this attempt's, and as far as it was.
std::string still(const Claim& claim, aws::Expression& expression) {
  std::string condition = expression.name("attempt") + " = " + expression.value(claim.attempt.attempt.to_string());
  condition += " AND " + expression.name("id") + " = " + expression.value(claim.attempt.id.to_string());
  for (const auto& [name, there] :
       {std::pair("status", claim.answer.has_value()), std::pair("finished", claim.finished)}) {
    condition += there ? " AND attribute_exists(" : " AND attribute_not_exists(";
    condition += expression.name(name) + ")";
  }
  return condition;
}

std::string ours(const Attempt& attempt, aws::Expression& expression) {
  return expression.name("attempt") + " = " + expression.value(attempt.attempt.to_string()) + " AND " +
         expression.name("id") + " = " + expression.value(attempt.id.to_string());
}

Result<std::optional<Claim>> read_claim(Home& home, const Call& call, const Digest& key) {
  const auto item = home.db().get(call, {.table = home.index(), .key = index_key(claim_partition(key), kSort)});
  if (!item) return fail_as(item.error());
  if (!*item) return std::nullopt;
  auto claim = claim_from(**item);
  if (!claim) return std::unexpected(std::move(claim.error()));
  return std::optional(std::move(*claim));
}

// What the holder of a claim is, by its row.
struct Holder {
  enum class State : std::uint8_t { kGone, kRunning, kCommitted } state = State::kGone;
  Timestamp lease_until{};
};

Result<Holder> holder_of(Home& home, const Call& call, const Claim& claim) {
  const auto stored = home.read(call, claim.attempt.id);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored || (*stored)->row.attempt != claim.attempt) return Holder{};
  const Row& row = (*stored)->row;
  if (row.kind == RowKind::kVisible) return Holder{Holder::State::kCommitted, {}};
  if (row.kind == RowKind::kPending) return Holder{Holder::State::kRunning, row.due};
  return Holder{};
}

// What a claim that is there means to another request; nullopt: it may be taken over, and its holder is out of the way.
Result<std::optional<ReserveOutcome>> judge(Home& home, const Call& call, const Claim& claim,
                                            const IdempotencyClaim& wanted, Timestamp now) {
  using Judged = std::optional<ReserveOutcome>;
  const bool expired = claim.expires_at <= now;
  if (claim.finished && expired) return std::nullopt;
  const bool alike = claim.fingerprint == wanted.fingerprint;
  const auto refused = [] {
    return fail(ErrorCode::kIdempotencyKeyReused, "the idempotency key belongs to another request");
  };
  if (claim.finished) return alike && claim.answer ? Result<Judged>(AlreadyAnswered{*claim.answer}) : refused();
  if (!expired && claim.lease_until > now) return alike ? Result<Judged>(InProgress{claim.lease_until}) : refused();

  for (int tries = 0; tries < kMostTries; ++tries) {
    const auto holder = holder_of(home, call, claim);
    if (!holder) return std::unexpected(holder.error());
    if (holder->state == Holder::State::kCommitted && claim.answer && !expired) {
      return alike ? Result<Judged>(AlreadyAnswered{*claim.answer}) : refused();
    }
    if (holder->state != Holder::State::kRunning) return std::nullopt;
    if (!expired && holder->lease_until > now) {
      return alike ? Result<Judged>(InProgress{holder->lease_until}) : refused();
    }
    RemovalCondition condition{.attempt = claim.attempt.attempt};
    if (!expired) condition.pending_lease_over_at = now;
    auto removed = begin_removal(home, call, claim.attempt.id, condition, now);
    if (removed) return std::nullopt;
    // It was renewed or committed in this moment: look again.
    const ErrorCode code = removed.error().code;
    if (code != ErrorCode::kConflict && code != ErrorCode::kNotFound)
      return std::unexpected(std::move(removed.error()));
  }
  return fail(ErrorCode::kUnavailable, "dynamodb: the holder of an idempotency key cannot be told", Retry::kSafe);
}

}  // namespace

Result<ReserveOutcome> claim(Home& home, const Call& call, const Reservation& reservation,
                             const IdempotencyClaim& wanted) {
  const auto shards = home.shards(call);
  if (!shards) return std::unexpected(shards.error());
  std::optional<Claim> before;
  for (int tries = 0; tries < kMostTries; ++tries) {
    aws::PutItem put{.table = home.index(), .item = record_of(reservation, wanted, *shards)};
    put.condition = before ? still(*before, put.expression) : "attribute_not_exists(" + put.expression.name("pk") + ")";
    auto made = home.db().put(call, put);
    if (made) return Reserved{};
    if (!aws::is_condition_failure(made.error())) return fail_as(std::move(made.error()));
    auto found = read_claim(home, call, wanted.key);
    if (!found) return std::unexpected(std::move(found.error()));
    before = std::move(*found);
    if (!before) continue;
    if (before->attempt == reservation.attempt) return Reserved{};
    auto judged = judge(home, call, *before, wanted, reservation.now);
    if (!judged) return std::unexpected(std::move(judged.error()));
    if (*judged) return std::move(**judged);
  }
  return fail(ErrorCode::kUnavailable, "dynamodb: too many requests race for one idempotency key", Retry::kSafe);
}

Result<void> prepare_answer(Home& home, const Call& call, const Digest& key, const Attempt& attempt,
                            const RecordedAnswer& answer) {
  aws::UpdateItem update{.table = home.index(), .key = index_key(claim_partition(key), kSort)};
  aws::Expression& expression = update.expression;
  update.update = "SET " + expression.name("status") + " = " +
                  expression.value(static_cast<std::uint64_t>(std::max(0, answer.status))) + ", " +
                  expression.name("body") + " = " + expression.value(answer.body);
  update.condition = ours(attempt, expression);
  auto updated = home.db().update(call, update);
  if (!updated && aws::is_condition_failure(updated.error())) {
    return fail(ErrorCode::kConflict, "dynamodb: the idempotency key was taken over");
  }
  return to_result(std::move(updated));
}

Result<void> finish_answer(Home& home, const Call& call, const Digest& key, const Attempt& attempt) {
  aws::UpdateItem update{.table = home.index(), .key = index_key(claim_partition(key), kSort)};
  aws::Expression& expression = update.expression;
  update.update = "SET " + expression.name("finished") + " = " + expression.value(true);
  update.condition = ours(attempt, expression);
  auto updated = home.db().update(call, update);
  if (!updated && aws::is_condition_failure(updated.error())) return {};
  return to_result(std::move(updated));
}

Result<void> release_claim(Home& home, const Call& call, const Digest& key, const Attempt& attempt) {
  aws::DeleteItem remove{.table = home.index(), .key = index_key(claim_partition(key), kSort)};
  remove.condition =
      ours(attempt, remove.expression) + " AND attribute_not_exists(" + remove.expression.name("finished") + ")";
  auto removed = home.db().remove(call, remove);
  if (!removed && aws::is_condition_failure(removed.error())) return {};
  return to_result(std::move(removed));
}

namespace {

// False: it was claimed anew or forgotten since the index showed it.
Result<bool> forget(Home& home, const Call& call, const Item& entry, Timestamp now) {
  const std::string* partition = text_of(entry, "pk");
  const std::string* sort = text_of(entry, "sk");
  if (partition == nullptr || sort == nullptr) return damaged();
  aws::DeleteItem remove{.table = home.index(), .key = index_key(*partition, *sort)};
  remove.condition = remove.expression.name("expires_at") + " <= " + remove.expression.value(millis(now));
  auto removed = home.db().remove(call, remove);
  if (removed) return true;
  if (aws::is_condition_failure(removed.error())) return false;
  return fail_as(std::move(removed.error()));
}

}  // namespace

Result<std::size_t> forget_expired_answers(Home& home, const Call& call, Timestamp now, std::size_t limit) {
  const auto shards = home.shards(call);
  if (!shards) return std::unexpected(shards.error());
  std::size_t forgotten = 0;
  for (unsigned shard = 0; shard < *shards && forgotten < limit; ++shard) {
    aws::QueryItems query{.table = home.index(), .index = std::string(kExpiry)};
    query.key_condition = query.expression.name("_xp") + " = " + query.expression.value(expiry_partition(shard)) +
                          " AND " + query.expression.name("_xk") + " < " +
                          query.expression.value(format_rfc3339(now) + "$");  // '$' is the character after '#'
    query.limit = static_cast<std::uint32_t>(std::min<std::size_t>(limit - forgotten, 1000));
    const auto page = home.db().query(call, query);
    if (!page) return fail_as(page.error());
    for (const Item& entry : page->items) {
      const auto gone = forget(home, call, entry, now);
      if (!gone) return std::unexpected(gone.error());
      forgotten += *gone ? 1 : 0;
    }
  }
  return forgotten;
}

}  // namespace lazaret::dynamo
