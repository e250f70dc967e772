"""Edits in the finer points: every fault of a change is pointed at, and every change can be guarded by a version."""

import concurrent.futures

from support import pdf
from support.problem import expect_problem
from support.suite import same, test_on


def made(server, **fields):
    document = server.client().stored(pdf.unique(), "before.pdf", **fields)
    return f"/api/documents/{document['id']}", document


@test_on("Each fault of a patch is pointed at, all of them at once, and nothing is changed")
def _(server):
    path, before = made(server)
    client = server.client()
    for change, pointer in (({"size": 1}, "/size"), ({"state": "available"}, "/state"), ({"processed": "yes"}, "/processed"),
                            ({"filename": "a.exe"}, "/filename"), ({"filename": 7}, "/filename"),
                            ({"categories": ["gossip"]}, "/categories/0"), ({"categories": "lab_results"}, "/categories"),
                            ({"metadata": []}, "/metadata"), ({"metadata": {"extracted": {}}}, "/metadata/extracted"),
                            ({"a/b~c": 1}, "/a~1b~0c")):
        told = expect_problem(client.patch(path, change), 422, "invalid_field")
        same([e["pointer"] for e in told["errors"]], [pointer])
    told = expect_problem(client.patch(path, {"size": 1, "processed": 2, "metadata": 3}), 422, "invalid_field")
    same({e["pointer"] for e in told["errors"]}, {"/size", "/processed", "/metadata"})
    same(client.get(path).json, before)


@test_on("Metadata may not grow beyond its limit by merging")
def _(server):
    path, _ = made(server, metadata='{"a":"' + "x" * 20_000 + '"}')
    expect_problem(server.client().patch(path, {"metadata": {"b": "y" * 20_000}}), 422, "invalid_field")


@test_on("PUT of categories takes one member and knows no other")
def _(server):
    path, _ = made(server)
    for body in ({"categories": ["gossip"]}, {}, {"categories": [], "x": 1}, ["lab_results"], {"categories": None}):
        expect_problem(server.client().put(path + "/categories", body), 422, "invalid_field")


CHANGES = (lambda c, p, h: c.patch(p, {"processed": True}, h),
           lambda c, p, h: c.put(p + "/categories", {"categories": []}, h),
           lambda c, p, h: c.delete(p, **h), lambda c, p, h: c.delete(p + "?purge=true", **h),
           lambda c, p, h: c.post(p + "/restore", headers=h),
           lambda c, p, h: c.post(p + "/release", {"reason": "checked"}, h))


@test_on("If-Match guards every call that changes a document, and is read strictly")
def _(server):
    client = server.client()
    path, before = made(server)
    for call in CHANGES:
        for malformed in ("1", '"1', "W/1", '"1";"2"', ""):
            expect_problem(call(client, path, {"If-Match": malformed}), 400, "invalid_header")
    for call in CHANGES[:4]:
        for stale in ('"7"', 'W/"1"', '"01"', '"x"', '"7", "8"'):
            expect_problem(call(client, path, {"If-Match": stale}), 412, "precondition_failed")
    same(client.get(path).json, before)
    same(client.patch(path, {"processed": True}, {"If-Match": '"9", "1"'}).json["version"], 2)
    same(client.patch(path, {"processed": False}, {"If-Match": "*"}).json["version"], 3)
    same(client.delete(path, If_Match='"3"').status, 204)
    expect_problem(client.post(path + "/restore", headers={"If-Match": '"3"'}), 412, "precondition_failed")
    same(client.post(path + "/restore", headers={"If-Match": '"4"'}).json["version"], 5)


@test_on("Where If-Match is required, every change wants it", REQUIRE_IF_MATCH="true")
def _(server):
    path, before = made(server)
    for call in CHANGES:
        expect_problem(call(server.client(), path, {}), 428, "precondition_required")
    same(server.client().get(path).json, before)


@test_on("Of many changes at once without a version none is lost")
def _(server):
    path, _ = made(server)

    def change(number):
        return server.client().patch(path, {"metadata": {f"n{number}": number}}).status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        same(set(pool.map(change, range(24))), {200})
    document = server.client().get(path).json
    same(document["version"], 25)
    same(sum(1 for name in document["metadata"] if name.startswith("n")), 24)


@test_on("A release wants a reason, and a quarantined document stays one through edits, delete and restore")
def _(server):
    client = server.client()
    path = f"/api/documents/{client.stored(pdf.with_auto_run_link())['id']}"
    for body in ({}, {"reason": ""}, {"reason": "  "}, {"reason": 7}, {"reason": "a\nb"}, {"reason": "x" * 1001},
                 {"reason": "fine", "more": 1}, []):
        expect_problem(client.post(path + "/release", body), 422, "invalid_field")
    same(client.patch(path, {"categories": ["lab_results"]}).json["state"], "quarantined")
    same(client.delete(path).status, 204)
    same(client.post(path + "/restore").json["state"], "quarantined")
    expect_problem(client.get(path + "/content"), 409, "quarantined")
    expect_problem(client.post(path + "/url"), 409, "quarantined")


@test_on("Totals follow edits, deletes, restores and purges")
def _(server):
    client = server.client()
    word = pdf.unique()[-40:].hex()[:12]
    paths = [f"/api/documents/{client.stored(pdf.unique(), f'tally{word} {n}.pdf', categories='lab_results')['id']}"
             for n in range(5)]

    def totals():
        about = {"search": f"tally{word}"}
        return tuple(client.list(**about, **more)["total"] for more in
                     ({}, {"state": "deleted"}, {"processed": "true"}, {"categories": "lab_results"}))

    same(totals(), (5, 0, 0, 5))
    same(client.delete(paths[0]).status, 204)
    same(client.patch(paths[1], {"processed": True, "categories": []}).status, 200)
    same(totals(), (4, 1, 1, 3))
    same(client.post(paths[0] + "/restore").status, 200)
    same(client.delete(paths[1] + "?purge=true").status, 204)
    same(totals(), (4, 0, 0, 4))
