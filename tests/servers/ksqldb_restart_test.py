"""What our ksqlDB server keeps: statements, state, ids and offsets over a restart, a kill, a Kafka that goes away."""
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

from ksqldb_stage import EIGHT, LAB, Stage, card
from ports import free_port

CARDS = 5


def kcat(address, topic):
    """Offsets, keys and values of a topic, each in hexadecimal."""
    done = subprocess.run(["kcat", "-C", "-q", "-e", "-b", address, "-t", topic, "-f", "%o %k|%s\\n"], capture_output=True, timeout=120, check=True)
    return done.stdout


def count_records(address, topic):
    done = subprocess.run(["kcat", "-C", "-q", "-e", "-b", address, "-t", topic, "-f", "%o\\n"], capture_output=True, text=True, timeout=120, check=True)
    return len(done.stdout.split())


class Kept(Stage):
    servers = ("broker", "registry", "ksqldb")

    def run_lab(self):
        self.prepare()
        self.customers()
        for statement in LAB:
            self.ksql(statement)
        self.wait_for_customers()

    def windows(self):
        rows = self.rows("SELECT CREDIT_CARD_NUMBER, TRANSACTION_COUNT, TOTAL_AMOUNT, WINDOWSTART FROM FEATURE_SET;")
        return {(row[0], row[3]): (row[1], row[2]) for row in rows}

    def expected(self, sent):
        windows = {}
        for _, who, amount, at in sent:
            count, total = windows.get((who, at - at % 300000), (0, 0))
            windows[who, at - at % 300000] = (count + 1, total + amount)
        return windows

    def make(self, first, count):
        return [(n, card(n % CARDS + 1), n, EIGHT + n * 1000) for n in range(first, first + count)]

    def listing(self):
        queries = {query["id"]: query["state"] for query in self.ksql("SHOW QUERIES;")[0]["queries"]}
        sources = [entity for lists in self.ksql("SHOW STREAMS; SHOW TABLES;") for entity in lists.get("streams", lists.get("tables"))]
        return queries, sources

    def test_a_restart_goes_on_with_statements_state_ids_and_offsets(self):
        first = self.start()
        self.run_lab()
        self.ksql("CREATE TYPE MONEY AS DECIMAL(10, 2); PAUSE CSAS_REKEY_CUSTOMER_5;")
        sent = self.make(0, 400)
        self.transactions(sent)
        self.eventually(lambda: self.windows() == self.expected(sent))
        before, joined, feature = self.listing(), count_records(self.kafka, "AGGREGATE_TRANS"), count_records(self.kafka, "FEATURE_SET")
        statuses = json.loads(self.http("GET", "/status")[2])
        self.stop(first)
        self.assertTrue([name for name in os.listdir(self.data + "/ksqldb") if name == "CTAS_FEATURE_SET_11.snapshot"])
        self.start()
        self.assertEqual(self.listing(), before)
        self.assertEqual(json.loads(self.http("GET", "/status")[2]), statuses)
        self.assertEqual(self.windows(), self.expected(sent), "pull queries answer from the kept state at once")
        self.assertEqual(list(self.ksql("SHOW TYPES;")[0]["types"]), ["MONEY"])
        more = self.make(400, 50)
        self.transactions(more)
        self.eventually(lambda: self.windows() == self.expected(sent + more))
        self.assertEqual(count_records(self.kafka, "AGGREGATE_TRANS"), joined + 50, "nothing was joined twice")
        self.assertGreater(count_records(self.kafka, "FEATURE_SET"), feature)
        entity = self.ksql("CREATE STREAM BIG AS SELECT * FROM AGGREGATE_TRANSACTIONS WHERE AMOUNT > 10;")[0]
        self.assertEqual((entity["commandSequenceNumber"], entity["commandStatus"]["queryId"]), (18, "CSAS_BIG_17"))

    def test_without_its_snapshots_a_restart_reads_the_changelogs(self):
        first = self.start()
        self.run_lab()
        sent = self.make(0, 400)
        self.transactions(sent)
        self.eventually(lambda: self.windows() == self.expected(sent))
        self.stop(first)
        folder = self.data + "/ksqldb"
        names = sorted(os.listdir(folder))
        self.assertEqual(len(names), 3)
        os.unlink(f"{folder}/{names[0]}")
        for name in names[1:]:
            with open(f"{folder}/{name}", "r+b") as file:
                file.seek(os.path.getsize(file.name) // 2)
                file.write(b"\xff\x00\xff\x00")
        joined = count_records(self.kafka_of_next_start(), "AGGREGATE_TRANS")
        self.assertEqual(self.windows(), self.expected(sent))
        self.assertIn("is damaged; the changelog is read from its beginning", self.errors())
        more = self.make(400, 50)
        self.transactions(more)
        self.eventually(lambda: self.windows() == self.expected(sent + more))
        self.assertEqual(count_records(self.kafka, "AGGREGATE_TRANS"), joined + 50)

    def kafka_of_next_start(self):
        self.start()
        return self.kafka

    def test_a_kill_in_the_middle_loses_nothing_counts_nothing_twice_and_repeats_little(self):
        process = self.start()
        self.run_lab()
        sent, batch, pause = [], 50, 0.02
        for kill in range(3):
            produced = threading.Event()

            def produce():
                for _ in range(40):
                    records = self.make(len(sent), batch)
                    try:
                        self.transactions(records)
                    except OSError:
                        return  # killed: what was not acknowledged may be there or not
                    sent.extend(records)
                    produced.set()
                    time.sleep(pause)

            thread = threading.Thread(target=produce)
            thread.start()
            produced.wait(60)
            time.sleep(0.3 + 0.2 * kill)
            process.send_signal(signal.SIGKILL)
            process.wait()
            thread.join()
            process = self.start()
            there = count_records(self.kafka, "transactions")
            sent.extend(self.make(len(sent), there - len(sent)))  # written, the acknowledgement was lost
        self.eventually(lambda: sum(count for count, _ in self.windows().values()) >= len(sent))
        time.sleep(1)
        self.assertGreater(len(sent), 500)
        self.check_no_window_is_lost(sent)

    def check_no_window_is_lost(self, sent):
        """AGGREGATE_TRANS may hold repeated rows after a kill, never fewer; FEATURE_SET counts those that are there."""
        joined = [json.loads(line.split(b"|", 1)[1][5:]) for line in kcat(self.kafka, "AGGREGATE_TRANS").splitlines()]
        numbers = [row["TRANSACTION_ID"] for row in joined]
        self.assertEqual(set(numbers), {number for number, *_ in sent})
        repeated = len(numbers) - len(set(numbers))
        # within an interval of 100 ms a producer of 50 records every 20 ms and more sends at most 250, and there were three kills
        self.assertLessEqual(repeated, 3 * 500, "more is repeated than a commit interval holds")
        cards = {number: who for number, who, *_ in sent}
        windows = {}
        for number in numbers:
            at = EIGHT + number * 1000
            count, total = windows.get((cards[number], at - at % 300000), (0, 0))
            windows[cards[number], at - at % 300000] = (count + 1, total + number)
        self.eventually(lambda: self.windows() == windows)

    def test_positions_are_committed_for_the_groups_of_queries(self):
        self.start()
        self.run_lab()
        self.transactions(self.make(0, 30))

        def committed():
            topics = {topic["name"]: topic for topic in self.ksql("SHOW TOPICS EXTENDED;")[0]["topics"]}
            return [topics[name]["consumerGroupCount"] for name in ("transactions", "REKEY_CUSTOMER", "AGGREGATE_TRANS")] == [1, 1, 1]
        self.eventually(committed)


class Away(Stage):
    """Broker, registry and ksqlDB server as processes of their own."""

    def launch(self, server, *arguments):
        self.servers = (server,)
        return self.start(*arguments)

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.broker = self.launch("broker", "--kafka-port", self.port)
        self.profile = self.home.name + "/profile"
        os.mkdir(self.profile)
        self.write_profile()
        self.launch("registry", "--profile", self.profile)
        self.write_profile()
        self.server = self.launch("ksqldb", "--profile", self.profile)

    def write_profile(self):
        with open(self.profile + "/client.properties", "w", encoding="utf-8") as out:
            out.write(f"bootstrap.servers={self.kafka}\n")
        with open(self.profile + "/schema.properties", "w", encoding="utf-8") as out:
            out.write(f"schema.registry.url={self.registry}\n" if getattr(self, "registry", None) else "")

    windows, expected, make, run_lab = Kept.windows, Kept.expected, Kept.make, Kept.run_lab

    def test_a_kafka_that_goes_away_and_comes_back_is_waited_for(self):
        self.run_lab()
        sent = self.make(0, 200)
        self.transactions(sent)
        self.eventually(lambda: self.windows() == self.expected(sent))
        self.broker.send_signal(signal.SIGKILL)
        self.broker.wait()
        began = time.monotonic()
        status, _, text = self.post("/ksql", {"ksql": "CREATE STREAM X (A INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);"})
        self.assertEqual(status, 500, text)
        self.assertEqual(json.loads(text)["error_code"], 50000)
        self.assertLess(time.monotonic() - began, 60)
        self.assertEqual(json.loads(self.http("GET", "/info")[2])["KsqlServerInfo"]["serverStatus"], "RUNNING")
        self.assertFalse(json.loads(self.http("GET", "/healthcheck")[2])["isHealthy"])
        self.assertEqual(self.windows(), self.expected(sent), "kept rows are there without Kafka")
        self.broker = self.launch("broker", "--kafka-port", self.port)
        more = self.make(200, 100)
        self.eventually(lambda: json.loads(self.http("GET", "/healthcheck")[2])["isHealthy"])
        self.transactions(more)
        self.eventually(lambda: self.windows() == self.expected(sent + more))
        self.eventually(lambda: self.post("/ksql", {"ksql": "CREATE STREAM X (A INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);"})[0] == 200)
        self.assertEqual(re.findall("state of no such", self.errors()), [])

    def test_the_server_stops_while_kafka_is_away(self):
        self.run_lab()
        self.broker.send_signal(signal.SIGKILL)
        self.broker.wait()
        self.stop(self.server)
        self.assertEqual(self.server.returncode, 0)

    def test_without_a_kafka_it_does_not_start_and_says_why(self):
        self.stop(self.server)
        self.broker.send_signal(signal.SIGKILL)
        self.broker.wait()
        done = subprocess.run([os.path.join(os.environ["FRAUDSCOPE_BIN"], "fraudscope"), "serve", "ksqldb", "--data", self.data, "--profile", self.profile],
                              capture_output=True, text=True, timeout=120, env=dict(os.environ, HOME=self.home.name), check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("the ksqlDB server does not start", done.stderr)


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
