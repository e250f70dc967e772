// S3Bucket: the calls that make a bucket and read and write its settings, each method one operation of S3. For
// `lazaret init` and for what has to be known at start. Thread-safe, holds no state.
#pragma once

#include <optional>
#include <string_view>

#include "aws/client.h"
#include "aws/s3/address.h"
#include "aws/s3/messages.h"

namespace lazaret::aws {

class S3Bucket {
 public:
  // The client outlives this.
  S3Bucket(Client& client, S3Address address, TransportLimits limits)
      : client_(client), address_(std::move(address)), limits_(limits) {}

  // One that is ours already is success.
  Outcome<void> create(const Call& call, std::string_view region);
  // What is not set is nullopt.
  Outcome<std::optional<Versioning>> versioning(const Call& call);
  Outcome<void> set_versioning(const Call& call, Versioning versioning);
  Outcome<std::optional<Encryption>> encryption(const Call& call);
  Outcome<void> set_encryption(const Call& call, const Encryption& encryption);
  Outcome<std::optional<bool>> blocks_public_access(const Call& call);
  Outcome<void> block_public_access(const Call& call);
  // The lifecycle configuration as the server wrote it; empty: there is none.
  Outcome<std::string> lifecycle(const Call& call);
  Outcome<void> set_lifecycle(const Call& call, std::string configuration);

 private:
  Operation setting(std::string_view name, Method method, std::string_view what) const;
  // The body of a setting; nullopt where the server says by one of `absent` that it is not set.
  Outcome<std::optional<std::string>> read(const Call& call, const Operation& operation, std::string_view absent);
  Outcome<void> write(const Call& call, Operation operation, std::string body);

  Client& client_;
  S3Address address_;
  TransportLimits limits_;
};

}  // namespace lazaret::aws
