// lazaret: without arguments it serves; `lazaret --help` lists the other commands.
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/commands.h"
#include "app/exit_codes.h"
#include "app/quarantine_commands.h"
#include "app/serve.h"
#include "app/store_commands.h"
#include "config/config.h"
#include "config/values.h"

namespace {

using namespace lazaret;

struct Arguments {
  std::vector<std::filesystem::path> files;
  sample::SampleOptions sample;
  std::string sample_size = "100KB";
  std::string key_name;
  std::string key_scopes = "read,write";
  std::string document;
  ReleaseOrder release;
  OriginalOrder original;
  bool purge = false;
  bool only_check = false;
  bool markdown = false;
  bool dotenv = false;
};

int run_config_command(const Arguments& arguments) {
  if (arguments.markdown) {
    fmt::print("{}", config_markdown());
    return kExitOk;
  }
  if (arguments.dotenv) {
    fmt::print("{}", config_dotenv());
    return kExitOk;
  }
  return run_config();
}

int run_sample_command(Arguments& arguments) {
  const auto size = config::parse_size(arguments.sample_size, 1, sample::kMostSampleBytes);
  if (!size) {
    fmt::print(stderr, "lazaret: --size {}\n", size.error());
    return kExitUsage;
  }
  arguments.sample.size_bytes = *size;
  return run_sample(arguments.sample);
}

class QuarantineCommands {
 public:
  QuarantineCommands(CLI::App& app, Arguments& arguments) : arguments_(arguments) {
    auto* quarantine = app.add_subcommand("quarantine", "documents that inspection locked away");
    quarantine->require_subcommand(1);
    list_ = quarantine->add_subcommand("list", "id, date, size, outcome and findings of each, the newest first");
    show_ = quarantine->add_subcommand("show", "the whole document as JSON");
    show_->add_option("ID", arguments.document, "as `list` prints it")->required();
    release_ = quarantine->add_subcommand("release", "let a document go");
    release_->add_option("ID", arguments.release.id, "as `list` prints it")->required();
    release_->add_option("--reason", arguments.release.reason, "why, kept with the document")->required();
    release_->add_option("--by", arguments.release.by, "who releases it; default: the user of this process");
    original_ = quarantine->add_subcommand("original", "take the sealed original of a sanitised document out");
    original_->add_option("ID", arguments.original.who.id, "of the document")->required();
    original_->add_option("--to", arguments.original.file, "the file to make")->required();
    original_->add_option("--reason", arguments.original.who.reason, "why, kept with the document")->required();
    original_->add_option("--by", arguments.original.who.by, "who takes it; default: the user of this process");
    remove_ = quarantine->add_subcommand("remove", "delete a document; it can be restored for a while");
    remove_->add_option("ID", arguments.document, "as `list` prints it")->required();
    remove_->add_flag("--purge", arguments.purge, "for good");
  }

  // Nothing: it was another command.
  std::optional<int> run() const {
    if (list_->parsed()) return run_quarantine_list();
    if (show_->parsed()) return run_quarantine_show(arguments_.document);
    if (release_->parsed()) return run_quarantine_release(arguments_.release);
    if (original_->parsed()) return run_quarantine_original(arguments_.original);
    if (!remove_->parsed()) return std::nullopt;
    return run_quarantine_remove(arguments_.document, arguments_.purge ? Restorable::kNo : Restorable::kYes);
  }

 private:
  Arguments& arguments_;
  CLI::App* list_;
  CLI::App* show_;
  CLI::App* release_;
  CLI::App* original_;
  CLI::App* remove_;
};

CLI::App* add_sample(CLI::App& app, Arguments& arguments) {
  auto* sample = app.add_subcommand("sample", "write synthetic medical documents");
  sample->add_option("DIR", arguments.sample.folder, "folder to write to")->required();
  sample->add_option("--count", arguments.sample.count, "how many")->check(CLI::Range(1, 100'000));
  sample->add_option("--size", arguments.sample_size, "about how large each, like 100KB");
  sample->add_option("--seed", arguments.sample.seed, "the same seed gives the same bytes");
  const std::map<std::string, sample::Kind> kinds{
      {"mixed", sample::Kind::kMixed}, {"scan", sample::Kind::kScan}, {"flate", sample::Kind::kFlate}};
  sample->add_option("--kind", arguments.sample.kind, "of PDFs: mixed, scan or flate")
      ->transform(CLI::CheckedTransformer(kinds));
  using sample::Type;
  const std::map<std::string, Type> types{{"pdf", Type::kPdf},   {"png", Type::kPng},   {"jpg", Type::kJpeg},
                                          {"tif", Type::kTiff},  {"dcm", Type::kDicom}, {"docx", Type::kDocx},
                                          {"xlsx", Type::kXlsx}, {"xml", Type::kXml},   {"json", Type::kJson},
                                          {"txt", Type::kText},  {"csv", Type::kCsv}};
  sample->add_option("--type", arguments.sample.type, "pdf, png, jpg, tif, dcm, docx, xlsx, xml, json, txt or csv")
      ->transform(CLI::CheckedTransformer(types));
  return sample;
}

int dispatch(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{
      "Takes medical documents from people who are not trusted, inspects them, keeps them. Without a command: serve."};
  app.require_subcommand(0, 1);
  auto* version = app.add_subcommand("version", "print the version");
  auto* config = app.add_subcommand("config", "print the effective configuration, secrets masked");
  config->add_flag("--markdown", arguments.markdown, "print docs/configuration.md instead");
  config->add_flag("--dotenv", arguments.dotenv, "print .env.example instead");
  auto* inspect = app.add_subcommand("inspect", "print verdicts as JSON lines; exit 0 clean, 1 findings, 2 error");
  inspect->add_option("FILE", arguments.files, "documents")->required();

  auto* sample = add_sample(app, arguments);

  auto* init = app.add_subcommand("init", "make the bucket and the tables that the configuration names");
  init->add_flag("--check", arguments.only_check, "change nothing; exit 1 when something is not as it should be");

  auto* reindex = app.add_subcommand("reindex", "adopt the items that the first version of this service wrote");

  const QuarantineCommands quarantine(app, arguments);

  auto* key = app.add_subcommand("key", "callers' keys in API_KEYS_FILE");
  key->require_subcommand(1);
  auto* key_new = key->add_subcommand("new", "make a key and print it, once");
  key_new->add_option("NAME", arguments.key_name, "the caller's name, for the log")->required();
  key_new->add_option("--scopes", arguments.key_scopes, "of read, write, admin; comma-separated");
  auto* key_list = key->add_subcommand("list", "names, scopes and dates");
  auto* key_revoke = key->add_subcommand("revoke", "remove a key; a running service notices");
  key_revoke->add_option("NAME", arguments.key_name, "the caller's name")->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (version->parsed()) return run_version();
  if (config->parsed()) return run_config_command(arguments);
  if (inspect->parsed()) return run_inspect(arguments.files);
  if (sample->parsed()) return run_sample_command(arguments);
  if (init->parsed()) return run_init(arguments.only_check ? Mend::kNo : Mend::kYes);
  if (reindex->parsed()) return run_reindex();
  if (const auto status = quarantine.run()) return *status;
  if (key_new->parsed()) return run_key_new(arguments.key_name, arguments.key_scopes);
  if (key_list->parsed()) return run_key_list();
  if (key_revoke->parsed()) return run_key_revoke(arguments.key_name);
  return serve();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return dispatch(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "lazaret: {}\n", error.what());
    return 70;
  }
}
