// Metrics: what Prometheus scrapes at /metrics. Thread-safe. Labels come from fixed sets (routes, calls, outcomes), so
// the number of series is bounded whatever clients send.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace lazaret {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  struct RequestSample {
    std::string_view route;   // a pattern of the route table, "other" for none
    std::string_view method;  // a known method, "other" for none
    int status = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::chrono::microseconds duration{0};
  };
  void request(const RequestSample& sample);
  // `store` is "object" or "metadata"; `outcome` is "ok" or an error code.
  void store_call(std::string_view store, std::string_view call, std::string_view outcome,
                  std::chrono::microseconds duration);
  // `outcome` of a verdict, or "error".
  void inspection(std::string_view outcome, std::chrono::microseconds duration);
  // `call` is "version", "scan" or "trial"; `outcome` is "ok" or an error code.
  void antivirus_call(std::string_view call, std::string_view outcome, std::chrono::microseconds duration);
  void swept(std::string_view kind, std::size_t count);

  // A gauge that is read when scraped.
  void watch(const std::string& name, const std::string& help, std::function<double()> value);

  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lazaret
