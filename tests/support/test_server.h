// TestServer: a real server of tests/servers as a child of the test binary, one for all its tests. It ends with the
// binary, however that ends: the script stops it when the pipe between them closes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/error.h"
#include "base/unique_fd.h"
#include "tests/support/temporary_folder.h"

namespace lazaret::testing_support {

class TestServer {
 public:
  // By the name of its script: "clamd", "dynalite", "moto", "rgw". Fetches and starts it, and waits until it answers.
  // `arguments` are those that the script takes beyond its folder.
  static Result<std::unique_ptr<TestServer>> start(const std::string& name,
                                                   const std::vector<std::string>& arguments = {});
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  // What the script printed as NAME=value; empty where it did not.
  std::string value(const std::string& name) const;

 private:
  TestServer() = default;
  Result<void> read_values(int output);

  TemporaryFolder folder_;
  pid_t script_ = -1;
  UniqueFd life_;  // the script's standard input
  std::map<std::string, std::string> values_;
};

}  // namespace lazaret::testing_support
