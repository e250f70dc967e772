// Stores: the stores that configuration names, opened: files or S3, SQLite or DynamoDB, in any pair. stores.cpp is the
// only file that names concrete ones. A service locks DATA_DIR for as long as they live; over remote stores any number
// of copies may run, each with a DATA_DIR of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/call.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "config/config.h"
#include "intake/inspector.h"
#include "intake/metadata_store.h"
#include "intake/object_store.h"
#include "intake/spool.h"
#include "obs/log.h"

namespace lazaret {

struct Adoption {
  std::uint64_t looked_at = 0;
  std::uint64_t adopted = 0;
  std::uint64_t left_alone = 0;
  std::vector<std::string> problems;  // of the first that were left alone: id and why
  std::uint64_t rows_looked_at = 0;   // of lists
  std::uint64_t rows_unwanted = 0;
};

class Stores {
 public:
  struct Parts {
    const Log& log;
    const Clock& clock;
    Random& random;
  };
  // A command needs DATA_DIR, and so its lock, only where a store lies in it.
  enum class Opener : std::uint8_t { kService, kCommand };
  // kInvalidParameter faults are the configuration's. A store that cannot be used is an error whose detail says what to
  // mend; kConflict where another process holds the lock. In development, what `lazaret init` would make is made.
  static Result<std::unique_ptr<Stores>> open(const Config& config, const Parts& parts,
                                              Opener opener = Opener::kService);
  ~Stores();
  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;

  ObjectStore& objects();
  MetadataStore& metadata();
  // What `lazaret reindex` would mend, as a sentence for the log, where a short look shows it.
  std::optional<std::string> what_to_adopt(const Call& call);
  // `lazaret reindex`, over DynamoDB: gives the items of a table that the first version of this service filled their
  // place in the indexes, and what they lack from their objects, which come by `spool` and are seen by `inspector`;
  // removes rows of lists that lead nowhere. May be ended and run again at any time.
  Result<Adoption> adopt(const Clock& clock, Inspector& inspector, const Spool& spool, const Call& call);

 private:
  struct Opened;
  explicit Stores(std::unique_ptr<Opened> opened);
  std::unique_ptr<Opened> opened_;
};

// One thing about the remote stores that is not as it should be.
struct StoreDrift {
  std::string what;  // "bucket documents, lifecycle"
  std::string expected;
  std::string found;
};
enum class Mend : std::uint8_t { kNo, kYes };

// `lazaret init`: makes the bucket and the tables that configuration names, and mends what drifted, or only looks.
Result<std::vector<StoreDrift>> set_up_stores(const Config& config, const Stores::Parts& parts, const Call& call,
                                              Mend mend);

}  // namespace lazaret
