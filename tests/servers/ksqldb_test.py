"""ksqlDB's REST contract on our server: the lab from first statement to windows, results in every media type, PRINT, refusals."""
import base64
import http.client
import json
import socket
import sys
import threading
import time
import unittest

import kafka_wire
from ksqldb_stage import DELIMITED, EARLIEST, EIGHT, LAB, V1, Stage, card

JSON = "application/json"
PROTOBUF = "application/vnd.ksql.v1+protobuf"


class Open:
    """A query that stays open: lines are read by a thread."""

    def __init__(self, stage, sql, path="/query-stream", accept=DELIMITED, reset="earliest"):
        key = {"/query": ("ksql", "streamsProperties"), "/query-stream": ("sql", "properties")}[path]
        self.peer = http.client.HTTPConnection(stage.ksqldb.split("//")[1], timeout=120)
        self.peer.request("POST", path, json.dumps({key[0]: sql, key[1]: {"auto.offset.reset": reset}}), {"Accept": accept})
        self.socket = self.peer.sock
        self.answer = self.peer.getresponse()
        self.lines, self.ended = [], threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        try:
            for line in self.answer:
                self.lines.append(line.decode().rstrip("\n"))
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass
        self.ended.set()

    def close(self):
        """Ends the connection under the reading thread, which a mere close would wait for."""
        self.socket.shutdown(socket.SHUT_RDWR)
        self.ended.wait(60)
        self.peer.close()


class Base(Stage):
    servers = ("broker", "registry", "ksqldb")

    def setUp(self):
        super().setUp()
        self.start()

    def run_lab(self):
        self.prepare()
        self.customers()
        entities = [self.ksql(statement)[0] for statement in LAB]
        self.wait_for_customers()
        return entities

    def some_transactions(self):
        """Two windows of card 1, one of card 2, and a card that nobody has."""
        self.transactions([(1, card(1), 100, EIGHT), (2, card(2), 50, EIGHT + 1000), (3, card(1), 20, EIGHT + 299999),
                           (4, card(1), 7, EIGHT + 300000), (5, "9999-0000-0000-0000", 1, EIGHT + 300001)])

    def windows(self):
        rows = self.rows("SELECT CREDIT_CARD_NUMBER, TRANSACTION_COUNT, TOTAL_AMOUNT, WINDOW_START FROM FEATURE_SET;")
        return sorted(map(tuple, rows))

    EXPECTED = [(card(1), 1, 7, "2026-11-23 08:05:00 +0000"), (card(1), 2, 120, "2026-11-23 08:00:00 +0000"),
                (card(2), 1, 50, "2026-11-23 08:00:00 +0000")]


