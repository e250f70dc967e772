"""What may happen to a document after intake: edits, deletes, restores, and uploads that are sent twice."""

from concurrent.futures import ThreadPoolExecutor

from support import pdf
from support.problem import expect_problem
from support.server import shared, wait_until
from support.suite import holds, same, test


def api():
    return shared().client()


def new_path(**fields):
    return "/api/documents/" + api().stored(pdf.unique(), **fields)["id"]


@test("A merge patch changes what it names, keeps the rest, and counts the version up")
def patch():
    path = new_path(metadata='{"a": 1, "b": {"c": 2}}')
    answer = api().send_json("PATCH", path, {"metadata": {"a": None, "b": {"d": 3}}, "categories": ["lab_results"],
                                             "processed": True, "filename": "Renamed.pdf"})
    same((answer.status, answer.header("ETag")), (200, '"2"'), "answer")
    document = api().get(path).json
    extracted = document["metadata"].pop("extracted")
    same(document["metadata"], {"b": {"c": 2, "d": 3}}, "metadata")
    holds(extracted, "extracted is gone")
    same((document["categories"], document["processed"], document["filename"], document["version"]),
         (["lab_results"], True, "Renamed.pdf", 2), "document")


@test("A patch of nothing changes nothing, not even the version")
def empty_patch():
    path = new_path()
    same(api().send_json("PATCH", path, {}).json["version"], 1, "version")


@test("Metadata set to null is cleared, what inspection found stays")
def clear_metadata():
    path = new_path(metadata='{"a": 1}')
    metadata = api().send_json("PATCH", path, {"metadata": None}).json["metadata"]
    same(list(metadata), ["extracted"], "members")


@test("A document renamed is found by its new name and not by the old")
def rename_moves_search():
    path = new_path()
    api().send_json("PATCH", path, {"filename": "Wolpertinger.pdf"})
    identity = path.rsplit("/", 1)[1]
    same([d["id"] for d in api().get("/api/documents?search=wolpertinger").json["documents"]], [identity], "new name")


@test("The categories route replaces the categories")
def put_categories():
    path = new_path(categories="lab_results")
    answer = api().send_json("PUT", path + "/categories", {"categories": ["research_papers"]})
    same((answer.status, answer.json["categories"]), (200, ["research_papers"]), "answer")


@test("A change against an older version is 412 and changes nothing")
def stale_change():
    path = new_path()
    same(api().send_json("PATCH", path, {"processed": True}, If_Match='"1"').status, 200, "first")
    expect_problem(api().send_json("PATCH", path, {"processed": False}, If_Match='"1"'), 412, "precondition_failed")
    expect_problem(api().delete(path, If_Match='"1"'), 412, "precondition_failed")
    same((api().get(path).json["processed"], api().get(path).json["version"]), (True, 2), "document")


@test("A malformed If-Match is 400")
def malformed_if_match():
    expect_problem(api().send_json("PATCH", new_path(), {"processed": True}, If_Match="1"), 400, "invalid_header")


@test("Of twenty changes to one version at once exactly one wins")
def race():
    path = new_path()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda i: api().send_json("PATCH", path, {"metadata": {"i": i}}, If_Match='"1"'), range(20)))
    same(sorted(a.status for a in answers), [200] + [412] * 19, "answers")
    same(api().get(path).json["version"], 2, "version")


@test("Where If-Match is required a change without it is 428")
def required():
    client = shared(REQUIRE_IF_MATCH="true").client()
    path = "/api/documents/" + client.stored(pdf.unique())["id"]
    expect_problem(client.send_json("PATCH", path, {"processed": True}), 428, "precondition_required")
    same(client.send_json("PATCH", path, {"processed": True}, If_Match='"1"').status, 200, "with If-Match")


@test("A deleted document is gone from every list, its bytes are kept, and a restore brings it back")
def delete_and_restore():
    content = pdf.unique()
    path = "/api/documents/" + api().stored(content)["id"]
    same(api().delete(path).status, 204, "delete")
    expect_problem(api().get(path), 404, "document_not_found")
    expect_problem(api().get(path + "/content"), 404, "document_not_found")
    expect_problem(api().delete(path), 404, "document_not_found")
    listed = [d["id"] for d in api().get("/api/documents?state=deleted&limit=200").json["documents"]]
    holds(path.rsplit("/", 1)[1] in listed, "not among the deleted")
    restored = api().request("POST", path + "/restore")
    same((restored.status, restored.json["state"]), (200, "available"), "restore")
    holds("deleted_at" not in restored.json, "deleted_at is still there")
    holds(api().get(path + "/content").body == content, "the bytes differ")


