#include "objects/s3/setup.h"

#include <utility>

namespace lazaret {
namespace {

std::string text_of(const aws::Encryption& encryption) {
  if (encryption.kind == aws::Encryption::Kind::kNone) return "none";
  std::string text(aws::header_value(encryption.kind));
  return encryption.kms_key_id.empty() ? text : text + " with " + encryption.kms_key_id;
}

}  // namespace

S3Setup::S3Setup(const aws::Client::Parts& parts, const S3StoreOptions& options,
                 std::optional<aws::Versioning> versioning_wanted)
    : place_(s3_place(options)),
      encryption_(options.encryption),
      client_(parts, options.client),
      s3_(client_, s3_client_options(options)),
      bucket_(client_, s3_.options().address, options.limits) {
  using aws::Has;
  const aws::S3Quirks& quirks = s3_.options().quirks;
  const bool encrypts = encryption_.kind != aws::Encryption::Kind::kNone || quirks.bucket_encryption == Has::kYes;
  settings_.push_back(existence());
  if (quirks.public_access_block == Has::kYes) settings_.push_back(public_access());
  if (encrypts) settings_.push_back(encryption());
  if (versioning_wanted) settings_.push_back(versioning(*versioning_wanted));
  if (quirks.stray_upload_rule == Has::kYes) settings_.push_back(stray_uploads());
}

S3Setup::Setting S3Setup::existence() {
  return {.what = "bucket",
          .expected = "present",
          .read = [this](const Call& call) -> aws::Outcome<std::string> {
            const auto page = s3_.list_objects(call, {.prefix = {}, .after = {}, .limit = 1, .continuation = {}});
            if (page) return "present";
            if (page.error().code == "NoSuchBucket") return "missing";
            return std::unexpected(page.error());
          },
          .mend = [this](const Call& call) { return bucket_.create(call, place_.region); }};
}

S3Setup::Setting S3Setup::public_access() {
  return {.what = "public access",
          .expected = "blocked",
          .read = [this](const Call& call) -> aws::Outcome<std::string> {
            const auto blocked = bucket_.blocks_public_access(call);
            if (!blocked) return std::unexpected(blocked.error());
            return blocked->value_or(false) ? "blocked" : "not blocked";
          },
          .mend = [this](const Call& call) { return bucket_.block_public_access(call); }};
}

S3Setup::Setting S3Setup::encryption() {
  const bool asked_for = encryption_.kind != aws::Encryption::Kind::kNone;
  const aws::Encryption wanted =
      asked_for ? encryption_ : aws::Encryption{.kind = aws::Encryption::Kind::kAes256, .kms_key_id = {}};
  return {.what = "encryption",
          .expected = text_of(wanted),
          .read = [this, wanted, asked_for](const Call& call) -> aws::Outcome<std::string> {
            const auto found = bucket_.encryption(call);
            if (!found) return std::unexpected(found.error());
            const aws::Encryption encryption = found->value_or(aws::Encryption{});
            const bool any_will_do = !asked_for && encryption.kind != aws::Encryption::Kind::kNone;
            return text_of(any_will_do ? wanted : encryption);
          },
          .mend = [this, wanted](const Call& call) { return bucket_.set_encryption(call, wanted); }};
}

S3Setup::Setting S3Setup::versioning(aws::Versioning wanted) {
  return {.what = "versioning",
          .expected = std::string(to_string(wanted)),
          .read = [this, wanted](const Call& call) -> aws::Outcome<std::string> {
            const auto found = bucket_.versioning(call);
            if (!found) return std::unexpected(found.error());
            const aws::Versioning versioning = found->value_or(aws::Versioning::kOff);
            // Once on it can only be suspended, and one that never was needs no suspending.
            const bool alike = wanted != aws::Versioning::kEnabled && versioning != aws::Versioning::kEnabled;
            return std::string(to_string(alike ? wanted : versioning));
          },
          .mend =
              [this, wanted](const Call& call) {
                const bool on = wanted == aws::Versioning::kEnabled;
                return bucket_.set_versioning(call, on ? wanted : aws::Versioning::kSuspended);
              }};
}

S3Setup::Setting S3Setup::stray_uploads() {
  return {.what = "lifecycle of incomplete uploads",
          .expected = "ended after a day",
          .read = [this](const Call& call) -> aws::Outcome<std::string> {
            const auto lifecycle = bucket_.lifecycle(call);
            if (!lifecycle) return std::unexpected(lifecycle.error());
            const bool ended = !lifecycle->empty() && aws::parse_ends_stray_uploads(*lifecycle).value_or(false);
            return ended ? "ended after a day" : "kept for ever";
          },
          .mend = [this](const Call& call) -> aws::Outcome<void> {
            auto lifecycle = bucket_.lifecycle(call);
            if (!lifecycle) return std::unexpected(std::move(lifecycle).error());
            auto mended = aws::with_stray_upload_rule(*lifecycle);
            if (mended) return bucket_.set_lifecycle(call, *std::move(mended));
            aws::Failure failure;
            failure.status = 200;
            failure.error.detail =
                "the lifecycle configuration that is there cannot be read: add a rule with "
                "AbortIncompleteMultipartUpload of 1 day to it";
            return std::unexpected(std::move(failure));
          }};
}

Result<std::vector<Drift>> S3Setup::check(const Call& call) {
  return walk(call, Mend::kNo);
}

Result<std::vector<Drift>> S3Setup::init(const Call& call) {
  return walk(call, Mend::kYes);
}

Result<std::vector<Drift>> S3Setup::walk(const Call& call, Mend mend) {
  std::vector<Drift> drifts;
  for (const Setting& setting : settings_) {
    const auto found = setting.read(call);
    if (!found) return std::unexpected(explain_s3(found.error(), place_, "read the setting: " + setting.what));
    if (*found == setting.expected) continue;
    drifts.push_back({.what = setting.what, .expected = setting.expected, .found = *found});
    if (mend == Mend::kNo) {
      if (&setting == &settings_.front()) break;  // of a bucket that is not there no more can be said
      continue;
    }
    const auto mended = setting.mend(call);
    if (!mended) return std::unexpected(explain_s3(mended.error(), place_, "set: " + setting.what));
  }
  return drifts;
}

}  // namespace lazaret
