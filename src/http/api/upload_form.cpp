#include "http/api/upload_form.h"

#include <algorithm>
#include <utility>

#include "document/file_types.h"
#include "http/api/contains.h"
#include "http/api/media_type.h"

namespace lazaret::http {
namespace {

// Together; a metadata object of 32 KiB with every character escaped fits.
constexpr std::size_t kMaxFieldBytes = 256ULL * 1024;
constexpr std::size_t kMaxShownName = 64;

std::string list_of(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values)
    text += (text.empty() ? "" : ", ") + value;
  return text;
}

Problem invalid_field(std::string where, std::string code, std::string detail) {
  return {.code = ProblemCode::kInvalidField, .errors = {{std::move(where), std::move(code), std::move(detail)}}};
}

// Faults of several fields become one answer; anything but a fault of a field is the answer.
template <class T>
std::optional<Problem> collect(const Result<T>& parsed, std::vector<Fault>& faults) {
  if (parsed) return std::nullopt;
  if (parsed.error().code != ErrorCode::kInvalidField) return problem_of(parsed.error(), Effect::kUpload);
  faults.insert(faults.end(), parsed.error().faults.begin(), parsed.error().faults.end());
  return std::nullopt;
}

Result<JsonObject> parse_metadata_field(const std::vector<std::string>& values) {
  // A form whose field was left empty says nothing.
  if (values.empty() || values.front().empty()) return JsonObject();
  Result<JsonObject> metadata = parse_metadata(values.front(), "/metadata");
  if (!metadata && metadata.error().code == ErrorCode::kMalformedJson && metadata.error().faults.empty()) {
    metadata.error().faults = {{"/metadata", "malformed_json", "The field `metadata` must be a JSON object."}};
  }
  return metadata;
}

Result<std::optional<Digest>> parse_checksum_field(const std::vector<std::string>& values) {
  if (values.empty() || values.front().empty()) return std::nullopt;
  const std::optional<Digest> digest = Digest::parse(values.front());
  if (digest) return digest;
  return fail_with(ErrorCode::kInvalidField,
                   {{"/checksum", "invalid", "The field `checksum` is the file's SHA-256: 64 hexadecimal digits."}});
}

}  // namespace

Flow UploadForm::stop(Problem problem) {
  problem_ = std::move(problem);
  return Flow::kStop;
}

Flow UploadForm::refuse(Problem problem) {
  if (on_refused_ == OnRefusedFile::kStop) return stop(std::move(problem));
  refusal_ = std::move(problem);
  part_ = Part::kDroppedFile;
  file_.reset();
  return Flow::kContinue;
}

Problem UploadForm::failure(const Error& error) const {
  Problem problem = problem_of(error, Effect::kUpload);
  if (problem_row(problem.code).status >= 500) parts_.observer.failure(request_id_, error);
  return problem;
}

Flow UploadForm::part_begin(PartHead head) {
  return head.name == "file" ? begin_file(head) : begin_field(head);
}

Flow UploadForm::begin_file(const PartHead& head) {
  if (file_seen_) {
    return stop({.code = ProblemCode::kMalformedMultipart,
                 .detail = "The form holds two parts named `file`: send one document at a time."});
  }
  file_seen_ = true;
  if (!head.filename || head.filename->empty()) return stop({.code = ProblemCode::kMissingFile});
  auto original = check_original_filename(head.filename->text(), "/file");
  if (!original) return stop(problem_of(original.error(), Effect::kUpload));
  original_filename_ = *std::move(original);

  declared_.extension = extension_of(original_filename_.text());
  if (!contains(options_.allowed_extensions, declared_.extension)) {
    return refuse(
        {.code = ProblemCode::kExtensionNotAllowed,
         .detail = "Files with this extension are not taken; allowed: " + list_of(options_.allowed_extensions) + "."});
  }
  declared_.content_type = essence_of(head.content_type);
  if (!declared_type_fits(declared_.content_type, declared_.extension)) {
    return refuse({.code = ProblemCode::kUnsupportedMediaType,
                   .detail = "The file is named ." + declared_.extension +
                             " but declared as another content type; send it as " +
                             std::string(usual_type(declared_.extension)) + "."});
  }
  // Other names of the same type mean the same.
  if (!claims_no_type(declared_.content_type)) declared_.content_type = usual_type(declared_.extension);

  auto file = parts_.spool.create();
  if (!file) return stop(failure(file.error()));
  file_.emplace(*std::move(file));
  part_ = Part::kFile;
  return Flow::kContinue;
}

