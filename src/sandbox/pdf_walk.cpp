#include "sandbox/pdf_walk.h"

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <set>
#include <unordered_set>
#include <utility>

#include <qpdf/QPDF.hh>
#include <qpdf/QPDFExc.hh>
#include <qpdf/QPDFLogger.hh>
#include <qpdf/QPDFObjectHandle.hh>

#include "sandbox/pdf_actions.h"
#include "sandbox/pdf_streams.h"
#include "sandbox/qpdf_source.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::uint64_t kNodesPerObject = 16;          // containers inside objects, on average
constexpr double kLargestImage = 4.0 * (1ULL << 30U);  // bytes once decoded
constexpr std::size_t kWarningsKept = 256;

// What a value is for, by the key it was reached through.
enum class Role {
  kPlain,
  kOpenAction,  // runs when the document opens
  kByItself,    // an action that needs no click
  kScriptTree,  // a node of the names tree of document-level script
};

struct Item {
  QPDFObjectHandle value;
  Role role = Role::kPlain;
  int depth = 0;
  Spot spot;
};

std::uint64_t key_of(QPDFObjGen const& id) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(id.getObj())) << 32U |
         static_cast<std::uint32_t>(id.getGen());
}

// What a PDF inside this one holds, told of the attachment: the worst as it is, other actions as one finding.
class NestedFindings final : public FindingSink {
 public:
  NestedFindings(FindingSink& outer, const Spot& spot) : outer_(outer), spot_(spot) {}
  void add(FindingCode code, const Spot&) override;

 private:
  FindingSink& outer_;
  const Spot spot_;
};

void NestedFindings::add(FindingCode code, const Spot&) {
  static constexpr std::array<FindingCode, 12> kPassedOn{
      FindingCode::kLaunch,          FindingCode::kAutoRunUnc,       FindingCode::kExecutableAttachment,
      FindingCode::kEicar,           FindingCode::kTooManyObjects,   FindingCode::kTooDeep,
      FindingCode::kInflatesTooFar,  FindingCode::kHugeImage,        FindingCode::kNestedActions,
      FindingCode::kMacroAttachment, FindingCode::kMarkupAttachment, FindingCode::kLockedAttachment};
  static constexpr std::array<FindingCode, 13> kActions{FindingCode::kJavaScript,
                                                        FindingCode::kAutoRunJavaScript,
                                                        FindingCode::kOpenAction,
                                                        FindingCode::kAdditionalActions,
                                                        FindingCode::kLaunchNeighbour,
                                                        FindingCode::kSubmitForm,
                                                        FindingCode::kImportData,
                                                        FindingCode::kAutoRunUri,
                                                        FindingCode::kDangerousUri,
                                                        FindingCode::kUncPath,
                                                        FindingCode::kXfa,
                                                        FindingCode::kRichMedia,
                                                        FindingCode::kExternalStream};
  const auto is_any = [code](const auto& codes) { return std::find(codes.begin(), codes.end(), code) != codes.end(); };
  if (is_any(kPassedOn)) outer_.add(code, spot_);
  if (is_any(kActions)) outer_.add(FindingCode::kNestedActions, spot_);
  if (code == FindingCode::kEncrypted) outer_.add(FindingCode::kLockedAttachment, spot_);
  // What is left is about the state of the inner file, which nobody stores or serves.
}

class Walker {
 public:
  Walker(QPDF& pdf, const WalkTools& tools, const WalkLimits& limits)
      : pdf_(pdf),
        tools_(tools),
        limits_(limits),
        actions_(tools.findings),
        streams_(tools, limits, pdf.isEncrypted()) {}

  void walk_objects();
  std::int64_t count_pages();

