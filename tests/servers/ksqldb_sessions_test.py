"""SESSION windows as a person meets them: described, explained, printed, pulled, pushed, and there again after a restart and a kill."""
import json
import signal
import sys
import unittest

from ksqldb_stage import V1, Stage

MAKE = ["CREATE STREAM CLICKS (WHO STRING KEY, N INT) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON', PARTITIONS=1);",
        "CREATE TABLE VISITS AS SELECT WHO, COUNT(*) AS CLICKS, SUM(N) AS TOTAL FROM CLICKS WINDOW SESSION (5 SECONDS) GROUP BY WHO EMIT CHANGES;"]


class Sessions(Stage):
    servers = ("broker", "registry", "ksqldb")

    def click(self, who, number, at):
        self.ksql(f"INSERT INTO CLICKS (ROWTIME, WHO, N) VALUES ({at}, '{who}', {number});")

    def visits(self):
        return self.rows("SELECT WHO, WINDOWSTART, WINDOWEND, CLICKS, TOTAL FROM VISITS;")

    def run_visits(self):
        for statement in MAKE:
            self.ksql(statement)
        for who, number, at in (("ann", 1, 1000), ("ann", 2, 9000), ("bob", 4, 9000)):
            self.click(who, number, at)
        self.eventually(lambda: self.visits() == [["ann", 1000, 1000, 1, 1], ["ann", 9000, 9000, 1, 2], ["bob", 9000, 9000, 1, 4]])

    def test_sessions_are_described_explained_printed_and_looked_up(self):
        self.start()
        self.run_visits()
        described = self.ksql("DESCRIBE VISITS;")[0]["sourceDescription"]
        self.assertEqual((described["windowType"], described["keyFormat"]), ("SESSION", "KAFKA"))
        self.assertEqual([table["isWindowed"] for table in self.ksql("SHOW TABLES;")[0]["tables"]], [True])
        query = self.ksql("SHOW QUERIES;")[0]["queries"][0]["id"]
        self.assertEqual(self.ksql(f"EXPLAIN {query};")[0]["queryDescription"]["windowType"], "SESSION")
        self.click("ann", 8, 5000)
        self.eventually(lambda: self.visits() == [["ann", 1000, 9000, 3, 11], ["bob", 9000, 9000, 1, 4]])
        self.assertEqual(self.rows("SELECT CLICKS FROM VISITS WHERE WHO = 'ann' AND WINDOWSTART = 1000;"), [[3]])
        self.assertEqual(self.rows("SELECT CLICKS FROM VISITS WHERE WHO = 'ann' AND WINDOWEND > 9000;"), [])
        text = self.query("PRINT 'VISITS' FROM BEGINNING LIMIT 6;")[2]
        self.assertIn("key: [ann@1000/1000], value: <null>", text)
        self.assertIn('key: [ann@1000/9000], value: {"CLICKS":3,"TOTAL":11}', text)
        status, _, text = self.query("SELECT WHO, CLICKS FROM VISITS EMIT CHANGES LIMIT 6;", "/query", V1)
        self.assertEqual(status, 200, text)
        rows = [item["row"] for item in json.loads(text) if "row" in item]
        self.assertEqual([row["columns"] for row in rows if row.get("tombstone")], [["ann", None], ["ann", None]])

    def test_sessions_go_on_after_a_restart_and_after_a_kill(self):
        process = self.start()
        self.run_visits()
        self.stop(process)
        process = self.start()
        self.assertEqual(len(self.visits()), 3, "pull queries answer from the kept state at once")
        self.click("ann", 8, 5000)
        self.eventually(lambda: self.visits() == [["ann", 1000, 9000, 3, 11], ["bob", 9000, 9000, 1, 4]])
        self.stop(process, signal.SIGKILL)
        self.start()
        self.click("bob", 16, 14000)
        self.eventually(lambda: self.visits() == [["ann", 1000, 9000, 3, 11], ["bob", 9000, 14000, 2, 20]])

    def test_without_table_scans_where_names_the_key(self):
        """Not of sessions alone: any table that is looked up."""
        self.start()
        self.run_visits()
        self.ksql("CREATE TABLE PAIRS WITH (KEY_FORMAT='JSON') AS SELECT WHO, N, COUNT(*) AS C FROM CLICKS GROUP BY WHO, N;")
        off = {"ksql.query.pull.table.scan.enabled": "false"}

        def look_up(sql):
            status, _, text = self.query(sql, properties=off)
            return [json.loads(line) for line in text.splitlines()[1:]] if status == 200 else json.loads(text)["message"]
        for sql, rows in (("SELECT TOTAL FROM VISITS WHERE WHO = 'ann';", [[1], [2]]),
                          ("SELECT TOTAL FROM VISITS WHERE WHO IN ('ann', 'nobody') AND WINDOWSTART > 1000;", [[2]]),
                          ("SELECT TOTAL FROM VISITS WHERE WHO = 'bob' OR ('ann' = WHO AND TOTAL = 1);", [[1], [4]]),
                          ("SELECT C FROM PAIRS WHERE WHO = 'ann' AND N = 1 + 1;", [[1]])):
            self.eventually(lambda: look_up(sql) == rows)
        for sql, reason in (("SELECT * FROM VISITS;", "Missing WHERE clause."),
                            ("SELECT * FROM VISITS WHERE TOTAL = 1;", "WHERE clause missing key column for disjunct: (TOTAL = 1)."),
                            ("SELECT * FROM VISITS WHERE WHO = 'ann' OR TOTAL = 1;", "WHERE clause missing key column for disjunct: (TOTAL = 1)."),
                            ("SELECT * FROM VISITS WHERE WHO <> 'ann';", "Bound on key columns '[`WHO` STRING KEY]' must currently be '='."),
                            ("SELECT * FROM VISITS WHERE WHO > 'a' AND WHO < 'c';", "A comparison condition on the key column cannot be combined"),
                            ("SELECT * FROM VISITS WHERE UCASE(WHO) = 'ANN';", "A comparison must directly reference a key column."),
                            ("SELECT * FROM VISITS WHERE CLICKS = TOTAL;", "A comparison must be between a key column and a resolvable expression."),
                            ("SELECT * FROM VISITS WHERE WHO LIKE 'a%';", "Unsupported expression in WHERE clause: "),
                            ("SELECT * FROM PAIRS WHERE WHO = 'ann';", "Multi-column sources must specify every key in the WHERE clause."),
                            ("SELECT WHO, WHO FROM VISITS WHERE WHO = 'ann';", "Duplicate key columns found in schema: `WHO` STRING")):
            self.assertIn(reason, str(look_up(sql)), sql)
        self.assertEqual(len(self.rows("SELECT * FROM VISITS WHERE TOTAL > 1;")), 2, "unless it is set, tables are read as a whole")

    def test_what_sessions_cannot_do_is_refused_by_name(self):
        self.start()
        self.ksql(MAKE[0])
        for statement, reason in (
                ("CREATE TABLE X AS SELECT WHO, COUNT(*) AS C FROM CLICKS WINDOW SESSION (0 SECONDS) GROUP BY WHO;", "Window size must be larger than zero."),
                ("CREATE TABLE X AS SELECT WHO, COUNT(*) AS C FROM CLICKS WINDOW SESSION (5 SECONDS, RETENTION 1 SECONDS) GROUP BY WHO;", "retention must be at least"),
                ("CREATE TABLE X AS SELECT WHO, COUNT(*) AS C FROM CLICKS WINDOW SESSION (5 SECONDS) GROUP BY WHO EMIT FINAL;", "EMIT FINAL is not supported for SESSION windows here yet")):
            self.assertIn(reason, self.ksql(statement, status=400)["message"])
        self.assertEqual(self.ksql("SHOW TABLES;")[0]["tables"], [])


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
