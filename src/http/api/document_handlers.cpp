#include "http/api/document_handlers.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/encoding.h"
#include "document/json.h"
#include "document/query_parse.h"
#include "http/api/json_writer.h"

namespace lazaret::http {
namespace {

constexpr std::string_view kContentPolicy = "sandbox; default-src 'none'; frame-ancestors 'none'";
constexpr std::chrono::seconds kRedirectLifetime{60};
constexpr std::size_t kMaxShownName = 64;
constexpr std::size_t kUsualDocumentBytes = 1024;  // as JSON; a larger one costs a second look for room
// No document ever has this version: If-Match tags that name none of ours end here.
constexpr std::uint64_t kNoVersion = 0;

std::optional<std::uint64_t> version_of(const EntityTag& tag) {
  std::uint64_t version = 0;
  const char* const end = tag.opaque.data() + tag.opaque.size();
  const auto [at, error] = std::from_chars(tag.opaque.data(), end, version);
  if (tag.weak || error != std::errc{} || at != end || std::to_string(version) != tag.opaque) return std::nullopt;
  return version;
}

Response document_response(int status, const Document& document) {
  Response response = json_response(status, to_client_json(document));
  response.headers.add("ETag", etag_of(document.version));
  return response;
}

std::string page_json(const Page& page, const std::optional<std::string>& cursor) {
  JsonWriter json;
  std::string& out = json.member("documents");
  out.reserve(kUsualDocumentBytes * (page.documents.size() + 1));
  out += '[';
  for (const Document& document : page.documents) {
    if (&document != page.documents.data()) out += ',';
    append_client_json(out, document);
  }
  out += ']';
  json.number("total", page.total.count)
      .text("total_relation", page.total.relation == TotalRelation::kExact ? "eq" : "gte");
  if (cursor) {
    json.text("next_cursor", *cursor);
  } else {
    json.raw("next_cursor", "null");
  }
  return json.finish();
}

Response not_modified(const std::string& etag) {
  Response response = empty_response(304);
  response.headers.add("ETag", etag);
  return response;
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.offset) + "-" + std::to_string(range.offset + range.length - 1) + "/" +
         std::to_string(size);
}

void add_content_headers(Headers& headers, const Document& document, const std::string& etag) {
  headers.add("Content-Type", document.content_type);
  headers.add("Content-Disposition", content_disposition(document.filename));
  headers.add("ETag", etag);
  headers.add("Accept-Ranges", "bytes");
  headers.add("Repr-Digest", "sha-256=:" + base64_encode(document.checksum.bytes()) + ":");
  headers.add("Content-Security-Policy", std::string(kContentPolicy));
}

}  // namespace

Result<bool> parse_purge(std::string_view query) {
  auto parameters = parse_query_string(query);
  if (!parameters) return std::unexpected(std::move(parameters.error()));
  std::optional<bool> purge;
  for (const auto& [name, value] : *parameters) {
    if (name != "purge") {
      return fail_with(ErrorCode::kInvalidParameter, {{name.substr(0, kMaxShownName), "unknown_parameter",
                                                       "DELETE knows only the parameter `purge`."}});
    }
    if (purge || (value != "true" && value != "false")) {
      return fail_with(ErrorCode::kInvalidParameter,
                       {{"purge", "invalid", "The parameter `purge` is given once, as true or false."}});
    }
    purge = value == "true";
  }
  return purge.value_or(false);
}

std::string content_disposition(const PatientText& filename) {
  std::string fallback;
  for (const char c : filename.text()) {
    const bool plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '%';
    fallback += plain ? c : '_';
  }
  return "attachment; filename=\"" + fallback + "\"; filename*=UTF-8''" + percent_encode(filename.text());
}

Response DocumentHandlers::failed(const Request& request, const Error& error, Effect effect) {
  return error_response(request, error, effect, parts_.observer);
}

Response DocumentHandlers::categories() const {
  return json_response(200, JsonWriter().raw("categories", json_array_of_text(options_.categories.names())).finish());
}

Response DocumentHandlers::list(const Call& call, const Request& request) {
  const auto parameters = parse_query_string(request.head.query);
  if (!parameters) return failed(request, parameters.error(), Effect::kRead);
  const auto query = parse_query(*parameters, options_.categories, options_.cursor_key);
  if (!query) return failed(request, query.error(), Effect::kRead);
  const auto page = parts_.documents.query(call, *query);
  if (!page) return failed(request, page.error(), Effect::kRead);
  std::optional<std::string> cursor;
  const std::optional<Position>& next = page->next;
  if (next) cursor = make_cursor(*query, *next, options_.cursor_key);
  Response response = json_response(200, page_json(*page, cursor));
  if (cursor) {
    response.headers.add(
        "Link", "<" + options_.public_url + "/api/documents?" + next_page_query(*query, *cursor) + ">; rel=\"next\"");
  }
  return response;
}

