#include "metadata/dynamodb/gathered_reads.h"

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
      return std::move(reader->answer);
    case Stage::kLeftAlone:
      return reads_.alone(call, reader->id);
    case Stage::kWaits:
    case Stage::kTaken:
      break;
  }
  if (call.stop.stop_requested()) return fail(ErrorCode::kCancelled, "dynamodb: called off before it was read");
  return fail(ErrorCode::kDeadline, "dynamodb: no turn to read came in time");
}

// Makes a request for `id` and for all who wait, in a place that it has and gives back, whatever happens.
Result<GatheredReads::Found> GatheredReads::lead(const Call& call, const DocumentId& id) {
  const Leading leading(*this);
  if (leading.others.empty()) return reads_.alone(call, id);
  std::set<DocumentId> ids{id};
  for (const auto& reader : leading.others)
    ids.insert(reader->id);
  auto found = reads_.together(call, {ids.begin(), ids.end()});
  if (found) {
    answer(leading.others, *found);
    const auto own = found->find(id);
    return own == found->end() ? Found{} : Found{std::move(own->second)};
  }
  switch (found.error().code) {
    case ErrorCode::kCancelled:
    case ErrorCode::kDeadline:
      return std::unexpected(std::move(found.error()));  // of this call; the others have time of their own
    case ErrorCode::kUnavailable:
    case ErrorCode::kOverloaded:
      refuse(leading.others, found.error());  // each by itself would only ask the more of a table in trouble
      return std::unexpected(std::move(found.error()));
    default:
      return reads_.alone(call, id);  // one of them is damaged, and which is not known
  }
}

GatheredReads::Leading::Leading(GatheredReads& reads) : reads_(reads) {
  const std::lock_guard lock(reads_.mutex_);
  const std::size_t count = std::min(reads_.queue_.size(), kMostTogether - 1);
  const auto end = reads_.queue_.begin() + static_cast<std::ptrdiff_t>(count);
  others.assign(reads_.queue_.begin(), end);
  reads_.queue_.erase(reads_.queue_.begin(), end);
  for (const auto& reader : others)
    reader->stage = Stage::kTaken;
}

GatheredReads::Leading::~Leading() {
  const std::lock_guard lock(reads_.mutex_);
  for (const auto& reader : others) {
    if (reader->stage == Stage::kTaken) settle(*reader, Stage::kLeftAlone);
  }
  if (reads_.queue_.empty()) {
    --reads_.under_way_;
    return;
  }
  settle(*reads_.queue_.front(), Stage::kLeads);
  reads_.queue_.pop_front();
}

void GatheredReads::settle(Reader& reader, Stage stage) {
  reader.stage = stage;
  reader.woken.notify_one();
}

void GatheredReads::answer(const Readers& readers, const std::map<DocumentId, aws::Item>& found) {
  const std::lock_guard lock(mutex_);
  for (const auto& reader : readers) {
    if (const auto own = found.find(reader->id); own != found.end()) reader->answer = own->second;
    settle(*reader, Stage::kAnswered);
  }
}

void GatheredReads::refuse(const Readers& readers, const Error& error) {
  const std::lock_guard lock(mutex_);
  for (const auto& reader : readers) {
    reader->answer = std::unexpected(error);
    settle(*reader, Stage::kAnswered);
  }
}

std::size_t GatheredReads::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

}  // namespace lazaret::dynamo
