#include "sandbox/pdf/walker.h"

#include <algorithm>
#include <map>
#include <new>

#include "sandbox/pdf/exploits.h"
#include "sandbox/pdf/findings.h"
#include "sandbox/pdf/raw_scan.h"
#include "sandbox/pdf/xml.h"
#include "sandbox/types/content_search.h"
#include "sandbox/types/image_codes.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::uint64_t kNodesPerObject = 16;  // containers inside objects, on average
constexpr std::size_t kWarningsKept = 256;
constexpr std::size_t kHeaderReach = 1024;
constexpr std::size_t kMostTypes = 8;                            // of attachments, that are told
constexpr std::size_t kLongestScript = std::size_t{256} * 1024;  // that is looked through
constexpr std::size_t kLongestXml = std::size_t{4} << 20U;
constexpr int kMostFormParts = 64;
constexpr std::size_t kMostShared = 16;       // inner nodes of the page tree that are met again
constexpr long long kMostPages = 10'000'000;  // that a page tree may claim

std::uint64_t key_of(QPDFObjGen const& id) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(id.getObj())) << 32U |
         static_cast<std::uint32_t>(id.getGen());
}

}  // namespace

void Walker::tell(DocumentWords& words) const {
  words.is_signed = signatures_.found_any();
  words.attachments = attached_files_;
  words.page_sizes = page_sizes_.text();
  for (const std::string& type : attached_types_)
    words.attachment_types += (words.attachment_types.empty() ? "" : ", ") + type;
}

// The trailer first, so that what runs by itself is met in that role; then every object there is.
void Walker::walk_objects() {
  walk_from(pdf_.getTrailer(), Role::kPlain, Spot());
  if (QPDFObjectHandle root = pdf_.getRoot(); root.isIndirect()) walk_from(root, Role::kPlain, Spot());
  const std::map<QPDFObjGen, QPDFXRefEntry> table = pdf_.getXRefTable();
  if (table.size() > limits_.objects) {
    tools_.findings.add(FindingCode::kTooManyObjects, Spot());
    return;
  }
  for (const auto& entry : table) {
    if (is_over_) return;
    walk_from(pdf_.getObject(entry.first), Role::kPlain, at_object(entry.first.getObj(), entry.first.getGen()));
    forget_warnings();
  }
}

// A damaged document can warn millions of times; a few tell as much.
void Walker::forget_warnings() {
  if (pdf_.numWarnings() <= kWarningsKept) return;
  pdf_.getWarnings();
  tools_.findings.add(FindingCode::kRecovered, Spot());
}

void Walker::walk_from(const QPDFObjectHandle& value, Role role, const Spot& spot) {
  stack_.clear();
  stack_.push_back(Item{value, role, 0, spot});
  while (!stack_.empty() && !is_over_) {
    Item item = std::move(stack_.back());
    stack_.pop_back();
    try {
      visit(std::move(item));
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception&) {
      // libqpdf gave up on this object; the others are still looked at.
      tools_.findings.add(FindingCode::kRecovered, spot);
    }
  }
}

// Plain references are not followed: their objects have a turn of their own.
void Walker::push(QPDFObjectHandle value, Role role, const Item& from) {
  const bool is_reference = value.isIndirect();
  if (is_reference && role == Role::kPlain) return;
  if (!is_reference && !value.isDictionary() && !value.isArray() && !value.isStream()) return;
  stack_.push_back(Item{value, role, is_reference ? 0 : from.depth + 1, from.spot});
}

