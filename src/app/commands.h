// The commands beside serving. Each prints to standard output, its faults to standard error, and gives the exit status.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "sample/sample.h"

namespace lazaret {

// The process's environment and `.env` of the working folder. Faults of reading the file are config faults.
Result<LoadedConfig> load_config_of_process();
// Every fault on its own line, by name.
void print_faults(const Error& error);
// The same; gives the status to exit with: kExitConfig where configuration is at fault, or `otherwise`.
int report_failure(const Error& error, int otherwise);

int run_version();
int run_config();
int run_inspect(const std::vector<std::filesystem::path>& files);
int run_sample(const sample::SampleOptions& options);
int run_key_new(const std::string& name, const std::string& scopes);
int run_key_list();
int run_key_revoke(const std::string& name);

}  // namespace lazaret
