#include "metadata/dynamodb_gathered_reads.h"

#include <algorithm>
#include <set>

namespace lazaret::dynamo {

Result<GatheredReads::Found> GatheredReads::read(const Call& call, const DocumentId& id) {
  std::shared_ptr<Reader> reader;
  {
    const std::lock_guard lock(mutex_);
    if (under_way_ < kUnderWay) {
      ++under_way_;
    } else {
      reader = std::make_shared<Reader>(id);
      queue_.push_back(reader);
    }
  }
  if (reader) return wait(call, reader);
  return lead(call, id);
}

Result<GatheredReads::Found> GatheredReads::wait(const Call& call, const std::shared_ptr<Reader>& reader) {
  std::unique_lock lock(mutex_);
  const auto is_settled = [&] { return reader->stage != Stage::kWaits && reader->stage != Stage::kTaken; };
  const bool settled = reader->woken.wait_until(lock, call.stop, call.deadline, is_settled);
  if (!settled) std::erase(queue_, reader);  // who took it answers nobody
  const Stage stage = reader->stage;
  lock.unlock();
  switch (stage) {
    case Stage::kLeads:
      return lead(call, reader->id);
    case Stage::kAnswered:
      return std::move(reader->found);
    case Stage::kLeftAlone:
      return reads_.alone(call, reader->id);
    case Stage::kWaits:
    case Stage::kTaken:
      break;
  }
  if (call.stop.stop_requested()) return fail(ErrorCode::kCancelled, "dynamodb: called off before it was read");
  return fail(ErrorCode::kDeadline, "dynamodb: no turn to read came in time");
}

// Makes a request for `id` and for all who wait, in a place that it has.
Result<GatheredReads::Found> GatheredReads::lead(const Call& call, const DocumentId& id) {
  const Readers others = take_waiting();
  if (others.empty()) {
    auto found = reads_.alone(call, id);
    pass_on();
    return found;
  }
  std::set<DocumentId> ids{id};
  for (const auto& reader : others)
    ids.insert(reader->id);
  auto found = reads_.together(call, {ids.begin(), ids.end()});
  pass_on();
  if (!found) {
    leave_alone(others);
    return std::unexpected(std::move(found.error()));
  }
  answer(others, *found);
  const auto own = found->find(id);
  return own == found->end() ? Found{} : Found{std::move(own->second)};
}

GatheredReads::Readers GatheredReads::take_waiting() {
  const std::lock_guard lock(mutex_);
  const std::size_t count = std::min(queue_.size(), kMostTogether - 1);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  Readers taken(queue_.begin(), end);
  queue_.erase(queue_.begin(), end);
  for (const auto& reader : taken)
    reader->stage = Stage::kTaken;
  return taken;
}

void GatheredReads::answer(const Readers& readers, const std::map<DocumentId, aws::Item>& found) {
  const std::lock_guard lock(mutex_);
  for (const auto& reader : readers) {
    if (const auto own = found.find(reader->id); own != found.end()) reader->found = own->second;
    reader->stage = Stage::kAnswered;
    reader->woken.notify_one();
  }
}

void GatheredReads::leave_alone(const Readers& readers) {
  const std::lock_guard lock(mutex_);
  for (const auto& reader : readers) {
    reader->stage = Stage::kLeftAlone;
    reader->woken.notify_one();
  }
}

void GatheredReads::pass_on() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty()) {
    --under_way_;
    return;
  }
  queue_.front()->stage = Stage::kLeads;
  queue_.front()->woken.notify_one();
  queue_.pop_front();
}

std::size_t GatheredReads::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

}  // namespace lazaret::dynamo