Response DocumentHandlers::get(const Call& call, const Request& request) {
  const TagHeader known = parse_tag_header(request.head.headers, "If-None-Match");
  if (known.present && !known.tags) {
    return make_problem(request.occurrence(), {.code = ProblemCode::kInvalidHeader,
                                               .detail = "If-None-Match is `*` or a list of quoted ETags."});
  }
  const auto document = parts_.documents.get(call, request.id);
  if (!document) return failed(request, document.error(), Effect::kRead);
  if (known.present && matches_weakly(*known.tags, std::to_string(document->version))) {
    return not_modified(etag_of(document->version));
  }
  return document_response(200, *document);
}

Response DocumentHandlers::content(const Call& call, const Request& request) {
  const auto document = parts_.documents.get(call, request.id);
  if (!document) return failed(request, document.error(), Effect::kRead);
  return send(call, request, *document);
}

Response DocumentHandlers::linked_content(const Call& call, const Request& request, const OpenLink& link) {
  const auto document = parts_.documents.get(call, request.id);
  if (!document) return failed(request, document.error(), Effect::kRead);
  if (!links_.fits(link, document->id, document->checksum)) {
    return make_problem(request.occurrence(), {.code = ProblemCode::kLinkInvalid});
  }
  return send(call, request, *document);
}

// 302 to the store's own URL; nullopt where the store has none.
std::optional<Response> DocumentHandlers::redirect(const Call& call, const Request& request, const Document& document) {
  const auto url = parts_.objects.presign(
      call, document.s3_key, {kRedirectLifetime, document.content_type, content_disposition(document.filename)});
  if (!url) return failed(request, url.error(), Effect::kRead);
  const std::optional<std::string>& stores_own = *url;
  if (!stores_own) return std::nullopt;
  Response response = empty_response(302);
  response.headers.add("Location", *stores_own);
  return response;
}

// Preconditions and ranges in the order of RFC 9110 section 13.2.2.
Response DocumentHandlers::send(const Call& call, const Request& request, const Document& document) {
  if (document.state == State::kQuarantined) {
    return make_problem(request.occurrence(), {.code = ProblemCode::kQuarantined});
  }
  const Headers& headers = request.head.headers;
  const std::string opaque = document.checksum.to_string();
  const std::string etag = "\"" + opaque + "\"";
  const TagHeader wanted = parse_tag_header(headers, "If-Match");
  const TagHeader known = parse_tag_header(headers, "If-None-Match");
  if ((wanted.present && !wanted.tags) || (known.present && !known.tags)) {
    return make_problem(request.occurrence(),
                        {.code = ProblemCode::kInvalidHeader,
                         .detail = "If-Match and If-None-Match are `*` or a list of quoted ETags."});
  }
  if (wanted.present && !matches_strongly(*wanted.tags, opaque)) {
    return make_problem(request.occurrence(), {.code = ProblemCode::kPreconditionFailed,
                                               .detail = "The document's bytes are not those named in If-Match."});
  }
  if (known.present && matches_weakly(*known.tags, opaque)) return not_modified(etag);
  if (options_.download_redirect && !request.is_head()) {
    // A range is then the store's to give: clients send it again.
    if (auto redirected = redirect(call, request, document)) return *std::move(redirected);
  }

  ByteRange range{0, document.size};
  Response response = empty_response(200);
  const std::string* const asked = request.is_head() ? nullptr : headers.find("Range");
  if (asked != nullptr && headers.count("Range") == 1 && if_range_holds(headers.find("If-Range"), opaque)) {
    const RangeRequest parsed = parse_range(*asked, document.size);
    if (std::holds_alternative<Unsatisfiable>(parsed)) {
      Response refused =
          make_problem(request.occurrence(), {.code = ProblemCode::kRangeNotSatisfiable, .limit = document.size});
      refused.headers.add("Content-Range", "bytes */" + std::to_string(document.size));
      return refused;
    }
    if (const auto* part = std::get_if<ByteRange>(&parsed)) {
      range = *part;
      response.status = 206;
      response.headers.add("Content-Range", content_range(range, document.size));
    }
  }
  add_content_headers(response.headers, document, etag);
  response.content_length = range.length;
  if (request.is_head()) return response;
  auto body = parts_.documents.open_content(call, document, range);
  if (!body) return failed(request, body.error(), Effect::kRead);
  std::visit([&](auto& opened) { response.body = std::move(opened); }, *body);
  return response;
}

