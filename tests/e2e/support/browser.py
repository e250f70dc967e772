"""A real headless Chromium, driven over WebDriver by the standard library alone."""

import http.client
import json
import shutil
import subprocess
import tempfile
import time

from support.server import free_port
from support.suite import Skip

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]


class Browser:
    def __init__(self):
        driver, chromium = shutil.which("chromedriver"), shutil.which("chromium") or shutil.which("chromium-browser")
        if not driver or not chromium:
            raise Skip("chromium and chromium-driver are not installed")
        self.profile = tempfile.mkdtemp(prefix="lazaret-e2e-browser-")
        self.port = free_port()
        self.process = subprocess.Popen([driver, f"--port={self.port}"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        try:
            self._wait_for_driver()
            options = {"binary": chromium, "args": [*FLAGS, f"--user-data-dir={self.profile}"]}
            capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}
            self.session = self._call("POST", "/session", {"capabilities": capabilities})["sessionId"]
        except BaseException:
            self._end()
            raise

    def _wait_for_driver(self):
        end = time.monotonic() + 30
        while True:
            try:
                if self._call("GET", "/status")["ready"]:
                    return
            except OSError:
                pass
            if time.monotonic() > end:
                raise AssertionError("chromedriver did not start")
            time.sleep(0.1)

    def _call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, None if body is None else json.dumps(body),
                               {"Content-Type": "application/json"})
            value = json.load(connection.getresponse())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value and "message" in value:
            raise AssertionError(f"the browser says {value['error']}: {value['message'][:500]}")
        return value

    def command(self, method, path, body=None):
        return self._call(method, f"/session/{self.session}{path}", body)

    def open(self, url):
        self.command("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.command("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector):
        found = self.command("POST", "/element", {"using": "css selector", "value": selector})
        return next(iter(found.values()))

    def type_into(self, selector, text):
        """Into a file field, the text is the path of the file."""
        self.command("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def click(self, selector):
        self.command("POST", f"/element/{self.find(selector)}/click", {})

    def wait_for(self, script, seconds=60):
        """Until the script gives something other than null or false."""
        end = time.monotonic() + seconds
        while True:
            value = self.run(script)
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"never happened in the page: {script}")
            time.sleep(0.1)

    def _end(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.command("DELETE", "")
        except (AssertionError, OSError):
            pass
        self._end()
