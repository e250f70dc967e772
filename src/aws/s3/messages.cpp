#include "aws/s3/messages.h"

#include <algorithm>
#include <array>
#include <utility>

#include "aws/xml.h"
#include "base/encoding.h"

namespace lazaret::aws {
namespace {

constexpr std::string_view kNamespace = R"( xmlns="http://s3.amazonaws.com/doc/2006-03-01/")";
constexpr std::string_view kRuleName = "lazaret-end-stray-uploads";
constexpr std::array<std::string_view, 4> kPublicAccess{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                                                        "RestrictPublicBuckets"};

// The root where it has that name.
std::optional<XmlNode> parse_root(std::string_view body, std::string_view name) {
  auto root = parse_xml(body);
  if (!root || root->name != name) return std::nullopt;
  return *std::move(root);
}

std::string xml_element(std::string_view name, std::string_view text) {
  std::string written;
  written.append("<").append(name).append(">");
  for (const char c : text) {
    switch (c) {
      case '&':
        written += "&amp;";
        break;
      case '<':
        written += "&lt;";
        break;
      case '>':
        written += "&gt;";
        break;
      default:
        written += c;
    }
  }
  return written.append("</").append(name).append(">");
}

std::string document(std::string_view name, std::string_view content) {
  return std::string("<")
      .append(name)
      .append(kNamespace)
      .append(">")
      .append(content)
      .append("</")
      .append(name)
      .append(">");
}

// Keys are asked for URL-encoded, since XML has no way to say most control characters; a server may still not do it.
class KeyReader {
 public:
  explicit KeyReader(const XmlNode& root) : encoded_(root.text_of("EncodingType") == "url") {}
  std::optional<std::string> read(std::string_view text) const {
    if (!encoded_) return std::string(text);
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');  // a plus itself comes as %2B
    return percent_decode(spaced);
  }

