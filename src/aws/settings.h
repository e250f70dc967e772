// Settings: region, endpoints and manners of the AWS clients, from the variables and profile files that the AWS tools
// use. Pure: from a lookup and parsed files to a struct, with a Fault by name for each value that is wrong or that this
// service does not support. Nothing that is set is passed over in silence.
// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/client.h"
#include "aws/http.h"
#include "aws/lookup.h"
#include "aws/profile_file.h"
#include "base/error.h"

namespace lazaret::aws {

struct Settings {
  std::string profile = "default";
  std::string region;
  std::string region_source;  // "AWS_REGION", "profile lab", "default": for `lazaret config` and messages
  // Of one's own, in place of AWS's.
  std::optional<Endpoint> s3_endpoint;
  std::optional<Endpoint> dynamodb_endpoint;
  std::optional<Endpoint> sts_endpoint;
  bool use_fips = false;
  bool use_dualstack = false;
  std::optional<int> max_attempts;  // unset: each service's own
  std::string ca_bundle;            // a PEM file; empty: the system's
  std::string app_id;               // AWS_SDK_UA_APP_ID
  std::vector<std::string> warnings;

  const std::optional<Endpoint>& own_endpoint(Service service) const;
};

// kInvalidParameter with a Fault for each variable (or "profile NAME: property") that is wrong.
Result<Settings> resolve_settings(const Lookup& lookup, const Profiles& profiles);

// The endpoint of one's own, else AWS's for region, FIPS and dual stack.
Endpoint endpoint_of(const Settings& settings, Service service);

}  // namespace lazaret::aws
