"""The SQL shell against a stand-in for ksqlDB that says what ksqlDB says: formats, errors with their place, exit status, ^C."""
import http.server
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from scene import PATIENCE, PROGRAM, Scene

HEAD = {"queryId": "transient_T_1", "columnNames": ["CARD", "AMOUNT", "NOTE"], "columnTypes": ["STRING", "BIGINT", "STRING"]}
ROWS = ['["5031 9467",12345678901234567890,null]', '["漢字",7,""]', '["a,\\"b\\"",-1,"NULL"]']


def status(message, number=-1):
    return [{"@type": "currentStatus", "statementText": "", "commandStatus": {"status": "SUCCESS", "message": message},
             "commandSequenceNumber": number, "warnings": []}]


ANSWERS = {
    "SHOW STREAMS;": [{"@type": "streams", "streams": [
        {"type": "STREAM", "name": "B", "topic": "b", "keyFormat": "KAFKA", "valueFormat": "AVRO", "isWindowed": False},
        {"type": "STREAM", "name": "A", "topic": "a", "keyFormat": "KAFKA", "valueFormat": "JSON_SR", "isWindowed": True}]}],
    "DESCRIBE T;": [{"@type": "sourceDescription", "sourceDescription": {
        "name": "T", "type": "TABLE", "windowType": "TUMBLING", "extended": False, "fields": [
            {"name": "CARD", "type": "KEY", "schema": {"type": "STRING"}},
            {"name": "PRICE", "schema": {"type": "DECIMAL", "parameters": {"precision": 10, "scale": 2}}},
            {"name": "TAGS", "schema": {"type": "ARRAY", "memberSchema": {"type": "STRING"}}}]}}],
    "LIST FUNCTIONS;": [{"@type": "function_names", "functions": [{"name": "UCASE", "type": "SCALAR", "category": "STRING"}]}],
    "LIST STREAMS; LIST TABLES;": [{"@type": "streams", "streams": [{"name": "TRANSACTIONS"}]}, {"@type": "tables", "tables": []}],
    "CREATE STREAM A (B INT) WITH (KAFKA_TOPIC='a');": status("Stream created", 12),
    "DROP STREAM A;": status("Source `A` (topic: a) was dropped.", 14),
    "INSERT INTO A VALUES (1);": [],
}


class Stage(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, code, body):
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if self.path == "/info":
            self.answer(200, {"KsqlServerInfo": {"version": "7.4.0", "serverStatus": "RUNNING"}})
        elif self.path == "/is_valid_property/ksql.service.id":
            self.answer(400, {"@type": "generic_error", "error_code": 40000, "message": "prohibited by the server"})
        else:
            self.answer(200, True)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        self.server.heard(body)
        if self.path == "/query-stream":
            self.query(body["sql"])
        elif body["ksql"] in ANSWERS:
            self.answer(200, ANSWERS[body["ksql"]])
        elif body["ksql"] == "CUT;":
            self.connection.close()
        else:
            self.answer(400, {"@type": "statement_error", "error_code": 40001,
                              "message": "line 2:12: SELECT column 'AMOUN' cannot be resolved.\nStatement: it"})

    def query(self, sql):
        if "BROKEN" in sql:
            self.answer(400, {"@type": "statement_error", "error_code": 40001, "message": "Line: 1, Col: 8: no such column"})
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.ksqlapi.delimited.v1")
        self.end_headers()
        if sql.startswith("PRINT"):
            self.wfile.write(b"rowtime: 2026/03/01 10:00:00.000 Z, key: 1, value: {\"a\":1}, partition: 0\n")
        else:
            self.wfile.write((json.dumps(HEAD) + "\n" + "\n".join(ROWS) + "\n").encode())
        self.wfile.flush()
        self.close_connection = True
        if "EMIT CHANGES" in sql and "LIMIT" not in sql:
            self.server.streaming.set()
            self.connection.recv(1)  # until the client goes away
            self.server.closed.set()


