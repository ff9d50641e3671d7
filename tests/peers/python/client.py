"""What the Python client programs share: how they are asked and how they answer (see peer_scene.py)."""
import json
import os
import sys

bootstrap = os.environ["PEER_BOOTSTRAP"]
registry = os.environ["PEER_REGISTRY"]
username = os.environ.get("PEER_USERNAME")
password = os.environ.get("PEER_PASSWORD")
PATIENCE = 60  # seconds after which a client is not waited for any more


def body(value):
    """The bytes of a record's value: those of a text, none of null, or so many x."""
    if isinstance(value, dict):
        return b"x" * value["size"]
    return None if value is None else value.encode()


def seen(content):
    """The same back, long ones by their size."""
    if content is None:
        return None
    return {"size": len(content)} if len(content) > 10000 else content.decode()


def record(partition, offset, key, value, headers):
    return {"partition": partition, "offset": offset, "key": seen(key), "value": seen(value),
            "headers": [[name, seen(content)] for name, content in headers or []]}


def run(verbs):
    verb, arguments = sys.argv[1], json.loads(sys.argv[2])
    try:
        answer = verbs[verb](**arguments)
    except Exception as problem:  # whatever a client raises is what the test wants to know
        answer = {"error": f"{type(problem).__name__}: {problem}"}
    print(json.dumps(answer), flush=True)
