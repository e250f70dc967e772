// ActionJudge: what an action, a link or a file reference of a document does, and whether it waits for a click.
// C++17, inside the room of libqpdf. Keeps no state but where its findings go.
#pragma once

#include <string>
#include <vector>

#include <qpdf/QPDFObjectHandle.hh>

#include "sandbox/finding_sink.h"
#include "sandbox/targets.h"

namespace lazaret::sandbox {

enum class Trigger {
  kClick,     // waits for the reader, or nothing is known
  kOpen,      // OpenAction
  kByItself,  // additional actions that need no click, and script in the names tree
};

class ActionJudge {
 public:
  explicit ActionJudge(FindingSink& findings) : findings_(findings) {}
  // Whether a dictionary is an action that is judged here, by its /S.
  static bool is_action(QPDFObjectHandle& dictionary);
  void judge(QPDFObjectHandle& action, Trigger trigger, const Spot& spot);
  // A file reference: a string, or a dictionary with one name for each system.
  void judge_file(const QPDFObjectHandle& file, Trigger trigger, const Spot& spot);
  void judge_uri(const std::string& uri, Trigger trigger, const Spot& spot);
  // What script says; of one that runs by itself, whether it reaches out.
  void judge_script(const std::string& text, Trigger trigger, const Spot& spot);

 private:
  void judge_launch(QPDFObjectHandle& action, const Spot& spot);
  void judge_media(QPDFObjectHandle& action, Trigger trigger, const Spot& spot);
  void add_target(Target target, Trigger trigger, const Spot& spot);
  FindingSink& findings_;
};

// Whether a dictionary is an annotation or stream of sound, film, 3D or other media.
bool is_rich_media(QPDFObjectHandle& dictionary);

// The names a file reference gives. At most eight.
std::vector<std::string> file_names(QPDFObjectHandle file);

}  // namespace lazaret::sandbox
