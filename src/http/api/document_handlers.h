// The routes about documents that exist: list, read, change, delete, fetch, link. Thread-safe; holds no state.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/call.h"
#include "base/clock.h"
#include "document/validation.h"
#include "http/api/conditional.h"
#include "http/api/request.h"
#include "http/api/signed_url.h"
#include "intake/document_service.h"

namespace lazaret::http {

class DocumentHandlers {
 public:
  struct Parts {
    DocumentService& documents;
    MetadataStore& metadata;
    ObjectStore& objects;
    RequestObserver& observer;
    const Clock& clock;
  };
  struct Options {
    Categories categories;
    Secret cursor_key;
    std::string public_url;  // without a slash at its end; empty: links are relative
    bool download_redirect = false;
  };
  DocumentHandlers(Parts parts, Options options, const LinkSigner& links)
      : parts_(parts), options_(std::move(options)), links_(links) {}

  Response categories() const;
  Response list(const Call& call, const Request& request);
  Response get(const Call& call, const Request& request);
  Response content(const Call& call, const Request& request);
  // For a request that came with a link instead of a key.
  Response linked_content(const Call& call, const Request& request, const OpenLink& link);
  Response make_url(const Call& call, const Request& request, const std::string& body);
  Response patch(const Call& call, const Request& request, const std::string& body);
  Response put_categories(const Call& call, const Request& request, const std::string& body);
  Response remove(const Call& call, const Request& request);
  Response purge(const Call& call, const Request& request);
  Response restore(const Call& call, const Request& request);
  Response release(const Call& call, const Request& request, const std::string& body);

 private:
  Result<ExpectedVersion> expected_version(const Call& call, const Request& request);
  Response changed(const Request& request, const Result<Document>& document, std::string_view conflict = {});
  Response failed(const Request& request, const Error& error, Effect effect);
  Response send(const Call& call, const Request& request, const Document& document);
  std::optional<Response> redirect(const Call& call, const Request& request, const Document& document);

  Parts parts_;
  Options options_;
  const LinkSigner& links_;
};

// What DELETE's query asks for: `purge=true`, `purge=false` or nothing; anything else names the fault.
Result<bool> parse_purge(std::string_view query);

// `attachment; filename="report.pdf"; filename*=UTF-8''report.pdf` (RFC 6266).
std::string content_disposition(const PatientText& filename);

}  // namespace lazaret::http