void Walker::visit(Item item) {
  if (++nodes_ > limits_.objects * kNodesPerObject) {
    tools_.findings.add(FindingCode::kTooManyObjects, item.spot);
    is_over_ = true;
    return;
  }
  if (item.depth > limits_.depth) {
    tools_.findings.add(FindingCode::kTooDeep, item.spot);
    return;
  }
  if (item.value.isIndirect()) {
    const QPDFObjGen id = item.value.getObjGen();
    const bool is_new =
        item.role == Role::kPlain ? visited_.insert(key_of(id)).second : roles_.emplace(key_of(id), item.role).second;
    if (!is_new) return;
    item.spot = at_object(id.getObj(), id.getGen());
  }
  if (item.value.isStream()) {
    visit_stream(item.value, item);
  } else if (item.value.isDictionary()) {
    visit_dictionary(item.value, item);
  } else if (item.value.isArray()) {
    // As an OpenAction an array is a place to go to, not a list of actions.
    const Role role = item.role == Role::kOpenAction ? Role::kPlain : item.role;
    const int count = item.value.getArrayNItems();
    for (int i = 0; i < count; ++i)
      push(item.value.getArrayItem(i), role, item);
  }
}

void Walker::visit_dictionary(QPDFObjectHandle& dictionary, const Item& item) {
  judge_as_action(dictionary, item);
  signatures_.meet(dictionary, item.spot);
  if (has_code_for_numbers(dictionary)) tools_.findings.add(FindingCode::kKnownExploit, item.spot);
  std::map<std::string, QPDFObjectHandle> entries = dictionary.getDictAsMap();
  for (auto& [key, value] : entries)
    visit_entry(dictionary, key, value, item);
  if (is_rich_media(dictionary)) tools_.findings.add(FindingCode::kRichMedia, item.spot);
}

// What runs by itself is not reported a second time as something that waits for a click.
bool Walker::was_met_in_a_role(const Item& item) const {
  if (item.role != Role::kPlain || item.depth != 0 || item.spot.object < 0) return false;
  const std::uint64_t key =
      key_of(QPDFObjGen(static_cast<int>(item.spot.object), static_cast<int>(item.spot.generation)));
  return roles_.count({key, Role::kOpenAction}) != 0 || roles_.count({key, Role::kByItself}) != 0 ||
         roles_.count({key, Role::kScriptTree}) != 0;
}

void Walker::judge_as_action(QPDFObjectHandle& dictionary, const Item& item) {
  if (was_met_in_a_role(item)) return;
  const bool is_known = ActionJudge::is_action(dictionary);
  switch (item.role) {
    case Role::kPlain:
      if (is_known) actions_.judge(dictionary, Trigger::kClick, item.spot);
      break;
    case Role::kOpenAction:
      actions_.judge(dictionary, Trigger::kOpen, item.spot);
      break;
    case Role::kByItself:
      actions_.judge(dictionary, Trigger::kByItself, item.spot);
      break;
    case Role::kScriptTree:
      if (is_known) actions_.judge(dictionary, Trigger::kByItself, item.spot);
      break;
  }
  QPDFObjectHandle script = dictionary.getKey("/JS");
  judge_script(script, item.role, item.spot);
  // Script beside an action of another name, or with none.
  if ((script.isString() || script.isStream()) && !dictionary.getKey("/S").isNameAndEquals("/JavaScript")) {
    tools_.findings.add(item.role == Role::kPlain ? FindingCode::kJavaScript : FindingCode::kAutoRunJavaScript,
                        item.spot);
  }
}

void Walker::judge_script(QPDFObjectHandle& script, Role role, const Spot& spot) {
  const Trigger trigger = role == Role::kPlain ? Trigger::kClick : Trigger::kByItself;
  if (script.isString()) {
    actions_.judge_script(script.getStringValue(), trigger, spot);
    const std::string text = script.getUTF8Value();
    if (tools_.content != nullptr) {
      tools_.content->begin(spot);
      tools_.content->write(text.data(), text.size());
    }
  }
  if (script.isStream()) actions_.judge_script(streams_.text_of(script, kLongestScript, spot), trigger, spot);
}

