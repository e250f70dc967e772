"""A real server of tests/servers for as long as this process lives: it ends with the pipe between them."""

import atexit
import subprocess
import tempfile
from pathlib import Path

SERVERS = Path(__file__).resolve().parents[2] / "servers"


class Started:
    """`values` is what the script printed as NAME=value; `arguments` are those it takes beyond its folder."""

    def __init__(self, name, *arguments):
        self.script, self.folder = SERVERS / name, tempfile.mkdtemp(prefix=f"lazaret-{name}-")
        self.process = subprocess.Popen([self.script, "run", self.folder, *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        lines = (line.strip().partition("=") for line in self.process.stdout)  # closed when all is said
        self.values = {key: value for key, _, value in lines}
        if not self.values:
            raise SystemExit(f"{self.script} did not start")
        atexit.register(self.stop)

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(60)

    def tell(self, verb, *arguments):
        """Another verb of the script, for this server."""
        subprocess.run([self.script, verb, self.folder, *arguments], check=True, timeout=60)
