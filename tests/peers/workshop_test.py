"""The workshop with its own client: confluent-kafka-python's serializers around our broker, registry and ksqlDB."""
import json
import time
import unittest
import urllib.request

import peer_install
from peer_scene import PATIENCE, PeerScene

STATEMENTS = (
    "CREATE STREAM TRANSACTIONS WITH (KAFKA_TOPIC='transactions', VALUE_FORMAT='JSON_SR');",
    "CREATE STREAM CUSTOMER WITH (KAFKA_TOPIC='cdc.public.customers', VALUE_FORMAT='AVRO');",
    "CREATE STREAM REKEY_CUSTOMER WITH (KAFKA_TOPIC='REKEY_CUSTOMER', VALUE_FORMAT='AVRO')"
    " AS SELECT * FROM CUSTOMER PARTITION BY CREDIT_CARD_NUMBER EMIT CHANGES;",
    "CREATE TABLE TABLE_CUSTOMER (CUST_ID STRING PRIMARY KEY) WITH (KAFKA_TOPIC='REKEY_CUSTOMER', VALUE_FORMAT='AVRO');",
    "CREATE STREAM AGGREGATE_TRANSACTIONS WITH (KAFKA_TOPIC='AGGREGATE_TRANS', VALUE_FORMAT='JSON_SR') AS"
    " SELECT cust.CUSTOMER_ID AS CUSTOMER_ID, t.TRANSACTION_ID AS TRANSACTION_ID, t.CREDIT_CARD_NUMBER AS CREDIT_CARD_NUMBER,"
    " cust.CUSTOMER_EMAIL AS CUSTOMER_EMAIL, t.AMOUNT AS AMOUNT, cust.AVG_SPENDING_AMOUNT AS AVERAGE_SPENDING_AMOUNT"
    " FROM TRANSACTIONS t INNER JOIN TABLE_CUSTOMER cust ON t.CREDIT_CARD_NUMBER = cust.CUST_ID EMIT CHANGES;",
    "CREATE TABLE FEATURE_SET WITH (KAFKA_TOPIC='FEATURE_SET', VALUE_FORMAT='JSON_SR', KEY_FORMAT='AVRO') AS"
    " SELECT CREDIT_CARD_NUMBER, CUSTOMER_EMAIL, COUNT(TRANSACTION_ID) AS TRANSACTION_COUNT, SUM(AMOUNT) AS TOTAL_AMOUNT,"
    " AVERAGE_SPENDING_AMOUNT, TIMESTAMPTOSTRING(WINDOWSTART, 'yyyy-MM-dd HH:mm:ss Z') AS WINDOW_START,"
    " TIMESTAMPTOSTRING(WINDOWEND, 'yyyy-MM-dd HH:mm:ss Z') AS WINDOW_END"
    " FROM AGGREGATE_TRANSACTIONS WINDOW TUMBLING (SIZE 5 MINUTES)"
    " GROUP BY CREDIT_CARD_NUMBER, CUSTOMER_EMAIL, AVERAGE_SPENDING_AMOUNT EMIT CHANGES;",
)
WINDOW = 300


class Workshop(PeerScene):
    PEER = "python"
    INSTALL = staticmethod(peer_install.python)
    ARGUMENTS = ("python", "workshop.py")
    SERVERS = ("broker", "registry", "ksqldb")

    def statement(self, text):
        body = json.dumps({"ksql": text, "streamsProperties": {"ksql.streams.auto.offset.reset": "earliest"}}).encode()
        request = urllib.request.Request(self.stage.addresses["ksqldb.url"] + "/ksql", body, {"Content-Type": "application/json"})
        if self.LISTEN:
            request.add_header("Authorization", self.stage.basic())
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def test_the_three_scripts_and_the_six_statements_raise_the_alert(self):
        self.assertLessEqual({"transactions", "fraudulent_transactions"}, set(self.must("make_topics")["topics"]))
        self.must("customers")
        # The rows of one card shall fall into one window.
        left = WINDOW - time.time() % WINDOW
        if left < 20:
            time.sleep(left)
        self.must("produce", amounts=[[400], [300]])  # registers the schema that the first statement asks for
        for statement in STATEMENTS[:4]:
            self.assertEqual(self.statement(statement)[0]["commandStatus"]["status"], "SUCCESS", statement)
        self.wait_for_rows("REKEY_CUSTOMER", 2)
        for statement in STATEMENTS[4:]:
            self.assertEqual(self.statement(statement)[0]["commandStatus"]["status"], "SUCCESS", statement)
        self.must("produce", amounts=[[700], [500]])
        windows = self.must("detect", total=1100)["windows"]
        self.assertEqual((windows[-1]["CREDIT_CARD_NUMBER"], windows[-1]["CUSTOMER_EMAIL"], windows[-1]["TRANSACTION_COUNT"]),
                         ("4000 0000 0000 0001", "c0@example.com", 2))
        (alert,) = self.must("alerts", count=1)["alerts"]
        self.assertRegex(alert, "^credit card number 4000 0000 0000 0001 customer c0@example.com total spend 1100 average spend 1000 "
                                "total number of transactions 2 time period .* to ")
        subjects = self.must("subjects")
        self.assertEqual({name: subjects[name] for name in ("transactions-value", "FEATURE_SET-key", "fraudulent_transactions-value")},
                         {"transactions-value": "JSON", "FEATURE_SET-key": "AVRO", "fraudulent_transactions-value": "AVRO"})

    def wait_for_rows(self, topic, count):
        """The table must be full before the stream is joined with it."""
        end = time.monotonic() + PATIENCE
        while self.must("end_of", topic=topic)["end"] < count:
            self.assertLess(time.monotonic(), end, f"{topic} has not {count} rows")


class WorkshopInTheRoom(Workshop):
    LISTEN = "0.0.0.0"


if __name__ == "__main__":
    unittest.main()
