"""Replies of a real ksqlDB server beside ours: those that were the same before (ksqldb_recorded.txt) still are; the list may only grow.

The recordings lie beside the checkout; without them there is nothing to compare. Random ids, figures of the recording machine, the order of
lists, plans as text and the processing log, which ours does not have, are left out of the comparison."""
import json
import os
import re
import sys
import unittest

import kafka_wire
from ksqldb_stage import CUSTOMER, EIGHT, TRANSACTION, Stage, card

SOURCE = os.environ["FRAUDSCOPE_SOURCE"]
LIST = os.path.join(SOURCE, "tests/servers/ksqldb_recorded.txt")
FOLDER = os.path.join(os.path.dirname(SOURCE), "shared/ksqldb-recorded")
FILES = ["01-lab.json", "03-queries.json", "04-wrong-statements.json"]
LISTS = ("streams", "tables", "sourceDescriptions", "queries", "queryDescriptions", "topics")
PATTERNS = [(r"transient_([A-Za-z_]+)_\d+", r"transient_\1_N"), (r"query_\d{13}", "query_N"),
            (r'"clusterStatistics":\[.*?\],"clusterErrorStats"', '"clusterStatistics":[],"clusterErrorStats"'),
            (r'"statistics":"[^"]*"', '"statistics":""'), (r'"(kafkaClusterId|kafka-cluster)":"[^"]*"', r'"\1":"X"')]


def unify(text):
    """What of a reply counts."""
    for pattern, instead in PATTERNS:
        text = re.sub(pattern, instead, text or "")
    try:
        reply = json.loads(text)
    except ValueError:
        return text
    for entity in reply if isinstance(reply, list) else []:
        if not isinstance(entity, dict):
            continue
        for name in LISTS:
            if isinstance(entity.get(name), list):
                rows = [row for row in entity[name] if "processing_log" not in str(row.get("name")).lower()]
                entity[name] = sorted(rows, key=lambda row: row.get("name") or row.get("id"))
        for query in entity.get("queryDescriptions", []) + [entity.get("queryDescription") or {}]:
            for name in ("topology", "executionPlan", "tasksMetadata"):
                query.pop(name, None)
    return re.sub(r'"127\.0\.0\.1:\d+"', '"H"', json.dumps(reply))


def entries(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return json.load(file)["entries"]


class Recorded(Stage):
    servers = ("broker", "registry", "ksqldb")

    def note(self, note):
        """What happened between the requests."""
        if note.startswith("topics exist"):
            for topic in ("transactions", "cdc.public.customers"):
                kafka_wire.create_topic(self.kafka, topic)
            self.transaction_id = self.register("transactions-value", TRANSACTION, "JSON")
            self.customer_id = self.register("cdc.public.customers-value", CUSTOMER)
            self.customers()
        elif note.startswith("12 transactions"):
            self.wait_for_customers()
            late = [(13 + k, card(k % 3 + 1), 1000 + k, EIGHT + 300000 + 20000 * k) for k in range(6)]
            self.transactions([(i, card(i % 4 or 4), 10 * i, EIGHT + 15000 * (i - 1)) for i in range(1, 13)] + late +
                              [(19, "9999-0000-0000-0000", 77, EIGHT + 420000), (20, card(1), 5, EIGHT + 299999), (21, card(1), 6, EIGHT + 300000)])
            self.eventually(lambda: len(self.rows("SELECT * FROM FEATURE_SET;")) == 7)

    def run_lab(self):
        for entry in entries("01-lab.json")[:54]:
            if "note" in entry:
                self.note(entry["note"])
            elif re.search("CREATE|DROP", entry["request"]["body"] or ""):
                self.send(entry["request"])

    def send(self, request):
        headers = {name: value for name, value in request.get("headers") or [] if name.lower() not in ("host", "content-length")}
        body = request.get("body")
        return self.http(request["method"], request["path"], body.encode() if body else body, headers)

    def same_as_recorded(self, name):
        same = []
        for number, entry in enumerate(entries(name)):
            if "note" in entry:
                if name == FILES[0]:
                    self.note(entry["note"])
            elif "request" in entry and entry["response"].get("end", "complete") == "complete" and "ended by" not in entry["title"]:
                status, _, text = self.send(entry["request"])
                if status == int(entry["response"]["status"].split()[1]) and unify(text) == unify(entry["response"]["body"]):
                    same.append(f"{name}#{number} {entry['request']['path']}")
        return same

    @unittest.skipUnless(os.path.isdir(FOLDER) or os.environ.get("CI") == "true", "the recordings are not beside this checkout")
    def test_replies_are_those_that_were_recorded(self):
        with open(LIST, encoding="utf-8") as file:
            before = {line.rstrip("\n") for line in file if line.strip()}
        same = []
        for name in FILES:
            self.servers = Recorded.servers
            process = self.start("--fresh")
            if name != FILES[0]:
                self.run_lab()
            same += self.same_as_recorded(name)
            self.stop(process)
        lost = sorted(before - set(same))
        if os.environ.get("FRAUDSCOPE_REWRITE") == "1" and not lost:
            with open(LIST, "w", encoding="utf-8") as file:
                file.write("".join(line + "\n" for line in same))
        print(f"{len(same)} replies are as recorded, {len(set(same) - before)} of them not in the list yet (FRAUDSCOPE_REWRITE=1 adds them)")
        self.assertEqual(lost, [])


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
