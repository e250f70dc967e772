// One attempt of an operation: what is sent, and what came of it. Pure; the loop around it is in client.cpp.
#pragma once

#include <optional>
#include <string>

#include "aws/client.h"
#include "aws/error_answer.h"
#include "aws/error_table.h"
#include "aws/http.h"
#include "aws/sigv4.h"
#include "base/error.h"

namespace lazaret::aws {

// "s3": in the scope of a signature.
std::string_view signing_name(Service service);
PathRule path_rule(Service service);

// The SHA-256 of the body in hex. Reads a FilePart whole: give Operation::payload where it is known.
Result<std::string> payload_hash(const Operation& operation);
// `attempt` counts from 1.
Signable signable(const Operation& operation, const ClientOptions& options, const Endpoint& endpoint,
                  std::string_view payload, std::string_view invocation, int attempt);
// A host of AWS with the region in its name, in another region; any other endpoint as it is.
Endpoint in_region(const Endpoint& endpoint, std::string_view from, std::string_view to);

// Why an attempt failed.
struct Setback {
  Failure failure;
  Remedy remedy = Remedy::kNone;
  // By this attempt. One that only reads changes nothing.
  bool perhaps_applied = false;
  std::string region;                    // that the answer names
  std::optional<Timestamp> server_time;  // of its Date
  std::optional<std::chrono::milliseconds> hint;
};

Setback setback_of(const Operation& operation, TransportFault fault);
Setback setback_of(const Operation& operation, HttpResponse response);
// Of an answer that Operation::is_sound calls damaged.
Setback damaged_answer(const Operation& operation, int status);

// RFC 9110's IMF-fixdate, as servers write it into Date.
std::optional<Timestamp> parse_http_date(std::string_view text);

}  // namespace lazaret::aws
