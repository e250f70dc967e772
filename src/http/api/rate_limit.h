// RateLimiter: a token bucket per subject (a key's name, or an address). Thread-safe, bounded in memory: a full bucket
// is the same as none, so idle ones are forgotten, oldest first.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "http/message.h"

namespace lazaret::http {

struct RateDecision {
  bool allowed = true;
  std::uint64_t quota = 0;      // 0: no limit, and no headers
  std::uint64_t remaining = 0;  // whole tokens left
  std::int64_t seconds = 0;     // until the next token comes back; 0 when the bucket is full
};

class RateLimiter {
 public:
  // `per_minute` tokens come back a minute, and as many fit. 0: no limit.
  explicit RateLimiter(std::uint64_t per_minute, std::size_t max_subjects = 16ULL * 1024);

  RateDecision take(const std::string& subject, std::chrono::steady_clock::time_point now);
  std::size_t subjects() const;

 private:
  // The bucket as one number (GCRA): when it will be full again.
  struct Bucket {
    std::string subject;
    std::chrono::steady_clock::time_point full_at;
  };
  void forget_idle(std::chrono::steady_clock::time_point now);

  const std::uint64_t quota_;
  const std::chrono::nanoseconds interval_;  // a token's
  const std::size_t max_subjects_;
  mutable std::mutex mutex_;
  std::list<Bucket> buckets_;  // least recently used first
  std::unordered_map<std::string, std::list<Bucket>::iterator> by_subject_;
};

// RateLimit and RateLimit-Policy of draft-ietf-httpapi-ratelimit-headers, and Retry-After on a refusal.
void add_rate_headers(Headers& headers, const RateDecision& decision);

}  // namespace lazaret::http