class Lab(Base):
    def test_the_statements_answer_as_ksqldb_does(self):
        entities = self.run_lab()
        self.assertEqual([entity["commandSequenceNumber"] for entity in entities], [2, 4, 6, 8, 10, 12])
        self.assertEqual([entity["commandStatus"]["queryId"] for entity in entities],
                         [None, None, "CSAS_REKEY_CUSTOMER_5", None, "CSAS_AGGREGATE_TRANSACTIONS_9", "CTAS_FEATURE_SET_11"])
        self.assertEqual([entity["commandId"] for entity in entities],
                         ["stream/`TRANSACTIONS`/create", "stream/`CUSTOMER`/create", "stream/`REKEY_CUSTOMER`/create",
                          "table/`TABLE_CUSTOMER`/create", "stream/`AGGREGATE_TRANSACTIONS`/create", "table/`FEATURE_SET`/create"])
        self.assertEqual(list(entities[0]), ["@type", "statementText", "commandId", "commandStatus", "commandSequenceNumber", "warnings"])
        self.assertEqual(entities[0]["statementText"],
                         "CREATE STREAM TRANSACTIONS (TRANSACTION_ID INTEGER, AMOUNT INTEGER, CREDIT_CARD_NUMBER STRING, "
                         "TRANSACTION_TIMESTAMP STRING, LOCATION STRING) WITH (CLEANUP_POLICY='delete', KAFKA_TOPIC='transactions', "
                         "KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON_SR');")
        self.assertEqual(entities[2]["statementText"],
                         "CREATE STREAM REKEY_CUSTOMER WITH (CLEANUP_POLICY='delete', KAFKA_TOPIC='REKEY_CUSTOMER', PARTITIONS=1, "
                         "REPLICAS=1, RETENTION_MS=604800000, VALUE_FORMAT='AVRO') AS SELECT *\nFROM CUSTOMER CUSTOMER\n"
                         "PARTITION BY CUSTOMER.CREDIT_CARD_NUMBER\nEMIT CHANGES;")
        self.assertEqual(entities[2]["commandStatus"],
                         {"status": "SUCCESS", "message": "Created query with ID CSAS_REKEY_CUSTOMER_5", "queryId": "CSAS_REKEY_CUSTOMER_5"})
        status, _, text = self.http("GET", "/status/table/%60FEATURE_SET%60/create")
        self.assertEqual((status, json.loads(text)["queryId"]), (200, "CTAS_FEATURE_SET_11"))
        self.assertEqual(self.http("GET", "/status/table/FEATURE_SET/create")[0], 404)
        statuses = json.loads(self.http("GET", "/status")[2])["commandStatuses"]
        self.assertEqual(statuses["stream/`CUSTOMER`/create"], "SUCCESS")

    def test_lists_and_descriptions_tell_what_the_statements_made(self):
        self.run_lab()
        self.some_transactions()
        self.eventually(lambda: self.windows() == self.EXPECTED)
        streams = self.ksql("SHOW STREAMS;")[0]["streams"]
        self.assertEqual(streams[0], {"type": "STREAM", "name": "AGGREGATE_TRANSACTIONS", "topic": "AGGREGATE_TRANS",
                                      "keyFormat": "KAFKA", "valueFormat": "JSON_SR", "isWindowed": False})
        self.assertEqual([row["isWindowed"] for row in self.ksql("LIST TABLES;")[0]["tables"]], [True, False])
        queries = self.ksql("SHOW QUERIES;")[0]["queries"]
        self.assertEqual({query["id"]: query["state"] for query in queries},
                         dict.fromkeys(["CSAS_REKEY_CUSTOMER_5", "CSAS_AGGREGATE_TRANSACTIONS_9", "CTAS_FEATURE_SET_11"], "RUNNING"))
        feature = self.ksql("DESCRIBE FEATURE_SET;")[0]["sourceDescription"]
        self.assertEqual([(field["name"], field["schema"]["type"], field.get("type")) for field in feature["fields"]],
                         [("CREDIT_CARD_NUMBER", "STRING", "KEY"), ("CUSTOMER_EMAIL", "STRING", "KEY"),
                          ("AVERAGE_SPENDING_AMOUNT", "INTEGER", "KEY"), ("TRANSACTION_COUNT", "BIGINT", None),
                          ("TOTAL_AMOUNT", "INTEGER", None), ("WINDOW_START", "STRING", None), ("WINDOW_END", "STRING", None)])
        self.assertEqual((feature["windowType"], feature["keyFormat"], feature["partitions"], feature["replication"]), ("TUMBLING", "AVRO", 1, 1))
        self.assertEqual(feature["writeQueries"][0]["id"], "CTAS_FEATURE_SET_11")
        joined = self.ksql("DESCRIBE AGGREGATE_TRANSACTIONS EXTENDED;")[0]["sourceDescription"]
        self.assertEqual(joined["sourceConstraints"], ["FEATURE_SET"])
        offsets = joined["queryOffsetSummaries"][0]["topicSummaries"][0]
        self.assertEqual((offsets["kafkaTopic"], offsets["offsets"]),
                         ("transactions", [{"partition": 0, "logStartOffset": 0, "logEndOffset": 5, "consumerOffset": 5}]))
        explained = self.ksql("EXPLAIN CTAS_FEATURE_SET_11;")[0]["queryDescription"]
        self.assertEqual([field["name"] for field in explained["fields"]][:3], ["CREDIT_CARD_NUMBER", "CUSTOMER_EMAIL", "AVERAGE_SPENDING_AMOUNT"])
        self.assertEqual((explained["sources"], explained["sinks"], explained["state"]), (["AGGREGATE_TRANSACTIONS"], ["FEATURE_SET"], "RUNNING"))
        self.assertIn("[ SINK ]", explained["executionPlan"])
        topics = [topic["name"] for topic in self.ksql("SHOW TOPICS;")[0]["topics"]]
        self.assertEqual(topics, sorted(topics))
        self.assertFalse([name for name in topics if name.startswith("_")])
        self.assertIn("_confluent-ksql-default__command_topic", [topic["name"] for topic in self.ksql("SHOW ALL TOPICS;")[0]["topics"]])

    def test_windows_are_counted_and_their_schemas_registered(self):
        self.run_lab()
        self.some_transactions()
        self.eventually(lambda: self.windows() == self.EXPECTED)
        key = json.loads(json.loads(self.http("GET", "/subjects/FEATURE_SET-key/versions/latest", url=self.registry)[2])["schema"])
        self.assertEqual((key["name"], [field["type"] for field in key["fields"]]), ("FeatureSetKey", [["null", "string"], ["null", "string"], ["null", "int"]]))
        value = json.loads(json.loads(self.http("GET", "/subjects/FEATURE_SET-value/versions/latest", url=self.registry)[2])["schema"])
        self.assertEqual(value["properties"]["TRANSACTION_COUNT"], {"connect.index": 0, "oneOf": [{"type": "null"}, {"type": "integer", "connect.type": "int64"}]})

    def test_a_pull_query_has_its_keys_marked_and_no_last_message(self):
        self.run_lab()
        self.some_transactions()
        self.eventually(lambda: self.windows() == self.EXPECTED)
        status, headers, text = self.query("SELECT * FROM FEATURE_SET WHERE CREDIT_CARD_NUMBER = '%s';" % card(2), "/query", V1)
        self.assertEqual((status, headers.get("transfer-encoding")), (200, "chunked"))
        items = json.loads(text)
        self.assertEqual(len(items), 2)
        self.assertIn("`WINDOWSTART` BIGINT KEY, `WINDOWEND` BIGINT KEY, `TRANSACTION_COUNT` BIGINT", items[0]["header"]["schema"])
        self.assertEqual(items[1]["row"]["columns"], [card(2), "customer2@example.com", 200, EIGHT, EIGHT + 300000, 1, 50,
                                                      "2026-11-23 08:00:00 +0000", "2026-11-23 08:05:00 +0000"])

    def test_results_come_in_each_media_type(self):
        self.run_lab()
        self.some_transactions()
        sql = "SELECT TRANSACTION_ID, LOCATION FROM TRANSACTIONS EMIT CHANGES LIMIT 2;"
        for path, accept in (("/query", V1), ("/query", JSON), ("/query", None), ("/query-stream", V1)):
            status, _, text = self.query(sql, path, accept)
            self.assertEqual(status, 200)
            header, first, second, final = json.loads(text)
            self.assertEqual(header["header"]["schema"], "`TRANSACTION_ID` INTEGER, `LOCATION` STRING")
            self.assertEqual([first["row"]["columns"], second["row"]["columns"], final], [[1, "Jakarta"], [2, "Jakarta"], {"finalMessage": "Limit Reached"}])
            self.assertEqual(text.count("},\n{"), 3, "an item a line")
        for path, accept in (("/query-stream", DELIMITED), ("/query-stream", None), ("/query-stream", "*/*"), ("/query", "*/*")):
            status, _, text = self.query(sql, path, accept)
            header, *rows = text.splitlines()
            self.assertEqual((json.loads(header)["columnNames"], json.loads(header)["columnTypes"]), (["TRANSACTION_ID", "LOCATION"], ["INTEGER", "STRING"]))
            self.assertEqual(rows, ['[1,"Jakarta"]', '[2,"Jakarta"]'])
        status, _, text = self.query(sql, "/query-stream", JSON)
        self.assertEqual(json.loads(text)[1:], [[1, "Jakarta"], [2, "Jakarta"]])
        status, _, text = self.query(sql, "/query-stream", PROTOBUF)
        items = json.loads(text)
        self.assertIn("  int32 TRANSACTION_ID = 1;\n  string LOCATION = 2;\n", items[0]["header"]["protoSchema"])
        self.assertEqual(base64.b64decode(items[2]["row"]["protobufBytes"]), b"\x08\x02\x12\x07Jakarta")
        self.assertEqual(self.query(sql, "/query", "text/plain")[0], 406)
        self.assertEqual(self.post("/ksql", {"ksql": "SHOW TYPES;"}, "text/html")[0], 406)
        weighted = self.query(sql, "/query-stream", f"{JSON};q=0.5, {V1};q=0.9")[2]
        self.assertIn("header", json.loads(weighted)[0])

    def test_a_stream_pull_query_ends_where_the_topic_ends(self):
        self.run_lab()
        self.some_transactions()
        items = json.loads(self.query("SELECT TRANSACTION_ID FROM TRANSACTIONS;", "/query", V1)[2])
        self.assertEqual([item["row"]["columns"][0] for item in items[1:-1]], [1, 2, 3, 4, 5])
        self.assertEqual(items[-1], {"finalMessage": "Query Completed"})
        self.assertEqual(json.loads(self.query("SELECT * FROM TRANSACTIONS EMIT CHANGES LIMIT 0;", "/query", V1)[2])[1:], [{"finalMessage": "Limit Reached"}])

    def test_push_queries_go_on_until_somebody_ends_them(self):
        self.run_lab()
        by_request, by_statement, by_leaving = (Open(self, "SELECT AMOUNT FROM TRANSACTIONS EMIT CHANGES;") for _ in range(3))
        objects = Open(self, "SELECT AMOUNT FROM TRANSACTIONS EMIT CHANGES;", "/query", V1)
        self.some_transactions()
        for query in (by_request, by_statement, by_leaving):
            self.eventually(lambda: query.lines[1:] == ["[100]", "[50]", "[20]", "[7]", "[1]"])
        push = [query for query in self.ksql("SHOW QUERIES;")[0]["queries"] if query["queryType"] == "PUSH"]
        self.assertEqual(len(push), 4)
        self.assertEqual((push[0]["queryString"], push[0]["sinks"]), ("SELECT AMOUNT FROM TRANSACTIONS EMIT CHANGES;", []))
        identity = json.loads(by_request.lines[0])["queryId"]
        self.assertEqual(self.post("/close-query", {"queryId": identity})[0], 200)
        self.assertTrue(by_request.ended.wait(60))
        self.assertEqual(self.post("/close-query", {"queryId": identity})[2],
                         '{"@type":"generic_error","error_code":40000,"message":"No query with id %s"}' % identity)
        identity = json.loads(by_statement.lines[0])["queryId"]
        entity = self.ksql(f"TERMINATE {identity};")[0]
        self.assertEqual((entity["@type"], entity["queryId"], entity["wasTerminated"]), ("terminate_query", identity.upper(), True))
        self.assertTrue(by_statement.ended.wait(60))
        self.assertEqual(objects.lines[1], '{"row":{"columns":[100]}},', "a row is a line of its own at once")
        self.ksql(f"TERMINATE {json.loads(objects.lines[0][1:-1])['header']['queryId']};")
        self.assertTrue(objects.ended.wait(60))
        self.assertEqual(objects.lines[-1], '{"finalMessage":"Query Completed"}]')
        by_leaving.close()
        self.eventually(lambda: len(self.ksql("SHOW QUERIES;")[0]["queries"]) == 3)

    def test_a_reader_that_does_not_read_is_waited_for_and_loses_nothing(self):
        self.prepare()
        self.ksql(LAB[0])
        count = 20000
        for first in range(0, count, 1000):
            self.transactions([(n, card(n % 50) + "x" * 200, n, EIGHT + n) for n in range(first, first + 1000)])
        query = Open(self, "SELECT TRANSACTION_ID, CREDIT_CARD_NUMBER FROM TRANSACTIONS EMIT CHANGES;")
        self.ksql("SHOW STREAMS;")
        self.eventually(lambda: len(query.lines) == count + 1)
        self.assertEqual([json.loads(line)[0] for line in query.lines[1:]], list(range(count)))
        query.close()

    def test_print_shows_records_as_they_lie_in_the_topic(self):
        self.run_lab()
        self.some_transactions()
        self.eventually(lambda: self.windows() == self.EXPECTED)
        status, headers, text = self.query("PRINT transactions FROM BEGINNING LIMIT 1;", "/query", V1)
        self.assertEqual((status, text.splitlines()), (200, [
            "Key format: JSON or KAFKA_STRING", "Value format: JSON_SR or KAFKA_STRING",
            'rowtime: 2026/11/23 08:00:00.000 Z, key: 1, value: {"transaction_id":1,"transaction_timestamp":"2026-11-23 08:00:00",'
            f'"credit_card_number":"{card(1)}","amount":100,"location":"Jakarta"}}, partition: 0']))
        text = self.query("PRINT 'cdc.public.customers' FROM BEGINNING INTERVAL 3 LIMIT 2;")[2]
        self.assertEqual([line.split("key: ")[1].split(",")[0] for line in text.splitlines()], ["C001", "C004"])
        self.assertIn('"customer_id": "C004", ', text)
        text = self.query("PRINT 'FEATURE_SET' FROM BEGINNING LIMIT 1;")[2]
        self.assertRegex(text, r'key: \[\{"CREDIT_CARD_NUMBER": "[-0-9]+", "CUSTOMER_EMAIL": "[^"]+", "AVERAGE_SPENDING_AMOUNT": \d+\}@%d/-\]' % EIGHT)
        self.assertEqual(self.query("PRINT 'transactions' LIMIT 1;", accept=JSON)[0], 406)
        status, _, text = self.query("PRINT 'TRANSACTIONS' LIMIT 1;")
        self.assertEqual((status, json.loads(text)["message"]),
                         (400, "Could not find topic 'TRANSACTIONS', or the KSQL user does not have permissions to list the topic. Topic names are "
                               "case-sensitive.\nDid you mean:\n\tprint transactions;"))
        waiting = Open(self, "PRINT 'transactions';", "/query", V1)
        self.eventually(lambda: waiting.lines == [""] * len(waiting.lines) and waiting.lines, 30)
        self.transactions([(77, card(1), 1, EIGHT)])
        self.eventually(lambda: [line for line in waiting.lines if "key: 77" in line])
        waiting.close()

    def test_a_request_is_tried_as_a_whole_before_any_of_it_is_done(self):
        error = self.ksql("CREATE TYPE A AS STRUCT<B INT>; DROP STREAM NOPE;", status=400)
        self.assertEqual((error["@type"], error["error_code"], error["message"], error["statementText"], error["entities"]),
                         ("statement_error", 40001, "Stream NOPE does not exist.", "DROP STREAM NOPE;", []))
        self.assertEqual(self.ksql("SHOW TYPES;")[0]["types"], {})
        error = self.ksql("CREATE TYPE A AS STRUCT<B INT>; SHOW TYPES;\nSELCT;", status=400)
        self.assertEqual((error["message"], error["statementText"]),
                         ("line 2:1: Syntax Error\nUnknown statement 'SELCT'\nDid you mean 'SELECT'?", "CREATE TYPE A AS STRUCT<B INT>; SHOW TYPES;\nSELCT;"))
        both = self.ksql("CREATE TYPE A AS STRUCT<B INT>; CREATE STREAM S (X A) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1); DESCRIBE S;")
        self.assertEqual([entity["@type"] for entity in both], ["currentStatus", "currentStatus", "sourceDescription"])
        self.assertEqual(both[2]["sourceDescription"]["fields"][0]["schema"],
                         {"type": "STRUCT", "fields": [{"name": "B", "schema": {"type": "INTEGER", "fields": None, "memberSchema": None}}], "memberSchema": None})

    def test_rows_that_are_inserted_come_out_and_dropped_streams_go_with_their_topic(self):
        self.ksql("CREATE STREAM S (ID INT KEY, NAME STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=2);")
        self.assertEqual(self.ksql("INSERT INTO S (ID, NAME) VALUES (1, 'a'); INSERT INTO S VALUES (2, 'b');"), [])
        self.assertEqual(sorted(self.rows("SELECT * FROM S;")), [[1, "a"], [2, "b"]])
        entity = self.ksql("DROP STREAM S DELETE TOPIC;")[0]
        self.assertEqual((entity["statementText"], entity["commandId"], entity["commandStatus"]["message"]),
                         ("DROP STREAM S;", "stream/S/drop", "Source `S` (topic: s) was dropped."))
        self.assertEqual(self.ksql("LIST TOPICS;")[0]["topics"], [])
        error = self.ksql("INSERT INTO NOPE VALUES (1);", status=400)
        self.assertEqual((error["@type"], error["error_code"]), ("generic_error", 40000))

    def test_queries_are_paused_resumed_and_terminated(self):
        self.run_lab()
        entity = self.ksql("PAUSE CTAS_FEATURE_SET_11;")[0]
        self.assertEqual((entity["commandId"], entity["commandStatus"]["message"]), ("pause/CTAS_FEATURE_SET_11/execute", "Query paused."))
        self.some_transactions()
        self.eventually(lambda: len(self.rows("SELECT * FROM AGGREGATE_TRANSACTIONS;")) == 4)
        self.assertEqual(self.windows(), [])
        self.assertEqual([q["state"] for q in self.ksql("SHOW QUERIES;")[0]["queries"] if "FEATURE" in q["id"]], ["PAUSED"])
        self.ksql("RESUME CTAS_FEATURE_SET_11;")
        self.eventually(lambda: self.windows() == self.EXPECTED)
        error = self.ksql("DROP STREAM AGGREGATE_TRANSACTIONS;", status=400)
        self.assertEqual(error["message"], "Cannot drop AGGREGATE_TRANSACTIONS.\nThe following streams and/or tables read from this source: "
                                           "[FEATURE_SET].\nYou need to drop them before dropping AGGREGATE_TRANSACTIONS.")
        entities = self.ksql("TERMINATE ALL;")
        self.assertEqual([entity["commandStatus"]["message"] for entity in entities], ["Query terminated."] * 3)
        self.assertEqual(self.ksql("SHOW QUERIES;")[0]["queries"], [])
        self.assertFalse([t for t in self.ksql("SHOW ALL TOPICS;")[0]["topics"] if t["name"].endswith("-changelog")])
        error = self.ksql("TERMINATE CTAS_FEATURE_SET_11;", status=400)
        self.assertEqual(error["message"], "Unknown queryId: CTAS_FEATURE_SET_11")

    def test_properties_and_variables_count_for_their_request(self):
        self.prepare()
        created = self.ksql("DEFINE src = 'transactions'; SET 'auto.offset.reset'='earliest';"
                            "CREATE STREAM T WITH (KAFKA_TOPIC='${src}', VALUE_FORMAT='JSON_SR'); SHOW VARIABLES; SHOW PROPERTIES;", {})
        self.assertIn("KAFKA_TOPIC='transactions'", created[0]["statementText"])
        self.assertEqual(created[1]["variables"], [{"name": "SRC", "value": "transactions"}])
        self.assertEqual(created[2]["overwrittenProperties"], ["ksql.streams.auto.offset.reset"])
        self.assertEqual(self.ksql("SHOW VARIABLES;")[0]["variables"], [])
        given = self.ksql("DESCRIBE ${name};", sessionVariables={"name": "T"})
        self.assertEqual(given[0]["sourceDescription"]["name"], "T")
        prohibited = self.ksql("SHOW STREAMS;", {"ksql.service.id": "x"}, 400)
        self.assertEqual(prohibited["message"], "One or more properties overrides set locally are prohibited by the KSQL server (use UNSET to reset "
                                                "their default value): [ksql.service.id]")
        self.assertEqual(self.http("GET", "/is_valid_property/ksql.streams.auto.offset.reset")[2], "true")
        self.assertEqual(self.http("GET", "/is_valid_property/no.such.thing")[0], 400)

    def test_a_query_whose_topic_is_deleted_stops_and_says_so(self):
        kafka_wire.create_topic(self.kafka, "s")
        made = self.ksql("CREATE STREAM S (A STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');"
                         "CREATE STREAM T WITH (VALUE_FORMAT='JSON') AS SELECT * FROM S;")
        identity = made[1]["commandStatus"]["queryId"]
        self.ksql("INSERT INTO S VALUES ('x');")
        self.eventually(lambda: self.rows("SELECT * FROM T;") == [["x"]])
        kafka_wire.delete_topic(self.kafka, "s")
        self.eventually(lambda: [q["state"] for q in self.ksql("SHOW QUERIES;")[0]["queries"]] == ["ERROR"], 120)
        told = self.ksql(f"EXPLAIN {identity};")[0]["queryDescription"]
        self.assertEqual((told["state"], len(told["queryErrors"])), ("ERROR", 1))
        self.assertIn("s", told["queryErrors"][0]["errorMessage"])
        self.ksql("DROP STREAM T; DROP STREAM S;")

    def test_a_request_waits_for_the_command_that_it_names(self):
        began = time.monotonic()
        behind = self.ksql("SHOW STREAMS;", status=503, commandSequenceNumber=2)
        self.assertGreater(time.monotonic() - began, 4)
        self.assertEqual((behind["error_code"], behind["message"]),
                         (50301, "Timed out while waiting for a previous command to execute. command sequence number: 2"))
        self.ksql("CREATE TYPE A AS STRUCT<B INT>;", commandSequenceNumber=-1)
        self.ksql("SHOW STREAMS;", commandSequenceNumber=2)

    def test_what_is_not_there_is_refused_by_name(self):
        self.assertEqual(self.http("GET", "/nope")[::2], (404, "<html><body><h1>Resource not found</h1></body></html>"))
        self.assertEqual(self.http("GET", "/ksql")[0], 405)
        self.assertEqual(self.http("GET", "/ksql")[1]["allow"], "POST")
        self.assertEqual(self.http("GET", "/")[1]["location"], "/info")
        self.assertEqual(self.http("GET", "/clusterStatus")[::2], (404, ""))
        self.assertEqual(self.post("/inserts-stream", "{}")[::2],
                         (400, '{"@type":"generic_error","error_code":40004,"message":"This endpoint is only available when using HTTP2"}'))
        self.assertEqual(self.http("GET", "/ws/query")[::2], (400, '"Connection" header must be "Upgrade".'))
        self.assertEqual(self.http("GET", "/ws/query", headers={"Connection": "Upgrade", "Upgrade": "websocket"})[0], 400)
        self.assertEqual(self.post("/ksql", "hello")[0], 400)
        self.assertEqual(self.post("/ksql", "")[0], 400)
        self.assertEqual(self.post("/ksql", {"x": 1})[2], "[]")
        error = self.ksql("SELECT * FROM X EMIT CHANGES;", status=400)
        self.assertEqual((error["error_code"], error["message"]),
                         (40002, "The following statement types should be issued to the websocket endpoint '/query':\n\t* PRINT\n\t* SELECT"))
        self.assertEqual(json.loads(self.query("SHOW STREAMS;")[2])["message"], "Neither a query nor a print statement\nStatement: SHOW STREAMS;")
        error = json.loads(self.query("SELECT 1 FROM A; SELECT 2 FROM B;", "/query")[2])
        self.assertEqual(error["message"], "Expected exactly one KSQL statement; found 2 instead")
        error = json.loads(self.query("SELECT * FROM NOPE EMIT CHANGES;")[2])
        self.assertEqual((error["message"], error["statementText"]), ("Exception while preparing statement: NOPE does not exist.", "SELECT * FROM NOPE EMIT CHANGES;"))
        error = self.ksql("ALTER SYSTEM 'auto.offset.reset'='earliest';", status=400)
        self.assertIn("not supported", error["message"])
        self.assertEqual(self.ksql("ASSERT SCHEMA SUBJECT 'nope-value' TIMEOUT 1 SECONDS;", status=417),
                         {"@type": "generic_error", "error_code": 41700, "message": "Schema with subject name nope-value does not exist"})
        self.assertIn("Connect is not configured", self.ksql("SHOW CONNECTORS;", status=400)["message"])

    def test_the_server_tells_who_it_is(self):
        status, headers, text = self.http("GET", "/info")
        self.assertEqual((status, headers["content-type"]), (200, "application/json"))
        info = json.loads(text)["KsqlServerInfo"]
        self.assertEqual(list(info), ["version", "kafkaClusterId", "ksqlServiceId", "serverStatus"])
        self.assertEqual((info["ksqlServiceId"], info["serverStatus"]), ("default_", "RUNNING"))
        self.assertTrue(json.loads(self.http("GET", "/healthcheck")[2])["isHealthy"])
        self.assertEqual(self.http("GET", "/chc/ready")[2], "{}")
        self.assertEqual(json.loads(self.http("GET", "/v1/metadata")[2])["clusterId"]["scope"]["clusters"]["kafka-cluster"], info["kafkaClusterId"])

    def test_terminating_the_cluster_ends_queries_and_forgets_statements(self):
        self.run_lab()
        status, _, text = self.post("/ksql/terminate", {"deleteTopicList": ["FEATURE.*"]})
        self.assertEqual((status, json.loads(text)[0]["@type"]), (200, "currentStatus"))
        self.assertEqual(json.loads(self.post("/ksql", {"ksql": "SHOW STREAMS;"})[2])["error_code"], 50304)
        self.stop(self.processes[0])
        self.start()
        topics = [topic["name"] for topic in self.ksql("SHOW ALL TOPICS;")[0]["topics"]]
        self.assertIn("AGGREGATE_TRANS", topics)
        self.assertNotIn("FEATURE_SET", topics)
        self.assertEqual(self.ksql("SHOW STREAMS;")[0]["streams"], [])


