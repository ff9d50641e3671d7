"""The SQL shell on our own servers: it joins who serves, reads the lab's tables, and a query that is interrupted is gone."""
import json
import signal
import sys
import unittest

from pipeline import Pipeline
from scene import PATIENCE

STREAM_A = "CREATE STREAM A (X STRING) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', PARTITIONS=1);"


class Live(Pipeline):
    def setUp(self):
        super().setUp()
        self.data = self.home.name + "/d"
        self.server, addresses = self.serve("--data", self.data)
        self.bootstrap = addresses["bootstrap.servers"]

    def sql(self, *statements, output="json"):
        arguments = [word for statement in statements for word in ("-e", statement)]
        return self.run_program("sql", "--data", self.data, "--output", output, *arguments)

    def rows(self, *statements):
        result = self.sql(*statements)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_values_go_in_and_come_out_as_they_were(self):
        self.rows("CREATE STREAM A (X STRING, Y DOUBLE, Z BIGINT, W ARRAY<INT>) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON', PARTITIONS=1);"
                  "INSERT INTO A VALUES ('', NULL, 9007199254740993, ARRAY[1, 2]); INSERT INTO A (X) VALUES ('''漢字''');")
        found = self.rows("SELECT * FROM A EMIT CHANGES LIMIT 2;")
        self.assertEqual(found, [{"X": "", "Y": None, "Z": 9007199254740993, "W": [1, 2]},
                                 {"X": "'漢字'", "Y": None, "Z": None, "W": None}])

    def test_the_lab_is_read_by_push_and_pull_queries(self):
        console = self.plain("--data", self.data, "--seed", "7")
        self.set_up_lab(console, self.bootstrap)
        self.say(console, "producer burst 3 '" + sorted(self.customers(self.bootstrap))[0] + "'")
        self.read_until(console, "^Burst sent")
        self.settled(self.bootstrap, self.expected_windows(self.bootstrap))
        pushed = self.rows("SELECT * FROM TRANSACTIONS EMIT CHANGES LIMIT 3;")
        self.assertEqual(len(pushed), 3)
        pulled = self.rows("SELECT CREDIT_CARD_NUMBER, TRANSACTION_COUNT, TOTAL_AMOUNT FROM FEATURE_SET;")
        self.assertEqual(sum(row["TRANSACTION_COUNT"] for row in pulled), 3)
        self.assertEqual(sum(row["TOTAL_AMOUNT"] for row in pulled), sum(row["AMOUNT"] for row in pushed))
        lines = self.sql("PRINT 'transactions' FROM BEGINNING LIMIT 2;", output="table").stdout.splitlines()
        self.assertEqual(len([line for line in lines if line.startswith("rowtime: ")]), 2)
        self.assertEqual({row["name"] for row in self.rows("SHOW STREAMS; SHOW TABLES;")},
                         {"TRANSACTIONS", "CUSTOMER", "REKEY_CUSTOMER", "TABLE_CUSTOMER", "AGGREGATE_TRANSACTIONS", "FEATURE_SET"})
        self.quit(console)

    def test_a_query_that_is_interrupted_is_gone_from_the_server(self):
        self.rows(STREAM_A + "INSERT INTO A VALUES ('x');")
        shell = self.start("sql", "--data", self.data, "-e", "SELECT X FROM A EMIT CHANGES;")
        self.read_until(shell, "^ x$")
        self.assertEqual([row["queryType"] for row in self.rows("SHOW QUERIES;")], ["PUSH"])
        shell.send_signal(signal.SIGINT)
        self.assertEqual(shell.wait(PATIENCE), 0)
        self.eventually(lambda: self.rows("SHOW QUERIES;") == [])

    def test_a_wrong_statement_stops_a_script_where_it_is(self):
        result = self.sql(STREAM_A + "SELECT Y FROM A EMIT CHANGES; DROP STREAM A;")
        self.assertEqual(result.returncode, 1)
        self.assertIn("SELECT column 'Y' cannot be resolved.", result.stderr)
        self.assertEqual(result.stderr.splitlines()[-1], "         ^")
        self.assertEqual([row["name"] for row in self.rows("SHOW STREAMS;")], ["A"])

    def test_without_anybody_who_serves_the_shell_starts_the_servers_itself(self):
        result = self.run_program("sql", "--memory", "-e", "SHOW TOPICS;", "--output", "csv")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.splitlines()[0], "Kafka Topic,Partitions,Partition Replicas")


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
