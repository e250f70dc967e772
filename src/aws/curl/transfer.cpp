#include "aws/curl/transfer.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <stop_token>
#include <utility>

#include <unistd.h>

#include "aws/curl/easy.h"

namespace lazaret::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Above this a pulled body waits in the socket until its reader has caught up.
constexpr std::size_t kPauseAbove = std::size_t{256} * 1024;
constexpr std::size_t kMaxHeadBytes = std::size_t{64} * 1024;
constexpr std::size_t kMaxHeaders = 200;
// libcurl asks with "Expect: 100-continue" above this size, so that a refusal may come before the body goes; for
// smaller ones the question costs more than the body.
constexpr std::uint64_t kExpectAbove = std::uint64_t{1024} * 1024;
constexpr long kLargeBuffer = 256L * 1024;
// Nothing waits longer in one poll, whatever the clock does.
constexpr milliseconds kLongestPoll{1000};

std::string url_of(const HttpRequest& request) {
  std::string url = request.endpoint.scheme + "://" + request.endpoint.authority() + request.path;
  if (!request.query.empty()) url += "?" + request.query;
  return url;
}

bool is_clean(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  static constexpr std::string_view kWhite = " \t\r\n";
  const auto first = text.find_first_not_of(kWhite);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

std::uint64_t length_of(const Body& body) {
  if (const auto* text = std::get_if<std::string>(&body)) return text->size();
  if (const auto* part = std::get_if<FilePart>(&body)) return part->length;
  return 0;
}

bool sends_body(const HttpRequest& request) {
  return request.method == Method::kPut || request.method == Method::kPost ||
         !std::holds_alternative<std::monostate>(request.body);
}

}  // namespace

CurlTransfer::CurlTransfer(CurlSlots::Lease lease, const HttpRequest& request, const TransportLimits& limits)
    : lease_(std::move(lease)),
      request_(&request),
      where_(request.endpoint.authority()),
      stall_(limits.stall),
      body_length_(length_of(request.body)) {
  const std::string wrong = set_up(limits);
  if (wrong.empty()) return;
  ended_ = CURLE_FAILED_INIT;
  const std::size_t length = wrong.copy(curl_says_.data(), curl_says_.size() - 1);
  curl_says_.at(length) = '\0';
}

CurlTransfer::~CurlTransfer() {
  // Taken out before its end, it closes its connection; after, the connection stays for the next.
  if (attached_) curl_multi_remove_handle(lease_.multi(), lease_.easy());
  curl_easy_reset(lease_.easy());  // no pointer into this object stays behind
}

std::string CurlTransfer::set_up(const TransportLimits& limits) {
  const std::string url = url_of(*request_);
  if (!is_clean(url)) return "the URL holds a line break";
  if (!set_headers()) return "a header holds a line break, or libcurl has no memory for it";
  CURL* easy = lease_.easy();
  const CurlOptions& settings = lease_.options();
  EasyOptions options(easy);
  options.set<CURLOPT_ERRORBUFFER>(curl_says_.data())
      .set<CURLOPT_NOSIGNAL>(1)
      .set<CURLOPT_PROTOCOLS_STR>("http,https")
      .set<CURLOPT_HTTP_VERSION>(static_cast<long>(CURL_HTTP_VERSION_1_1))
      .set<CURLOPT_URL>(url.c_str())
      .set<CURLOPT_PATH_AS_IS>(1)
      .set<CURLOPT_FOLLOWLOCATION>(0)
      .set<CURLOPT_HTTP_CONTENT_DECODING>(0)
      .set<CURLOPT_SUPPRESS_CONNECT_HEADERS>(1)
      .set<CURLOPT_PROXY>(settings.proxy.c_str())  // "" also keeps libcurl from asking the environment
      .set<CURLOPT_SSLVERSION>(static_cast<long>(CURL_SSLVERSION_TLSv1_2))
      .set<CURLOPT_MAXAGE_CONN>(settings.connection_age.count())
      .set<CURLOPT_DNS_SHUFFLE_ADDRESSES>(1)
      .set<CURLOPT_CONNECTTIMEOUT_MS>(std::max<std::int64_t>(limits.connect.count(), 1))
      .set<CURLOPT_HTTPHEADER>(header_list_.get())
      .set<CURLOPT_HEADERFUNCTION>(&CurlTransfer::on_header)
      .set<CURLOPT_HEADERDATA>(this)
      .set<CURLOPT_WRITEFUNCTION>(&CurlTransfer::on_body)
      .set<CURLOPT_WRITEDATA>(this)
      .set<CURLOPT_PREREQFUNCTION>(&CurlTransfer::on_connected)
      .set<CURLOPT_PREREQDATA>(this);
  if (!settings.ca_bundle.empty()) {
    options.set<CURLOPT_CAINFO>(settings.ca_bundle.c_str())
        .set<CURLOPT_CAPATH>(static_cast<const char*>(nullptr));  // else the system's are trusted beside it
  }
  set_body(options);
  if (!options.refused().empty()) return options.refused();
  if (const CURLMcode code = curl_multi_add_handle(lease_.multi(), easy); code != CURLM_OK) {
    return std::string("curl_multi_add_handle: ") + curl_multi_strerror(code);
  }
  attached_ = true;
  return {};
}

