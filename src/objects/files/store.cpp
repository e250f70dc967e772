#include "objects/files/store.h"

#include <cerrno>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

namespace lazaret {
namespace {

// Below this a disk counts as full: room for a few journal blocks and no document.
constexpr std::uint64_t kLeastFreeBytes = std::uint64_t{1} * 1024 * 1024;

std::unexpected<Error> no_such_object(const ObjectKey& key) {
  return fail(ErrorCode::kNotFound, "no object " + key.text());
}

Result<ObjectPlace> place_of(const ObjectKey& key) {
  if (auto place = object_place(key)) return *std::move(place);
  return fail(ErrorCode::kInternal, "an object key that this service does not make");
}

// After a call that may have taken effect although it failed.
std::unexpected<Error> ambiguous(std::string_view what, int error_number) {
  Error error = system_error(what, error_number);
  error.retry = Retry::kAmbiguous;
  return std::unexpected(std::move(error));
}

Result<std::uint64_t> size_of(const UniqueFd& file, const ObjectKey& key) {
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return std::unexpected(system_error("fstat of " + key.text(), errno));
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kCorrupt, key.text() + " is no file");
  return static_cast<std::uint64_t>(status.st_size);
}

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { closedir(folder); }
};

// The first `limit` keys in order, however many are offered.
class FirstKeys {
 public:
  FirstKeys(const std::string& prefix, const ObjectKey& after, std::size_t limit)
      : prefix_(prefix), after_(after), limit_(limit) {}

  void offer(std::string_view name) {
    auto key = object_key_of(name);
    if (!key || !key->text().starts_with(prefix_) || *key <= after_) return;
    if (keys_.size() == limit_ && *keys_.rbegin() < *key) return;
    keys_.insert(*std::move(key));
    if (keys_.size() > limit_) keys_.erase(std::prev(keys_.end()));
  }

  std::vector<ObjectKey> take() && { return {keys_.begin(), keys_.end()}; }

 private:
  const std::string& prefix_;
  const ObjectKey& after_;
  std::size_t limit_;
  std::set<ObjectKey> keys_;
};

Result<void> offer_names(UniqueFd folder, FirstKeys& first) {
  const std::unique_ptr<DIR, CloseFolder> stream(fdopendir(folder.get()));
  if (!stream) return std::unexpected(system_error("list a folder of objects", errno));
  static_cast<void>(folder.release());  // the stream's now
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (entry == nullptr) break;
    first.offer(static_cast<const char*>(entry->d_name));
  }
  if (errno != 0) return std::unexpected(system_error("list a folder of objects", errno));
  return {};
}

}  // namespace

Result<std::unique_ptr<FileStore>> FileStore::open(const FileStoreOptions& options, std::unique_ptr<FileSystem> files) {
  const std::filesystem::path path = options.root / "objects";
  const auto failed = [&](int error_number) {
    return std::unexpected(system_error("make the folders of " + path.string(), error_number));
  };
  if (const int made = make_private_folders(*files, path); made != 0) return failed(made);
  auto root = files->open_folder(AT_FDCWD, options.root.string());
  if (!root) return failed(root.error());
  auto objects = files->open_folder(root->get(), "objects");
  if (!objects) return failed(objects.error());
  for (std::size_t i = 0; i < kObjectFolders; ++i) {
    const int made = files->make_folder(objects->get(), object_folder_name(i));
    if (made != 0 && made != EEXIST) return failed(made);
  }
  // Every time, for a crash may have come between a make and its sync.
  if (const int synced = files->sync(objects->get()); synced != 0) return failed(synced);
  if (const int synced = files->sync(root->get()); synced != 0) return failed(synced);
  return std::unique_ptr<FileStore>(new FileStore(std::move(files), *std::move(objects)));
}

Result<UniqueFd> FileStore::open_folder(const std::string& name) const {
  auto folder = files_->open_folder(objects_.get(), name);
  if (!folder) return std::unexpected(system_error("open folder objects/" + name, folder.error()));
  return *std::move(folder);
}

Result<UniqueFd> FileStore::open_object(const ObjectKey& key) const {
  const auto place = place_of(key);
  if (!place) return std::unexpected(place.error());
  auto file = files_->open_file(objects_.get(), place->folder + "/" + place->name);
  if (file) return *std::move(file);
  if (file.error() == ENOENT) return no_such_object(key);
  return std::unexpected(system_error("open " + key.text(), file.error()));
}

Result<void> FileStore::prepare(const Call&, const SealedBlob& blob) {
  return blob.make_durable();
}

