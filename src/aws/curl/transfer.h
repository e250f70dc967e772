// CurlTransfer: one exchange on a leased slot: sets it up, drives it, and gives head and body as they come. One thread
// at a time. Inside this folder only; it does not move, for libcurl holds pointers into it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "aws/curl/slots.h"
#include "aws/http.h"

namespace lazaret::aws {

struct FreeHeaderList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

class CurlTransfer {
 public:
  // `request` is borrowed, with the descriptor of its body, until this ends or lets go of it.
  CurlTransfer(CurlSlots::Lease lease, const HttpRequest& request, const TransportLimits& limits);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // Until the whole head is there.
  Transported<void> receive_head(const Call& call, std::chrono::steady_clock::time_point until);
  // Some bytes of the body into `buffer`; 0 at its end.
  Transported<std::size_t> read(const Call& call, std::chrono::steady_clock::time_point until,
                                std::span<std::byte> buffer);
  // The head is there and no body is sent any more: from here on the request may go.
  void let_go_of_request() { request_ = nullptr; }
  HttpResponse& response() { return response_; }
  const HttpResponse& response() const { return response_; }

 private:
  // Callbacks of libcurl; `self` is the transfer.
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* bytes, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);
  static int on_connected(void* self, char* remote, char* local, int remote_port, int local_port);

  std::string set_up(const TransportLimits& limits);  // what is wrong, or empty
  void set_body(class EasyOptions& options);
  bool set_headers();
  bool add_header_line(const std::string& line);
  void take_header_line(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  std::size_t buffered() const { return buffer_.size() - consumed_; }
  std::size_t drain(std::span<std::byte> into);

  // Drives the transfer until `enough` says so or it has ended.
  template <class Enough>
  Transported<void> drive(const Call& call, std::chrono::steady_clock::time_point until, Enough enough);
  Transported<void> step();
  void take_messages();
  std::uint64_t bytes_moved() const;  // in both directions
  std::unexpected<TransportFault> give_up(const Call& call, std::chrono::steady_clock::time_point until);
  TransportFault fault_of(CURLcode code) const;
  std::unexpected<TransportFault> broken(ErrorCode code, const std::string& detail) const;

  CurlSlots::Lease lease_;
  const HttpRequest* request_;
  const std::string where_;  // the authority, for faults
  std::unique_ptr<curl_slist, FreeHeaderList> header_list_;
  std::array<char, CURL_ERROR_SIZE> curl_says_{};

  const std::chrono::milliseconds stall_;
  std::uint64_t body_sent_ = 0;
  std::uint64_t body_length_ = 0;
  bool body_short_ = false;
  int times_sent_ = 0;
  bool attached_ = false;

  HttpResponse response_;
  std::size_t head_bytes_ = 0;
  bool head_too_large_ = false;
  bool head_done_ = false;

  std::string buffer_;
  std::size_t consumed_ = 0;
  bool paused_ = false;
  std::span<std::byte> reader_;  // where the reader waits for bytes: filled before the buffer is
  std::size_t given_ = 0;        // bytes put into `reader_`
  std::optional<CURLcode> ended_;
};

}  // namespace lazaret::aws
