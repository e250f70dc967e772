// Writes the documents of tests/support/attack_documents.h into a folder, as seeds for the fuzz target `inspector`:
// inspector_corpus FOLDER. Large ones, and those with the antivirus test string, stay out.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "sandbox/rules/eicar.h"
#include "tests/support/attack_documents.h"
#include "tests/support/qpdf_rewrite.h"

namespace {

constexpr std::size_t kLargestSeed = 4096;

void write_seed(const std::filesystem::path& folder, const std::string& name, const std::string& bytes) {
  if (bytes.size() > kLargestSeed || bytes.find(lazaret::sandbox::eicar_test_string()) != std::string::npos) return;
  std::string file_name;
  for (const char c : name)
    file_name.push_back(std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_');
  std::ofstream(folder / file_name, std::ios::binary) << bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: inspector_corpus FOLDER\n";
    return 64;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  using namespace lazaret::testing_support;
  for (const ExpectedDocument& document : attack_documents())
    write_seed(folder, document.name, document.bytes);
  for (const ExpectedDocument& document : benign_documents())
    write_seed(folder, document.name, document.bytes);
  for (const Rewriting rewriting : all_rewritings()) {
    write_seed(folder, name_of(rewriting), rewrite_pdf(one_page({}), rewriting));
  }
  return 0;
}
