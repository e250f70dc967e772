#include "sandbox/pdf/actions.h"

#include <algorithm>
#include <array>

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::size_t kLongestScript = std::size_t{256} * 1024;  // that is looked through

enum class Verb { kNone, kScript, kLaunch, kUri, kSubmit, kImport, kRemote, kEmbedded, kMedia, kVisible, kQuiet };

struct Row {
  const char* name;
  Verb verb;
};

constexpr std::array<Row, 20> kVerbs{{
    {"/JavaScript", Verb::kScript},
    {"/Launch", Verb::kLaunch},
    {"/URI", Verb::kUri},
    {"/SubmitForm", Verb::kSubmit},
    {"/ImportData", Verb::kImport},
    {"/GoToR", Verb::kRemote},
    {"/Thread", Verb::kRemote},
    {"/GoToE", Verb::kEmbedded},
    {"/Rendition", Verb::kMedia},
    {"/Movie", Verb::kMedia},
    {"/Sound", Verb::kMedia},
    {"/GoTo3DView", Verb::kMedia},
    {"/RichMediaExecute", Verb::kMedia},
    {"/Hide", Verb::kVisible},
    {"/ResetForm", Verb::kVisible},
    {"/GoTo", Verb::kQuiet},
    {"/GoToDp", Verb::kQuiet},
    {"/Named", Verb::kQuiet},
    {"/SetOCGState", Verb::kQuiet},
    {"/Trans", Verb::kQuiet},
}};

Verb verb_of(QPDFObjectHandle& dictionary) {
  QPDFObjectHandle name = dictionary.getKey("/S");
  if (!name.isName()) return Verb::kNone;
  const std::string text = name.getName();
  const auto* row = std::find_if(kVerbs.begin(), kVerbs.end(), [&text](const Row& r) { return text == r.name; });
  return row == kVerbs.end() ? Verb::kNone : row->verb;
}

// What is told to the program that is started. To open or to print is what happens to a document without it.
bool has_parameters(QPDFObjectHandle& target) {
  if (!target.isDictionary()) return false;
  QPDFObjectHandle operation = target.getKey("/O");
  const std::string verb = operation.isString() ? plain_text(operation.getStringValue()) : std::string();
  const bool is_plain = operation.isNull() || verb == "open" || verb == "o" || verb == "print";
  return target.hasKey("/P") || target.hasKey("/D") || !is_plain;
}

}  // namespace

bool ActionJudge::is_action(QPDFObjectHandle& dictionary) {
  return verb_of(dictionary) != Verb::kNone;
}

void ActionJudge::judge(QPDFObjectHandle& action, Trigger trigger, const Spot& spot) {
  const bool by_itself = trigger != Trigger::kClick;
  switch (verb_of(action)) {
    case Verb::kScript:
      findings_.add(by_itself ? FindingCode::kAutoRunJavaScript : FindingCode::kJavaScript, spot);
      return;
    case Verb::kLaunch:
      judge_launch(action, spot);
      return;
    case Verb::kUri:
      if (QPDFObjectHandle uri = action.getKey("/URI"); uri.isString()) {
        judge_uri(uri.getStringValue(), trigger, spot);
      }
      return;
    case Verb::kSubmit:
      findings_.add(FindingCode::kSubmitForm, spot);
      if (by_itself) findings_.add(FindingCode::kAutoRunUri, spot);
      judge_file(action.getKey("/F"), trigger, spot);
      return;
    case Verb::kImport:
      findings_.add(FindingCode::kImportData, spot);
      judge_file(action.getKey("/F"), trigger, spot);
      return;
    case Verb::kRemote:
      if (action.getKey("/F").isNull()) return;  // a thread of this document
      findings_.add(FindingCode::kGoToRemote, spot);
      judge_file(action.getKey("/F"), trigger, spot);
      return;
    case Verb::kEmbedded:
      findings_.add(FindingCode::kGoToEmbedded, spot);
      judge_file(action.getKey("/F"), trigger, spot);
      return;
    case Verb::kMedia:
      findings_.add(FindingCode::kRichMedia, spot);
      judge_media(action, trigger, spot);
      return;
    case Verb::kVisible:
    case Verb::kNone:
      if (trigger == Trigger::kOpen) findings_.add(FindingCode::kOpenAction, spot);
      if (trigger == Trigger::kByItself) findings_.add(FindingCode::kAdditionalActions, spot);
      return;
    case Verb::kQuiet:
      return;
  }
}

