// FaultyVfs: a file system for SQLite that fails on command and loses, at a power cut, everything that was written and
// not synced. It stands before the system's own; the files are real. Thread-safe. One lives under its name from its
// constructor to its destructor, which must come after the last connection is closed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <sqlite3.h>

namespace lazaret::testing_support {

enum class AfterFault : std::uint8_t {
  kRecovers,    // that one call fails
  kStaysBroken  // and every write and sync after it
};

class FaultyVfs {
 public:
  explicit FaultyVfs(std::string name);
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  const std::string& name() const { return name_; }
  // The Nth write, truncation or sync from now on fails, counting from 1.
  void fail_change(std::uint64_t nth, int code, AfterFault after);
  // The Nth sync from now on fails, once.
  void fail_sync(std::uint64_t nth);
  std::uint64_t changes();
  std::uint64_t syncs();
  // Called before each sync, outside every lock.
  void set_before_sync(std::function<void()> hook);
  // Takes back what was not synced. Call it when no connection is open.
  void cut_power();

 private:
  friend struct FaultyFile;
  struct Undo {
    std::int64_t offset = 0;
    std::string before;
    std::int64_t size_before = 0;
  };
  // SQLITE_OK, or what the call is to answer.
  int judge_change();
  int judge_sync();
  void remember(const std::string& path, sqlite3_file* file, std::int64_t offset, std::int64_t length);
  void forget(const std::string& path);

  static int open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags, int* out_flags);

  std::string name_;
  sqlite3_vfs* system_;
  sqlite3_vfs vfs_{};
  std::mutex mutex_;
  std::map<std::string, std::vector<Undo>> unsynced_;
  std::function<void()> before_sync_;
  std::uint64_t changes_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t fail_change_at_ = 0;
  std::uint64_t fail_sync_at_ = 0;
  int code_ = 0;
  AfterFault after_ = AfterFault::kRecovers;
};

}  // namespace lazaret::testing_support
