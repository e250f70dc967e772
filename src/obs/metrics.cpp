#include "obs/metrics.h"

#include <mutex>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace lazaret {
namespace {

using Counters = prometheus::Family<prometheus::Counter>;
using Histograms = prometheus::Family<prometheus::Histogram>;

// 0.5 ms to 30 s: from a GET by id to an upload over a slow link.
const prometheus::Histogram::BucketBoundaries& duration_buckets() {
  static const prometheus::Histogram::BucketBoundaries kBuckets{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                                0.25,   0.5,   1,      2.5,   5,    10,    30};
  return kBuckets;
}

double seconds(std::chrono::microseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

struct Watch {
  prometheus::Gauge& gauge;
  std::function<double()> value;
};

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  Counters& requests = prometheus::BuildCounter()
                           .Name("lazaret_http_requests_total")
                           .Help("Requests answered, by route, method and status.")
                           .Register(registry);
  Histograms& request_seconds = prometheus::BuildHistogram()
                                    .Name("lazaret_http_request_duration_seconds")
                                    .Help("From the complete head to the last byte of the answer.")
                                    .Register(registry);
  Counters& bytes = prometheus::BuildCounter()
                        .Name("lazaret_http_bytes_total")
                        .Help("Bytes of request bodies received and of answer bodies sent.")
                        .Register(registry);
  Counters& store_calls = prometheus::BuildCounter()
                              .Name("lazaret_store_calls_total")
                              .Help("Calls to the object and the metadata store, by outcome.")
                              .Register(registry);
  Histograms& store_seconds = prometheus::BuildHistogram()
                                  .Name("lazaret_store_call_duration_seconds")
                                  .Help("Time of calls to the stores.")
                                  .Register(registry);
  Counters& inspections = prometheus::BuildCounter()
                              .Name("lazaret_inspections_total")
                              .Help("Inspections by outcome; `error` means that the inspector itself failed.")
                              .Register(registry);
  prometheus::Histogram& inspection_seconds = prometheus::BuildHistogram()
                                                  .Name("lazaret_inspection_duration_seconds")
                                                  .Help("Time of inspections, waiting for a worker included.")
                                                  .Register(registry)
                                                  .Add({}, duration_buckets());
  Counters& antivirus_calls = prometheus::BuildCounter()
                                  .Name("lazaret_antivirus_calls_total")
                                  .Help("Calls to clamd, by outcome: scans, and what is asked to rely on them.")
                                  .Register(registry);
  Histograms& antivirus_seconds = prometheus::BuildHistogram()
                                      .Name("lazaret_antivirus_call_duration_seconds")
                                      .Help("Time of calls to clamd.")
                                      .Register(registry);
  Counters& swept = prometheus::BuildCounter()
                        .Name("lazaret_swept_total")
                        .Help("What the sweeper finished or removed, by kind.")
                        .Register(registry);
  prometheus::Counter& bytes_in = bytes.Add({{"direction", "in"}});
  prometheus::Counter& bytes_out = bytes.Add({{"direction", "out"}});
  std::mutex mutex;  // guards `watches`
  std::vector<Watch> watches;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::request(const RequestSample& sample) {
  const std::string route(sample.route);
  state_->requests
      .Add({{"route", route}, {"method", std::string(sample.method)}, {"status", std::to_string(sample.status)}})
      .Increment();
  state_->request_seconds.Add({{"route", route}}, duration_buckets()).Observe(seconds(sample.duration));
  state_->bytes_in.Increment(static_cast<double>(sample.bytes_in));
  state_->bytes_out.Increment(static_cast<double>(sample.bytes_out));
}

void Metrics::store_call(std::string_view store, std::string_view call, std::string_view outcome,
                         std::chrono::microseconds duration) {
  const std::string store_name(store);
  const std::string call_name(call);
  state_->store_calls.Add({{"store", store_name}, {"call", call_name}, {"outcome", std::string(outcome)}}).Increment();
  state_->store_seconds.Add({{"store", store_name}, {"call", call_name}}, duration_buckets())
      .Observe(seconds(duration));
}

void Metrics::inspection(std::string_view outcome, std::chrono::microseconds duration) {
  state_->inspections.Add({{"outcome", std::string(outcome)}}).Increment();
  state_->inspection_seconds.Observe(seconds(duration));
}

void Metrics::antivirus_call(std::string_view call, std::string_view outcome, std::chrono::microseconds duration) {
  const std::string name(call);
  state_->antivirus_calls.Add({{"call", name}, {"outcome", std::string(outcome)}}).Increment();
  state_->antivirus_seconds.Add({{"call", name}}, duration_buckets()).Observe(seconds(duration));
}

void Metrics::swept(std::string_view kind, std::size_t count) {
  state_->swept.Add({{"kind", std::string(kind)}}).Increment(static_cast<double>(count));
}

void Metrics::watch(const std::string& name, const std::string& help, std::function<double()> value) {
  prometheus::Gauge& gauge = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add({});
  const std::lock_guard lock(state_->mutex);
  state_->watches.push_back({gauge, std::move(value)});
}

std::string Metrics::text() const {
  {
    const std::lock_guard lock(state_->mutex);
    for (Watch& watch : state_->watches)
      watch.gauge.Set(watch.value());
  }
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace lazaret