class WithServer(Scene):
    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stage)
        self.server.daemon_threads = True
        self.server.requests, self.server.heard = [], lambda body: None
        self.server.streaming, self.server.closed = threading.Event(), threading.Event()
        self.folder = self.profile(bootstrap_servers="127.0.0.1:1", ksqldb_url=f"http://127.0.0.1:{self.server.server_port}")
        self.fork()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def fork(self):
        """Before there is a second thread: a fork beside one may never reach its program."""

    def tearDown(self):
        super().tearDown()
        self.server.shutdown()
        self.server.server_close()

    def sql(self, *arguments, typed=None):
        return self.run_program("sql", "--profile", self.folder, *arguments, typed=typed)


class Shell(WithServer):
    def test_lists_are_tables_sorted_by_name(self):
        result = self.sql("-e", "SHOW STREAMS;")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.splitlines(), [
            " Stream Name | Kafka Topic | Key Format | Value Format | Windowed",
            "------------------------------------------------------------------",
            " A           | a           | KAFKA      | JSON_SR      | true",
            " B           | b           | KAFKA      | AVRO         | false"])

    def test_lists_are_one_object_a_line_in_json_and_rows_in_csv(self):
        rows = [json.loads(line) for line in self.sql("-e", "SHOW STREAMS;", "--output", "json").stdout.splitlines()]
        self.assertEqual([row["name"] for row in rows], ["B", "A"])
        self.assertEqual(self.sql("-e", "SHOW STREAMS;", "--output", "csv").stdout.splitlines()[1], "A,a,KAFKA,JSON_SR,true")

    def test_columns_are_as_wide_as_their_data_and_null_is_not_empty(self):
        result = self.sql("-e", "SELECT * FROM T;")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.splitlines(), [
            ' CARD      |               AMOUNT | NOTE',
            '-' * 43,
            ' 5031 9467 | 12345678901234567890 | NULL',
            " 漢字      |                    7 | ''",
            ' a,"b"     |                   -1 | \'NULL\''])

    def test_json_keeps_every_digit_and_null(self):
        self.assertEqual(self.sql("-e", "SELECT * FROM T;", "--output", "json").stdout.splitlines()[0],
                         '{"CARD":"5031 9467","AMOUNT":12345678901234567890,"NOTE":null}')

    def test_csv_follows_rfc_4180(self):
        with_bytes = self.sql("-e", "SELECT * FROM T;", "--output=csv").stdout
        self.assertEqual(with_bytes, 'CARD,AMOUNT,NOTE\n5031 9467,12345678901234567890,\n漢字,7,""\n"a,""b""",-1,NULL\n')
        raw = self.start("sql", "--profile", self.folder, "-e", "SELECT * FROM T;", "--output", "csv")
        self.assertIn(b"CARD,AMOUNT,NOTE\r\n", raw.stdout.read())

    def test_print_is_shown_as_it_comes(self):
        self.assertIn('key: 1, value: {"a":1}, partition: 0\n', self.sql("-e", "PRINT 'a' LIMIT 1;").stdout)

    def test_a_description_names_keys_types_and_windows(self):
        lines = self.sql("-e", "DESCRIBE T;").stdout.splitlines()
        self.assertEqual(lines[0], "Name                 : T")
        self.assertIn(" CARD  | VARCHAR(STRING)  (primary key) (Window type: TUMBLING)", lines)
        self.assertIn(" PRICE | DECIMAL(10, 2)", lines)
        self.assertIn(" TAGS  | ARRAY<VARCHAR(STRING)>", lines)

    def test_a_wrong_statement_shows_the_servers_words_and_a_caret_and_is_status_1(self):
        script = self.home.name + "/lab.sql"
        with open(script, "w", encoding="utf-8") as out:
            out.write("-- first\nSHOW STREAMS;\n\nSELEC 1,\n\t漢字, 'a', AMOUN FROM T;\nSHOW STREAMS;\n")
        result = self.sql("-f", script)
        self.assertEqual(result.returncode, 1)
        lines = result.stderr.splitlines()
        self.assertEqual(lines[0], "error: line 2:12: SELECT column 'AMOUN' cannot be resolved.")
        self.assertIn(f"  in {script} line 5", lines)
        self.assertEqual(lines[-2:], ["   漢字, 'a', AMOUN FROM T;", "               ^"])
        self.assertEqual(result.stdout.count("Stream Name"), 1)

    def test_a_wrong_query_is_status_1_too(self):
        result = self.sql("-e", "SELECT BROKEN FROM T;")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.splitlines()[-1], "  " + " " * 7 + "^")

    def test_an_open_quote_is_named_with_its_place(self):
        result = self.sql("-e", "SHOW STREAMS; SELECT 'a")
        self.assertEqual(result.returncode, 1)
        self.assertIn("what is opened by ' in line 1 column 22 is not closed", result.stderr)

    def test_several_statements_run_in_order_and_the_last_may_lack_its_end(self):
        result = self.sql("-e", "INSERT INTO A VALUES (1); SHOW STREAMS", "-e", "DESCRIBE T;")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([body["ksql"] for body in self.server.requests], ["INSERT INTO A VALUES (1);", "SHOW STREAMS;", "DESCRIBE T;"])

    def test_statements_come_from_standard_input_as_well(self):
        result = self.sql(typed="SHOW\nSTREAMS;\nversion\nexit\nDESCRIBE T;\n")
        self.assertEqual(result.returncode, 1, "SHOW and STREAMS on two lines are one statement that the stage does not know")
        result = self.sql(typed="SHOW STREAMS;\nversion\nexit\nDESCRIBE T;\n")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("ksqlDB server 7.4.0", result.stdout)
        self.assertNotIn("Field", result.stdout)

    def test_what_was_set_and_defined_goes_out_with_what_follows(self):
        result = self.sql("-e", "SET 'auto.offset.reset'='latest'; DEFINE Card='4111'; SET 'cache.max'='${card}'; SHOW STREAMS;"
                                "UNSET 'cache.max'; UNDEFINE CARD; SELECT * FROM T;")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.server.requests[0]["streamsProperties"], {"auto.offset.reset": "latest", "cache.max": "4111"})
        self.assertEqual(self.server.requests[0]["sessionVariables"], {"Card": "4111"})
        self.assertEqual(self.server.requests[1]["properties"], {"auto.offset.reset": "latest"})
        self.assertNotIn("sessionVariables", self.server.requests[1])

    def test_without_set_queries_read_from_the_beginning(self):
        self.sql("-e", "SELECT * FROM T;")
        self.assertEqual(self.server.requests[0]["properties"], {"auto.offset.reset": "earliest"})

    def test_a_prohibited_property_is_refused(self):
        result = self.sql("-e", "SET 'ksql.service.id'='x';")
        self.assertEqual(result.returncode, 1)
        self.assertIn("prohibited by the server", result.stderr)

    def test_the_number_of_the_last_command_is_sent_with_the_next(self):
        self.sql("-e", "CREATE STREAM A (B INT) WITH (KAFKA_TOPIC='a'); DROP STREAM A; SHOW STREAMS;")
        self.assertEqual([body.get("commandSequenceNumber") for body in self.server.requests], [None, 12, 14])

    def test_scripts_run_scripts_but_not_for_ever(self):
        script = self.home.name + "/loop.sql"
        with open(script, "w", encoding="utf-8") as out:
            out.write(f"SHOW STREAMS;\nRUN SCRIPT '{script}';\n")
        result = self.sql("-e", f"RUN SCRIPT '{script}';")
        self.assertEqual(result.returncode, 1)
        self.assertIn("does one run itself?", result.stderr)
        self.assertEqual(self.sql("-f", self.home.name + "/none.sql").returncode, 1)

    def test_an_unreachable_server_is_status_3(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            folder = self.profile(bootstrap_servers="127.0.0.1:1", ksqldb_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
            for statement in ("SHOW STREAMS;", "SELECT * FROM T;"):
                result = self.run_program("sql", "--profile", folder, "-e", statement)
                self.assertEqual(result.returncode, 3, result.stderr)
                self.assertIn("127.0.0.1", result.stderr)

    def test_wrong_use_is_status_2(self):
        for arguments in (["--output", "xml"], ["SHOW", "STREAMS;"], ["-e"]):
            self.assertEqual(self.sql(*arguments).returncode, 2, arguments)
        no_ksqldb = self.profile(bootstrap_servers="127.0.0.1:1")
        result = self.run_program("sql", "--profile", no_ksqldb, "-e", "SHOW STREAMS;")
        self.assertEqual(result.returncode, 2)
        self.assertIn("ksqldb.url", result.stderr)

    def test_interrupting_ends_the_query_and_its_connection_and_then_the_next_statement_runs(self):
        shell = self.start("sql", "--profile", self.folder, "-e", "SELECT * FROM T EMIT CHANGES; SHOW STREAMS;")
        self.assertTrue(self.server.streaming.wait(PATIENCE))
        self.read_until(shell, "5031 9467")
        shell.send_signal(signal.SIGINT)
        self.read_until(shell, "Stream Name")
        self.assertEqual(shell.wait(PATIENCE), 0)
        self.assertTrue(self.server.closed.wait(PATIENCE))

    def test_a_signal_to_end_is_status_4(self):
        shell = self.start("sql", "--profile", self.folder, "-e", "SELECT * FROM T EMIT CHANGES; SHOW STREAMS;")
        self.assertTrue(self.server.streaming.wait(PATIENCE))
        shell.send_signal(signal.SIGTERM)
        self.assertEqual(shell.wait(PATIENCE), 4)
        self.assertNotIn(b"Stream Name", shell.stdout.read())

    def test_local_commands_are_known_and_foreign_ones_refused_by_name(self):
        result = self.sql(typed="output\noutput JSON\noutput\nserver\nhelp\nhistory\nSHOW STREAMS;\nspool x\n")
        self.assertEqual(result.returncode, 1)
        lines = result.stdout.splitlines()
        self.assertEqual(lines[:3], ["table", "json", f"http://127.0.0.1:{self.server.server_port}"])
        self.assertIn("   1: output", lines)
        self.assertEqual(json.loads(lines[-1])["name"], "A")
        self.assertIn("ksqlDB's own shell has this", result.stderr)


class Terminal(WithServer):
    """The same on a terminal of its own."""

    def fork(self):
        environment = dict(self.environment, TERM="xterm", **self.more())
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(PROGRAM, [PROGRAM, "sql", "--profile", self.folder], environment)
        self.seen = b""

    def more(self):
        return {}

    def tearDown(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ChildProcessError, ProcessLookupError):
            pass
        os.close(self.terminal)
        super().tearDown()

    def expect(self, text):
        until = time.monotonic() + PATIENCE
        while text.encode() not in self.seen:
            try:
                readable = select.select([self.terminal], [], [], max(0, until - time.monotonic()))[0]
                self.assertTrue(readable, f"{text!r} does not come after {self.seen}")
                self.seen += os.read(self.terminal, 4096)
            except OSError:
                self.fail(f"the terminal is gone before {text!r}: {self.seen}")
        self.seen = self.seen.split(text.encode(), 1)[1]

    def type(self, text):
        os.write(self.terminal, text.encode())

    def status(self):
        until = time.monotonic() + PATIENCE
        while select.select([self.terminal], [], [], max(0, until - time.monotonic()))[0]:
            try:
                os.read(self.terminal, 4096)
            except OSError:
                break
        while time.monotonic() < until:
            gone, status = os.waitpid(self.pid, os.WNOHANG)
            if gone:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        self.fail("the program does not end")


class Prompt(Terminal):
    def test_statements_over_several_lines_run_at_their_end(self):
        self.expect("ksql> ")
        self.type("INSERT INTO A\n")
        self.expect(">")
        self.type("VALUES (1);\n")
        self.expect("ksql> ")
        self.assertEqual(self.server.requests[-1]["ksql"], "INSERT INTO A\nVALUES (1);")
        self.type("exit\n")
        self.assertEqual(self.status(), 0)

    def test_tab_completes_columns_functions_and_sources(self):
        self.expect("ksql> ")
        self.type("SELECT uca\t")
        self.expect("UCASE")
        self.type("(1) FROM TRANS\t")
        self.expect("TRANSACTIONS")
        self.type("\x15exit\n")
        self.assertEqual(self.status(), 0)

    def test_history_is_there_in_the_next_run(self):
        self.expect("ksql> ")
        self.type("SHOW STREAMS;\n")
        self.expect("Stream Name")
        self.expect("ksql> ")
        self.type("SET 'sasl.password'='x';\n")
        self.expect("ksql> ")  # before it the terminal is not readline's, and takes ^D for itself
        self.type("\x04")
        self.assertEqual(self.status(), 0)
        history = [os.path.join(folder, "sql-history") for folder, _, files in os.walk(self.home.name) if "sql-history" in files]
        self.assertEqual(len(history), 1)
        with open(history[0], encoding="utf-8") as kept:
            text = kept.read()
        self.assertIn("SHOW STREAMS;", text)
        self.assertNotIn("password", text)
        self.assertEqual(os.stat(history[0]).st_mode & 0o777, 0o600)

    def test_interrupting_drops_the_line_ends_a_query_and_twice_leaves(self):
        self.expect("ksql> ")
        self.type("SELECT half\x03")
        self.expect("ksql> ")
        self.type("SELECT * FROM T EMIT CHANGES;\n")
        self.expect("5031 9467")
        self.type("\x03")
        self.expect("Query terminated")
        self.assertTrue(self.server.closed.wait(PATIENCE))
        self.expect("ksql> ")
        self.type("\x03")
        self.expect("once more leaves")
        self.expect("ksql> ")
        self.type("\x03")
        self.assertEqual(self.status(), 4)

    def interrupts_waiting(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as lines:
            return any(int(line.split()[1], 16) & 1 << signal.SIGINT - 1 for line in lines if line.startswith(("SigPnd", "ShdPnd")))

    def test_interrupting_ends_a_script_and_not_the_shell(self):
        path = os.path.join(self.home.name, "three.sql")
        with open(path, "w", encoding="utf-8") as out:
            out.write("INSERT INTO A VALUES (1);\n" * 3)
        self.expect("ksql> ")
        self.server.heard = lambda _: (self.type("\x03"), self.eventually(self.interrupts_waiting))
        self.type(f"run script '{path}'\n")
        self.expect("ended by ^C, line 2 and what follows did not run")
        self.expect("ksql> ")
        self.assertEqual([request["ksql"] for request in self.server.requests], ["INSERT INTO A VALUES (1);"])
        self.server.heard = lambda _: None
        self.type("SHOW STREAMS;\n")
        self.expect("Stream Name")


@unittest.skipIf(os.environ.get("FRAUDSCOPE_SANITIZE"), "a sanitizer must be the first library")
class LateInterrupt(Terminal):
    """^C in the very moment in which the shell asks whether it is to end: a library sends it then."""

    def more(self):
        source, library, self.when = (os.path.join(self.home.name, name) for name in ("late.c", "late.so", "now"))
        with open(source, "w", encoding="utf-8") as out:
            out.write("#include <dlfcn.h>\n#include <signal.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
                      "int sigpending(sigset_t *set) {\n"
                      '    if (unlink(getenv("LATE_INTERRUPT")) == 0) raise(SIGINT);\n'
                      '    return ((int (*)(sigset_t *))dlsym(RTLD_NEXT, "sigpending"))(set);\n}\n')
        subprocess.run(["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library, source], check=True)
        return {"LD_PRELOAD": library, "LATE_INTERRUPT": self.when}

    def interrupt(self):
        with open(self.when, "w", encoding="ascii"):
            pass

    def test_at_the_prompt_it_does_not_leave(self):
        self.expect("ksql> ")
        self.interrupt()
        self.expect("once more leaves")
        self.expect("ksql> ")

    def test_in_a_query_it_ends_only_that(self):
        self.expect("ksql> ")
        self.type("SELECT * FROM T EMIT CHANGES;\n")
        self.expect("5031 9467")
        self.interrupt()
        self.expect("Query terminated")
        self.expect("ksql> ")


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
