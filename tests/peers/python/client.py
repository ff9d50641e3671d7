"""What the Python client programs share: how they are asked and how they answer (see peer_scene.py)."""
import json
import os
import sys
import time

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


def commit_in_flight(ends, join, step, leave):
    """Two members read one record at a time and commit it, the second comes and goes meanwhile, until all is committed up to `ends`.

    `step` polls a member and gives None, or partition, offset and the commit. What the commits were refused with, by the client's name
    for it; the offsets that were taken; how many each member had."""
    members, errors, stored, counts, end = [join()], set(), {}, [0, 0], time.monotonic() + PATIENCE
    while stored != ends and time.monotonic() < end:
        for number, member in enumerate(members):
            found = step(member)
            if not found:
                continue
            partition, offset, commit = found
            try:
                commit()
                stored[str(partition)] = offset
                counts[number] += 1
            except Exception as problem:  # whatever a client calls it
                errors.add(f"{type(problem).__name__}: {problem}")
            time.sleep(0.005)
        if len(members) == 1 and counts[0] > 20 and not counts[1]:
            members.append(join())
        elif len(members) == 2 and counts[1] > 40:
            leave(members.pop())
    for member in members:
        leave(member)
    return {"errors": sorted(errors), "stored": stored, "counts": counts}


def run(verbs):
    verb, arguments = sys.argv[1], json.loads(sys.argv[2])
    try:
        answer = verbs[verb](**arguments)
    except Exception as problem:  # whatever a client raises is what the test wants to know
        answer = {"error": f"{type(problem).__name__}: {problem}"}
    print(json.dumps(answer), flush=True)
