// Credentials from an address on the machine: the endpoint of a container (ECS, EKS Pod Identity), and the metadata
// service of an instance (EC2), in its version 2 only: without a session token it is not asked.
#pragma once

#include <memory>
#include <string>

#include "aws/credentials/source.h"

namespace lazaret::aws {

std::unique_ptr<CredentialsSource> make_container_endpoint(const ContainerEndpoint& plan, std::string name,
                                                           const SourceParts& parts);
std::unique_ptr<CredentialsSource> make_instance_metadata(const InstanceMetadata& plan, std::string name,
                                                          const SourceParts& parts);

}  // namespace lazaret::aws
