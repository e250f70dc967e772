// Walker: every object of a document, each once, iteratively and counted. It knows which key makes a value run by
// itself; what an action does is ActionJudge's, what a stream holds is StreamLook's. C++17, inside the room of libqpdf.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <qpdf/QPDF.hh>
#include <qpdf/QPDFObjectHandle.hh>

#include "sandbox/pdf/actions.h"
#include "sandbox/pdf/facts.h"
#include "sandbox/pdf/signatures.h"
#include "sandbox/pdf/streams.h"
#include "sandbox/pdf/walk.h"

namespace lazaret::sandbox {

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

class Walker {
 public:
  Walker(QPDF& pdf, const WalkTools& tools, const WalkLimits& limits)
      : pdf_(pdf),
        tools_(tools),
        limits_(limits),
        actions_(tools.findings),
        streams_(tools, limits, pdf.isEncrypted()),
        signatures_(pdf, tools) {}

  // The trailer, and every object there is.
  void walk_objects();
  // Pages that can be reached, whatever /Count says.
  std::int64_t count_pages();
  void walk_from(const QPDFObjectHandle& value, const Spot& spot) { walk_from(value, Role::kPlain, spot); }
  void judge_stream_dictionary(QPDFObjectHandle& dictionary, const Spot& spot);
  void add_attachment(FileKind kind, const Spot& spot);
  // What was counted on the way.
  void tell(DocumentWords& words) const;
  SignatureLook& signatures() { return signatures_; }
  StreamLook& streams() { return streams_; }
  bool is_over() const { return is_over_; }

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
  void judge_script(QPDFObjectHandle& script, Role role, const Spot& spot);
  void judge_form_text(QPDFObjectHandle& form, const Spot& spot);
  void judge_metadata(QPDFObjectHandle& stream, const Spot& spot);
  void judge_function(QPDFObjectHandle& stream, const Spot& spot);
  void judge_image(QPDFObjectHandle& dictionary, const Spot& spot);
  FileKind look_into_attachment(QPDFObjectHandle& stream, const Spot& spot);
  void walk_nested(std::string_view bytes, const Spot& spot);
  void push(QPDFObjectHandle value, Role role, const Item& from);
  void forget_warnings();

  QPDF& pdf_;
  const WalkTools& tools_;
  const WalkLimits& limits_;
  ActionJudge actions_;
  StreamLook streams_;
  SignatureLook signatures_;
  std::vector<Item> stack_;
  std::unordered_set<std::uint64_t> visited_;       // in the role of a plain object
  std::set<std::pair<std::uint64_t, Role>> roles_;  // in another role
  std::unordered_set<std::uint64_t> attachments_;
  std::uint64_t attached_files_ = 0;
  std::set<std::string> attached_types_;
  PageSizes page_sizes_;
  std::uint64_t nodes_ = 0;
  bool is_over_ = false;  // a limit was hit
};

}  // namespace lazaret::sandbox
