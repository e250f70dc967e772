// Roles of the Security Token Service: assumed with other credentials, or with the token of a web identity.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
#pragma once

#include <memory>

#include "aws/credentials/source.h"

namespace lazaret::aws {

std::unique_ptr<CredentialsSource> make_assumed_role(const AssumedRole& plan, std::string name,
                                                     const SourceParts& parts);
// Not signed: the token says who asks. Its file is read each time, for it is replaced while it is in use.
std::unique_ptr<CredentialsSource> make_web_identity(const WebIdentity& plan, std::string name,
                                                     const SourceParts& parts);

}  // namespace lazaret::aws