@test("Restoring a live document is a conflict")
def restore_live():
    expect_problem(api().request("POST", new_path() + "/restore"), 409, "conflict")


@test("A purged document leaves neither row nor bytes, and cannot be restored")
def purge():
    server = shared()
    before = server.footprint()
    path = new_path()
    same(len(server.objects()), len(before["objects"]) + 1, "objects after the upload")
    same(api().delete(path + "?purge=true").status, 204, "purge")
    expect_problem(api().request("POST", path + "/restore"), 404, "document_not_found")
    same(server.objects(), before["objects"], "objects")
    # Over S3 the row outlives the last PUT that may still land.
    wait_until(lambda: server.footprint() == before)
    same(server.footprint(), before, "what lies in the stores")


@test("A soft-deleted document can be purged")
def purge_deleted():
    path = new_path()
    api().delete(path)
    same(api().delete(path + "?purge=true").status, 204, "purge")


@test("The same upload under one Idempotency-Key is one document, answered twice alike")
def idempotent():
    content, headers = pdf.unique(), {"Idempotency-Key": "e2e-key-1"}
    first = api().upload(content, headers=headers)
    second = api().upload(content, headers=headers)
    same((second.status, second.body), (first.status, first.body), "second answer")


@test("Another file or other fields under a used Idempotency-Key are refused")
def idempotency_reused():
    content, headers = pdf.unique(), {"Idempotency-Key": "e2e-key-2"}
    same(api().upload(content, headers=headers).status, 201, "first")
    expect_problem(api().upload(pdf.unique(), headers=headers), 422, "idempotency_key_reused")
    expect_problem(api().upload(content, headers=headers, categories="lab_results"), 422, "idempotency_key_reused")


@test("A refusal is not remembered under its Idempotency-Key")
def idempotency_refused():
    headers = {"Idempotency-Key": "e2e-key-3"}
    same(api().upload(pdf.with_launch(), headers=headers).status, 422, "refused")
    same(api().upload(pdf.unique(), headers=headers).status, 201, "another file")


def race_under_one_key(key):
    """Twenty times the same upload at once: one document. Gives how many were told that the first still runs."""
    server, content, headers = shared(), pdf.unique(), {"Idempotency-Key": key}
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: server.client().upload(content, "race.pdf", headers=headers), range(20)))
    holds({a.status for a in answers} <= {201, 409}, f"answers: {sorted(a.status for a in answers)}")
    same(len({a.json["id"] for a in answers if a.status == 201}), 1, "different documents")
    told_to_wait = [a for a in answers if a.status == 409]
    for answer in told_to_wait:
        expect_problem(answer, 409, "idempotency_in_progress")
        holds(answer.header("Retry-After"), "no Retry-After")
    checksum = next(a for a in answers if a.status == 201).json["checksum"]
    same(len(api().get(f"/api/documents?checksum={checksum}").json["documents"]), 1, "documents stored")
    return len(told_to_wait)


@test("Twenty times the same upload at once under one key stores one document, and who comes too soon is told to wait")
def idempotency_race():
    # Whether two meet within the few milliseconds of an upload is up to the machine: it gets a hundred chances.
    holds(any(race_under_one_key(f"e2e-key-race-{number}") for number in range(100)), "no two of them ever met")


@test("A malformed Idempotency-Key is refused")
def bad_idempotency_key():
    for key in ("x" * 256, "with space\x7f"):
        holds(api().upload(pdf.unique(), headers={"Idempotency-Key": key}).status == 400, f"{key[:20]!r} was taken")


@test("Thirty-two different uploads at once are thirty-two documents, each whole")
def parallel_uploads():
    contents = [pdf.unique(20_000) for _ in range(32)]
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda c: api().upload(c), contents))
    same([a.status for a in answers], [201] * 32, "answers")
    same(len({a.json["id"] for a in answers}), 32, "ids")
    for content, answer in zip(contents, answers):
        holds(api().get(f"/api/documents/{answer.json['id']}/content").body == content, "bytes differ")


@test("The same file twice is two documents by default, and a conflict where duplicates are refused")
def duplicates():
    content = pdf.unique()
    same([api().upload(content).status for _ in range(2)], [201, 201], "allowed")
    client = shared(ON_DUPLICATE="reject").client()
    same(client.upload(content).status, 201, "first")
    expect_problem(client.upload(content), 409, "conflict")


@test("Where duplicates are flagged, the second names the first")
def flagged():
    client, content = shared(ON_DUPLICATE="flag").client(), pdf.unique()
    first, second = client.stored(content), client.stored(content)
    holds("duplicate_of" not in first, "the first is flagged")
    same(second["duplicate_of"], first["id"], "duplicate_of")
