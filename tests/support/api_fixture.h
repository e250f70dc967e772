// ApiFixture: an Api over stores in memory, and a stand-in for the edge: it plans, feeds bodies in pieces, keeps the
// body limits, handles, decorates, and reports that it is finished, as the server would.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "http/api/api.h"
#include "tests/support/faulty_stores.h"
#include "tests/support/memory_object_store.h"
#include "tests/support/naive_metadata_store.h"
#include "tests/support/scripted_inspector.h"
#include "tests/support/stepping_clock.h"

namespace lazaret::testing_support {

struct Answer {
  int status = 0;
  http::Headers headers;
  std::string body;
  std::optional<std::uint64_t> content_length;
  std::string problem_code;
  bool before_body = false;  // sent before the whole body was read

  std::string header(std::string_view name) const { return std::string(headers.get(name)); }
  boost::json::object json() const { return boost::json::parse(body).as_object(); }
  std::string text(std::string_view member) const { return std::string(json().at(member).as_string()); }
  std::string code() const { return text("code"); }
};

using Fields = std::vector<std::pair<std::string, std::string>>;

// One part of a form.
struct FormPart {
  std::string name;
  std::string value;
  std::optional<std::string> filename;
  std::string content_type;
};

struct Sent {
  std::string method = "GET";
  std::string target = "/";
  Fields headers;
  std::optional<std::string> body;
  bool chunked = false;
  std::optional<std::uint64_t> announced_length;  // instead of the body's own
  std::string peer = "127.0.0.1";
};

class CollectingObserver final : public http::RequestObserver {
 public:
  struct Event {
    std::string method;
    std::string route;
    std::string document_id;
    std::string caller;
    std::string client;
    std::string problem_code;
    int status = 0;
  };
  void request(const http::RequestEvent& event) override {
    events.push_back({std::string(event.method), std::string(event.route), std::string(event.document_id),
                      std::string(event.caller), std::string(event.client), std::string(event.problem_code),
                      event.record.status});
  }
  void failure(std::string_view, const Error& error) override { failures.push_back(error.code); }
  std::vector<Event> events;
  std::vector<ErrorCode> failures;
};

class ApiFixture : public testing::Test {
 protected:
  static constexpr std::string_view kPdf = "%PDF-1.7 a report";

  void SetUp() override;
  void TearDown() override;

  // Builds the Api anew; `keys` are read from the file of keys that make_key() writes.
  enum class Access { kOpen, kKeys };
  void build(Access access = Access::kOpen);
  std::string make_key(const std::string& name, std::string_view scopes);

  Answer send(const Sent& sent);
  Answer get(const std::string& target, Fields headers = {}) {
    return send({.method = "GET", .target = target, .headers = std::move(headers)});
  }
  Answer send_json(const std::string& method, const std::string& target, const std::string& body, Fields headers = {},
                   const std::string& type = "application/json");
  Answer upload(const std::vector<FormPart>& parts, const std::string& target = "/api/documents", Fields headers = {});
  static FormPart file(std::string bytes = std::string(kPdf), std::string name = "report.pdf",
                       std::string type = "application/pdf") {
    return {"file", std::move(bytes), std::move(name), std::move(type)};
  }
  // Stores one document and gives its id.
  std::string stored(const std::vector<FormPart>& more = {});
  std::string quarantined();
  static std::string document_path(const std::string& id, std::string_view rest = "") {
    return "/api/documents/" + id + std::string(rest);
  }
  static std::string form_type() { return std::string("multipart/form-data; boundary=") + std::string(kBoundary); }
  static std::string form_body(const std::vector<FormPart>& parts);

  static constexpr std::string_view kBoundary = "----boundary-of-tests";

  SystemRandom random_;
  ThreadPause pause_;
  SteppingClock clock_;
  std::filesystem::path folder_;
  std::unique_ptr<Spool> spool_;
  ScriptedInspector inspector_{clock_};
  MemoryObjectStore objects_;
  NaiveMetadataStore rows_;
  FaultyObjectStore faulty_objects_{objects_};
  FaultyMetadataStore faulty_rows_{rows_};
  WorkerPool beside_{{.name = "beside", .threads = 1, .queue_limit = 8}};
  LeaseKeeper leases_{faulty_rows_, clock_, std::chrono::minutes{1}};
  CollectingObserver observer_;
  http::ApiOptions options_;
  std::string metrics_text_ = "lazaret_up 1\n";
  std::unique_ptr<IntakeService> intake_;
  std::unique_ptr<DocumentService> documents_;
  std::unique_ptr<http::KeyRing> keys_;
  std::unique_ptr<http::Api> api_;
  std::size_t piece_ = 7;  // bytes of a body handed over at a time

 private:
  http::RequestHead head_of(const Sent& sent);
  http::Response run(http::Plan plan, const http::RequestHead& head, const std::string& body, bool& before_body);
  http::Response stream(http::HandleStream& plan, const http::RequestHead& head, const std::string& body,
                        bool& before_body);
};

}  // namespace lazaret::testing_support
