#!/usr/bin/env python3
"""Our signatures are botocore's own, over random requests from a printed seed: header and query form, S3's path rule and
the others', session tokens, odd keys and values.  usage: signing.py SIGNER [COUNT] [SEED]"""

import datetime
import random
import string
import subprocess
import sys
from unittest import mock
from urllib.parse import quote

import botocore.auth
import botocore.awsrequest
import botocore.compat
import botocore.credentials

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
ODD = " !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~äßé漢字"


def text(chance, most, letters=string.ascii_letters + string.digits + ODD):
    return "".join(chance.choice(letters) for _ in range(chance.randint(1, most)))


def random_request(chance):
    s3 = chance.random() < 0.6
    plain = string.ascii_letters + string.digits + "-_.~"
    # Paths of other services hold no dots to resolve: botocore normalises them in another place.
    path = "/" + "/".join(text(chance, 12) if s3 else text(chance, 12, plain.replace(".", "") + " :@=")
                          for _ in range(chance.randint(1, 4))).replace("//", "/x/")
    if s3:
        path = path.replace("?", "-").replace("#", "-")
    names = list(dict.fromkeys(text(chance, 8, plain) for _ in range(chance.randint(0, 4))))
    headers = {"x-amz-meta-" + text(chance, 6, string.ascii_lowercase): text(chance, 20, plain + "  ,;=").strip() or "v"
               for _ in range(chance.randint(0, 3))}
    moment = datetime.datetime(2020, 1, 1) + datetime.timedelta(seconds=chance.randint(0, 300_000_000))
    return {"form": chance.choice(("headers", "query")), "s3": s3, "method": chance.choice(METHODS),
            "endpoint": chance.choice(("https://bucket.s3.eu-central-1.amazonaws.com", "http://127.0.0.1:9000",
                                       "https://store.example:8443")),
            "path": path, "region": chance.choice(("us-east-1", "eu-central-1", "ap-southeast-1")),
            "service": "s3" if s3 else chance.choice(("dynamodb", "sts")), "moment": moment,
            "key": "AKIA" + text(chance, 16, string.ascii_uppercase), "secret": text(chance, 40, string.ascii_letters + "/+"),
            "token": text(chance, 60, string.ascii_letters + "/+=") if chance.random() < 0.4 else "",
            "payload": "%064x" % chance.getrandbits(256), "lifetime": chance.randint(1, 604_800),
            "query": [(name, text(chance, 10) if chance.random() < 0.8 else "") for name in names], "headers": headers}


def encoded(value):
    return value.encode().hex() or "-"


def as_line(request):
    fields = [request["form"], "s3" if request["s3"] else "other", request["method"], request["endpoint"],
              request["path"], request["region"], request["service"],
              str(int(request["moment"].replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)), request["key"],
              request["secret"], request["token"],
              "UNSIGNED-PAYLOAD" if request["form"] == "query" and request["s3"] else request["payload"],
              str(request["lifetime"])]
    headers = list(request["headers"].items())
    if request["s3"] and request["form"] == "headers":
        headers.append(("x-amz-content-sha256", request["payload"]))  # botocore adds it, ours is the caller's
    for pairs in (request["query"], headers):
        fields.append(str(len(pairs)))
        fields += [part for pair in pairs for part in pair]
    return " ".join(encoded(field) for field in fields)


def by_botocore(request):
    url = request["endpoint"] + quote(request["path"], safe="/-_.~")
    if request["query"]:
        url += "?" + "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in request["query"])
    made = botocore.awsrequest.AWSRequest(method=request["method"], url=url, headers=dict(request["headers"]), data=b"")
    made.context = {"payload_signing_enabled": True}
    credentials = botocore.credentials.Credentials(request["key"], request["secret"], request["token"] or None)
    where = credentials, request["service"], request["region"]
    if request["form"] == "query":
        kind = botocore.auth.S3SigV4QueryAuth if request["s3"] else botocore.auth.SigV4QueryAuth
        auth = kind(*where, expires=request["lifetime"])
    else:
        auth = (botocore.auth.S3SigV4Auth if request["s3"] else botocore.auth.SigV4Auth)(*where)
    payload = "UNSIGNED-PAYLOAD" if request["form"] == "query" and request["s3"] else request["payload"]
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, **__: request["moment"]), \
            mock.patch.object(type(auth), "payload", lambda *_: payload):
        auth.add_auth(made)
    return made.url, made.headers.get("Authorization")


def signature_of(url_query, authorization):
    if authorization and authorization != "-":
        return authorization.rpartition("Signature=")[2], authorization.partition("SignedHeaders=")[2].partition(",")[0]
    parts = dict(part.partition("=")[::2] for part in url_query.partition("?")[2].split("&"))
    return parts["X-Amz-Signature"], parts["X-Amz-SignedHeaders"].replace("%3B", ";")


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20261125
    print(f"seed {seed}, {count} requests")
    chance = random.Random(seed)
    requests = [random_request(chance) for _ in range(count)]
    run = subprocess.run([sys.argv[1]], input="\n".join(map(as_line, requests)) + "\n", capture_output=True, text=True,
                         check=True)
    answers = run.stdout.splitlines()
    assert len(answers) == count, f"{len(answers)} answers: {run.stderr[-500:]}"
    wrong = 0
    for request, answer in zip(requests, answers):
        ours, theirs = signature_of(*answer.split("\t")), signature_of(*by_botocore(request))
        if ours != theirs:
            wrong += 1
            if wrong < 6:
                print(f"differs: {request}\n  ours   {ours}\n  theirs {theirs}")
    print(f"{count - wrong} alike, {wrong} different")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
