// credential_process: a command of the operator's that prints credentials as JSON. It gets no input and the environment
// of the service without SECRET_KEY; its errors go nowhere (they may be secrets), its output and its time are bounded,
// and it runs in a process group of its own, all of which ends with it.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "aws/credentials/source.h"

namespace lazaret::aws {

inline constexpr std::chrono::seconds kProcessTime{60};

std::unique_ptr<CredentialsSource> make_external_process(const ExternalProcess& plan, std::string name);

}  // namespace lazaret::aws
