#include "sandbox/pdf/signatures.h"

#include <algorithm>
#include <array>
#include <new>
#include <set>
#include <string>

#include "sandbox/pdf/names.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::size_t kLongestGap = std::size_t{1} << 20U;
constexpr std::size_t kMostChanges = 4096;  // objects that are compared

using Keys = std::set<std::string>;

bool is_any_type(QPDFObjectHandle& dictionary, std::initializer_list<const char*> types) {
  QPDFObjectHandle type = dictionary.getKey("/Type");
  return std::any_of(types.begin(), types.end(), [&type](const char* name) { return type.isNameAndEquals(name); });
}

bool is_field(QPDFObjectHandle& dictionary) {
  return dictionary.hasKey("/FT") || dictionary.getKey("/Subtype").isNameAndEquals("/Widget") ||
         (dictionary.hasKey("/T") && (dictionary.hasKey("/Kids") || dictionary.hasKey("/Parent")));
}

bool is_annotation(QPDFObjectHandle& dictionary) {
  return dictionary.hasKey("/Rect") && dictionary.hasKey("/Subtype");
}

// Which entries of a dictionary that was there before may differ.
const Keys* free_entries(QPDFObjectHandle& dictionary) {
  static const Keys kCatalog{"/AcroForm", "/DSS", "/Extensions", "/Metadata", "/Version", "/Perms"};
  static const Keys kPage{"/Annots", "/Tabs", "/LastModified"};
  static const Keys kField{"/V", "/AP", "/AS", "/MK", "/DA", "/Kids", "/M",
                           "/F", "/Ff", "/I",  "/NM", "/RV", "/TU",   "/DR"};
  static const Keys kForm{"/Fields", "/SigFlags", "/DR", "/DA", "/NeedAppearances"};
  if (is_any_type(dictionary, {"/Catalog"})) return &kCatalog;
  if (is_any_type(dictionary, {"/Page"})) return &kPage;
  if (is_field(dictionary)) return &kField;
  if (dictionary.hasKey("/Fields")) return &kForm;
  return nullptr;
}

bool differs_only_in(QPDFObjectHandle& now, QPDFObjectHandle& before, const Keys& free) {
  std::set<std::string> keys = now.getKeys();
  for (const std::string& key : before.getKeys())
    keys.insert(key);
  return std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
    return free.count(key) != 0 || now.getKey(key).unparse() == before.getKey(key).unparse();
  });
}

// What may come new without changing what was signed: it shows only where something else refers to it.
bool may_be_added(QPDFObjectHandle& object, long long permission) {
  if (!object.isDictionary()) return true;
  if (is_any_type(object, {"/Page", "/Catalog", "/Filespec"}) || object.hasKey("/EF")) return false;
  if (object.getKey("/S").isName() && !is_any_type(object, {"/StructElem"})) {
    // Actions; a transparency group or a style has an /S too.
    const std::string name = object.getKey("/S").getName();
    static constexpr std::array<const char*, 6> kActions{"/JavaScript", "/Launch",     "/URI",
                                                         "/SubmitForm", "/ImportData", "/GoToR"};
    if (std::find(kActions.begin(), kActions.end(), name) != kActions.end()) return false;
  }
  return !is_annotation(object) || is_field(object) || permission == 0 || permission == 3;
}

// Streams that are made anew with each save.
bool may_be_rewritten(QPDFObjectHandle& dictionary) {
  return is_any_type(dictionary, {"/XRef", "/ObjStm", "/Metadata"}) ||
         dictionary.getKey("/Subtype").isNameAndEquals("/Form") ||
         dictionary.getKey("/Subtype").isNameAndEquals("/XML");
}

}  // namespace

