"""A stage with broker, registry and ksqlDB server in one process, on free ports, and the lab's data as it was recorded."""
import http.client
import json
import os
import select
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import kafka_wire

PROGRAM = os.path.join(os.environ["FRAUDSCOPE_BIN"], "fraudscope")
PATIENCE = 120 if os.environ.get("FRAUDSCOPE_SANITIZE") else 60
V1 = "application/vnd.ksql.v1+json"
DELIMITED = "application/vnd.ksqlapi.delimited.v1"
EARLIEST = {"ksql.streams.auto.offset.reset": "earliest"}

TRANSACTION = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Transaction", "type": "object", "properties": {
    "transaction_id": {"type": "integer", "connect.type": "int32", "connect.index": 0},
    "amount": {"type": "integer", "connect.type": "int32", "connect.index": 1},
    "credit_card_number": {"type": "string", "connect.index": 2},
    "transaction_timestamp": {"type": "string", "connect.index": 3},
    "location": {"type": "string", "connect.index": 4}}, "required": ["transaction_id", "credit_card_number", "amount"]}
CUSTOMER = {"type": "record", "name": "Value", "namespace": "cdc.public.customers", "fields": [
    {"name": "credit_card_number", "type": "string"}, {"name": "customer_id", "type": "string"},
    {"name": "customer_email", "type": "string"}, {"name": "avg_spending_amount", "type": "int"},
    {"name": "__deleted", "type": ["null", "string"], "default": None}]}
EIGHT = 1795420800000  # 2026-11-23T08:00:00Z, a window's start

LAB = [
    "CREATE STREAM TRANSACTIONS WITH (KAFKA_TOPIC='transactions', VALUE_FORMAT='JSON_SR');",
    "CREATE STREAM CUSTOMER WITH (KAFKA_TOPIC='cdc.public.customers', VALUE_FORMAT='AVRO');",
    "CREATE STREAM REKEY_CUSTOMER WITH (KAFKA_TOPIC='REKEY_CUSTOMER', VALUE_FORMAT='AVRO')"
    " AS SELECT * FROM CUSTOMER PARTITION BY CREDIT_CARD_NUMBER EMIT CHANGES;",
    "CREATE TABLE TABLE_CUSTOMER (CUST_ID STRING PRIMARY KEY) WITH (KAFKA_TOPIC='REKEY_CUSTOMER', VALUE_FORMAT='AVRO');",
    "CREATE STREAM AGGREGATE_TRANSACTIONS WITH (KAFKA_TOPIC='AGGREGATE_TRANS', VALUE_FORMAT='JSON_SR') AS SELECT"
    " cust.CUSTOMER_ID AS CUSTOMER_ID, t.TRANSACTION_ID AS TRANSACTION_ID, t.CREDIT_CARD_NUMBER AS CREDIT_CARD_NUMBER,"
    " cust.CUSTOMER_EMAIL AS CUSTOMER_EMAIL, t.AMOUNT AS AMOUNT, cust.AVG_SPENDING_AMOUNT AS AVERAGE_SPENDING_AMOUNT"
    " FROM TRANSACTIONS t INNER JOIN TABLE_CUSTOMER cust ON t.CREDIT_CARD_NUMBER = cust.CUST_ID EMIT CHANGES;",
    "CREATE TABLE FEATURE_SET WITH (KAFKA_TOPIC='FEATURE_SET', VALUE_FORMAT='JSON_SR', KEY_FORMAT='AVRO') AS SELECT"
    " CREDIT_CARD_NUMBER, CUSTOMER_EMAIL, COUNT(TRANSACTION_ID) AS TRANSACTION_COUNT, SUM(AMOUNT) AS TOTAL_AMOUNT,"
    " AVERAGE_SPENDING_AMOUNT, TIMESTAMPTOSTRING(WINDOWSTART, 'yyyy-MM-dd HH:mm:ss Z') AS WINDOW_START,"
    " TIMESTAMPTOSTRING(WINDOWEND, 'yyyy-MM-dd HH:mm:ss Z') AS WINDOW_END FROM AGGREGATE_TRANSACTIONS"
    " WINDOW TUMBLING (SIZE 5 MINUTES) GROUP BY CREDIT_CARD_NUMBER, CUSTOMER_EMAIL, AVERAGE_SPENDING_AMOUNT EMIT CHANGES;",
]


def card(number):
    return f"4111-1111-1111-{number:04d}"


def zigzag(number):
    number <<= 1
    out = b""
    while number & ~127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


