#include "metadata/dynamodb/filter.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "metadata/dynamodb/keys.h"

namespace lazaret::dynamo {
namespace {

using aws::AttributeValue;
using aws::Expression;

class Conditions {
 public:
  explicit Conditions(Expression& expression) : expression_(expression) {}

  void compare(std::string_view attribute, std::string_view comparator, AttributeValue value) {
    add(expression_.name(attribute) + " " + std::string(comparator) + " " + expression_.value(std::move(value)));
  }
  // One of them, or all.
  void contains(std::string_view attribute, const std::vector<std::string>& values, std::string_view joint) {
    std::string joined;
    for (const std::string& value : values) {
      if (!joined.empty()) joined += joint;
      joined += "contains(" + expression_.name(attribute) + ", " + expression_.value(value) + ")";
    }
    if (!joined.empty()) add("(" + joined + ")");
  }
  std::string finish() { return std::move(text_); }

 private:
  void add(std::string condition) {
    if (!text_.empty()) text_ += " AND ";
    text_ += condition;
  }

  Expression& expression_;
  std::string text_;
};

std::vector<std::string> word_starts(const Filter& filter) {
  std::vector<std::string> starts;
  for (const std::string& word : filter.search_words)
    starts.push_back(" " + word);
  return starts;
}

bool has_categories(const Filter& filter, const Document& document) {
  if (filter.categories.empty()) return true;
  const auto has = [&](const std::string& category) {
    return std::ranges::find(document.categories, category) != document.categories.end();
  };
  return filter.categories_match == CategoriesMatch::kAll ? std::ranges::all_of(filter.categories, has)
                                                          : std::ranges::any_of(filter.categories, has);
}

bool has_words(const Filter& filter, const Document& document) {
  if (filter.search_words.empty()) return true;
  const std::string words = words_text(document.filename.text());
  return std::ranges::all_of(word_starts(filter),
                             [&](const std::string& start) { return words.find(start) != std::string::npos; });
}

}  // namespace

std::string filter_expression(const Filter& filter, HeldByKey held, Expression& expression) {
  Conditions conditions(expression);
  const bool all = filter.categories_match == CategoriesMatch::kAll;
  conditions.contains("categories", filter.categories, all ? " AND " : " OR ");
  if (filter.date_from && !held.dates) conditions.compare("upload_date", ">=", format_rfc3339(*filter.date_from));
  if (filter.date_to && !held.dates) conditions.compare("upload_date", "<=", format_rfc3339(*filter.date_to));
  if (filter.size_min && !held.sizes) conditions.compare("size", ">=", *filter.size_min);
  if (filter.size_max && !held.sizes) conditions.compare("size", "<=", *filter.size_max);
  if (filter.processed) conditions.compare("processed", "=", *filter.processed);
  if (filter.content_type) conditions.compare("content_type", "=", *filter.content_type);
  if (filter.checksum) conditions.compare("checksum", "=", filter.checksum->to_string());
  conditions.contains("_words", word_starts(filter), " AND ");
  return conditions.finish();
}

std::string words_expression(const Filter& filter, Expression& expression) {
  Conditions conditions(expression);
  conditions.contains("_words", word_starts(filter), " AND ");
  return conditions.finish();
}

bool filters_anything(const Filter& filter) {
  Filter plain;
  plain.state = filter.state;
  plain.categories_match = filter.categories_match;
  return filter != plain;
}

bool passes(const Filter& filter, const Document& document) {
  return document.state == filter.state && has_categories(filter, document) &&
         (!filter.date_from || document.upload_date >= *filter.date_from) &&
         (!filter.date_to || document.upload_date <= *filter.date_to) &&
         (!filter.size_min || document.size >= *filter.size_min) &&
         (!filter.size_max || document.size <= *filter.size_max) &&
         (!filter.processed || document.processed == *filter.processed) &&
         (!filter.content_type || document.content_type == *filter.content_type) &&
         (!filter.checksum || document.checksum == *filter.checksum) && has_words(filter, document);
}

}  // namespace lazaret::dynamo
