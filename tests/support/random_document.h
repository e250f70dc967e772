// Random documents that obey every rule of docs/api.md: for property tests here and for the store suites. The same seed
// gives the same documents on every machine. Not thread-safe.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "document/document.h"

namespace lazaret::test {

class RandomDocuments {
 public:
  explicit RandomDocuments(std::uint64_t seed) : engine_(seed) {}

  Document next();

  // The parts, for who builds documents of his own.
  DocumentId id();
  Digest digest();
  std::string filename();  // safe, several scripts, with .pdf
  JsonObject metadata();
  Verdict verdict(Outcome outcome);
  Timestamp time();                        // from 2020 to 2030
  std::uint64_t below(std::uint64_t end);  // 0 to end - 1
  bool chance(unsigned percent) { return below(100) < percent; }

 private:
  template <class T>
  const T& one_of(const std::vector<T>& from) {
    return from[below(from.size())];
  }
  std::string text(std::size_t max_pieces);
  std::string number();
  void append_value(std::string& out, int depth);
  void append_object(std::string& out, int depth);

  std::mt19937_64 engine_;
};

}  // namespace lazaret::test