void CurlTransfer::set_body(EasyOptions& options) {
  if (request_->method == Method::kHead) {
    options.set<CURLOPT_NOBODY>(1);
    return;
  }
  if (!sends_body(*request_)) {
    options.set<CURLOPT_HTTPGET>(1);
    if (request_->method == Method::kDelete) options.set<CURLOPT_CUSTOMREQUEST>("DELETE");
    options.set<CURLOPT_BUFFERSIZE>(kLargeBuffer);
    return;
  }
  const auto* text = std::get_if<std::string>(&request_->body);
  if (request_->method == Method::kPost && text != nullptr && body_length_ <= kExpectAbove) {
    // Goes in one piece with the head; libcurl keeps the pointer and sends it again by itself where it must.
    options.set<CURLOPT_POSTFIELDSIZE_LARGE>(body_length_).set<CURLOPT_POSTFIELDS>(text->data());
    return;
  }
  options.set<CURLOPT_UPLOAD>(1)
      .set<CURLOPT_CUSTOMREQUEST>(std::string(to_string(request_->method)).c_str())  // libcurl copies it
      .set<CURLOPT_INFILESIZE_LARGE>(body_length_)
      .set<CURLOPT_READFUNCTION>(&CurlTransfer::on_read)
      .set<CURLOPT_READDATA>(this)
      .set<CURLOPT_SEEKFUNCTION>(&CurlTransfer::on_seek)
      .set<CURLOPT_SEEKDATA>(this);
  if (body_length_ > kExpectAbove) options.set<CURLOPT_UPLOAD_BUFFERSIZE>(kLargeBuffer);
}

bool CurlTransfer::set_headers() {
  for (const Header& header : request_->headers) {
    if (header.name.empty() || !is_clean(header.name) || !is_clean(header.value)) return false;
    // libcurl takes "name:" for the wish to drop a header and "name;" for an empty one.
    if (!add_header_line(header.value.empty() ? header.name + ";" : header.name + ": " + header.value)) return false;
  }
  // What libcurl would add of its own.
  if (!add_header_line("Accept:")) return false;
  const bool typed = std::ranges::find(request_->headers, "content-type", &Header::name) != request_->headers.end();
  if (!typed && !add_header_line("Content-Type:")) return false;
  return body_length_ > kExpectAbove || add_header_line("Expect:");
}

bool CurlTransfer::add_header_line(const std::string& line) {
  curl_slist* longer = curl_slist_append(header_list_.get(), line.c_str());
  if (longer == nullptr) return false;
  if (longer != header_list_.get()) header_list_.reset(longer);  // the first; after it the head stays the same
  return true;
}

// No exception may pass through libcurl: where memory is out the callbacks fail, and the transfer with them.
std::size_t CurlTransfer::on_header(char* bytes, std::size_t size, std::size_t count, void* self) try {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  transfer.head_bytes_ += size * count;
  if (transfer.head_bytes_ > kMaxHeadBytes || transfer.response_.headers.size() > kMaxHeaders) {
    transfer.head_too_large_ = true;
    return CURL_WRITEFUNC_ERROR;
  }
  transfer.take_header_line({bytes, size * count});
  return size * count;
} catch (...) {
  return CURL_WRITEFUNC_ERROR;
}

