#include "http/api/media_type.h"

#include <algorithm>

#include "base/ascii.h"
#include "document/file_types.h"

namespace lazaret::http {

std::string essence_of(std::string_view content_type) {
  std::string_view essence = content_type.substr(0, content_type.find(';'));
  while (essence.ends_with(' ') || essence.ends_with('\t'))
    essence.remove_suffix(1);
  essence.remove_prefix(std::min(essence.find_first_not_of(" \t"), essence.size()));
  return ascii_lowered(essence);
}

bool declared_type_fits(std::string_view essence, std::string_view extension) {
  const FileTypeRow* row = find_file_type(extension);
  return row == nullptr ? claims_no_type(essence) : may_be_declared(*row, essence);
}

std::string_view usual_type(std::string_view extension) {
  const FileTypeRow* row = find_file_type(extension);
  return row == nullptr ? std::string_view{} : row->content_type;
}

}  // namespace lazaret::http