void Walker::visit_entry(QPDFObjectHandle& dictionary, const std::string& key, QPDFObjectHandle& value,
                         const Item& item) {
  Role role = Role::kPlain;
  if (key == "/OpenAction") role = Role::kOpenAction;
  if (key == "/Next" && item.role != Role::kPlain) role = Role::kByItself;
  if (key == "/JavaScript" && value.isDictionary()) role = Role::kScriptTree;
  if (item.role == Role::kScriptTree && (key == "/Kids" || key == "/Names")) role = Role::kScriptTree;
  if (key == "/AA" && value.isDictionary()) return visit_triggers(dictionary, value, item);
  if (key == "/XFA" && (value.isArray() || value.isStream())) judge_form_text(value, item.spot);
  if (key == "/EF" && value.isDictionary()) judge_attachment(dictionary, value, item);
  if (key == "/Ref" && value.isDictionary() && value.hasKey("/F")) {
    tools_.findings.add(FindingCode::kExternalStream, item.spot);
    actions_.judge_file(value.getKey("/F"), Trigger::kByItself, item.spot);
  }
  if (key == "/URI" && value.isDictionary()) {
    if (QPDFObjectHandle base = value.getKey("/Base"); base.isString()) {
      actions_.judge_uri(base.getStringValue(), Trigger::kClick, item.spot);
    }
  }
  // A link under a name of its own, without a whole action around it.
  const bool is_bare_link = key == "/URI" && value.isString() && !ActionJudge::is_action(dictionary);
  if (is_bare_link) actions_.judge_uri(value.getStringValue(), Trigger::kClick, item.spot);
  const bool is_file_name = key == "/F" || key == "/UF" || key == "/DOS" || key == "/Unix" || key == "/Mac";
  if (is_file_name && value.isString() && !dictionary.hasKey("/EF") && !was_met_in_a_role(item)) {
    const Trigger trigger = item.role == Role::kPlain ? Trigger::kClick : Trigger::kByItself;
    if (target_of_path(value.getStringValue()) == Target::kShare) actions_.judge_file(value, trigger, item.spot);
  }
  push(value, role, item);
}

// An /AA: which of its triggers need no click. O and C of a page; W*, D* of the document; P* of an annotation.
void Walker::visit_triggers(QPDFObjectHandle& owner, QPDFObjectHandle& triggers, const Item& item) {
  const bool is_field = owner.hasKey("/FT") || owner.getKey("/Subtype").isNameAndEquals("/Widget");
  std::map<std::string, QPDFObjectHandle> entries = triggers.getDictAsMap();
  for (auto& [key, action] : entries) {
    const bool is_page_close = key == "/C" && !is_field;  // of a field: it calculates
    const bool by_itself = key == "/O" || is_page_close || key == "/WC" || key == "/WS" || key == "/DS" ||
                           key == "/WP" || key == "/DP" || key == "/PO" || key == "/PC" || key == "/PV" || key == "/PI";
    if (action.isDictionary()) push(action, by_itself ? Role::kByItself : Role::kPlain, item);
  }
}

void Walker::judge_attachment(QPDFObjectHandle& dictionary, QPDFObjectHandle& files, const Item& item) {
  FileKind kind = FileKind::kOrdinary;
  ++attached_files_;
  for (const std::string& name : file_names(dictionary)) {
    const std::string plain = plain_text(name);
    kind = std::max(kind, kind_of_name(plain));
    if (attached_types_.size() < kMostTypes) attached_types_.insert(common_type(plain));
  }
  std::map<std::string, QPDFObjectHandle> entries = files.getDictAsMap();
  for (auto& [key, stream] : entries) {
    if (!stream.isStream()) continue;
    const QPDFObjGen id = stream.getObjGen();
    const Spot spot = at_object(id.getObj(), id.getGen());
    // One stream may be attached under several names; its bytes are read once.
    if (attachments_.insert(key_of(id)).second) kind = std::max(kind, look_into_attachment(stream, spot));
  }
  add_attachment(kind, item.spot);
}