 private:
  void walk_from(const QPDFObjectHandle& value, Role role, const Spot& spot);
  void visit(Item item);
  void visit_dictionary(QPDFObjectHandle& dictionary, const Item& item);
  void visit_entry(QPDFObjectHandle& dictionary, const std::string& key, QPDFObjectHandle& value, const Item& item);
  void visit_stream(QPDFObjectHandle& stream, const Item& item);
  void visit_triggers(QPDFObjectHandle& owner, QPDFObjectHandle& triggers, const Item& item);
  bool was_met_in_a_role(const Item& item) const;
  void judge_as_action(QPDFObjectHandle& dictionary, const Item& item);
  void judge_attachment(QPDFObjectHandle& dictionary, QPDFObjectHandle& files, const Item& item);
  void judge_image(QPDFObjectHandle& dictionary, const Spot& spot);
  FileKind look_into_attachment(QPDFObjectHandle& stream, const Spot& spot);
  void add_attachment(FileKind kind, const Spot& spot);
  void push(QPDFObjectHandle value, Role role, const Item& from);
  void forget_warnings();

  QPDF& pdf_;
  const WalkTools& tools_;
  const WalkLimits& limits_;
  ActionJudge actions_;
  StreamLook streams_;
  std::vector<Item> stack_;
  std::unordered_set<std::uint64_t> visited_;       // in the role of a plain object
  std::set<std::pair<std::uint64_t, Role>> roles_;  // in another role
  std::unordered_set<std::uint64_t> attachments_;
  std::uint64_t nodes_ = 0;
  bool is_over_ = false;  // a limit was hit
};

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
  std::map<std::string, QPDFObjectHandle> entries = dictionary.getDictAsMap();
  for (auto& [key, value] : entries)
    visit_entry(dictionary, key, value, item);
  QPDFObjectHandle subtype = dictionary.getKey("/Subtype");
  for (const char* media : {"/RichMedia", "/Screen", "/Movie", "/3D", "/Sound"}) {
    if (subtype.isNameAndEquals(media)) tools_.findings.add(FindingCode::kRichMedia, item.spot);
  }
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
  // Script beside an action of another name, or with none.
  QPDFObjectHandle script = dictionary.getKey("/JS");
  if ((script.isString() || script.isStream()) && !dictionary.getKey("/S").isNameAndEquals("/JavaScript")) {
    tools_.findings.add(item.role == Role::kPlain ? FindingCode::kJavaScript : FindingCode::kAutoRunJavaScript,
                        item.spot);
  }
}

