"""Lists: filters, order, pages. On a server of its own, with a known set of documents."""

import urllib.parse

from support import pdf
from support.server import shared
from support.suite import contains, holds, same, test

NAMES = ["alpha Report.pdf", "Beta report.pdf", "gamma notes.pdf", "Äpfel liste.pdf", "delta_under_score.pdf",
         "epsilon.pdf", "zeta report final.pdf"]


def filled():
    """(client, documents in the order of their upload); filled by the first test that asks."""
    server = shared(IDLE_TIMEOUT="70s")  # a setting of its own makes it a server of its own
    client = server.client()
    if not hasattr(server, "documents"):
        server.documents = []
        for index, name in enumerate(NAMES):
            category = "lab_results" if index % 2 == 0 else "patient_records,research_papers"
            server.documents.append(client.stored(pdf.unique(1000 * index), name, categories=category))
    return client, server.documents


def listed(query=""):
    client, _ = filled()
    answer = client.get("/api/documents" + (f"?{query}" if query else ""))
    same(answer.status, 200, f"status of {query}")
    return answer.json


def names(query):
    return [document["filename"] for document in listed(query)["documents"]]


@test("Without parameters all documents come, newest first, with an exact total")
def plain_list():
    page = listed()
    _, documents = filled()
    same([d["id"] for d in page["documents"]], [d["id"] for d in reversed(documents)], "order")
    same((page["total"], page["total_relation"], page["next_cursor"]), (len(NAMES), "eq", None), "frame")


@test("Documents sort by size and by name in either direction")
def sorting():
    sizes = [d["size"] for d in listed("sort_by=size")["documents"]]
    same(sizes, sorted(sizes), "ascending sizes")
    sizes = [d["size"] for d in listed("sort_by=size&sort_order=desc")["documents"]]
    same(sizes, sorted(sizes, reverse=True), "descending sizes")
    ascending = names("sort_by=filename")
    same(ascending, sorted(NAMES, key=str.casefold), "ascending names")
    same(names("sort_by=filename&sort_order=desc"), ascending[::-1], "descending names")


@test("Walking the pages in every order gives every document once, with the same total on each page")
def walk():
    for order in ("", "sort_by=size", "sort_by=filename&sort_order=desc", "sort_order=asc"):
        seen, cursor = [], None
        for _ in range(20):
            query = f"limit=2&{order}" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else "")
            page = listed(query.replace("&&", "&").strip("&"))
            seen += [d["id"] for d in page["documents"]]
            same(page["total"], len(NAMES), "total")
            cursor = page["next_cursor"]
            if not cursor:
                break
        same(len(seen), len(NAMES), f"documents walked ({order})")
        same(len(set(seen)), len(NAMES), f"different documents ({order})")


@test("The Link header leads to the next page")
def link_header():
    client, _ = filled()
    answer = client.get("/api/documents?limit=3")
    link = answer.header("Link")
    contains(link, 'rel="next"', "Link")
    following = client.get(link[1:link.index(">")]).json["documents"]
    same([d["filename"] for d in following], NAMES[::-1][3:6], "second page")


@test("Documents that arrive during a walk neither repeat nor displace those that were there")
def walk_while_growing():
    server = shared(IDLE_TIMEOUT="71s")
    client = server.client()
    before = [client.stored(pdf.unique())["id"] for _ in range(6)]
    page = client.get("/api/documents?limit=2").json
    seen = [d["id"] for d in page["documents"]]
    while page["next_cursor"]:
        client.stored(pdf.unique())
        page = client.get("/api/documents?limit=2&cursor=" + urllib.parse.quote(page["next_cursor"])).json
        seen += [d["id"] for d in page["documents"]]
    same(seen, before[::-1], "documents of the walk")


@test("Categories filter by any of several, or by all")
def categories():
    same(len(names("categories=lab_results")), 4, "one category")
    same(len(names("categories=lab_results,research_papers")), 7, "any of two")
    same(len(names("categories=lab_results&categories=research_papers")), 7, "repeated")
    same(len(names("categories=patient_records,research_papers&categories_match=all")), 3, "all of two")
    same(len(names("categories=lab_results,research_papers&categories_match=all")), 0, "all of two that exclude each other")


@test("Dates, sizes, checksum, type and processing filter, ends included")
def filters():
    client, documents = filled()
    third = documents[2]
    moment = urllib.parse.quote(third["upload_date"])
    same(len(names(f"date_from={moment}")), 5, "from")
    same(len(names(f"date_to={moment}")), 3, "to")
    same(names(f"date_from={moment}&date_to={moment}"), [third["filename"]], "both ends")
    same(len(names(f"date_from={third['upload_date'][:10]}")), 7, "a whole day")
    same(names(f"size_min={third['size']}&size_max={third['size']}"), [third["filename"]], "size")
    same(names(f"checksum={third['checksum']}"), [third["filename"]], "checksum")
    same(len(names("content_type=application/pdf")), 7, "content type")
    same(len(names("processed=true")), 0, "processed")
    same(len(names("processed=false")), 7, "not processed")


@test("Search folds case and marks, splits at underscores, wants every word, takes beginnings")
def search():
    for query, expected in (("report", 3), ("REPORT", 3), ("rep", 3), ("apfel", 1), ("%C3%84PFEL", 1), ("score", 1),
                            ("under+del", 1), ("report+final", 1), ("report+epsilon", 0), ("pdf", 7), ("eport", 0)):
        same(len(names(f"search={query}")), expected, f"search {query}")


@test("A change that a client makes moves a document in and out of filters")
def changes_are_seen():
    client, documents = filled()
    path = "/api/documents/" + documents[5]["id"]
    same(client.send_json("PATCH", path, {"processed": True}).status, 200, "patch")
    same(names("processed=true"), [documents[5]["filename"]], "processed")
    same(client.send_json("PATCH", path, {"processed": False}).status, 200, "patch back")
    same(names("processed=true"), [], "processed after")


@test("A cursor outlives a restart with the same key")
def cursor_after_restart():
    server = shared(IDLE_TIMEOUT="72s")
    for _ in range(4):
        server.client().stored(pdf.unique())
    page = server.client().get("/api/documents?limit=2").json
    same(server.terminate(), 0, "exit status")
    server.start()
    rest = server.client().get("/api/documents?limit=2&cursor=" + urllib.parse.quote(page["next_cursor"]))
    same(rest.status, 200, "status")
    holds(not {d["id"] for d in rest.json["documents"]} & {d["id"] for d in page["documents"]}, "a document came twice")


@test("An empty store gives an empty list")
def empty_list():
    page = shared(IDLE_TIMEOUT="73s").client().get("/api/documents").json
    same(page, {"documents": [], "total": 0, "total_relation": "eq", "next_cursor": None}, "page")
