"""Our own cases pass; of the peer's given ones, those that have passed before (passing.txt) still do: the list may only grow."""
import os
import subprocess
import sys

SOURCE = os.environ["FRAUDSCOPE_SOURCE"]
RUNNER = os.path.join(os.environ["FRAUDSCOPE_BIN"], "ksql_cases")
LIST = os.path.join(SOURCE, "tests/sql/passing.txt")
SHARED = os.path.join(os.path.dirname(SOURCE), "shared")
PEERS = [os.path.join(SHARED, "ksqldb-cases/query-validation-tests"), os.path.join(SHARED, "ksqldb-recorded/recorded.json")]

REST = os.path.join(SHARED, "ksqldb-cases/rest-query-validation-tests")


def run(*arguments):
    done = subprocess.run([RUNNER, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    return done.returncode, done.stdout.splitlines()


def own_cases():
    status, lines = run(os.path.join(SOURCE, "tests/sql/cases"))
    print("\n".join(lines))
    return status == 0


def peers_cases():
    if not all(os.path.exists(path) for path in PEERS):
        print("the peer's cases are not beside this checkout: only our own were run")
        return os.environ.get("CI") != "true"
    _, lines = run("--list", *PEERS)
    if not os.environ.get("FRAUDSCOPE_SANITIZE"):  # through the servers: a fresh set a case
        lines += run("--list", "--only", "L1", REST)[1]
    else:
        print("REST cases are run by the plain build")
    passed = {line[5:] for line in lines if line.startswith("PASS ")}
    wanted = {line.rstrip("\n") for line in open(LIST, encoding="utf-8") if line.strip()}
    if os.environ.get("FRAUDSCOPE_SANITIZE"):
        wanted = {name for name in wanted if not name.startswith("rest/")}
    lost = sorted(wanted - passed)
    if os.environ.get("FRAUDSCOPE_REWRITE") == "1" and not lost and not os.environ.get("FRAUDSCOPE_SANITIZE"):
        with open(LIST, "w", encoding="utf-8") as file:
            file.write("".join(name + "\n" for name in sorted(passed)))
    for name in lost:
        print("passed before and fails now:")
        print("\n".join(line for line in lines if line.startswith(f"FAIL {name} (")))
    print("\n".join(line for line in lines if line.startswith(("query ", "query:", "rest "))))
    print(f"{len(passed - wanted)} pass that are not in passing.txt yet (FRAUDSCOPE_REWRITE=1 adds them)")
    return not lost and len(passed) > 0


sys.exit(0 if all([own_cases(), peers_cases()]) else 1)
