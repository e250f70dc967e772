#include "tests/support/api_fixture.h"

#include <algorithm>
#include <array>
#include <span>

namespace lazaret::testing_support {

using http::RequestHead;
using http::Response;

void ApiFixture::SetUp() {
  folder_ = std::filesystem::temp_directory_path() / ("api-" + std::to_string(random_.next_u64()));
  std::filesystem::create_directory(folder_);
  options_.secret_key = Secret("not-a-real-key-not-a-real-key-00");
  options_.categories = *Categories::make({"lab_results", "patient_records", "research_papers"});
  options_.max_file_size = 1024;
  options_.max_upload_rate = 0;
  options_.cors.allow_local = true;
  options_.version = "1.2.3";
  auto spool = Spool::open(folder_ / "spool", 1ULL << 20);
  ASSERT_TRUE(spool);
  spool_ = std::make_unique<Spool>(*std::move(spool));
  build();
}

void ApiFixture::TearDown() {
  api_.reset();
  std::filesystem::remove_all(folder_);
}

void ApiFixture::build(Access access) {
  intake_ = std::make_unique<IntakeService>(
      IntakeService::Parts{inspector_, faulty_rows_, faulty_objects_, clock_, random_, beside_, leases_},
      IntakeService::Options{});
  documents_ = std::make_unique<DocumentService>(
      DocumentService::Parts{faulty_rows_, faulty_objects_, clock_, random_, pause_}, DocumentService::Options{});
  keys_.reset();
  if (access == Access::kKeys) keys_ = *http::KeyRing::open(folder_ / "keys", clock_, {});
  auto api = http::Api::make({*intake_, *documents_, *spool_, faulty_rows_, faulty_objects_, inspector_, keys_.get(),
                              observer_, clock_, random_, [this] { return metrics_text_; }},
                             options_);
  ASSERT_TRUE(api);
  api_ = *std::move(api);
}

std::string ApiFixture::make_key(const std::string& name, std::string_view scopes) {
  const auto key = http::new_key(folder_ / "keys", name, *http::Scopes::parse(scopes), clock_, random_);
  EXPECT_TRUE(key);
  return "Bearer " + std::string(key->reveal());
}

RequestHead ApiFixture::head_of(const Sent& sent) {
  RequestHead head;
  head.method = sent.method;
  head.target = sent.target;
  const std::size_t mark = sent.target.find('?');
  head.path = sent.target.substr(0, mark);
  if (mark != std::string::npos) head.query = sent.target.substr(mark + 1);
  for (const auto& [name, value] : sent.headers)
    head.headers.add(name, value);
  if (!head.headers.has("Host")) head.headers.add("Host", "localhost:8000");
  if (sent.body) {
    head.framing = sent.chunked ? http::BodyFraming::kChunked : http::BodyFraming::kLength;
    head.content_length = sent.chunked ? 0 : sent.announced_length.value_or(sent.body->size());
  }
  head.request_id = "request-1";
  head.peer_address = sent.peer;
  return head;
}

Response ApiFixture::stream(http::HandleStream& plan, const RequestHead& head, const std::string& body,
                            bool& before_body) {
  for (std::size_t at = 0; at < body.size(); at += piece_) {
    if (at + piece_ > plan.body_limit && body.size() > plan.body_limit) {
      before_body = true;
      return api_->fault_answer(http::EdgeFault::kBodyTooLarge, &head);
    }
    const std::size_t count = std::min(piece_, body.size() - at);
    auto answer = plan.sink->on_data(std::as_bytes(std::span(body.data() + at, count)));
    if (answer) {
      before_body = at + count < body.size();
      return *std::move(answer);
    }
  }
  return plan.sink->finish({});
}

Response ApiFixture::run(http::Plan plan, const RequestHead& head, const std::string& body, bool& before_body) {
  if (auto* now = std::get_if<http::AnswerNow>(&plan)) {
    before_body = true;
    return std::move(now->response);
  }
  if (auto* whole = std::get_if<http::HandleWhole>(&plan)) {
    if (body.size() > whole->body_limit) return api_->fault_answer(http::EdgeFault::kBodyTooLarge, &head);
    return whole->handle({}, body);
  }
  return stream(std::get<http::HandleStream>(plan), head, body, before_body);
}

Answer ApiFixture::send(const Sent& sent) {
  const RequestHead head = head_of(sent);
  Answer answer;
  Response response = run(api_->plan(head), head, sent.body.value_or(""), answer.before_body);
  api_->decorate(&head, response);
  if (const auto* text = std::get_if<std::string>(&response.body)) answer.body = *text;
  if (const auto* pulled = std::get_if<std::unique_ptr<ByteStream>>(&response.body)) {
    std::array<std::byte, 64> buffer{};
    while (true) {
      const auto got = (*pulled)->read({}, buffer);
      if (!got || *got == 0) break;
      answer.body.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
  }
  answer.status = response.status;
  answer.content_length = response.content_length;
  answer.problem_code = response.problem_code;
  api_->finished(head, response, {.status = response.status});
  answer.headers = std::move(response.headers);
  return answer;
}

Answer ApiFixture::send_json(const std::string& method, const std::string& target, const std::string& body,
                             Fields headers, const std::string& type) {
  headers.emplace_back("Content-Type", type);
  return send({.method = method, .target = target, .headers = std::move(headers), .body = body});
}

std::string ApiFixture::form_body(const std::vector<FormPart>& parts) {
  std::string body;
  for (const FormPart& part : parts) {
    body += "--" + std::string(kBoundary) + "\r\nContent-Disposition: form-data; name=\"" + part.name + "\"";
    if (part.filename) body += "; filename=\"" + *part.filename + "\"";
    body += "\r\n";
    if (!part.content_type.empty()) body += "Content-Type: " + part.content_type + "\r\n";
    body += "\r\n" + part.value + "\r\n";
  }
  return body + "--" + std::string(kBoundary) + "--\r\n";
}

Answer ApiFixture::upload(const std::vector<FormPart>& parts, const std::string& target, Fields headers) {
  headers.emplace_back("Content-Type", form_type());
  return send({.method = "POST", .target = target, .headers = std::move(headers), .body = form_body(parts)});
}

std::string ApiFixture::stored(const std::vector<FormPart>& more) {
  std::vector<FormPart> parts{file()};
  parts.insert(parts.end(), more.begin(), more.end());
  const Answer answer = upload(parts);
  EXPECT_EQ(answer.status, 201) << answer.body;
  return answer.status == 201 ? answer.text("id") : "";
}

std::string ApiFixture::quarantined() {
  inspector_.answer(Outcome::kSuspicious, Action::kQuarantine);
  std::string id = stored();
  inspector_.answer(Outcome::kClean, Action::kStore);
  return id;
}

}  // namespace lazaret::testing_support
