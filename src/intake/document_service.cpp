#include "intake/document_service.h"

#include <functional>
#include <utility>

#include "document/json.h"
#include "document/validation.h"

namespace lazaret {
namespace {

// A change that nobody pinned to a version is tried again this often against a newer document; more means that
// something writes the document in a loop.
constexpr int kMaxTries = 32;
// Between tries, doubled with each: about what a write takes, and what lets dozens of writers by.
constexpr std::chrono::milliseconds kFirstPause{4};
constexpr std::chrono::milliseconds kLongestPause{128};

Result<void> apply(Document& document, const DocumentChange& change) {
  if (change.filename) {
    if (extension_of(change.filename->text()) != extension_of(document.filename.text())) {
      return fail_with(ErrorCode::kInvalidField,
                       {{"/filename", "extension_changed", "The new name must keep the extension of the old one."}});
    }
    document.filename = *change.filename;
  }
  if (change.categories) document.categories = *change.categories;
  if (change.clear_metadata) document.metadata = JsonObject();
  if (change.metadata_patch) {
    auto merged = merge_patch(document.metadata, *change.metadata_patch, "/metadata");
    if (!merged) return std::unexpected(std::move(merged.error()));
    document.metadata = std::move(*merged);
  }
  if (change.processed) document.processed = *change.processed;
  return {};
}

Result<void> check_version(const Document& document, ExpectedVersion expected) {
  if (!expected || *expected == document.version) return {};
  return fail(ErrorCode::kPreconditionFailed, "the document has another version");
}

}  // namespace

Result<Document> DocumentService::get(const Call& call, const DocumentId& id) {
  auto document = metadata_.get(call, id);
  if (document && document->state == State::kDeleted) return fail(ErrorCode::kNotFound, "soft-deleted");
  return document;
}

Result<Page> DocumentService::query(const Call& call, const Query& query) {
  return metadata_.query(call, query);
}

Result<ObjectBody> DocumentService::open_content(const Call& call, const Document& document, ByteRange range) {
  if (document.state == State::kQuarantined) return fail(ErrorCode::kQuarantined, "quarantined");
  if (document.state == State::kDeleted) return fail(ErrorCode::kNotFound, "soft-deleted");
  return open_object(call, document.id, document.s3_key, range);
}

Result<ObjectBody> DocumentService::open_object(const Call& call, const DocumentId& id, const ObjectKey& key,
                                                ByteRange range) {
  auto body = objects_.open(call, key, range);
  if (!body && body.error().code == ErrorCode::kNotFound) {
    return fail(ErrorCode::kCorrupt, "the row of document " + id.to_string() + " has no object");
  }
  return body;
}

// Reads, changes and writes under the version that was read.
Result<Document> DocumentService::rewrite(const Call& call, const DocumentId& id, ExpectedVersion expected,
                                          const std::function<Result<void>(Document&)>& edit) {
  for (int tries = 0; tries < kMaxTries; ++tries) {
    if (tries > 0) pause_.wait(call, full_jitter(kFirstPause, tries, kLongestPause, random_));
    auto before = metadata_.get(call, id);
    if (!before) return before;
    Document after = *before;
    if (auto edited = edit(after); !edited) return std::unexpected(std::move(edited.error()));
    if (auto checked = check_version(*before, expected); !checked) return std::unexpected(std::move(checked.error()));
    if (after == *before) return after;
    ++after.version;
    auto written = metadata_.replace(call, after, before->version);
    if (written) return after;
    if (written.error().code != ErrorCode::kConflict) return std::unexpected(std::move(written.error()));
    if (expected) return fail(ErrorCode::kPreconditionFailed, "another change came first");
  }
  return fail(ErrorCode::kOverloaded, "other changes came first again and again", Retry::kSafe);
}

Result<Document> DocumentService::change(const Call& call, const DocumentId& id, const DocumentChange& change,
                                         ExpectedVersion expected) {
  return rewrite(call, id, expected, [&](Document& document) -> Result<void> {
    if (document.state == State::kDeleted) return fail(ErrorCode::kNotFound, "soft-deleted");
    return apply(document, change);
  });
}

Result<void> DocumentService::remove(const Call& call, const DocumentId& id, ExpectedVersion expected) {
  auto removed = rewrite(call, id, expected, [&](Document& document) -> Result<void> {
    if (document.state == State::kDeleted) return fail(ErrorCode::kNotFound, "already deleted");
    document.state_before_delete = document.state;
    document.state = State::kDeleted;
    document.deleted_at = clock_.now();
    return {};
  });
  if (!removed) return std::unexpected(std::move(removed.error()));
  return {};
}

Result<Document> DocumentService::restore(const Call& call, const DocumentId& id, ExpectedVersion expected) {
  return rewrite(call, id, expected, [&](Document& document) -> Result<void> {
    if (document.state != State::kDeleted) return fail(ErrorCode::kConflict, "the document is not deleted");
    if (document.deleted_at && *document.deleted_at + retention_ <= clock_.now()) {
      return fail(ErrorCode::kNotFound, "past its retention time");
    }
    document.state = document.state_before_delete.value_or(State::kAvailable);
    document.state_before_delete.reset();
    document.deleted_at.reset();
    return {};
  });
}

Result<Document> DocumentService::release(const Call& call, const DocumentId& id, PatientText reason,
                                          std::string caller, ExpectedVersion expected) {
  return rewrite(call, id, expected, [&](Document& document) -> Result<void> {
    if (document.state == State::kDeleted) return fail(ErrorCode::kNotFound, "soft-deleted");
    if (document.state != State::kQuarantined) return fail(ErrorCode::kConflict, "the document is not quarantined");
    document.state = State::kAvailable;
    document.release = Release{reason, caller, clock_.now()};
    return {};
  });
}

Result<ObjectBody> DocumentService::take_out_original(const Call& call, const DocumentId& id, PatientText reason,
                                                      std::string caller) {
  auto recorded = rewrite(call, id, std::nullopt, [&](Document& document) -> Result<void> {
    if (document.state == State::kDeleted) return fail(ErrorCode::kNotFound, "soft-deleted");
    if (!document.sanitised) return fail(ErrorCode::kConflict, "the document was not sanitised");
    std::vector<Release>& taken_out = document.sanitised->taken_out;
    if (taken_out.size() >= kMostTakenOut) return fail(ErrorCode::kConflict, "taken out as often as is recorded");
    taken_out.push_back({reason, caller, clock_.now()});
    return {};
  });
  if (!recorded) return std::unexpected(std::move(recorded.error()));
  return open_object(call, recorded->id, original_object_key(recorded->s3_key),
                     {0, recorded->sanitised->original_size});
}

Result<void> DocumentService::purge(const Call& call, const DocumentId& id, ExpectedVersion expected) {
  auto document = metadata_.get(call, id);
  if (!document) return std::unexpected(std::move(document.error()));
  if (auto checked = check_version(*document, expected); !checked) return checked;
  RemovalCondition condition;
  condition.version = expected;
  auto begun = removal_.begin(call, id, condition, document->upload_date);
  if (!begun) {
    if (expected && begun.error().code == ErrorCode::kConflict) {
      return fail(ErrorCode::kPreconditionFailed, "another change came first");
    }
    return std::unexpected(std::move(begun.error()));
  }
  // The intent is durable and the document invisible: what fails from here on is the sweeper's.
  static_cast<void>(removal_.go_on(call, *begun));
  return {};
}

}  // namespace lazaret
