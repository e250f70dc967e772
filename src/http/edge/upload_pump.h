// UploadPump: a request body on its way into a BodySink. While the disk pool takes one buffer, the socket fills the
// other; the last piece rides with finish(), so that a small body that arrives at once is a single task of the work
// pool. The sink is touched by one thread at a time and given up on a pool.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>

#include <boost/asio/awaitable.hpp>

#include "base/call.h"
#include "http/application.h"
#include "http/edge/body_reader.h"
#include "http/edge/lane.h"
#include "http/edge/offload.h"

namespace lazaret::http {

class UploadPump {
 public:
  UploadPump(Lane& lane, Connection& connection, BodyReader& reader, std::unique_ptr<BodySink> sink);
  ~UploadPump();
  UploadPump(const UploadPump&) = delete;
  UploadPump& operator=(const UploadPump&) = delete;

  struct Outcome {
    std::optional<Response> early;  // the sink has heard enough
    IoStatus status = IoStatus::kOk;
    std::optional<EdgeFault> fault;
  };
  // Reads the body to its end, or until something ends it. No task of the sink runs any more when it is over.
  boost::asio::awaitable<Outcome> run();

  // After a run() that read everything: gives the sink what it has not seen, and has its answer; nullopt when the sink
  // threw or no pool takes it (`fault`).
  boost::asio::awaitable<Outcome> finish(Call call, std::stop_source& stop);

 private:
  struct Filled {
    std::size_t bytes = 0;
    IoStatus status = IoStatus::kOk;
    std::optional<EdgeFault> fault;
  };
  boost::asio::awaitable<Filled> fill(std::span<char> buffer);
  bool worth_a_hop(std::size_t bytes) const;
  boost::asio::awaitable<bool> submit(WorkerPool& pool, std::function<void()> work);
  boost::asio::awaitable<void> join();
  void on_data(std::span<const char> bytes);
  void end(const Call& call);
  bool idle() const { return !in_flight_ || done_.fired(); }
  bool over() const { return idle() && (early_.has_value() || threw_); }

  Lane& lane_;
  Connection& connection_;
  BodyReader& reader_;
  std::unique_ptr<BodySink> sink_;
  std::array<std::unique_ptr<char[]>, 2> buffers_;
  std::span<const char> last_;  // in one of them: finish() hands it over
  Event done_;
  bool in_flight_ = false;
  bool handed_over_ = false;
  bool comes_whole_;  // one buffer holds the body, and it has not let us wait for it
  // Written by the pool's thread while in flight, read after done_ has fired.
  std::optional<Response> early_;
  bool threw_ = false;
};

}  // namespace lazaret::http
