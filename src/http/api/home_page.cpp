#include "http/api/system_handlers.h"

namespace lazaret::http {
namespace {

constexpr std::string_view kHomePage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lazaret</title>
<style>
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; color: #1b2a33; background: #fff }
h1 { font-size: 1.6rem } code { background: #eef3f5; padding: .1em .3em; border-radius: .2em } a { color: #005f73 }
@media (prefers-color-scheme: dark) { body { color: #dfe8ec; background: #10181c } code { background: #1d2a31 } a { color: #7fd1e0 } }
</style>
</head>
<body>
<main>
<h1>Lazaret</h1>
<p>This service takes medical documents, inspects them where they can do no harm, keeps the ones that pass, and
answers questions about them.</p>
<p>It is used over HTTP: the API is described in <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1), and
documents live under <code>/api/documents</code>.</p>
<p>How it is doing: <a href="/health/ready">/health/ready</a>.</p>
</main>
</body>
</html>
)html";

}  // namespace

std::string_view home_page() {
  return kHomePage;
}

}  // namespace lazaret::http
