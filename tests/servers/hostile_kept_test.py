"""What strangers write into the topics in which the servers keep their own: every server starts again, says what it left out, and what
was kept is the same."""
import json
import signal
import sys
import time
import unittest

from hostile_stage import PATIENCE, SANITIZED, HostileStage, mutate
from kafka_wire import create_topic, produce

ROUNDS, EACH = 3, 60 if SANITIZED else 200
GARBAGE = [None, b"", b"{", b"{}", b"[]", b"null", b"0", b'"text"', b"\xff\xfe\x00", b"[" * 5000, b'{"statement":7}', b'{"schema":null}', b'{"properties":[]}',
           b'{"statement":"DROP NOTHING AT ALL"}', b'{"failedOffset":-1}', b'{"failedOffset":"0"}', b"x" * 100000]
KEYS = [None, b"", b"{}", b"[]", b"{", b"null", b"\xff", b"connector-", b"target-state-", b'["kept"]', b'[null,{}]', b"status-topic-:connector-",
        b'{"keytype":"SCHEMA"}', b'{"keytype":"SCHEMA","subject":"kept-value","version":-1,"magic":1}', b'{"keytype":"CONFIG","subject":7,"magic":0}',
        b'{"keytype":"NOTHING","magic":9}', b"stream/`KEPT`/create"]


class Kept(HostileStage):
    def own_topics(self):
        names = [topic["topic"] for topic in json.loads(self.kcat("-L", "-J"))["topics"]]
        own = [name for name in names if name.startswith(("_", "connect-")) and name != "__consumer_offsets"]
        self.assertGreaterEqual(len(own), 6, names)  # _schemas, three of Connect, a query's changelog, the commands
        return own

    def records_of(self, topic):
        lines = self.kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J", "-p", "0").split("\n")
        found = [json.loads(line, strict=False) for line in lines if line]
        return [tuple(None if part is None else part.encode() for part in (record["key"], record["payload"])) for record in found]

    def write(self, topic, records):
        keyed = not topic.endswith("command_topic")  # what is compacted takes no record without a key
        produce(self.kafka, topic, [(b"" if keyed and key is None else key, value, int(time.time() * 1000)) for key, value in records])

    def settle(self):
        super().settle()
        self.ksql("CREATE TABLE COUNTED AS SELECT A, COUNT(*) AS N FROM KEPT GROUP BY A;")
        self.eventually(lambda: self.rows("SELECT * FROM COUNTED;") == [["one", 1], ["three", 1], ["two", 1]])
        self.eventually(lambda: "done" in self.http("GET", "/connectors/kept/offsets", url=self.connect)[2])

    def rows(self, sql):
        status, _, text = self.http("POST", "/query-stream", json.dumps({"sql": sql}), {"Content-Type": "application/json"}, self.ksqldb)
        return sorted(row for row in map(json.loads, text.splitlines()) if isinstance(row, list)) if status == 200 else text

    def eventually(self, holds):
        until = time.monotonic() + PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), until, self.errors()[-3000:])
            time.sleep(0.05)

    def start_again(self):
        self.stop(self.process, signal.SIGTERM)
        self.process = self.start()
        self.assert_nothing_reported()

    def test_records_that_are_nothing_of_theirs_are_left_out(self):
        self.settle()
        before, counted = self.answers(), self.rows("SELECT * FROM COUNTED;")
        for topic in self.own_topics():
            self.write(topic, [(self.chance.choice(KEYS), value) for value in GARBAGE] + [(key, b"{}") for key in KEYS if key != b"stream/`KEPT`/create"])
        self.start_again()
        self.assertEqual(self.answers(), before)
        self.assertEqual(self.rows("SELECT * FROM COUNTED;"), counted)
        self.assertIn("command_topic, offset 2: no command in JSON, left out", self.errors())
        self.assertIn("connect: a record of connect-configs is not JSON and skipped", self.errors())
        self.register("later-value", "string")
        self.ksql("CREATE STREAM LATER (A STRING) WITH (KAFKA_TOPIC='kept', VALUE_FORMAT='DELIMITED');")

    def test_damaged_copies_of_their_own_keep_no_server_from_starting(self):
        self.settle()
        for _ in range(ROUNDS):
            for topic in self.own_topics():
                kept = self.records_of(topic)
                damaged = [self.chance.choice(kept) for _ in range(EACH)]
                self.write(topic, [(key and mutate(self.chance, key) if i % 3 else key, value and mutate(self.chance, value)) for i, (key, value) in enumerate(damaged)])
            self.start_again()
            self.assertEqual(self.http("GET", "/subjects", url=self.registry)[0], 200)
            self.assertEqual(self.http("GET", "/connectors?expand=status", url=self.connect)[0], 200)
            self.ksql("SHOW QUERIES;")
        create_topic(self.kafka, "after")
        self.produces_and_consumes("after")


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
