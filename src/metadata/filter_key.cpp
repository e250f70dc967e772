#include "metadata/filter_key.h"

#include <cstdint>
#include <utility>

namespace lazaret {
namespace {

// Lengths before texts keep any two filters apart.
void append(std::string& key, const std::string& text) {
  key.append(std::to_string(text.size())).append(":").append(text);
}

void append(std::string& key, std::int64_t number) {
  key.append(std::to_string(number)).append(",");
}

}  // namespace

std::string filter_key(const Filter& filter) {
  std::string key;
  append(key, std::to_underlying(filter.state));
  append(key, std::to_underlying(filter.categories_match));
  append(key, static_cast<std::int64_t>(filter.categories.size()));
  for (const std::string& category : filter.categories)
    append(key, category);
  if (filter.date_from) append(key += 'f', filter.date_from->time_since_epoch().count());
  if (filter.date_to) append(key += 't', filter.date_to->time_since_epoch().count());
  if (filter.size_min) append(key += 'm', std::to_string(*filter.size_min));
  if (filter.size_max) append(key += 'M', std::to_string(*filter.size_max));
  if (filter.processed) append(key += 'p', *filter.processed ? 1 : 0);
  if (filter.content_type) append(key += 'c', *filter.content_type);
  if (filter.checksum) append(key += 's', filter.checksum->to_string());
  for (const std::string& word : filter.search_words)
    append(key += 'w', word);
  return key;
}

}  // namespace lazaret