 private:
  bool encoded_;
};

bool is_truncated(const XmlNode& root) {
  return root.text_of("IsTruncated") == "true";
}

// A rule without a filter, or with one that every key passes.
bool covers_the_bucket(const XmlNode& rule) {
  if (!rule.text_of("Prefix").empty()) return false;
  const XmlNode* filter = rule.find("Filter");
  if (filter == nullptr) return true;
  return std::ranges::all_of(filter->children,
                             [](const XmlNode& part) { return part.name == "Prefix" && part.text.empty(); });
}

bool ends_stray_uploads(const XmlNode& rule) {
  return rule.name == "Rule" && rule.text_of("Status") == "Enabled" && covers_the_bucket(rule) &&
         rule.find("AbortIncompleteMultipartUpload") != nullptr;
}

}  // namespace

std::optional<ObjectPage> parse_object_page(std::string_view body) {
  const auto root = parse_root(body, "ListBucketResult");
  if (!root) return std::nullopt;
  const KeyReader keys(*root);
  ObjectPage page;
  for (const XmlNode& entry : root->children) {
    if (entry.name != "Contents") continue;
    auto key = keys.read(entry.text_of("Key"));
    if (!key || key->empty()) return std::nullopt;
    page.keys.push_back(*std::move(key));
  }
  if (is_truncated(*root)) {
    page.next = root->text_of("NextContinuationToken");
    if (page.next.empty()) return std::nullopt;  // there is more, and no way to it
  }
  return page;
}

std::optional<VersionPage> parse_version_page(std::string_view body) {
  const auto root = parse_root(body, "ListVersionsResult");
  if (!root) return std::nullopt;
  const KeyReader keys(*root);
  VersionPage page;
  for (const XmlNode& entry : root->children) {
    if (entry.name != "Version" && entry.name != "DeleteMarker") continue;
    auto key = keys.read(entry.text_of("Key"));
    if (!key || key->empty()) return std::nullopt;
    page.versions.push_back({.key = *std::move(key), .id = std::string(entry.text_of("VersionId"))});
  }
  if (is_truncated(*root)) {
    auto key = keys.read(root->text_of("NextKeyMarker"));
    if (!key || key->empty()) return std::nullopt;
    page.next = ObjectVersion{.key = *std::move(key), .id = std::string(root->text_of("NextVersionIdMarker"))};
  }
  return page;
}

std::optional<UploadPage> parse_upload_page(std::string_view body) {
  const auto root = parse_root(body, "ListMultipartUploadsResult");
  if (!root) return std::nullopt;
  const KeyReader keys(*root);
  UploadPage page;
  for (const XmlNode& entry : root->children) {
    if (entry.name != "Upload") continue;
    auto key = keys.read(entry.text_of("Key"));
    const std::string_view id = entry.text_of("UploadId");
    if (!key || key->empty() || id.empty()) return std::nullopt;
    page.uploads.push_back({.key = *std::move(key), .id = std::string(id)});
  }
  if (is_truncated(*root)) {
    auto key = keys.read(root->text_of("NextKeyMarker"));
    if (!key || key->empty()) return std::nullopt;
    page.next = Upload{.key = *std::move(key), .id = std::string(root->text_of("NextUploadIdMarker"))};
  }
  return page;
}

std::optional<std::string> parse_created_upload(std::string_view body) {
  const auto root = parse_root(body, "InitiateMultipartUploadResult");
  if (!root || root->text_of("UploadId").empty()) return std::nullopt;
  return std::string(root->text_of("UploadId"));
}

bool is_completed_upload(std::string_view body) {
  return parse_root(body, "CompleteMultipartUploadResult").has_value();
}

std::string write_completion(std::span<const CompletedPart> parts) {
  std::string content;
  for (const CompletedPart& part : parts) {
    std::string fields = xml_element("PartNumber", std::to_string(part.number)) + xml_element("ETag", part.etag);
    if (part.checksum) fields += xml_element("ChecksumSHA256", base64_encode(part.checksum->bytes()));
    content += "<Part>" + fields + "</Part>";
  }
  return document("CompleteMultipartUpload", content);
}

std::string_view to_string(Versioning versioning) {
  switch (versioning) {
    case Versioning::kOff:
      return "Off";
    case Versioning::kEnabled:
      return "Enabled";
    case Versioning::kSuspended:
      return "Suspended";
  }
  std::unreachable();
}

std::optional<Versioning> parse_versioning(std::string_view body) {
  auto root = parse_root(body, "VersioningConfiguration");
  if (!root) root = parse_root(body, "GetBucketVersioningResponse");  // moto's name for it
  if (!root) return std::nullopt;
  const std::string_view status = root->text_of("Status");
  if (status.empty()) return Versioning::kOff;
  if (status == "Enabled") return Versioning::kEnabled;
  if (status == "Suspended") return Versioning::kSuspended;
  return std::nullopt;
}

std::string write_versioning(Versioning versioning) {
  return document("VersioningConfiguration", xml_element("Status", to_string(versioning)));
}

std::string_view header_value(Encryption::Kind kind) {
  switch (kind) {
    case Encryption::Kind::kNone:
      return "";
    case Encryption::Kind::kAes256:
      return "AES256";
    case Encryption::Kind::kKms:
      return "aws:kms";
  }
  std::unreachable();
}

std::optional<Encryption> parse_bucket_encryption(std::string_view body) {
  const auto root = parse_root(body, "ServerSideEncryptionConfiguration");
  if (!root) return std::nullopt;
  const XmlNode* rule = root->find("Rule");
  const XmlNode* standard = rule == nullptr ? nullptr : rule->find("ApplyServerSideEncryptionByDefault");
  if (standard == nullptr) return Encryption{};
  const std::string_view algorithm = standard->text_of("SSEAlgorithm");
  Encryption encryption;
  if (algorithm == header_value(Encryption::Kind::kAes256)) {
    encryption.kind = Encryption::Kind::kAes256;
  } else if (algorithm.starts_with(header_value(Encryption::Kind::kKms))) {  // "aws:kms:dsse" too
    encryption.kind = Encryption::Kind::kKms;
    encryption.kms_key_id = standard->text_of("KMSMasterKeyID");
  } else {
    return std::nullopt;
  }
  return encryption;
}

std::string write_bucket_encryption(const Encryption& encryption) {
  std::string standard = xml_element("SSEAlgorithm", header_value(encryption.kind));
  if (!encryption.kms_key_id.empty()) standard += xml_element("KMSMasterKeyID", encryption.kms_key_id);
  std::string rule = "<ApplyServerSideEncryptionByDefault>" + standard + "</ApplyServerSideEncryptionByDefault>";
  if (encryption.kind == Encryption::Kind::kKms) rule += xml_element("BucketKeyEnabled", "true");
  return document("ServerSideEncryptionConfiguration", "<Rule>" + rule + "</Rule>");
}

std::optional<bool> parse_public_access_block(std::string_view body) {
  const auto root = parse_root(body, "PublicAccessBlockConfiguration");
  if (!root) return std::nullopt;
  return std::ranges::all_of(kPublicAccess, [&](std::string_view kind) { return root->text_of(kind) == "true"; });
}

std::string write_public_access_block() {
  std::string content;
  for (const std::string_view kind : kPublicAccess)
    content += xml_element(kind, "true");
  return document("PublicAccessBlockConfiguration", content);
}

std::optional<bool> parse_ends_stray_uploads(std::string_view lifecycle) {
  const auto root = parse_root(lifecycle, "LifecycleConfiguration");
  if (!root) return std::nullopt;
  return std::ranges::any_of(root->children, ends_stray_uploads);
}

std::optional<std::string> with_stray_upload_rule(std::string_view lifecycle) {
  constexpr std::string_view kClosing = "</LifecycleConfiguration>";
  const std::string rule = "<Rule>" + xml_element("ID", kRuleName) + "<Filter><Prefix></Prefix></Filter>" +
                           xml_element("Status", "Enabled") + "<AbortIncompleteMultipartUpload>" +
                           xml_element("DaysAfterInitiation", "1") + "</AbortIncompleteMultipartUpload></Rule>";
  if (lifecycle.empty()) return document("LifecycleConfiguration", rule);
  const auto root = parse_root(lifecycle, "LifecycleConfiguration");
  if (!root) return std::nullopt;
  if (root->children.empty()) return document("LifecycleConfiguration", rule);
  // The call replaces them all, and what is there may hold more than this code knows: it is kept as it is written.
  const auto closing = lifecycle.rfind(kClosing);
  if (closing == std::string_view::npos) return std::nullopt;
  return std::string(lifecycle.substr(0, closing)).append(rule).append(kClosing);
}

std::string write_create_bucket(std::string_view region) {
  if (region.empty() || region == "us-east-1") return {};
  return document("CreateBucketConfiguration", xml_element("LocationConstraint", region));
}

}  // namespace lazaret::aws
