// AwsAccess: how this process reaches S3 and DynamoDB: the settings of the AWS variables and files, one chain of
// credentials, and a transport for each service. Made once; everything it hands out refers to it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "aws/client.h"
#include "aws/credentials/credentials.h"
#include "aws/curl/transport.h"
#include "aws/profile_file.h"
#include "aws/settings.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/pause.h"
#include "config/config.h"
#include "obs/log.h"

namespace lazaret {

class AwsAccess {
 public:
  struct Parts {
    const Log& log;
    const Clock& clock;
    Random& random;
  };
  // kInvalidParameter with a Fault for each variable that is wrong. An endpoint in the clear beyond this machine is
  // such a fault in production, and warned of elsewhere. Contacts nobody.
  static Result<std::unique_ptr<AwsAccess>> make(const Config& config, const Parts& parts);

  aws::Client::Parts s3_parts();
  aws::Client::Parts dynamodb_parts();
  // Endpoint, region, tries and name for a client; `options` holds the service and its own numbers of tries and delays.
  aws::ClientOptions client_options(aws::ClientOptions options) const;
  aws::TransportLimits limits() const;

 private:
  AwsAccess(const Config& config, const Parts& parts, aws::Settings settings);
  Result<void> check_endpoint(aws::Service service, std::string_view variable) const;
  Result<void> connect();
  Result<void> find_credentials(const aws::Lookup& lookup, const aws::Profiles& profiles);
  aws::Client::Parts parts_for(aws::Transport& transport);

  const Config& config_;
  Parts parts_;
  aws::Settings settings_;
  std::unique_ptr<aws::CurlTransport> s3_transport_;
  std::unique_ptr<aws::CurlTransport> dynamodb_transport_;
  std::unique_ptr<aws::CurlTransport> credentials_transport_;
  ThreadPause pause_;
  std::unique_ptr<aws::CredentialsProvider> credentials_;
};

}  // namespace lazaret
