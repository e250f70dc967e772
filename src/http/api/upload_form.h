// UploadForm: the parts of one upload's form as the parser hands them over. Fields are kept, bounded; the file goes
// into the spool. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "http/api/problem.h"
#include "http/api/upload.h"
#include "http/multipart.h"
#include "intake/spool.h"

namespace lazaret::http {

// A file that may not be stored: a fault of the file, not of the form. An upload ends with it; a validation reads on,
// since its answer says what an upload would be answered.
enum class OnRefusedFile : std::uint8_t { kStop, kReadOn };

struct RefusedFile {
  Problem answer;  // what an upload of this file is answered
};
using FormOutcome = std::variant<Submission, RefusedFile>;

class UploadForm final : public MultipartHandler {
 public:
  UploadForm(const UploadHandlers::Parts& parts, const UploadHandlers::Options& options, OnRefusedFile on_refused,
             std::string request_id)
      : parts_(parts), options_(options), on_refused_(on_refused), request_id_(std::move(request_id)) {}

  Flow part_begin(PartHead head) override;
  Flow part_data(std::span<const std::byte> bytes) override;
  Flow part_end() override;

  // Why a kStop was asked for: a fault of the form, or, where a refused file is read on, one that is also too long
  // for that.
  const std::optional<Problem>& problem() const { return problem_; }
  const std::optional<Problem>& refusal() const { return refusal_; }
  bool is_beyond_size() const { return refusal_ && is_beyond_size_; }

  // The whole form was read: its fields are checked, all faults at once, and its file is sealed, or refused.
  std::expected<FormOutcome, Problem> finish();

 private:
  struct TextField {
    std::string_view name;
    std::vector<std::string> values;
  };
  enum class Part : std::uint8_t { kNone, kFile, kDroppedFile, kField };

  Flow stop(Problem problem);
  Flow refuse(Problem problem);
  Flow begin_file(const PartHead& head);
  Flow begin_field(const PartHead& head);
  Flow file_bytes(std::span<const std::byte> bytes);
  Flow beyond_size();
  Flow field_bytes(std::span<const std::byte> bytes);
  Problem failure(const Error& error) const;

  const UploadHandlers::Parts& parts_;
  const UploadHandlers::Options& options_;
  const OnRefusedFile on_refused_;
  const std::string request_id_;

  Part part_ = Part::kNone;
  TextField categories_{"categories", {}};
  TextField metadata_{"metadata", {}};
  TextField checksum_{"checksum", {}};
  TextField* field_ = nullptr;
  std::size_t field_bytes_ = 0;  // of all fields together
  bool file_seen_ = false;
  std::uint64_t file_bytes_ = 0;  // of the file part, kept or dropped
  bool is_beyond_size_ = false;
  PatientText original_filename_;
  Declared declared_;
  std::optional<SpoolFile> file_;
  std::optional<Problem> problem_;
  std::optional<Problem> refusal_;
};

}  // namespace lazaret::http
