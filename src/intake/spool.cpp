#include "intake/spool.h"

#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/write_whole.h"

namespace lazaret {
namespace {

constexpr std::uint64_t kWriteBackStep = std::uint64_t{8} * 1024 * 1024;
constexpr std::uint64_t kLong = std::uint64_t{1} * 1024 * 1024;  // beyond it a hop to another thread pays
constexpr std::string_view kWriting = "write to the spool";
constexpr std::string_view kTemporaryPrefix = "upload-";
constexpr std::string_view kTemporaryPattern = "upload-XXXXXX";  // of mkostemp

// All missing folders of `path`, each 0700 whatever the umask is.
Result<void> make_private_folders(const std::filesystem::path& path) {
  std::filesystem::path made;
  for (const auto& part : path) {
    made /= part;
    if (mkdir(made.c_str(), 0700) == 0 || errno == EEXIST) continue;
    // A folder above that we may not write to is no fault where it exists.
    const int error_number = errno;
    std::error_code ignored;
    if (!std::filesystem::is_directory(made, ignored)) {
      return std::unexpected(system_error("make folder " + made.string(), error_number));
    }
  }
  return {};
}

Result<void> remove_leftovers(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(kTemporaryPrefix) && name.size() == kTemporaryPattern.size()) {
      static_cast<void>(unlink(entry->path().c_str()));
    }
  }
  if (error) return std::unexpected(system_error("clear " + folder.string(), error.value()));
  return {};
}

bool refuses_unnamed_files(int error_number) {
  return error_number == EOPNOTSUPP || error_number == EISDIR || error_number == EINVAL;
}

void remove_name(std::filesystem::path& name) noexcept {
  if (!name.empty()) static_cast<void>(unlink(name.c_str()));
  name.clear();
}

}  // namespace

struct SealedBlob::Durability {
  std::mutex mutex;
  std::optional<Result<void>> answer;
};

SealedBlob::SealedBlob(UniqueFd fd, std::filesystem::path temporary_name, std::uint64_t size, Digest checksum)
    : fd_(std::move(fd)),
      temporary_name_(std::move(temporary_name)),
      size_(size),
      checksum_(checksum),
      durability_(std::make_unique<Durability>()) {}

SealedBlob::SealedBlob(SealedBlob&& other) noexcept
    : fd_(std::move(other.fd_)),
      temporary_name_(std::exchange(other.temporary_name_, {})),
      size_(other.size_),
      checksum_(other.checksum_),
      durability_(std::move(other.durability_)) {}

SealedBlob& SealedBlob::operator=(SealedBlob&& other) noexcept {
  if (this == &other) return *this;
  give_up();
  fd_ = std::move(other.fd_);
  temporary_name_ = std::exchange(other.temporary_name_, {});
  size_ = other.size_;
  checksum_ = other.checksum_;
  durability_ = std::move(other.durability_);
  return *this;
}

SealedBlob::~SealedBlob() {
  give_up();
}

void SealedBlob::give_up() noexcept {
  remove_name(temporary_name_);
  fd_.reset();
}

Result<void> SealedBlob::make_durable() const {
  const std::lock_guard lock(durability_->mutex);
  std::optional<Result<void>>& answer = durability_->answer;
  if (answer) return *answer;
  int outcome = 0;
  do {
    outcome = fsync(fd_.get());
  } while (outcome != 0 && errno == EINTR);
  if (outcome == 0) {
    answer.emplace();
  } else {
    answer.emplace(std::unexpected(system_error("fsync of an upload", errno)));
  }
  return *answer;
}

SpoolFile::SpoolFile(UniqueFd fd, std::filesystem::path temporary_name, const Options& options)
    : fd_(std::move(fd)), temporary_name_(std::move(temporary_name)), options_(options) {}

SpoolFile::SpoolFile(SpoolFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      temporary_name_(std::exchange(other.temporary_name_, {})),
      options_(other.options_),
      size_(other.size_),
      written_back_(other.written_back_),
      spoilt_(other.spoilt_),
      hash_(std::move(other.hash_)) {}

SpoolFile::~SpoolFile() {
  remove_name(temporary_name_);
}

Result<void> SpoolFile::append(std::span<const std::byte> bytes) {
  if (spoilt_ || !fd_.valid()) return fail(ErrorCode::kInternal, "append to a spool file that is spoilt or sealed");
  if (bytes.size() > options_.size_cap - size_) {
    return fail(ErrorCode::kTooLarge, "upload is larger than " + std::to_string(options_.size_cap) + " bytes");
  }
  if (auto written = write_and_hash(bytes); !written) {
    spoilt_ = true;
    return written;
  }
  size_ += bytes.size();
  if (options_.write_back == WriteBack::kEarly && size_ - written_back_ >= kWriteBackStep) start_write_back();
  return {};
}

Result<void> SpoolFile::write_and_hash(std::span<const std::byte> bytes) {
  if (options_.hashing != nullptr && size_ >= kLong) {
    const Beside hash(*options_.hashing, [&] { hash_.update(bytes); });
    return write_whole(fd_.get(), bytes, kWriting);
  }
  hash_.update(bytes);
  return write_whole(fd_.get(), bytes, kWriting);
}

// A hint only: whether the bytes reached the disk is asked by make_durable().
void SpoolFile::start_write_back() {
  static_cast<void>(sync_file_range(fd_.get(), static_cast<off_t>(written_back_),
                                    static_cast<off_t>(size_ - written_back_), SYNC_FILE_RANGE_WRITE));
  written_back_ = size_;
}

Result<SealedBlob> SpoolFile::seal() && {
  if (spoilt_ || !fd_.valid()) return fail(ErrorCode::kInternal, "seal of a spool file that is spoilt or sealed");
  const std::string door = "/proc/self/fd/" + std::to_string(fd_.get());
  // Opened before the writer is closed: the inode stays in memory, and with it the record of a failed write-back.
  UniqueFd reader(::open(door.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader.valid()) return std::unexpected(system_error("open " + door + " for reading", errno));
  fd_.reset();
  return SealedBlob(std::move(reader), std::exchange(temporary_name_, {}), size_, hash_.finish());
}

Result<Spool> Spool::open(std::filesystem::path folder, std::uint64_t size_cap, Names names) {
  if (auto made = make_private_folders(folder); !made) return std::unexpected(std::move(made).error());
  if (auto cleared = remove_leftovers(folder); !cleared) return std::unexpected(std::move(cleared).error());
  return Spool(std::move(folder), size_cap, names);
}

Result<SpoolFile> Spool::create() const {
  if (names_ == Names::kNoneWherePossible) {
    UniqueFd fd(::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (fd.valid()) return SpoolFile(std::move(fd), {}, files_);
    if (!refuses_unnamed_files(errno)) {
      return std::unexpected(system_error("make a file in " + folder_.string(), errno));
    }
  }
  std::string name = (folder_ / kTemporaryPattern).string();
  UniqueFd fd(mkostemp(name.data(), O_CLOEXEC));  // 0600
  if (!fd.valid()) return std::unexpected(system_error("make a file in " + folder_.string(), errno));
  return SpoolFile(std::move(fd), std::move(name), files_);
}

}  // namespace lazaret