int FileStore::link(const SealedBlob& blob, int folder, const std::string& name) const {
  if (blob.temporary_name().empty()) return files_->link_descriptor(blob.fd(), folder, name);
  // Linked rather than renamed where that can be: the blob still owns its temporary name and removes it.
  const int linked = files_->link_path(blob.temporary_name(), folder, name);
  const bool no_hard_links = linked == EPERM || linked == EOPNOTSUPP || linked == EMLINK;
  return no_hard_links ? files_->rename_path(blob.temporary_name(), folder, name) : linked;
}

Result<void> FileStore::put(const Call&, const ObjectKey& key, const SealedBlob& blob) {
  const auto place = place_of(key);
  if (!place) return std::unexpected(place.error());
  const auto folder = open_folder(place->folder);
  if (!folder) return std::unexpected(folder.error());
  if (auto durable = blob.make_durable(); !durable) return durable;

  const int linked = link(blob, folder->get(), place->name);
  if (linked == EEXIST) return fail(ErrorCode::kAlreadyExists, "object " + key.text() + " is there already");
  if (linked != 0) return std::unexpected(system_error("link " + key.text(), linked));

  if (const int synced = files_->sync(folder->get()); synced != 0) {
    // Nobody can say whether the name is on the disk; it is taken back as far as that goes.
    static_cast<void>(files_->unlink(folder->get(), place->name));
    return ambiguous("fsync of the folder of " + key.text(), synced);
  }
  return {};
}

Result<ObjectBody> FileStore::open(const Call&, const ObjectKey& key, ByteRange range) {
  auto file = open_object(key);
  if (!file) return std::unexpected(std::move(file).error());
  const auto size = size_of(*file, key);
  if (!size) return std::unexpected(size.error());
  if (range.offset > *size || range.length > *size - range.offset) {
    return fail(ErrorCode::kCorrupt, key.text() + " has " + std::to_string(*size) + " bytes, fewer than asked");
  }
  return FileRange{*std::move(file), range.offset, range.length};
}

Result<ObjectStat> FileStore::stat(const Call&, const ObjectKey& key) {
  const auto file = open_object(key);
  if (!file) return std::unexpected(file.error());
  const auto size = size_of(*file, key);
  if (!size) return std::unexpected(size.error());
  return ObjectStat{*size};
}

Result<void> FileStore::remove(const Call&, const ObjectKey& key) {
  const auto place = place_of(key);
  if (!place) return std::unexpected(place.error());
  const auto folder = open_folder(place->folder);
  if (!folder) return std::unexpected(folder.error());
  const int removed = files_->unlink(folder->get(), place->name);
  if (removed != 0 && removed != ENOENT) return std::unexpected(system_error("remove " + key.text(), removed));
  // Also when the file was not there: an earlier removal's sync may have failed.
  if (const int synced = files_->sync(folder->get()); synced != 0) {
    return ambiguous("fsync of the folder of " + key.text(), synced);
  }
  return {};
}

Result<std::optional<std::string>> FileStore::presign(const Call&, const ObjectKey&, const PresignRequest&) {
  return std::optional<std::string>{};
}

Result<std::vector<ObjectKey>> FileStore::list(const Call& call, const std::string& prefix, const ObjectKey& after,
                                               std::size_t limit) {
  if (limit == 0) return std::vector<ObjectKey>{};
  FirstKeys first(prefix, after, limit);
  for (std::size_t i = 0; i < kObjectFolders; ++i) {
    if (call.stop.stop_requested()) return fail(ErrorCode::kCancelled, "list of objects called off", Retry::kSafe);
    auto folder = open_folder(object_folder_name(i));
    if (!folder) return std::unexpected(std::move(folder).error());
    if (auto offered = offer_names(*std::move(folder), first); !offered) {
      return std::unexpected(std::move(offered).error());
    }
  }
  return std::move(first).take();
}

Result<void> FileStore::probe(const Call&) {
  struct statvfs status{};
  if (fstatvfs(objects_.get(), &status) != 0) return std::unexpected(system_error("statvfs of objects", errno));
  if ((status.f_flag & ST_RDONLY) != 0) return fail(ErrorCode::kUnavailable, "the disk of DATA_DIR is read-only");
  if (status.f_bavail * status.f_frsize < kLeastFreeBytes) {
    return fail(ErrorCode::kUnavailable, "the disk of DATA_DIR is full");
  }
  const auto folder = open_folder(object_folder_name(0));
  if (!folder) return std::unexpected(folder.error());
  const auto file = files_->make_unnamed_file(folder->get());
  const bool refused_by_kind = !file && (file.error() == EOPNOTSUPP || file.error() == EISDIR);
  if (!file && !refused_by_kind) return std::unexpected(system_error("make a file in objects", file.error()));
  return {};
}

}  // namespace lazaret