FileKind Walker::look_into_attachment(QPDFObjectHandle& stream, const Spot& spot) {
  const StreamLook::Attachment attachment = streams_.look_at_attachment(stream, spot);
  const bool is_unread = attachment.is_too_large || (attachment.kind == FileKind::kPdf && limits_.nesting == 0);
  if (is_unread) tools_.findings.add(FindingCode::kLockedAttachment, spot);
  if (attachment.kind != FileKind::kPdf || is_unread) return attachment.kind;
  walk_nested(attachment.pdf, spot);
  return attachment.kind;
}

void Walker::walk_nested(std::string_view bytes, const Spot& spot) {
  const FileReader inner(bytes);
  const std::size_t header = bytes.substr(0, kHeaderReach).find("%PDF-");
  if (header == std::string_view::npos) return;
  NestedFindings findings(tools_.findings, spot);
  WalkLimits limits = limits_;
  limits.inflated_bytes = streams_.output_left();
  --limits.nesting;
  const RawScanTools scan_tools{inner, tools_.inflater, findings};
  const RawScan raw = scan_raw(scan_tools, bytes.substr(0, 4 * kHeaderReach), header, limits.inflated_bytes);
  if (!raw.is_safe_to_walk) return;
  std::vector<Watched> watched;
  walk_pdf(WalkTools{inner, tools_.inflater, tools_.judge, findings, watched, raw.census, header, tools_.content},
           limits);
}

void Walker::add_attachment(FileKind kind, const Spot& spot) {
  switch (kind) {
    case FileKind::kOrdinary:
    case FileKind::kPdf:
      tools_.findings.add(FindingCode::kEmbeddedFile, spot);
      return;
    case FileKind::kMarkup:
      tools_.findings.add(FindingCode::kMarkupAttachment, spot);
      return;
    case FileKind::kMacro:
      tools_.findings.add(FindingCode::kMacroAttachment, spot);
      return;
    case FileKind::kExecutable:
      tools_.findings.add(FindingCode::kExecutableAttachment, spot);
      return;
  }
}

// The parts of an XFA form make one text.
void Walker::judge_form_text(QPDFObjectHandle& form, const Spot& spot) {
  tools_.findings.add(FindingCode::kXfa, spot);
  std::string text;
  const int count = form.isArray() ? std::min(form.getArrayNItems(), kMostFormParts) : 1;
  for (int i = 0; i < count && text.size() < kLongestXml; ++i) {
    QPDFObjectHandle part = form.isArray() ? form.getArrayItem(i) : form;
    if (part.isStream()) text += streams_.text_of(part, kLongestXml - text.size(), spot);
  }
  judge_xfa(text, tools_.findings, spot);
}

void Walker::judge_metadata(QPDFObjectHandle& stream, const Spot& spot) {
  judge_xmp(streams_.text_of(stream, kLongestXml, spot), tools_.findings, spot);
}

// A calculator has numbers, operators and braces.
void Walker::judge_function(QPDFObjectHandle& stream, const Spot& spot) {
  if (stream.getDict().getKey("/FunctionType").unparseResolved() != "4") return;
  if (is_no_calculator(streams_.text_of(stream, kLongestScript, spot))) {
    tools_.findings.add(FindingCode::kKnownExploit, spot);
  }
}

void Walker::judge_image(QPDFObjectHandle& dictionary, const Spot& spot) {
  const auto number = [&dictionary](const char* key, long long otherwise) {
    QPDFObjectHandle value = dictionary.getKey(key);
    return static_cast<double>(value.isInteger() ? std::max(0LL, value.getIntValue()) : otherwise);
  };
  QPDFObjectHandle space = dictionary.getKey("/ColorSpace");
  double components = 3;
  if (space.isNull() || space.isNameAndEquals("/DeviceGray") || space.isNameAndEquals("/G")) components = 1;
  if (space.isArray() && space.getArrayNItems() > 0 && space.getArrayItem(0).isNameAndEquals("/Indexed"))
    components = 1;
  if (space.isNameAndEquals("/DeviceCMYK") || space.isNameAndEquals("/CMYK")) components = 4;
  const double bits = number("/Width", 0) * number("/Height", 0) * components * number("/BitsPerComponent", 1);
  if (bits / 8 > kLargestImage) tools_.findings.add(FindingCode::kHugeImage, spot);
}

