"""Looks back at the whole run: which of the documented errors were met."""

from support import suite
from support.problem import SEEN
from support.server import shared
from support.suite import Skip, same, test

# Faults of the machine and of time, which no client can bring about; unit tests provoke them.
OUT_OF_REACH = {"internal", "unavailable", "timeout"}


@test("Every error that the interface documents was met by a test of this run, unless no client can bring it about")
def _():
    if suite.only:
        raise Skip("only a whole run can tell")
    described = shared().client().get("/openapi.json").json
    codes = set(described["components"]["schemas"]["Problem"]["properties"]["code"]["enum"])
    same(sorted(codes - OUT_OF_REACH - SEEN), [], "errors that were never met")
    same(sorted(SEEN - codes), [], "errors that are not documented")
