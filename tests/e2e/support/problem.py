"""What every refusal must look like, whatever refused."""

from support.suite import contains, holds, same

SEEN = set()  # the code of every refusal that was checked


def expect_problem(answer, status, code, *words):
    """RFC 9457 with our members; `words` are in the sentence that people read."""
    same((answer.status, code if answer.status == status else answer.body[:300]), (status, code), "answer")
    same(answer.header("Content-Type").split(";")[0], "application/problem+json", "Content-Type")
    problem = answer.json
    same(problem["code"], code, "code")
    same(problem["status"], status, "status member")
    same(problem["error"], problem["detail"], "error and detail")
    same(problem["request_id"], answer.header("X-Request-Id"), "request_id")
    for member in ("type", "title", "instance"):
        holds(problem.get(member), f"the member {member} is missing")
    holds(problem["detail"].rstrip().endswith((".", "!", "?")), f"not a sentence: {problem['detail']!r}")
    for word in words:
        contains(problem["detail"].lower(), word.lower(), "detail")
    for leak in ("/tmp/", "lazaret-e2e-", "std::", "sqlite"):
        holds(leak not in answer.body.decode().lower(), f"the answer leaks {leak!r}")
    if "retry_after" in problem:
        same(answer.header("Retry-After"), str(problem["retry_after"]), "Retry-After")
    SEEN.add(code)
    return problem