void Walker::judge_stream_dictionary(QPDFObjectHandle& dictionary, const Spot& spot) {
  if (QPDFObjectHandle file = dictionary.getKey("/F"); file.isString() || file.isDictionary()) {
    tools_.findings.add(FindingCode::kExternalStream, spot);
    actions_.judge_file(file, Trigger::kByItself, spot);  // loaded where it is shown
  }
  if (dictionary.getKey("/Subtype").isNameAndEquals("/Image")) judge_image(dictionary, spot);
}

void Walker::visit_stream(QPDFObjectHandle& stream, const Item& item) {
  QPDFObjectHandle dictionary = stream.getDict();
  visit_dictionary(dictionary, item);
  QPDFObjectHandle type = dictionary.getKey("/Type");
  if (item.role != Role::kPlain || type.isNameAndEquals("/XRef")) return;
  judge_stream_dictionary(dictionary, item.spot);
  const bool is_xml = type.isNameAndEquals("/Metadata") || dictionary.getKey("/Subtype").isNameAndEquals("/XML");
  if (is_xml) judge_metadata(stream, item.spot);
  if (dictionary.hasKey("/FunctionType")) judge_function(stream, item.spot);
  const std::uint64_t key = key_of(stream.getObjGen());
  if (!type.isNameAndEquals("/EmbeddedFile")) {
    if (attachments_.count(key) == 0) streams_.look_at(stream, item.spot);
  } else if (attachments_.insert(key).second) {
    add_attachment(look_into_attachment(stream, item.spot), item.spot);
  }
}

// A page is what has no /Kids.
std::int64_t Walker::count_pages() {
  std::int64_t pages = 0;
  std::size_t shared = 0;
  std::unordered_set<std::uint64_t> seen;
  struct Node {
    QPDFObjectHandle value;
    int depth;
    QPDFObjectHandle box;  // of the page, where it does not say otherwise
  };
  std::vector<Node> nodes;
  nodes.push_back({pdf_.getRoot().getKey("/Pages"), 0, QPDFObjectHandle::newNull()});
  while (!nodes.empty() && seen.size() <= limits_.objects) {
    auto [node, depth, box] = std::move(nodes.back());
    nodes.pop_back();
    if (!node.isDictionary()) continue;
    if (depth > limits_.depth) {
      tools_.findings.add(FindingCode::kTooDeep, Spot());
      return pages;
    }
    QPDFObjectHandle kids = node.getKey("/Kids");
    if (node.isIndirect() && !seen.insert(key_of(node.getObjGen())).second) {
      // A tree whose branches are shared grows twice as large with each level.
      if (kids.isArray() && ++shared == kMostShared) tools_.findings.add(FindingCode::kTooManyObjects, Spot());
      continue;
    }
    if (QPDFObjectHandle claim = node.getKey("/Count"); claim.isInteger() && claim.getIntValue() > kMostPages) {
      tools_.findings.add(FindingCode::kTooManyObjects, Spot());
    }
    if (node.hasKey("/MediaBox")) box = node.getKey("/MediaBox");
    if (!kids.isArray()) {
      if (node.getKey("/Type").isNameAndEquals("/Pages")) continue;
      ++pages;
      page_sizes_.add(box);
      continue;
    }
    const int count = kids.getArrayNItems();
    for (int i = 0; i < count; ++i)
      nodes.push_back({kids.getArrayItem(i), depth + 1, box});
  }
  return pages;
}

}  // namespace lazaret::sandbox
