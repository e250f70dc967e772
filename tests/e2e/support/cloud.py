"""Real servers for the cloud home: a Ceph gateway and a dynalite, started for this run, or those that
LAZARET_TEST_S3_ENDPOINT and LAZARET_TEST_DYNAMODB_ENDPOINT name. Needs boto3, so the runner is started with the Python
that tests/servers/moto installs."""

import os

from support.home import DynamoDb, EMBEDDED, Home, S3
from support.started import Started

_started = {}


def started(name):
    if name not in _started:
        _started[name] = Started(name)
    return _started[name]


def _endpoint(variable, name):
    """(endpoint, whether it outlives the run)."""
    given = os.environ.get(variable)
    return (given, True) if given else (started(name).values[variable], False)


def _credentials(s3_is_lasting):
    if s3_is_lasting:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION")
        return {name: os.environ[name] for name in names if name in os.environ}
    values = started("rgw").values
    return {name: values[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")}


def _for_boto3(credentials):
    names = {"AWS_ACCESS_KEY_ID": "aws_access_key_id", "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key",
             "AWS_SESSION_TOKEN": "aws_session_token", "AWS_REGION": "region_name"}
    return {names[name]: value for name, value in credentials.items()}


def stranger():
    """Keys that the gateway knows and that may do nothing here."""
    values = started("rgw").values
    return {"AWS_ACCESS_KEY_ID": values["STRANGER_ACCESS_KEY_ID"], "AWS_SECRET_ACCESS_KEY": values["STRANGER_SECRET_ACCESS_KEY"]}


def home():
    """S3 and DynamoDB."""
    s3, s3_lasts = _endpoint("LAZARET_TEST_S3_ENDPOINT", "rgw")
    dynamodb, dynamodb_lasts = _endpoint("LAZARET_TEST_DYNAMODB_ENDPOINT", "dynalite")
    credentials = _credentials(s3_lasts)
    keys = _for_boto3(credentials)
    return Home(S3(s3, keys, s3_lasts), DynamoDb(dynamodb, keys, dynamodb_lasts), credentials)


def mixed_homes():
    """The two pairs of one embedded and one remote store."""
    both = home()
    return [Home(both.objects, EMBEDDED.metadata, both.credentials), Home(EMBEDDED.objects, both.metadata, both.credentials)]


def home_with_moto():
    """The same tables, and S3 as moto has it: with what only AWS has."""
    both = home()
    endpoint = started("moto").values["LAZARET_TEST_DYNAMODB_ENDPOINT"]  # it is one for all services
    return Home(S3(endpoint, _for_boto3(both.credentials), False), both.metadata, both.credentials)
