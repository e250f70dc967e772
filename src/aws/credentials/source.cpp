#include "aws/credentials/source.h"

#include <utility>

#include "aws/credentials/cache.h"
#include "aws/credentials/metadata.h"
#include "aws/credentials/process.h"
#include "aws/credentials/sts.h"

namespace lazaret::aws {
namespace {

class FixedSource final : public CredentialsSource {
 public:
  explicit FixedSource(Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<Credentials> fetch(const Call&) override { return credentials_; }

 private:
  const Credentials credentials_;
};

struct Maker {
  using Made = std::unique_ptr<CredentialsSource>;
  Made operator()(const FixedKeys& plan) const { return std::make_unique<FixedSource>(plan.credentials); }
  Made operator()(const WebIdentity& plan) const { return make_web_identity(plan, name, parts); }
  Made operator()(const AssumedRole& plan) const { return make_assumed_role(plan, name, parts); }
  Made operator()(const ExternalProcess& plan) const { return make_external_process(plan, name); }
  Made operator()(const ContainerEndpoint& plan) const { return make_container_endpoint(plan, name, parts); }
  Made operator()(const InstanceMetadata& plan) const { return make_instance_metadata(plan, name, parts); }

  const std::string& name;
  const SourceParts& parts;
};

}  // namespace

std::unique_ptr<CredentialsSource> make_source(const SourcePlan& plan, const SourceParts& parts) {
  return std::visit(Maker{plan.name, parts}, plan.how);
}

std::unique_ptr<CredentialsProvider> make_credentials(const SourcePlan& plan, const SourceParts& parts) {
  if (const auto* fixed = std::get_if<FixedKeys>(&plan.how)) {
    return std::make_unique<StaticCredentials>(fixed->credentials);
  }
  return std::make_unique<CachedCredentials>(make_source(plan, parts), parts.clock, parts.random);
}

}  // namespace lazaret::aws
