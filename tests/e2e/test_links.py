"""Secure URLs: they need no key, and end with their time, with any edit and with a delete."""
import datetime
import time

from support import pdf
from support.problem import expect_problem
from support.server import FAKE_SECRET, Server
from support.suite import same, test, test_on

FILE = pdf.unique(5_000)


def link(server, body=None):
    client = server.client()
    document = client.stored(FILE)
    path = f"/api/documents/{document['id']}"
    answer = client.post(path + "/url") if body is None else client.post(path + "/url", body)
    same(answer.status, 200)
    return path, answer.json


def seconds_left(told):
    expires = datetime.datetime.fromisoformat(told["expires_at"].replace("Z", "+00:00"))
    return (expires - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


@test_on("A link needs no key, carries no name, and gives the bytes, ranges too")
def _(server):
    path, told = link(server)
    same(set(told), {"url", "expires_at"})
    assert told["url"].startswith(path + "/content?"), told
    answer = server.client().get(told["url"])
    assert answer.status == 200 and answer.body == FILE
    same(server.client().get(told["url"], Range="bytes=0-9").body, FILE[:10])
    same(server.client().head(told["url"]).header("Content-Length"), str(len(FILE)))


@test_on("A link that has expired is refused")
def _(server):
    _, told = link(server, {"expires_in": 1})
    same(server.client().get(told["url"]).status, 200)
    time.sleep(max(0, seconds_left(told)) + 0.05)
    expect_problem(server.client().get(told["url"]), 403, "link_expired")


@test_on("A link edited anywhere is refused")
def _(server):
    path, told = link(server)
    other = f"/api/documents/{server.client().stored(pdf.clean('another'))['id']}"
    url = told["url"]
    _, query = url.split("?")
    expires, signature = (pair.split("=")[1] for pair in query.split("&"))
    flipped = ("A" if signature[5] != "A" else "B")
    for edited in (f"{other}/content?{query}",
                   f"{path}/content?expires={int(expires) + 1}&signature={signature}",
                   f"{path}/content?expires={expires}&signature={signature[:5] + flipped + signature[6:]}",
                   f"{path}/content?expires={expires}&signature={signature[:-1]}",
                   f"{path}/content?expires={expires}&signature=",
                   f"{path}/content?expires=0{expires}&signature={signature}",
                   f"{path}/content?signature={signature}&expires={expires}",
                   f"{path}/content?expires={expires}", f"{path}/content?signature={signature}",
                   url + "&purge=true", url + "&expires=9999999999"):
        expect_problem(server.client().get(edited), 403, "link_invalid")


@test_on("A link ends with a delete, lives again with a restore, and ends with a purge")
def _(server):
    path, told = link(server)
    client = server.client()
    same(client.delete(path).status, 204)
    expect_problem(client.get(told["url"]), 404, "document_not_found")
    same(client.post(path + "/restore").status, 200)
    same(client.get(told["url"]).status, 200)
    same(client.delete(path + "?purge=true").status, 204)
    expect_problem(client.get(told["url"]), 404, "document_not_found")


@test("A link outlives a restart with the same SECRET_KEY, and no other")
def _():
    with Server() as server:
        _, told = link(server)
        server.restart()
        assert server.client().get(told["url"]).body == FILE
        server.restart(SECRET_KEY=FAKE_SECRET[::-1])
        expect_problem(server.client().get(told["url"]), 403, "link_invalid")