class Stage(unittest.TestCase):
    servers = ()  # all four

    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.data = self.home.name + "/d"
        self.processes = []

    def tearDown(self):
        """Servers stop in order, which a leak checker wants to see too."""
        wrong = []
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                try:
                    if process.wait(PATIENCE) != 0:
                        wrong.append(process.returncode)
                except subprocess.TimeoutExpired:
                    process.kill()
                    wrong.append("did not stop")
            elif process.returncode not in (0, -signal.SIGKILL):
                wrong.append(process.returncode)
            process.wait()
            process.stdout.close()
        errors = self.errors() if wrong else ""
        self.home.cleanup()
        self.assertEqual(wrong, [], errors[-6000:])

    def start(self, *arguments):
        """Starts `fraudscope serve`, waits until it is ready, gives its addresses."""
        environment = dict(os.environ, HOME=self.home.name, XDG_STATE_HOME=self.home.name + "/state")
        errors = open(self.home.name + f"/errors-{len(self.processes)}", "w", encoding="utf-8")
        self.addCleanup(errors.close)
        process = subprocess.Popen([PROGRAM, "serve", *self.servers, "--data", self.data, *arguments], stdout=subprocess.PIPE,
                                   stderr=errors, env=environment)
        self.processes.append(process)
        addresses, pending, until = {}, b"", time.monotonic() + PATIENCE
        while "ready" not in addresses:
            left = until - time.monotonic()
            piece = os.read(process.stdout.fileno(), 65536) if left > 0 and select.select([process.stdout], [], [], left)[0] else b""
            self.assertTrue(piece, "the servers do not start: " + Path(errors.name).read_text("utf-8", "replace"))
            pending += piece
            while b"\n" in pending:
                line, pending = pending.split(b"\n", 1)
                name, _, value = line.decode().partition("=")
                addresses[name] = value
        self.kafka = addresses.get("bootstrap.servers", getattr(self, "kafka", None))
        self.registry = addresses.get("schema.registry.url", getattr(self, "registry", None))
        self.ksqldb = addresses.get("ksqldb.url", getattr(self, "ksqldb", None))
        self.connect = addresses.get("connect.url", getattr(self, "connect", None))
        return process

    def stop(self, process, number=signal.SIGTERM):
        process.send_signal(number)
        process.wait(PATIENCE)

    def errors(self):
        return "".join(Path(self.home.name, f"errors-{i}").read_text("utf-8", "replace") for i in range(len(self.processes)))

    # --- HTTP ---

    def http(self, method, path, body=None, headers=None, url=None):
        peer = http.client.HTTPConnection((url or self.ksqldb).split("//")[1], timeout=PATIENCE)
        try:
            peer.request(method, path, body, headers or {})
            answer = peer.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode("utf-8","replace")
        finally:
            peer.close()

    def post(self, path, body, accept=None):
        return self.http("POST", path, body if isinstance(body, (str, bytes)) else json.dumps(body), {"Accept": accept} if accept else {})

    def ksql(self, statements, properties=EARLIEST, status=200, **more):
        got, _, text = self.post("/ksql", dict({"ksql": statements, "streamsProperties": properties}, **more))
        self.assertEqual(got, status, text)
        return json.loads(text)

    def query(self, sql, path="/query-stream", accept=DELIMITED, properties=None):
        key = {"/query": ("ksql", "streamsProperties"), "/query-stream": ("sql", "properties")}[path]
        return self.post(path, {key[0]: sql, key[1]: properties or {"auto.offset.reset": "earliest"}}, accept)

    def rows(self, sql):
        status, _, text = self.query(sql)
        self.assertEqual(status, 200, text)
        return [json.loads(line) for line in text.splitlines()[1:] if line]

    def eventually(self, look, patience=PATIENCE):
        until, seen = time.monotonic() + patience, None
        while time.monotonic() < until:
            seen = look()
            if seen:
                return seen
            time.sleep(0.1)
        self.fail(f"did not come to hold: {seen!r}\n{self.errors()[-3000:]}")

    # --- the lab's data ---

    def register(self, subject, schema, kind="AVRO"):
        status, _, text = self.http("POST", f"/subjects/{subject}/versions", json.dumps({"schema": json.dumps(schema), "schemaType": kind}),
                                    {"Content-Type": "application/vnd.schemaregistry.v1+json"}, self.registry)
        self.assertEqual(status, 200, text)
        return json.loads(text)["id"]

    def prepare(self, partitions=1):
        for topic in ("transactions", "cdc.public.customers", "fraudulent_transactions"):
            kafka_wire.create_topic(self.kafka, topic, partitions)
        self.transaction_id = self.register("transactions-value", TRANSACTION, "JSON")
        self.customer_id = self.register("cdc.public.customers-value", CUSTOMER)

    def customers(self, count=5, average=100, time=EIGHT - 3600000):
        records = []
        for i in range(1, count + 1):
            value = b"\0" + self.customer_id.to_bytes(4, "big")
            for field in (card(i), f"C{i:03d}", f"customer{i}@example.com"):
                value += zigzag(len(field)) + field.encode()
            value += zigzag(average * i) + b"\x02" + zigzag(5) + b"false"
            records.append((f"C{i:03d}".encode(), value, time + (i - 1) * 1000))
        kafka_wire.produce(self.kafka, "cdc.public.customers", records)

    def wait_for_customers(self, count=5):
        """Until the join has read them: a transaction that comes earlier finds nobody, as on any ksqlDB."""
        def read():
            joined = self.ksql("DESCRIBE AGGREGATE_TRANSACTIONS EXTENDED;")[0]["sourceDescription"]
            for topic in joined["queryOffsetSummaries"][0]["topicSummaries"]:
                if topic["kafkaTopic"] == "REKEY_CUSTOMER":
                    return topic["offsets"][0]["consumerOffset"] >= count
        self.eventually(read)

    def transaction(self, number, who, amount, time):
        seconds = time // 1000
        clock = f"2026-11-23 {seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        value = {"transaction_id": number, "transaction_timestamp": clock, "credit_card_number": who, "amount": amount, "location": "Jakarta"}
        return str(number).encode(), b"\0" + self.transaction_id.to_bytes(4, "big") + json.dumps(value).encode(), time

    def transactions(self, records):
        kafka_wire.produce(self.kafka, "transactions", [self.transaction(*record) for record in records])