Flow UploadForm::begin_field(const PartHead& head) {
  field_ = nullptr;
  for (TextField* field : {&categories_, &metadata_, &checksum_}) {
    if (field->name == head.name) field_ = field;
  }
  if (field_ == nullptr) {
    return stop(invalid_field(pointer_to(head.name.substr(0, kMaxShownName)), "unknown_field",
                              "The form knows the fields `file`, `categories`, `metadata` and `checksum` only."));
  }
  if (field_ != &categories_ && !field_->values.empty()) {
    return stop(invalid_field(pointer_to(head.name), "repeated", "The field `" + head.name + "` is there twice."));
  }
  field_->values.emplace_back();
  part_ = Part::kField;
  return Flow::kContinue;
}

Flow UploadForm::part_data(std::span<const std::byte> bytes) {
  switch (part_) {
    case Part::kFile:
    case Part::kDroppedFile:
      return file_bytes(bytes);
    case Part::kField:
      return field_bytes(bytes);
    case Part::kNone:
      return Flow::kContinue;
  }
  return Flow::kContinue;
}

Flow UploadForm::file_bytes(std::span<const std::byte> bytes) {
  file_bytes_ += bytes.size();
  if (file_bytes_ > options_.max_file_size) return beyond_size();
  if (!file_) return Flow::kContinue;
  const Result<void> appended = file_->append(bytes);
  if (appended) return Flow::kContinue;
  if (appended.error().code == ErrorCode::kTooLarge) return beyond_size();
  return stop(failure(appended.error()));
}

// The rest may be endless: not even for the fields behind it is it read.
Flow UploadForm::beyond_size() {
  is_beyond_size_ = true;
  if (!refusal_) refuse(too_large_problem(options_.max_file_size));
  return Flow::kStop;
}

Flow UploadForm::field_bytes(std::span<const std::byte> bytes) {
  field_bytes_ += bytes.size();
  if (field_bytes_ > kMaxFieldBytes) {
    Problem problem = invalid_field(pointer_to(field_->name), "too_long",
                                    "The fields of a form may hold at most " + describe_bytes(kMaxFieldBytes) + ".");
    problem.limit = kMaxFieldBytes;
    return stop(std::move(problem));
  }
  field_->values.back().append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return Flow::kContinue;
}

Flow UploadForm::part_end() {
  part_ = Part::kNone;
  return Flow::kContinue;
}

std::expected<FormOutcome, Problem> UploadForm::finish() {
  if (!file_ && !refusal_) return std::unexpected(Problem{.code = ProblemCode::kMissingFile});
  auto categories = parse_categories_field(categories_.values, options_.categories, "/categories");
  auto metadata = parse_metadata_field(metadata_.values);
  auto checksum = parse_checksum_field(checksum_.values);
  std::vector<Fault> faults;
  for (std::optional<Problem> problem :
       {collect(metadata, faults), collect(categories, faults), collect(checksum, faults)}) {
    if (problem) return std::unexpected(*std::move(problem));
  }
  if (!faults.empty()) {
    return std::unexpected(Problem{.code = ProblemCode::kInvalidField, .errors = std::move(faults)});
  }
  if (refusal_) return RefusedFile{*std::move(refusal_)};
  if (!file_) return std::unexpected(Problem{.code = ProblemCode::kMissingFile});

  auto blob = std::move(*file_).seal();
  file_.reset();
  if (!blob) return std::unexpected(failure(blob.error()));
  PatientText filename = safe_filename(original_filename_.text(), declared_.extension);
  return Submission{.blob = *std::move(blob),
                    .copy = {},
                    .original_filename = std::move(original_filename_),
                    .filename = std::move(filename),
                    .declared = std::move(declared_),
                    .categories = *std::move(categories),
                    .metadata = *std::move(metadata),
                    .announced_checksum = *checksum,
                    .idempotency_key = {}};
}

}  // namespace lazaret::http