void SignatureLook::meet(QPDFObjectHandle& dictionary, const Spot& spot) {
  if (signatures_.size() >= kMostSignatures || !dictionary.hasKey("/ByteRange")) return;
  QPDFObjectHandle ranges = dictionary.getKey("/ByteRange");
  if (!ranges.isArray() || !dictionary.getKey("/Contents").isString()) return;
  std::array<std::uint64_t, 4> range{};
  Signature signature;
  signature.spot = spot;
  signature.is_sound = ranges.getArrayNItems() == 4;
  for (int i = 0; i < 4 && signature.is_sound; ++i) {
    QPDFObjectHandle number = ranges.getArrayItem(i);
    signature.is_sound = number.isInteger() && number.getIntValue() >= 0;
    if (signature.is_sound) range[static_cast<std::size_t>(i)] = static_cast<std::uint64_t>(number.getIntValue());
  }
  const std::uint64_t size = tools_.file.size();
  signature.is_sound =
      signature.is_sound && range[0] == 0 && range[1] <= range[2] && range[2] <= size && range[3] <= size - range[2];
  signature.gap = range[1];
  signature.gap_end = range[2];
  signature.end = range[2] + range[3];
  QPDFObjectHandle references = dictionary.getKey("/Reference");
  for (int i = 0; references.isArray() && i < std::min(references.getArrayNItems(), 8); ++i) {
    QPDFObjectHandle reference = references.getArrayItem(i);
    if (!reference.isDictionary() || !reference.getKey("/TransformMethod").isNameAndEquals("/DocMDP")) continue;
    QPDFObjectHandle parameters = reference.getKey("/TransformParams");
    signature.permission = 2;
    if (parameters.isDictionary() && parameters.getKey("/P").isInteger()) {
      signature.permission = parameters.getKey("/P").getIntValue();
    }
  }
  signatures_.push_back(signature);
}

void SignatureLook::judge() {
  if (pdf_.isEncrypted()) return;  // earlier copies keep their strings closed
  for (const Signature& signature : signatures_) {
    if (leaves_parts_out(signature) || is_changed_after(signature)) {
      tools_.findings.add(FindingCode::kChangedAfterSigning, signature.spot);
    }
  }
}

// Everything but the signature itself, in its brackets, is to be covered.
bool SignatureLook::leaves_parts_out(const Signature& signature) const {
  if (!signature.is_sound) return true;
  const std::uint64_t length = signature.gap_end - signature.gap;
  if (length > kLongestGap) return true;
  const std::string gap = tools_.file.read_at(signature.gap, static_cast<std::size_t>(length));
  if (gap.size() < 2 || gap.front() != '<' || gap.back() != '>') return true;
  return !std::all_of(gap.begin() + 1, gap.end() - 1, [](char c) { return hex_value(c) >= 0 || is_pdf_space(c); });
}

bool SignatureLook::is_changed_after(const Signature& signature) {
  ObjectStreamReader reader(tools_.file, tools_.inflater);
  const std::vector<ChangedObject> changed =
      find_changed_objects(pdf_, tools_.census, tools_.header, signature.end, kMostChanges);
  return std::any_of(changed.begin(), changed.end(),
                     [&](const ChangedObject& object) { return !is_permitted(object, signature, reader); });
}

bool SignatureLook::is_permitted(const ChangedObject& object, const Signature& signature, ObjectStreamReader& reader) {
  QPDFObjectHandle now = pdf_.getObject(object.id);
  QPDFObjectHandle entries = now.isStream() ? now.getDict() : now;
  if (!object.before) return may_be_added(entries, signature.permission);
  if (now.isStream()) return may_be_rewritten(entries);
  if (!now.isDictionary()) return true;  // lists of annotations and fields
  if (is_any_type(now, {"/DSS", "/VRI", "/Sig", "/DocTimeStamp"})) return true;
  QPDFObjectHandle before = earlier(object, reader);
  if (!before.isDictionary()) return true;  // another object under a number that was free
  if (now.unparse() == before.unparse()) return true;
  const Keys* free = free_entries(now);
  if (free != nullptr) {
    const bool is_locked = signature.permission == 1 && is_field(now);
    return !is_locked && differs_only_in(now, before, *free);
  }
  if (is_annotation(now)) return signature.permission == 0 || signature.permission == 3;
  // Who wrote it and when; nothing that shows.
  return now.hasKey("/Producer") || now.hasKey("/ModDate") || now.hasKey("/Font");
}

QPDFObjectHandle SignatureLook::earlier(const ChangedObject& object, ObjectStreamReader& reader) {
  const SeenObject& seen = object.before->seen;
  RawObject raw;
  if (seen.index < 0) raw = read_raw_object(tools_.file, seen);
  const std::string_view value = seen.index < 0 ? std::string_view(raw.value) : reader.value(*object.before);
  try {
    return value.empty() ? QPDFObjectHandle::newNull() : QPDFObjectHandle::parse(&pdf_, std::string(value), "earlier");
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    return QPDFObjectHandle::newNull();
  }
}

}  // namespace lazaret::sandbox