void CurlTransfer::take_header_line(std::string_view line) {
  if (head_done_) return;  // trailers
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();  // "100 Continue" may have come before the head that counts
    return;
  }
  line = trimmed(line);
  if (line.empty()) {
    response_.status = static_cast<int>(easy_number<CURLINFO_RESPONSE_CODE>(lease_.easy()));
    head_done_ = response_.status >= 200;
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  Header header{std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1)))};
  std::ranges::transform(header.name, header.name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  response_.headers.push_back(std::move(header));
}

std::size_t CurlTransfer::on_body(char* bytes, std::size_t size, std::size_t count, void* self) try {
  return static_cast<CurlTransfer*>(self)->take_body({bytes, size * count});
} catch (...) {
  return CURL_WRITEFUNC_ERROR;
}

std::size_t CurlTransfer::take_body(std::string_view bytes) {
  if (buffered() >= kPauseAbove) {
    paused_ = true;  // libcurl brings the same bytes again
    return CURL_WRITEFUNC_PAUSE;
  }
  std::string_view rest = bytes;
  if (buffered() == 0 && given_ < reader_.size()) {
    const std::size_t direct = std::min(rest.size(), reader_.size() - given_);
    std::memcpy(reader_.data() + given_, rest.data(), direct);
    given_ += direct;
    rest.remove_prefix(direct);
  }
  buffer_ += rest;
  return bytes.size();
}

std::size_t CurlTransfer::drain(std::span<std::byte> into) {
  const std::size_t count = std::min(into.size(), buffered());
  std::memcpy(into.data(), buffer_.data() + consumed_, count);
  consumed_ += count;
  if (consumed_ == buffer_.size()) {
    buffer_.clear();
    consumed_ = 0;
  }
  return count;
}

std::size_t CurlTransfer::on_read(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (transfer.request_ == nullptr) return CURL_READFUNC_ABORT;
  const std::uint64_t left = transfer.body_length_ - transfer.body_sent_;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, size * count));
  if (wanted == 0) return 0;
  if (const auto* text = std::get_if<std::string>(&transfer.request_->body)) {
    std::memcpy(bytes, text->data() + transfer.body_sent_, wanted);
    transfer.body_sent_ += wanted;
    return wanted;
  }
  const auto& part = std::get<FilePart>(transfer.request_->body);
  ssize_t got = -1;
  do {
    got = ::pread(part.fd, bytes, wanted, static_cast<off_t>(part.offset + transfer.body_sent_));
  } while (got < 0 && errno == EINTR);
  if (got <= 0) {
    transfer.body_short_ = true;
    return CURL_READFUNC_ABORT;
  }
  transfer.body_sent_ += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

// A kept connection may turn out dead only when it is used: libcurl then sends again from the start.
int CurlTransfer::on_seek(void* self, curl_off_t offset, int origin) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (origin != SEEK_SET || offset < 0 || static_cast<std::uint64_t>(offset) > transfer.body_length_) {
    return CURL_SEEKFUNC_FAIL;
  }
  transfer.body_sent_ = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

// The connection is there and the request is about to go.
int CurlTransfer::on_connected(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  transfer.response_.resent = ++transfer.times_sent_ > 1;
  return CURL_PREREQFUNC_OK;
}

Transported<void> CurlTransfer::receive_head(const Call& call, steady_clock::time_point until) {
  auto driven = drive(call, until, [this] { return head_done_; });
  if (!driven) return driven;
  if (head_done_) return {};
  return broken(ErrorCode::kUnavailable, "the connection ended before an answer");
}

Transported<std::size_t> CurlTransfer::read(const Call& call, steady_clock::time_point until,
                                            std::span<std::byte> buffer) {
  if (buffer.empty()) return std::size_t{0};
  if (buffered() > 0) return drain(buffer);
  reader_ = buffer;
  given_ = 0;
  if (paused_) {
    paused_ = false;
    // Hands the held bytes over at once, on this thread.
    if (const CURLcode code = curl_easy_pause(lease_.easy(), CURLPAUSE_CONT); code != CURLE_OK) ended_ = code;
  }
  auto driven = drive(call, until, [this] { return given_ > 0; });
  reader_ = {};
  if (given_ > 0) return given_;
  if (!driven) return std::unexpected(std::move(driven).error());
  return std::size_t{0};
}

