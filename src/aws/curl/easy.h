// EasyOptions: curl_easy_setopt and curl_easy_getinfo behind types, every result checked. libcurl's own calls are
// variadic: a long where an off_t belongs compiles and reads rubbish. Inside this folder only.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include <curl/curl.h>

namespace lazaret::aws {

// Sets options one after the other; the first that is refused is remembered.
class EasyOptions {
 public:
  explicit EasyOptions(CURL* easy) : easy_(easy) {}

  template <CURLoption Option, class Value>
  EasyOptions& set(Value value) {
    constexpr int kKind = static_cast<int>(Option) / kKindWidth * kKindWidth;
    if constexpr (kKind == CURLOPTTYPE_LONG) {
      static_assert(std::is_integral_v<Value>);
      note(Option, curl_easy_setopt(easy_, Option, static_cast<long>(value)));
    } else if constexpr (kKind == CURLOPTTYPE_OFF_T) {
      static_assert(std::is_integral_v<Value>);
      note(Option, curl_easy_setopt(easy_, Option, static_cast<curl_off_t>(value)));
    } else if constexpr (kKind == CURLOPTTYPE_FUNCTIONPOINT) {
      static_assert(std::is_function_v<std::remove_pointer_t<Value>>);
      note(Option, curl_easy_setopt(easy_, Option, value));
    } else {
      static_assert(std::is_pointer_v<Value>);
      note(Option, curl_easy_setopt(easy_, Option, value));
    }
    return *this;
  }

  // Empty where all were taken.
  const std::string& refused() const { return refused_; }

 private:
  static constexpr int kKindWidth = 10'000;

  void note(CURLoption option, CURLcode code) {
    if (code == CURLE_OK || !refused_.empty()) return;
    refused_ = "libcurl refuses option " + std::to_string(static_cast<int>(option)) + ": " + curl_easy_strerror(code);
  }

  CURL* easy_;
  std::string refused_;
};

// The number behind a CURLINFO of kind long; -1 where libcurl does not say.
template <CURLINFO Info>
long easy_number(CURL* easy) {
  static_assert((static_cast<unsigned>(Info) & CURLINFO_TYPEMASK) == CURLINFO_LONG);
  long value = 0;
  return curl_easy_getinfo(easy, Info, &value) == CURLE_OK ? value : -1;
}

// The same of kind off_t; 0 where libcurl does not say.
template <CURLINFO Info>
curl_off_t easy_size(CURL* easy) {
  static_assert((static_cast<unsigned>(Info) & CURLINFO_TYPEMASK) == CURLINFO_OFF_T);
  curl_off_t value = 0;
  return curl_easy_getinfo(easy, Info, &value) == CURLE_OK ? value : 0;
}

}  // namespace lazaret::aws
