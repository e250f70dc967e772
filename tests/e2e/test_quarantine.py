"""`lazaret quarantine`: over embedded stores while no service runs on them, over remote ones beside one that does."""

import os
import json
import pwd

from support import pdf, server as servers
from support.problem import expect_problem
from support.server import Server, run_command
from support.suite import contains, holds, same, test

NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057"


def is_remote(home):
    return "S3_BUCKET" in (settings := home.settings()) and "DYNAMODB_TABLE" in settings


class Command:
    """Runs the command beside the server, or with the server down where it must be."""

    def __init__(self, server):
        self.server, self.remote = server, is_remote(server.home)

    def __call__(self, *arguments, status=0):
        if not self.remote:
            self.server.terminate()
        try:
            done = run_command("quarantine", *arguments, **self.server.settings)
        finally:
            if not self.remote:
                self.server.start()
        same(done.returncode, status, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout if status == 0 else done.stderr


def locked(client, name="referral.pdf"):
    return client.stored(pdf.with_auto_run_link(), name)["id"]


def whole_story(home):
    with Server(home=home) as server:
        quarantine = Command(server)
        same(quarantine("list"), "", "an empty quarantine")
        first, second = locked(server.client()), locked(server.client(), "Müller, Anna.pdf")
        other = server.client().stored(pdf.unique())["id"]
        listed = quarantine("list").splitlines()
        same([line.split()[0] for line in listed], [second, first], "listed, the newest first")
        contains(listed[0], " suspicious auto_run_uri", "a line of the list")
        holds("ller" not in "".join(listed), "the list shows a file's name")
        shown = json.loads(quarantine("show", second))
        same(shown, server.client().get(f"/api/documents/{second}").json, "shown")
        same(quarantine("release", first, "--reason", "read by the ward", "--by", "dr-lee"), f"released {first}\n")
        released = server.client().get(f"/api/documents/{first}").json
        same((released["state"], released["version"]), ("available", 2), "state and version")
        same((released["release"]["reason"], released["release"]["caller"]), ("read by the ward", "command line: dr-lee"))
        same(server.client().get(f"/api/documents/{first}/content").status, 200, "its content")
        same(quarantine("remove", second), f"removed {second}\n")
        expect_problem(server.client().get(f"/api/documents/{second}"), 404, "document_not_found")
        same(server.client().post(f"/api/documents/{second}/restore").json["state"], "quarantined", "restored")
        same(quarantine("remove", second, "--purge"), f"purged {second}\n")
        expect_problem(server.client().post(f"/api/documents/{second}/restore"), 404, "document_not_found")
        same(quarantine("list"), "", "the quarantine at the end")
        same(server.client().get(f"/api/documents/{other}").status, 200, "a document that was never locked")


@test("`lazaret quarantine` lists, shows, releases with a reason and removes what is locked")
def _():
    whole_story(servers.HOME)


@test("`lazaret quarantine` touches no document that is not locked, and says so by its exit status")
def _():
    with Server() as server:
        available = server.client().stored(pdf.unique())["id"]
        if not is_remote(server.home):
            server.terminate()
        for identity in (available, NOBODY):
            for order in (["show", identity], ["remove", identity], ["remove", identity, "--purge"],
                          ["release", identity, "--reason", "checked"]):
                done = run_command("quarantine", *order, **server.settings)
                same((done.returncode, done.stdout), (1, ""), f"{order}: {done.stderr}")
                contains(done.stderr, "is not in quarantine", f"{order}")
        for order in (["release", available], ["release", available, "--reason", "  "],
                      ["release", available, "--reason", "a\nb"], ["release", available, "--reason", "x" * 1001],
                      ["release", available, "--reason", "checked", "--by", "a\tb"], ["show", "7"], ["empty"], []):
            same(run_command("quarantine", *order, **server.settings).returncode, 64, f"exit status of {order}")


@test("A release on the command line is by the user who runs it, where nobody is named")
def _():
    with Server() as server:
        identity = locked(server.client())
        Command(server)("release", identity, "--reason", "checked")
        caller = server.client().get(f"/api/documents/{identity}").json["release"]["caller"]
        same(caller, f"command line: {pwd.getpwuid(os.geteuid()).pw_name}", "caller")


@test("Beside a service that runs on its folder, `lazaret quarantine` says whom to ask instead", homes=("embedded",))
def _():
    with Server() as server:
        done = run_command("quarantine", "list", **server.settings)
        same((done.returncode, done.stdout), (69, ""), "refused")
        contains(done.stderr, "POST /api/documents/<id>/release", "what it says")


@test("`lazaret quarantine` works on every pair of stores", homes=("cloud",))
def _():
    from support.cloud import mixed_homes
    for home in mixed_homes():
        whole_story(home)