class Odd(Base):
    """Several partitions, records that are none."""

    def test_topics_of_three_partitions_are_joined_and_counted_by_card(self):
        self.prepare(3)
        self.customers()
        entities = [self.ksql(statement)[0] for statement in LAB]
        self.assertIn("PARTITIONS=3", entities[2]["statementText"])
        self.eventually(lambda: sum(offset["consumerOffset"] for topic in self.ksql("DESCRIBE AGGREGATE_TRANSACTIONS EXTENDED;")[0]
                                    ["sourceDescription"]["queryOffsetSummaries"][0]["topicSummaries"]
                                    if topic["kafkaTopic"] == "REKEY_CUSTOMER" for offset in topic["offsets"]) == 5)
        self.some_transactions()
        self.eventually(lambda: self.windows() == self.EXPECTED)
        self.stop(self.processes[0])
        self.start()
        self.assertEqual(self.windows(), self.EXPECTED)

    def test_records_that_do_not_decode_are_passed_over_and_told_once_in_a_while(self):
        self.prepare()
        self.ksql(LAB[0])
        self.ksql("CREATE STREAM COPY AS SELECT AMOUNT FROM TRANSACTIONS;")
        good = [self.transaction(n, card(1), n, EIGHT + n) for n in range(3)]
        kafka_wire.produce(self.kafka, "transactions", good[:1] + [(b"x", b"\0\0\0\0\1{", EIGHT)] * 200 + [(b"x", b"rubbish", EIGHT)] + good[1:])
        self.eventually(lambda: self.rows("SELECT * FROM COPY;") == [[0], [1], [2]])
        self.assertLess(len([line for line in self.errors().splitlines() if "CSAS_COPY" in line]), 5)


