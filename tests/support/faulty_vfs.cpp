#include "tests/support/faulty_vfs.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace lazaret::testing_support {

// Lies in memory that SQLite allocates; the system's file lies behind it.
struct FaultyFile {
  sqlite3_file base;
  FaultyVfs* vfs;
  std::string* path;

  static FaultyFile& of(sqlite3_file* file) { return *reinterpret_cast<FaultyFile*>(file); }
  static sqlite3_file* real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + kSize);
  }
  static constexpr std::size_t kSize = 64;

  static int close(sqlite3_file* file) {
    const int code = real(file)->pMethods->xClose(real(file));
    delete of(file).path;
    return code;
  }
  static int read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
    return real(file)->pMethods->xRead(real(file), data, size, offset);
  }
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    FaultyFile& ours = of(file);
    if (const int code = ours.vfs->judge_change(); code != SQLITE_OK) return code;
    ours.vfs->remember(*ours.path, real(file), offset, size);
    return real(file)->pMethods->xWrite(real(file), data, size, offset);
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    FaultyFile& ours = of(file);
    if (const int code = ours.vfs->judge_change(); code != SQLITE_OK) return code;
    sqlite3_int64 before = 0;
    real(file)->pMethods->xFileSize(real(file), &before);
    ours.vfs->remember(*ours.path, real(file), size, std::max<sqlite3_int64>(before - size, 0));
    return real(file)->pMethods->xTruncate(real(file), size);
  }
  static int sync(sqlite3_file* file, int flags) {
    FaultyFile& ours = of(file);
    if (const int code = ours.vfs->judge_sync(); code != SQLITE_OK) return code;
    const int code = real(file)->pMethods->xSync(real(file), flags);
    if (code == SQLITE_OK) ours.vfs->forget(*ours.path);
    return code;
  }
  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    return real(file)->pMethods->xFileSize(real(file), size);
  }
  static int lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
  static int unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
  static int check_lock(sqlite3_file* file, int* out) {
    return real(file)->pMethods->xCheckReservedLock(real(file), out);
  }
  static int control(sqlite3_file* file, int op, void* argument) {
    return real(file)->pMethods->xFileControl(real(file), op, argument);
  }
  static int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
  static int traits(sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }
  static int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
  }
  static int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
  }
  static void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
  static int shm_unmap(sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }
};

static_assert(sizeof(FaultyFile) <= FaultyFile::kSize);

namespace {

constexpr sqlite3_io_methods kMethods{
    .iVersion = 2,
    .xClose = FaultyFile::close,
    .xRead = FaultyFile::read,
    .xWrite = FaultyFile::write,
    .xTruncate = FaultyFile::truncate,
    .xSync = FaultyFile::sync,
    .xFileSize = FaultyFile::file_size,
    .xLock = FaultyFile::lock,
    .xUnlock = FaultyFile::unlock,
    .xCheckReservedLock = FaultyFile::check_lock,
    .xFileControl = FaultyFile::control,
    .xSectorSize = FaultyFile::sector_size,
    .xDeviceCharacteristics = FaultyFile::traits,
    .xShmMap = FaultyFile::shm_map,
    .xShmLock = FaultyFile::shm_lock,
    .xShmBarrier = FaultyFile::shm_barrier,
    .xShmUnmap = FaultyFile::shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

}  // namespace

FaultyVfs::FaultyVfs(std::string name) : name_(std::move(name)), system_(sqlite3_vfs_find(nullptr)) {
  vfs_ = *system_;
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.szOsFile = static_cast<int>(FaultyFile::kSize) + system_->szOsFile;
  // Of the system's methods only xOpen reads pAppData, and it is called with the system's own.
  vfs_.pAppData = this;
  vfs_.xOpen = &FaultyVfs::open;
  if (sqlite3_vfs_register(&vfs_, 0) != SQLITE_OK) std::abort();
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&vfs_);
}

int FaultyVfs::open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags, int* out_flags) {
  auto* const self = static_cast<FaultyVfs*>(vfs->pAppData);
  sqlite3_file* const real = FaultyFile::real(file);
  file->pMethods = nullptr;
  const int code = self->system_->xOpen(self->system_, path, real, flags, out_flags);
  if (code != SQLITE_OK) return code;
  auto* const ours = new (file) FaultyFile{{&kMethods}, self, new std::string(path ? path : "")};
  static_cast<void>(ours);
  return SQLITE_OK;
}

void FaultyVfs::fail_change(std::uint64_t nth, int code, AfterFault after) {
  const std::lock_guard lock(mutex_);
  fail_change_at_ = changes_ + nth;
  code_ = code;
  after_ = after;
}

void FaultyVfs::fail_sync(std::uint64_t nth) {
  const std::lock_guard lock(mutex_);
  fail_sync_at_ = syncs_ + nth;
}

std::uint64_t FaultyVfs::changes() {
  const std::lock_guard lock(mutex_);
  return changes_;
}

std::uint64_t FaultyVfs::syncs() {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

void FaultyVfs::set_before_sync(std::function<void()> hook) {
  const std::lock_guard lock(mutex_);
  before_sync_ = std::move(hook);
}

int FaultyVfs::judge_change() {
  const std::lock_guard lock(mutex_);
  ++changes_;
  if (fail_change_at_ == 0) return SQLITE_OK;
  const bool strikes = after_ == AfterFault::kRecovers ? changes_ == fail_change_at_ : changes_ >= fail_change_at_;
  return strikes ? code_ : SQLITE_OK;
}

int FaultyVfs::judge_sync() {
  std::function<void()> hook;
  {
    const std::lock_guard lock(mutex_);
    hook = before_sync_;
  }
  if (hook) hook();
  if (const int code = judge_change(); code != SQLITE_OK) return code == SQLITE_FULL ? SQLITE_IOERR_FSYNC : code;
  const std::lock_guard lock(mutex_);
  return ++syncs_ == fail_sync_at_ ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

void FaultyVfs::remember(const std::string& path, sqlite3_file* file, std::int64_t offset, std::int64_t length) {
  Undo undo{.offset = offset};
  sqlite3_int64 size = 0;
  file->pMethods->xFileSize(file, &size);
  undo.size_before = size;
  const std::int64_t there = std::clamp<std::int64_t>(size - offset, 0, length);
  undo.before.resize(static_cast<std::size_t>(there));
  if (there > 0) file->pMethods->xRead(file, undo.before.data(), static_cast<int>(there), offset);
  const std::lock_guard lock(mutex_);
  unsynced_[path].push_back(std::move(undo));
}

void FaultyVfs::forget(const std::string& path) {
  const std::lock_guard lock(mutex_);
  unsynced_.erase(path);
}

void FaultyVfs::cut_power() {
  const std::lock_guard lock(mutex_);
  for (auto& [path, undos] : unsynced_) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) continue;  // deleted meanwhile
    for (auto undo = undos.rbegin(); undo != undos.rend(); ++undo) {
      if (::pwrite(fd, undo->before.data(), undo->before.size(), undo->offset) < 0) std::abort();
      if (::ftruncate(fd, undo->size_before) != 0) std::abort();
    }
    ::close(fd);
  }
  unsynced_.clear();
}

}  // namespace lazaret::testing_support
