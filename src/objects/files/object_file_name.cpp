#include "objects/files/object_file_name.h"

#include <array>
#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/ids.h"

namespace lazaret {
namespace {

constexpr std::string_view kRoot = "medical_documents/";
constexpr std::size_t kDay = 10;  // yyyy/mm/dd
constexpr std::size_t kCompactDay = 8;
constexpr std::size_t kId = 36;
constexpr std::size_t kAttempt = 16;
constexpr std::string_view kOriginal = ".original";  // behind the key of a sanitised document, as behind its name

bool is_day(std::string_view year, std::string_view month, std::string_view day) {
  std::string text(year);
  text.append("-").append(month).append("-").append(day);
  return parse_date(text).has_value();
}

bool is_object(std::string_view id, std::string_view attempt) {
  return DocumentId::parse(id) && AttemptId::parse(attempt);
}

}  // namespace

std::string object_folder_name(std::size_t index) {
  return hex_encode(std::array{static_cast<std::uint8_t>(index)});
}

std::optional<ObjectPlace> object_place(const ObjectKey& key) {
  std::string_view text = key.text();
  const bool is_original = text.ends_with(kOriginal);
  if (is_original) text.remove_suffix(kOriginal.size());
  if (text.size() != kRoot.size() + kDay + 1 + kId + 1 + kAttempt || !text.starts_with(kRoot)) return std::nullopt;
  text.remove_prefix(kRoot.size());
  const std::string_view year = text.substr(0, 4);
  const std::string_view month = text.substr(5, 2);
  const std::string_view day = text.substr(8, 2);
  const std::string_view id = text.substr(kDay + 1, kId);
  const std::string_view attempt = text.substr(kDay + 1 + kId + 1);
  const bool slashes = text[4] == '/' && text[7] == '/' && text[kDay] == '/' && text[kDay + 1 + kId] == '/';
  if (!slashes || !is_day(year, month, day) || !is_object(id, attempt)) return std::nullopt;

  ObjectPlace place;
  place.folder = attempt.substr(kAttempt - 2);
  place.name.append(year).append(month).append(day).append("-").append(id).append("-").append(attempt);
  if (is_original) place.name.append(kOriginal);
  return place;
}

std::optional<ObjectKey> object_key_of(std::string_view name) {
  const bool is_original = name.ends_with(kOriginal);
  if (is_original) name.remove_suffix(kOriginal.size());
  if (name.size() != kCompactDay + 1 + kId + 1 + kAttempt) return std::nullopt;
  const std::string_view year = name.substr(0, 4);
  const std::string_view month = name.substr(4, 2);
  const std::string_view day = name.substr(6, 2);
  const std::string_view id = name.substr(kCompactDay + 1, kId);
  const std::string_view attempt = name.substr(kCompactDay + 1 + kId + 1);
  const bool dashes = name[kCompactDay] == '-' && name[kCompactDay + 1 + kId] == '-';
  if (!dashes || !is_day(year, month, day) || !is_object(id, attempt)) return std::nullopt;

  std::string text(kRoot);
  text.append(year).append("/").append(month).append("/").append(day);
  text.append("/").append(id).append("/").append(attempt);
  if (is_original) text.append(kOriginal);
  return ObjectKey{std::move(text)};
}

}  // namespace lazaret