void Walker::visit_entry(QPDFObjectHandle& dictionary, const std::string& key, QPDFObjectHandle& value,
                         const Item& item) {
  Role role = Role::kPlain;
  if (key == "/OpenAction") role = Role::kOpenAction;
  if (key == "/Next" && item.role != Role::kPlain) role = Role::kByItself;
  if (key == "/JavaScript" && value.isDictionary()) role = Role::kScriptTree;
  if (item.role == Role::kScriptTree && (key == "/Kids" || key == "/Names")) role = Role::kScriptTree;
  if (key == "/AA" && value.isDictionary()) return visit_triggers(dictionary, value, item);
  if (key == "/XFA" && (value.isArray() || value.isStream())) tools_.findings.add(FindingCode::kXfa, item.spot);
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
  for (const std::string& name : file_names(dictionary))
    kind = std::max(kind, kind_of_name(plain_text(name)));
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
  const FileReader inner(attachment.pdf);
  NestedFindings findings(tools_.findings, spot);
  std::vector<Watched> watched;
  const WalkTools tools{inner, tools_.inflater, tools_.judge, findings, watched};
  WalkLimits limits = limits_;
  limits.inflated_bytes = streams_.output_left();
  --limits.nesting;
  walk_pdf(tools, limits);
  return attachment.kind;
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

void Walker::visit_stream(QPDFObjectHandle& stream, const Item& item) {
  QPDFObjectHandle dictionary = stream.getDict();
  visit_dictionary(dictionary, item);
  QPDFObjectHandle type = dictionary.getKey("/Type");
  if (item.role != Role::kPlain || type.isNameAndEquals("/XRef")) return;
  if (QPDFObjectHandle file = dictionary.getKey("/F"); file.isString() || file.isDictionary()) {
    tools_.findings.add(FindingCode::kExternalStream, item.spot);
    actions_.judge_file(file, Trigger::kByItself, item.spot);  // loaded where it is shown
  }
  if (dictionary.getKey("/Subtype").isNameAndEquals("/Image")) judge_image(dictionary, item.spot);
  const std::uint64_t key = key_of(stream.getObjGen());
  if (!type.isNameAndEquals("/EmbeddedFile")) {
    if (attachments_.count(key) == 0) streams_.look_at(stream, item.spot);
  } else if (attachments_.insert(key).second) {
    add_attachment(look_into_attachment(stream, item.spot), item.spot);
  }
}

// Pages that can be reached, whatever /Count says. A page is what has no /Kids.
std::int64_t Walker::count_pages() {
  std::int64_t pages = 0;
  std::unordered_set<std::uint64_t> seen;
  std::vector<std::pair<QPDFObjectHandle, int>> nodes;
  nodes.emplace_back(pdf_.getRoot().getKey("/Pages"), 0);
  while (!nodes.empty() && seen.size() <= limits_.objects) {
    auto [node, depth] = std::move(nodes.back());
    nodes.pop_back();
    if (!node.isDictionary()) continue;
    if (depth > limits_.depth) {
      tools_.findings.add(FindingCode::kTooDeep, Spot());
      return pages;
    }
    if (node.isIndirect() && !seen.insert(key_of(node.getObjGen())).second) continue;
    QPDFObjectHandle kids = node.getKey("/Kids");
    if (!kids.isArray()) {
      if (!node.getKey("/Type").isNameAndEquals("/Pages")) ++pages;
      continue;
    }
    const int count = kids.getArrayNItems();
    for (int i = 0; i < count; ++i)
      nodes.emplace_back(kids.getArrayItem(i), depth + 1);
  }
  return pages;
}

std::string checked_version(const std::string& version) {
  const bool is_plain =
      !version.empty() && version.size() <= 8 && version.find_first_not_of("0123456789.") == std::string::npos;
  return is_plain ? version : std::string();
}

// False: the walk cannot begin, and a finding says why.
bool open_document(QPDF& pdf, const WalkTools& tools) {
  try {
    pdf.processInputSource(std::make_shared<QpdfSource>(tools.file), "");
    return true;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const QPDFExc& error) {
    const bool is_locked = error.getErrorCode() == qpdf_e_password || error.getErrorCode() == qpdf_e_unsupported;
    tools.findings.add(is_locked ? FindingCode::kEncrypted : FindingCode::kNoPages, Spot());
  } catch (const std::exception&) {
    tools.findings.add(FindingCode::kNoPages, Spot());
  }
  return false;
}

void walk_open_document(QPDF& pdf, const WalkTools& tools, const WalkLimits& limits, WalkResult& result) {
  result.encrypted = pdf.isEncrypted();
  result.pdf_version = checked_version(pdf.getPDFVersion());
  Walker walker(pdf, tools, limits);
  result.page_count = walker.count_pages();
  if (result.page_count == 0) tools.findings.add(FindingCode::kNoPages, Spot());
  walker.walk_objects();
  if (pdf.anyWarnings()) {
    const std::vector<QPDFExc> warnings = pdf.getWarnings();
    const qpdf_offset_t offset = QPDFExc(warnings.front()).getFilePosition();
    tools.findings.add(FindingCode::kRecovered, offset > 0 ? at_offset(static_cast<std::uint64_t>(offset)) : Spot());
  }
}

}  // namespace

WalkResult walk_pdf(const WalkTools& tools, const WalkLimits& limits) {
  WalkResult result;
  QPDF pdf;
  pdf.setSuppressWarnings(true);
  if (!open_document(pdf, tools)) return result;
  try {
    walk_open_document(pdf, tools, limits, result);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    tools.findings.add(result.page_count > 0 ? FindingCode::kRecovered : FindingCode::kNoPages, Spot());
  }
  return result;
}

std::string qpdf_version() {
  return QPDF::QPDFVersion();
}

}  // namespace lazaret::sandbox