// A program or file is started. Only the plain name of a PDF beside this one is less than malicious.
void ActionJudge::judge_launch(QPDFObjectHandle& action, const Spot& spot) {
  bool is_neighbour = false;  // nor is a target that cannot be read
  for (const char* key : {"/F", "/Win", "/Mac", "/Unix"}) {
    QPDFObjectHandle target = action.getKey(key);
    if (target.isNull()) continue;
    const std::vector<std::string> names = file_names(target);
    is_neighbour = !names.empty() && std::all_of(names.begin(), names.end(),
                                                 [](const std::string& name) { return is_neighbouring_pdf(name); });
    if (!is_neighbour) break;
    if (has_parameters(target)) {
      is_neighbour = false;
      break;
    }
  }
  findings_.add(is_neighbour ? FindingCode::kLaunchNeighbour : FindingCode::kLaunch, spot);
}

// The files a rendition, its clip or a movie plays: wherever they stand below the action.
void ActionJudge::judge_media(QPDFObjectHandle& action, Trigger trigger, const Spot& spot) {
  constexpr std::size_t kMostNodes = 64;
  std::vector<QPDFObjectHandle> nodes{action};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    QPDFObjectHandle node = nodes[i];
    for (const char* key : {"/R", "/C", "/D", "/F", "/Movie", "/Sound", "/MH", "/BE"}) {
      QPDFObjectHandle value = node.getKey(key);
      const bool is_file = value.isString() || (value.isDictionary() && (value.hasKey("/F") || value.hasKey("/UF")));
      if (is_file && (key == std::string("/D") || key == std::string("/F"))) judge_file(value, trigger, spot);
      if (value.isStream()) value = value.getDict();
      if (value.isDictionary() && nodes.size() < kMostNodes) nodes.push_back(value);
    }
  }
}

void ActionJudge::judge_script(const std::string& text, Trigger trigger, const Spot& spot) {
  static constexpr std::array<const char*, 14> kReaches{
      "launchurl", "submitform", "geturl",   "mailmsg", "mailform",         "mailgetaddrs",     "mailsend",
      "soap.",     "net.http",   "net.soap", "adbc.",   "importdataobject", "exportdataobject", "opendoc"};
  const std::string plain = plain_text(text, kLongestScript);
  const bool reaches = std::any_of(kReaches.begin(), kReaches.end(),
                                   [&plain](const char* call) { return plain.find(call) != std::string::npos; });
  if (!reaches) return;
  // In a string of script a share's two backslashes are four.
  const bool names_share = plain.find("\\\\\\\\") != std::string::npos || plain.find("file:") != std::string::npos ||
                           plain.find("smb:") != std::string::npos;
  if (names_share) return add_target(Target::kShare, trigger, spot);
  if (trigger != Trigger::kClick) add_target(Target::kNetwork, trigger, spot);
}

void ActionJudge::judge_file(const QPDFObjectHandle& file, Trigger trigger, const Spot& spot) {
  for (const std::string& name : file_names(file)) {
    const Target target = target_of_path(name);
    // A file that is fetched by a click is told of by its action already.
    if (target != Target::kNetwork || trigger != Trigger::kClick) add_target(target, trigger, spot);
  }
}

void ActionJudge::judge_uri(const std::string& uri, Trigger trigger, const Spot& spot) {
  add_target(target_of_uri(uri), trigger, spot);
}

void ActionJudge::add_target(Target target, Trigger trigger, const Spot& spot) {
  const bool by_itself = trigger != Trigger::kClick;
  switch (target) {
    case Target::kLocal:
      return;
    case Target::kNetwork:
      findings_.add(by_itself ? FindingCode::kAutoRunUri : FindingCode::kUri, spot);
      return;
    case Target::kDangerous:
      findings_.add(FindingCode::kDangerousUri, spot);
      return;
    case Target::kShare:
      findings_.add(by_itself ? FindingCode::kAutoRunUnc : FindingCode::kUncPath, spot);
      return;
  }
}

bool is_rich_media(QPDFObjectHandle& dictionary) {
  static constexpr std::array<const char*, 5> kMedia{"/RichMedia", "/Screen", "/Movie", "/3D", "/Sound"};
  QPDFObjectHandle subtype = dictionary.getKey("/Subtype");
  return std::any_of(kMedia.begin(), kMedia.end(), [&](const char* name) { return subtype.isNameAndEquals(name); });
}

std::vector<std::string> file_names(QPDFObjectHandle file) {
  std::vector<std::string> names;
  if (file.isString()) names.push_back(file.getStringValue());
  if (!file.isDictionary()) return names;
  for (const char* key : {"/UF", "/F", "/Unix", "/DOS", "/Mac"}) {
    QPDFObjectHandle name = file.getKey(key);
    if (name.isString()) names.push_back(name.getStringValue());
    // The target of a Launch for one system holds a file reference in turn.
    if (name.isDictionary()) {
      for (const char* inner : {"/UF", "/F"}) {
        if (QPDFObjectHandle text = name.getKey(inner); text.isString()) names.push_back(text.getStringValue());
      }
    }
  }
  if (names.size() > 8) names.resize(8);
  return names;
}

}  // namespace lazaret::sandbox