template <class Enough>
Transported<void> CurlTransfer::drive(const Call& call, steady_clock::time_point until, Enough enough) {
  const std::stop_callback wake(call.stop, [multi = lease_.multi()] { curl_multi_wakeup(multi); });
  std::uint64_t moved = bytes_moved();
  auto quiet_since = steady_clock::now();  // a reader that comes late is no stall
  while (!enough() && !ended_) {
    const auto now = steady_clock::now();
    if (const std::uint64_t since = bytes_moved(); since != moved) {
      moved = since;
      quiet_since = now;
    }
    const auto stalls = stall_ > milliseconds::zero() ? quiet_since + stall_ : steady_clock::time_point::max();
    const auto left = std::chrono::ceil<milliseconds>(std::min(until, stalls) - now);
    if (call.stop.stop_requested() || until <= now) return give_up(call, until);
    if (left <= milliseconds::zero()) return broken(ErrorCode::kUnavailable, "no byte came or went for too long");
    if (auto stepped = step(); !stepped) return stepped;
    if (enough() || ended_) break;
    const auto wait = static_cast<int>(std::min(left, kLongestPoll).count());
    if (const CURLMcode code = curl_multi_poll(lease_.multi(), nullptr, 0, wait, nullptr); code != CURLM_OK) {
      return broken(ErrorCode::kUnavailable, std::string("curl_multi_poll: ") + curl_multi_strerror(code));
    }
  }
  if (enough() || ended_ == CURLE_OK) return {};
  return std::unexpected(fault_of(*ended_));
}

std::uint64_t CurlTransfer::bytes_moved() const {
  return head_bytes_ + static_cast<std::uint64_t>(easy_size<CURLINFO_SIZE_UPLOAD_T>(lease_.easy())) +
         static_cast<std::uint64_t>(easy_size<CURLINFO_SIZE_DOWNLOAD_T>(lease_.easy()));
}

Transported<void> CurlTransfer::step() {
  int running = 0;
  if (const CURLMcode code = curl_multi_perform(lease_.multi(), &running); code != CURLM_OK) {
    return broken(ErrorCode::kUnavailable, std::string("curl_multi_perform: ") + curl_multi_strerror(code));
  }
  take_messages();
  return {};
}

void CurlTransfer::take_messages() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(lease_.multi(), &left)) {
    if (message->msg == CURLMSG_DONE) ended_ = message->data.result;
  }
}

std::unexpected<TransportFault> CurlTransfer::give_up(const Call& call, steady_clock::time_point until) {
  if (call.stop.stop_requested()) return broken(ErrorCode::kCancelled, "called off");
  if (until >= call.deadline) return broken(ErrorCode::kDeadline, "the deadline of the call");
  return broken(ErrorCode::kUnavailable, "no answer within the time for one try");
}

std::unexpected<TransportFault> CurlTransfer::broken(ErrorCode code, const std::string& detail) const {
  return std::unexpected(TransportFault{code, times_sent_ > 0 ? Sent::kPerhaps : Sent::kNo, where_ + ": " + detail});
}

TransportFault CurlTransfer::fault_of(CURLcode code) const {
  if (body_short_) return broken(ErrorCode::kCorrupt, "the file to send is shorter than it was").error();
  if (head_too_large_) return broken(ErrorCode::kTooLarge, "the head of the answer is too large").error();
  const std::string detail = curl_says_.front() != '\0' ? curl_says_.data() : curl_easy_strerror(code);
  switch (code) {
    case CURLE_PARTIAL_FILE:
      return broken(ErrorCode::kCorrupt, "the answer ended early: " + detail).error();
    case CURLE_FAILED_INIT:
    case CURLE_URL_MALFORMAT:
    case CURLE_OUT_OF_MEMORY:
      return broken(ErrorCode::kInternal, detail).error();
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: {
      TransportFault untrusted = broken(ErrorCode::kUnavailable, "the server is not trusted: " + detail).error();
      untrusted.outlook = Outlook::kLasting;
      return untrusted;
    }
    default:  // libcurl's codes are many and grow
      return broken(ErrorCode::kUnavailable, detail).error();
  }
}

}  // namespace lazaret::aws
