#include "objects/s3/upload.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include <unistd.h>

namespace lazaret {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
constexpr std::uint64_t kMaxParts = 10'000;
constexpr std::size_t kReadBytes = kMebibyte;
// Pages of 1000 uploads of one key: nobody has so many, and a server that never ends its list gets no more calls.
constexpr int kMaxPages = 100;

constexpr std::uint64_t divide_up(std::uint64_t value, std::uint64_t by) {
  return (value + by - 1) / by;
}

aws::Failure local_failure(Error error) {
  aws::Failure failure;
  failure.error = std::move(error);
  return failure;
}

Result<Digest> checksum_of(const aws::FilePart& part) {
  std::vector<std::byte> buffer(kReadBytes);
  Sha256 hash;
  for (std::uint64_t done = 0; done < part.length;) {
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), part.length - done);
    const ssize_t got = ::pread(part.fd, buffer.data(), wanted, static_cast<off_t>(part.offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error("read the spool", errno));
    if (got == 0) return fail(ErrorCode::kInternal, "the spool is shorter than it says");
    hash.update(std::span(buffer).first(static_cast<std::size_t>(got)));
    done += static_cast<std::uint64_t>(got);
  }
  return hash.finish();
}

// The parts of one upload, taken by whoever is free next. The first failure ends them all.
class PartWork {
 public:
  PartWork(const Call& call, PartPlan plan)
      : call_(call), plan_(plan), follow_(call.stop, [this] { stop_.request_stop(); }) {
    call_.stop = stop_.get_token();
    parts_.resize(static_cast<std::size_t>(plan.count));
  }

  // `send` makes part number n of the upload.
  template <class Send>
  void run(const Send& send) {
    while (const auto number = next()) {
      auto sent = send(call_, *number);
      const std::lock_guard lock(mutex_);
      if (sent) {
        parts_[static_cast<std::size_t>(*number - 1)] = *std::move(sent);
      } else if (!failure_) {
        failure_ = std::move(sent).error();
        stop_.request_stop();
      }
    }
  }

  // After all runners have ended.
  aws::Outcome<std::vector<aws::CompletedPart>> take() {
    if (failure_) return std::unexpected(*std::move(failure_));
    return std::move(parts_);
  }

 private:
  std::optional<int> next() {
    const std::lock_guard lock(mutex_);
    if (failure_ || taken_ == plan_.count) return std::nullopt;
    return ++taken_;
  }

  Call call_;
  PartPlan plan_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> follow_;
  std::mutex mutex_;
  int taken_ = 0;
  std::vector<aws::CompletedPart> parts_;
  std::optional<aws::Failure> failure_;
};

}  // namespace

PartPlan plan_parts(std::uint64_t size, std::uint64_t least_part) {
  const std::uint64_t needed = divide_up(divide_up(size, kMaxParts), kMebibyte) * kMebibyte;
  const std::uint64_t part_size = std::max(least_part, needed);
  return {.part_size = part_size, .count = static_cast<int>(std::max<std::uint64_t>(1, divide_up(size, part_size)))};
}

S3Upload::S3Upload(aws::S3Client& s3, const Clock& clock, S3UploadOptions options)
    : s3_(s3),
      clock_(clock),
      options_(options),
      pool_({.name = "s3-parts", .threads = options.threads, .queue_limit = options.threads}) {}

Call S3Upload::cleaning_call(const Call& call) const {
  return {.deadline = clock_.steady_now() + options_.abort_timeout, .stop = {}, .request_id = call.request_id};
}

aws::Outcome<void> S3Upload::upload(const Call& call, std::string_view key, const SealedBlob& blob) {
  const auto created = s3_.create_upload(call, key, blob.checksum());
  if (!created) {
    aws::Failure failure = created.error();
    if (failure.error.retry == Retry::kAmbiguous || failure.repeated) {
      end_strays(cleaning_call(call), key);
    }
    if (failure.error.retry == Retry::kAmbiguous) failure.error.retry = Retry::kSafe;  // of the object there is nothing
    return std::unexpected(std::move(failure));
  }
  auto parts = send_parts(call, created->upload, blob);
  if (!parts) {
    give_up(call, *created);
    aws::Failure failure = std::move(parts).error();
    if (failure.error.retry == Retry::kAmbiguous) failure.error.retry = Retry::kSafe;
    return std::unexpected(std::move(failure));
  }
  auto completed = s3_.complete_upload(call, created->upload, *parts);
  // An answer that was lost, or "no such upload" to the second try of one that was done.
  const bool whole = completed || holds(cleaning_call(call), key, blob);
  if (!whole) {
    give_up(call, *created);
    return completed;
  }
  if (created->repeated) end_strays(cleaning_call(call), key);
  return {};
}

aws::Outcome<std::vector<aws::CompletedPart>> S3Upload::send_parts(const Call& call, const aws::Upload& upload,
                                                                   const SealedBlob& blob) {
  const PartPlan plan = plan_parts(blob.size(), options_.least_part);
  const auto send = [&](const Call& part_call, int number) -> aws::Outcome<aws::CompletedPart> {
    const std::uint64_t offset = static_cast<std::uint64_t>(number - 1) * plan.part_size;
    const aws::FilePart bytes{
        .fd = blob.fd(), .offset = offset, .length = std::min(plan.part_size, blob.size() - offset)};
    const auto checksum = checksum_of(bytes);
    if (!checksum) return std::unexpected(local_failure(checksum.error()));
    return s3_.upload_part(part_call, upload, {.number = number, .bytes = bytes, .checksum = *checksum});
  };
  PartWork work(call, plan);
  {
    std::list<Beside> helpers;  // ends when they have
    const auto wanted = std::min(options_.parts_in_flight, static_cast<std::size_t>(plan.count));
    for (std::size_t i = 1; i < wanted; ++i)
      helpers.emplace_back(pool_, [&] { work.run(send); });
    work.run(send);
  }
  return work.take();
}

// The answer to whoever waits is the failure that led here; what cannot be ended now is left to the lifecycle rule and
// to the removal of the key.
void S3Upload::give_up(const Call& call, const aws::CreatedUpload& created) {
  const Call cleaning = cleaning_call(call);
  [[maybe_unused]] const auto aborted = s3_.abort_upload(cleaning, created.upload);
  if (created.repeated) end_strays(cleaning, created.upload.key);
}

void S3Upload::end_strays(const Call& cleaning, std::string_view key) {
  [[maybe_unused]] const auto ended = end_uploads(cleaning, key);
}

aws::Outcome<void> S3Upload::end_uploads(const Call& call, std::string_view key) {
  std::optional<aws::Upload> from;
  for (int pages = 0; pages < kMaxPages; ++pages) {
    auto page = s3_.list_uploads(call, key, from);
    if (!page && page.error().code == "NotImplemented") return {};
    if (!page) return std::unexpected(std::move(page).error());
    for (const aws::Upload& upload : page->uploads) {
      if (upload.key != key) continue;
      if (auto aborted = s3_.abort_upload(call, upload); !aborted) return aborted;
    }
    if (!page->next) return {};
    from = std::move(page->next);
  }
  return {};
}

bool S3Upload::holds(const Call& call, std::string_view key, const SealedBlob& blob) {
  const auto head = s3_.head_object(call, key);
  return head && head->size == blob.size() && head->checksum == blob.checksum();
}

}  // namespace lazaret
