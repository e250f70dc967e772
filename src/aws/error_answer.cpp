#include "aws/error_answer.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

#include "aws/xml.h"
#include "document/json_tree.h"

namespace lazaret::aws {
namespace {

// An error is short; what is longer is some other page.
constexpr std::size_t kMaxErrorBytes = std::size_t{256} * 1024;
constexpr XmlLimits kXmlLimits{.bytes = kMaxErrorBytes, .elements = 500, .depth = 8};
// CancellationReasons may each hold an item.
constexpr JsonLimits kJsonLimits{.bytes = kMaxErrorBytes, .depth = 40};
constexpr std::size_t kMaxCodeBytes = 100;
constexpr std::size_t kMaxMessageBytes = 500;
constexpr std::size_t kMaxRegionBytes = 32;

std::string_view after_white_space(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\r\n");
  return start == std::string_view::npos ? std::string_view{} : text.substr(start);
}

// A code is a name; anything else in its place is not read as one.
std::string checked_code(std::string_view text) {
  const bool sound = text.size() <= kMaxCodeBytes && std::ranges::all_of(text, [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
                     });
  return sound ? std::string(text) : std::string();
}

// It becomes a part of a host name.
std::string checked_region(std::string_view text) {
  const bool sound = text.size() <= kMaxRegionBytes && std::ranges::all_of(text, [](unsigned char c) {
                       return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-';
                     });
  return sound ? std::string(text) : std::string();
}

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kMaxMessageBytes));
  std::ranges::replace_if(line, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return line;
}

// `<Error>`, or the one within STS's `<ErrorResponse>`.
std::optional<XmlNode> error_element(std::string_view body) {
  auto root = parse_xml(body, kXmlLimits);
  if (!root) return std::nullopt;
  if (root->name == "Error") return *std::move(root);
  if (root->name != "ErrorResponse") return std::nullopt;
  const XmlNode* inner = root->find("Error");
  if (inner == nullptr) return std::nullopt;
  XmlNode error = *inner;
  if (error.text_of("RequestId").empty())
    error.children.push_back({"RequestId", std::string(root->text_of("RequestId")), {}});
  return error;
}

void read_xml(std::string_view body, ErrorAnswer& answer) {
  const auto error = error_element(body);
  if (!error) return;
  answer.code = checked_code(error->text_of("Code"));
  answer.message = one_line(error->text_of("Message"));
  answer.region = checked_region(error->text_of("Region"));
  answer.request_id = one_line(error->text_of("RequestId"));
}

std::string_view member(const json::Node& object, std::string_view name) {
  const json::Node* found = object.find(name);
  return found != nullptr && found->kind == json::Kind::kString ? std::string_view(found->text) : std::string_view{};
}

void read_json(std::string_view body, ErrorAnswer& answer) {
  const auto root = json::parse(body, "", kJsonLimits);
  if (!root || root->kind != json::Kind::kObject) return;
  std::string_view type = member(*root, "__type");  // "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
  if (type.empty()) type = member(*root, "code");
  if (const auto hash = type.rfind('#'); hash != std::string_view::npos) type.remove_prefix(hash + 1);
  answer.code = checked_code(type);
  const std::string_view message = member(*root, "message");
  answer.message = one_line(message.empty() ? member(*root, "Message") : message);
}

}  // namespace

ErrorAnswer read_error(const HttpResponse& response) {
  ErrorAnswer answer;
  const std::string_view body = after_white_space(response.body);
  if (body.starts_with('<')) read_xml(body, answer);
  if (body.starts_with('{')) read_json(body, answer);
  if (answer.code.empty()) {
    const std::string_view type = response.header("x-amzn-errortype");  // "AccessDeniedException:http://..."
    answer.code = checked_code(type.substr(0, type.find(':')));
  }
  if (const auto region = response.header("x-amz-bucket-region"); !region.empty()) {
    answer.region = checked_region(region);
  }
  for (const std::string_view name : {"x-amz-request-id", "x-amzn-requestid"}) {
    if (answer.request_id.empty()) answer.request_id = one_line(response.header(name));
  }
  return answer;
}

bool is_error_document(const HttpResponse& response) {
  const std::string_view body = after_white_space(response.body);
  return body.starts_with('<') && error_element(body).has_value();
}

}  // namespace lazaret::aws