class Connectors(Stage):
    def test_connector_statements_go_to_connect(self):
        self.start()
        entity = self.ksql("CREATE SOURCE CONNECTOR \"People\" WITH ('connector.class'='datagen', 'quickstart'='customers', 'count'='7', 'seed'='1');")[0]
        self.assertEqual((entity["@type"], entity["info"]["name"], entity["info"]["type"]), ("connector_info", "People", "source"))
        self.eventually(lambda: [row for row in self.ksql("SHOW CONNECTORS;")[0]["connectors"]] ==
                        [{"name": "People", "type": "source", "className": "datagen", "state": "RUNNING (1/1 tasks RUNNING)"}])
        described = self.ksql("DESCRIBE CONNECTOR \"People\";")[0]
        self.assertEqual((described["connectorClass"], described["status"]["connector"]["state"]), ("datagen", "RUNNING"))
        people = {"ksql": "CREATE STREAM P WITH (KAFKA_TOPIC='cdc.public.customers', VALUE_FORMAT='AVRO');"}
        self.eventually(lambda: self.post("/ksql", people)[0] == 200)  # once the connector has registered its schema
        self.eventually(lambda: len(self.rows("SELECT * FROM P;")) == 7)
        self.assertEqual(self.ksql("CREATE SOURCE CONNECTOR IF NOT EXISTS \"People\" WITH ('connector.class'='datagen');")[0]["@type"], "warning_entity")
        self.assertEqual(self.ksql("DROP CONNECTOR \"People\";")[0], {"@type": "drop_connector", "statementText": "DROP CONNECTOR \"People\";",
                                                                      "connectorName": "People", "warnings": []})
        self.assertEqual(self.ksql("SHOW CONNECTORS;")[0]["connectors"], [])
        self.assertIn("nope", self.ksql("CREATE SOURCE CONNECTOR X WITH ('connector.class'='nope');", status=400)["message"])
        self.ksql("DROP CONNECTOR X;", status=400)
        self.assertEqual(self.ksql("DROP CONNECTOR IF EXISTS X;")[0]["@type"], "warning_entity")


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