Response DocumentHandlers::make_url(const Call& call, const Request& request, const std::string& body) {
  const auto asked = parse_url_body(body);
  if (!asked) return failed(request, asked.error(), Effect::kRead);
  const auto document = parts_.documents.get(call, request.id);
  if (!document) return failed(request, document.error(), Effect::kRead);
  if (document->state == State::kQuarantined) {
    return make_problem(request.occurrence(), {.code = ProblemCode::kQuarantined});
  }
  const std::chrono::seconds lifetime = *asked ? std::chrono::seconds(**asked) : kDefaultLinkLifetime;
  const auto expires = std::chrono::floor<std::chrono::seconds>(parts_.clock.now()) + lifetime;
  return json_response(200,
                       JsonWriter()
                           .text("url", options_.public_url + links_.sign(document->id, document->checksum, expires))
                           .text("expires_at", format_rfc3339(expires))
                           .finish());
}

// If-Match as the one version a change may be made to. Of several the stored one counts, if it is among them.
Result<ExpectedVersion> DocumentHandlers::expected_version(const Call& call, const Request& request) {
  const TagHeader header = parse_tag_header(request.head.headers, "If-Match");
  if (!header.present || !header.tags || header.tags->any) return std::nullopt;
  if (header.tags->tags.size() == 1) return version_of(header.tags->tags.front()).value_or(kNoVersion);
  const auto document = parts_.metadata.get(call, request.id);
  if (!document) return std::unexpected(document.error());
  return matches_strongly(*header.tags, std::to_string(document->version)) ? document->version : kNoVersion;
}

Response DocumentHandlers::changed(const Request& request, const Result<Document>& document,
                                   std::string_view conflict) {
  if (document) return document_response(200, *document);
  if (document.error().code == ErrorCode::kConflict && document.error().retry == Retry::kNever && !conflict.empty()) {
    return make_problem(request.occurrence(), {.code = ProblemCode::kConflict, .detail = std::string(conflict)});
  }
  return failed(request, document.error(), Effect::kChange);
}

Response DocumentHandlers::patch(const Call& call, const Request& request, const std::string& body) {
  auto change = parse_change(body, options_.categories);
  if (!change) return failed(request, change.error(), Effect::kChange);
  const auto expected = expected_version(call, request);
  if (!expected) return failed(request, expected.error(), Effect::kChange);
  return changed(request, parts_.documents.change(call, request.id,
                                                  {.filename = std::move(change->filename),
                                                   .categories = std::move(change->categories),
                                                   .metadata_patch = std::move(change->metadata_patch),
                                                   .clear_metadata = change->clear_metadata,
                                                   .processed = change->processed},
                                                  *expected));
}

Response DocumentHandlers::put_categories(const Call& call, const Request& request, const std::string& body) {
  auto categories = parse_categories_body(body, options_.categories);
  if (!categories) return failed(request, categories.error(), Effect::kChange);
  const auto expected = expected_version(call, request);
  if (!expected) return failed(request, expected.error(), Effect::kChange);
  DocumentChange change;
  change.categories = *std::move(categories);
  return changed(request, parts_.documents.change(call, request.id, change, *expected));
}

Response DocumentHandlers::remove(const Call& call, const Request& request) {
  const auto expected = expected_version(call, request);
  if (!expected) return failed(request, expected.error(), Effect::kChange);
  const auto removed = parts_.documents.remove(call, request.id, *expected);
  return removed ? empty_response(204) : failed(request, removed.error(), Effect::kChange);
}

Response DocumentHandlers::purge(const Call& call, const Request& request) {
  const auto expected = expected_version(call, request);
  if (!expected) return failed(request, expected.error(), Effect::kChange);
  const auto purged = parts_.documents.purge(call, request.id, *expected);
  return purged ? empty_response(204) : failed(request, purged.error(), Effect::kChange);
}

Response DocumentHandlers::restore(const Call& call, const Request& request) {
  const auto expected = expected_version(call, request);
  if (!expected) return failed(request, expected.error(), Effect::kChange);
  return changed(request, parts_.documents.restore(call, request.id, *expected),
                 "The document is not deleted, so there is nothing to restore.");
}

Response DocumentHandlers::release(const Call& call, const Request& request, const std::string& body) {
  auto reason = parse_release_body(body);
  if (!reason) return failed(request, reason.error(), Effect::kChange);
  const auto expected = expected_version(call, request);
  if (!expected) return failed(request, expected.error(), Effect::kChange);
  return changed(request,
                 parts_.documents.release(call, request.id, *std::move(reason), request.caller.name, *expected),
                 "The document is not in quarantine, so there is nothing to release.");
}

}  // namespace lazaret::http
