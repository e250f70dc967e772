#include "sandbox/pdf/cleaner.h"

#include <algorithm>
#include <array>
#include <map>

#include "sandbox/pdf/xml.h"

namespace lazaret::sandbox {
namespace {

using inspect::CopyEnd;

constexpr std::uint64_t kNodesPerObject = 16;
constexpr std::size_t kWarningsKept = 256;
constexpr std::size_t kLongestXml = std::size_t{4} << 20U;

// A name may stand for something else where it is no more than a resource's: what its value is decides, too.
bool is_container(QPDFObjectHandle& value) {
  return value.isDictionary() || value.isArray() || value.isStream();
}

bool is_script_or_file(const std::string& key, QPDFObjectHandle& value) {
  if (key == "/JS") return value.isString() || value.isStream();
  if (key == "/XFA") return value.isArray() || value.isStream();
  if (key == "/EF" || key == "/EmbeddedFiles" || key == "/JavaScript") return value.isDictionary();
  return key == "/AF" && (value.isArray() || (value.isDictionary() && value.hasKey("/EF")));
}

bool is_file_name(const std::string& key) {
  return key == "/F" || key == "/UF" || key == "/DOS" || key == "/Unix" || key == "/Mac";
}

// Of an /AA: whether it is one, and not the name of a font.
bool holds_actions(QPDFObjectHandle& triggers) {
  std::map<std::string, QPDFObjectHandle> entries = triggers.getDictAsMap();
  return std::any_of(entries.begin(), entries.end(), [](auto& entry) {
    QPDFObjectHandle& action = entry.second;
    return action.isDictionary() && (action.getKey("/S").isName() || action.hasKey("/JS"));
  });
}

// An annotation of sound, film or the like that shows nothing of its own.
bool shows_nothing(QPDFObjectHandle annotation) {
  return annotation.isDictionary() &&
         (annotation.getKeys().empty() || (is_rich_media(annotation) && !annotation.getKey("/AP").isDictionary()));
}

}  // namespace

Cleaner::Cleaner(QPDF& pdf, const WalkTools& tools, const WalkLimits& limits)
    : pdf_(pdf),
      limits_(limits),
      tools_{tools.file, tools.inflater, tools.judge, ear_, tools.watched, tools.census, tools.header, nullptr},
      actions_(ear_),
      streams_(tools_, limits, pdf.isEncrypted()),
      signatures_(pdf, tools_) {}

CopyEnd Cleaner::clean() {
  QPDFObjectHandle rendering = pdf_.getRoot().getKey("/NeedsRendering");
  if (rendering.isBool() && rendering.getBoolValue()) return CopyEnd::kShownByScript;
  const std::map<QPDFObjGen, QPDFXRefEntry> table = pdf_.getXRefTable();
  if (table.size() > limits_.objects) return CopyEnd::kUnreadable;
  if (!clean_from(pdf_.getTrailer())) return CopyEnd::kUnreadable;
  for (const auto& entry : table) {
    if (!clean_from(pdf_.getObject(entry.first))) return CopyEnd::kUnreadable;
    if (pdf_.numWarnings() > kWarningsKept) pdf_.getWarnings();
  }
  return signatures_.found_any() ? CopyEnd::kSigned : CopyEnd::kWhole;
}

// One object and what it holds directly. False: it is more than any document has.
bool Cleaner::clean_from(const QPDFObjectHandle& value) {
  stack_.clear();
  stack_.push_back({value, 0});
  while (!stack_.empty()) {
    Item item = std::move(stack_.back());
    stack_.pop_back();
    if (++nodes_ > limits_.objects * kNodesPerObject || item.depth > limits_.depth) return false;
    if (item.value.isStream()) {
      clean_stream(item.value, item.depth);
    } else if (item.value.isDictionary()) {
      clean_dictionary(item.value, item.depth);
    } else if (item.value.isArray()) {
      clean_array(item.value, item.depth);
    }
  }
  return true;
}

// References are not followed: their objects have a turn of their own.
void Cleaner::push(const QPDFObjectHandle& value, int depth) {
  QPDFObjectHandle direct = value;
  if (!direct.isIndirect() && is_container(direct)) stack_.push_back({direct, depth + 1});
}

void Cleaner::clean_dictionary(QPDFObjectHandle& dictionary, int depth) {
  signatures_.meet(dictionary, Spot());
  if (is_rich_media(dictionary)) drop_media(dictionary);
  std::map<std::string, QPDFObjectHandle> entries = dictionary.getDictAsMap();
  for (auto& [key, value] : entries) {
    if (must_go(dictionary, key, value)) {
      dictionary.removeKey(key);
      continue;
    }
    if (key == "/Annots" && value.isArray()) {
      for (int i = value.getArrayNItems() - 1; i >= 0; --i) {
        if (shows_nothing(value.getArrayItem(i))) value.eraseItem(i);
      }
    }
    push(value, depth);
  }
}

void Cleaner::clean_array(QPDFObjectHandle& array, int depth) {
  for (int i = array.getArrayNItems() - 1; i >= 0; --i) {
    QPDFObjectHandle value = array.getArrayItem(i);
    if (must_go_anywhere(value)) {
      array.setArrayItem(i, QPDFObjectHandle::newNull());
    } else {
      push(value, depth);
    }
  }
}

void Cleaner::clean_stream(QPDFObjectHandle& stream, int depth) {
  QPDFObjectHandle dictionary = stream.getDict();
  if (QPDFObjectHandle file = dictionary.getKey("/F"); file.isString() || file.isDictionary()) {
    for (const char* key : {"/F", "/FFilter", "/FDecodeParms"})
      dictionary.removeKey(key);
  }
  clean_dictionary(dictionary, depth);
}

// What it looks like stays, as a stamp that does nothing.
void Cleaner::drop_media(QPDFObjectHandle& dictionary) {
  static constexpr std::array<const char*, 11> kLook{"/Type", "/Rect", "/AP", "/AS",           "/F",       "/P",
                                                     "/NM",   "/M",    "/OC", "/StructParent", "/Contents"};
  const bool has_look = dictionary.getKey("/AP").isDictionary() && dictionary.getKey("/Rect").isArray();
  for (const std::string& key : dictionary.getKeys()) {
    const bool is_look = std::find(kLook.begin(), kLook.end(), key) != kLook.end();
    if (!has_look || !is_look) dictionary.removeKey(key);
  }
  if (has_look) dictionary.replaceKey("/Subtype", QPDFObjectHandle::newName("/Stamp"));
}

bool Cleaner::must_go(QPDFObjectHandle& owner, const std::string& key, QPDFObjectHandle& value) {
  if (is_script_or_file(key, value)) return true;
  if (key == "/AA" && value.isDictionary()) return holds_actions(value);
  if (key == "/OpenAction" && value.isDictionary()) return acts(value, Trigger::kOpen);
  if (key == "/Next" && ActionJudge::is_action(owner)) return is_bad_chain(value);
  if (key == "/Ref" && value.isDictionary()) return value.hasKey("/F");
  if (key == "/URI") return is_bad_link(owner, value);
  if (is_file_name(key) && value.isString()) {
    ear_.begin();
    actions_.judge_file(value, Trigger::kClick, Spot());
    return ear_.heard();
  }
  return must_go_anywhere(value);
}

// By what it is, wherever it is met.
bool Cleaner::must_go_anywhere(QPDFObjectHandle& value) {
  if (value.isDictionary()) return ActionJudge::is_action(value) && acts(value, Trigger::kClick);
  if (!value.isStream()) return false;
  QPDFObjectHandle dictionary = value.getDict();
  return dictionary.getKey("/Type").isNameAndEquals("/EmbeddedFile") || is_rich_media(dictionary) ||
         is_bad_metadata(value);
}

// The target of a link; of the catalog, what relative links are relative to.
bool Cleaner::is_bad_link(QPDFObjectHandle& owner, QPDFObjectHandle& value) {
  QPDFObjectHandle uri = value.isDictionary() ? value.getKey("/Base") : value;
  if (!uri.isString() || ActionJudge::is_action(owner)) return false;
  ear_.begin();
  actions_.judge_uri(uri.getStringValue(), Trigger::kClick, Spot());
  return ear_.heard();
}

// What follows an action runs by itself.
bool Cleaner::is_bad_chain(QPDFObjectHandle& next) {
  if (next.isDictionary()) return acts(next, Trigger::kByItself);
  if (!next.isArray()) return false;
  for (int i = 0; i < next.getArrayNItems(); ++i) {
    QPDFObjectHandle action = next.getArrayItem(i);
    if (action.isDictionary() && acts(action, Trigger::kByItself)) return true;
  }
  return false;
}

bool Cleaner::is_bad_metadata(QPDFObjectHandle& stream) {
  QPDFObjectHandle dictionary = stream.getDict();
  const bool is_xml =
      dictionary.getKey("/Type").isNameAndEquals("/Metadata") || dictionary.getKey("/Subtype").isNameAndEquals("/XML");
  if (!is_xml) return false;
  ear_.begin();
  judge_xmp(streams_.text_of(stream, kLongestXml, Spot()), ear_, Spot());
  return ear_.heard();
}

bool Cleaner::acts(QPDFObjectHandle& action, Trigger trigger) {
  if (action.hasKey("/JS")) return true;
  ear_.begin();
  actions_.judge(action, trigger, Spot());
  return ear_.heard();
}

}  // namespace lazaret::sandbox
