"""The first web client, which must go on working unchanged: a page from another port, no key, XMLHttpRequest with a
progress listener, success only on 200 of the first upload route, and `error` shown to people."""

import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support import pdf
from support.browser import Browser
from support.server import Server, shared
from support.suite import contains, holds, same, test

PAGE = """<!doctype html><meta charset="utf-8"><title>First client</title>
<form><input type="file" id="file"><select id="category"><option>lab_results</option></select>
<button type="button" id="send">Upload</button></form>
<progress id="progress" max="100" value="0"></progress><p id="message"></p><ul id="list"></ul>
<script>
const api = "API";
window.progressEvents = [];
function list() {
  fetch(api + "/api/documents").then(r => r.json()).then(page => {
    document.getElementById("list").innerHTML = "";
    for (const d of page.documents) {
      const item = document.createElement("li");
      item.textContent = d.filename;
      document.getElementById("list").append(item);
    }
    window.listed = true;
  });
}
document.getElementById("send").onclick = () => {
  const form = new FormData();
  form.append("file", document.getElementById("file").files[0]);
  form.append("categories", document.getElementById("category").value);
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", e => {
    window.progressEvents.push(e.loaded);
    document.getElementById("progress").value = 100 * e.loaded / e.total;
  });
  request.onload = () => {
    if (request.status === 200) {
      document.getElementById("message").textContent = "Uploaded " + JSON.parse(request.responseText).filename;
      list();
    } else {
      document.getElementById("message").textContent = "Failed: " + JSON.parse(request.responseText).error;
    }
  };
  request.onerror = () => { document.getElementById("message").textContent = "Network error"; };
  request.open("POST", api + "/api/documents/upload");
  request.send(form);
};
</script>"""


class Page:
    """Serves the page from a port of its own."""

    def __init__(self, api_port):
        text = PAGE.replace("API", f"http://localhost:{api_port}", 1).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def uploaded(name, content, server):
    """What the page shows after the file was sent; (message, number of progress events, list)."""
    path = Path(tempfile.mkdtemp(prefix="lazaret-e2e-file-")) / name
    path.write_bytes(content)
    with Page(server.port) as page, Browser() as browser:
        browser.open(page.url)
        browser.type_into("#file", str(path))
        browser.click("#send")
        message = browser.wait_for("return document.getElementById('message').textContent")
        if message.startswith("Uploaded"):
            browser.wait_for("return window.listed")
        events = browser.run("return window.progressEvents.length")
        names = browser.run("return [...document.querySelectorAll('li')].map(item => item.textContent)")
    return message, events, names


@test("The first web client uploads, sees its progress, and lists the document")
def uploads():
    message, events, names = uploaded("first-client.pdf", pdf.unique(3 << 20), shared())
    same(message, "Uploaded first-client.pdf", "message")
    holds(events > 0, "no progress was seen")
    contains(names, "first-client.pdf", "list")


@test("The first web client shows people why a file was refused")
def shows_refusals():
    message, _, _ = uploaded("tool.exe", b"MZ" + bytes(5000), shared())
    holds(message.startswith("Failed: "), message)
    contains(message.lower(), "pdf", "message")
    message, _, _ = uploaded("attack.pdf", pdf.with_launch(), shared())
    holds(message.startswith("Failed: ") and len(message) > 30, message)


@test("The first web client hears that a file is too large, though the server stopped reading")
def too_large():
    message, _, _ = uploaded("huge.pdf", pdf.unique(20 << 20), shared(MAX_FILE_SIZE="1MB"))
    holds(message.startswith("Failed: "), message)
    contains(message, "1 MB", "the sentence names the limit")


@test("The first web client tells people when to come back, if they send too often")
def too_often():
    with Server(MAX_UPLOAD_RATE=1) as server:
        same(server.client().upload(pdf.unique(), path="/api/documents/upload").status, 200)
        message, _, _ = uploaded("second.pdf", pdf.unique(), server)
    holds(message.startswith("Failed: "), message)
    contains(message, "try again in", "message")
