"""The registry as a program: each of the seven levels judges as it says and its messages name path and rule; everything is
found again from the topic `_schemas` alone."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

from broker_scene import PATIENCE, PROGRAM
from ports import free_port

LEVELS = ["NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]


def record(*fields):
    return {"type": "record", "name": "R", "fields": list(fields)}


def field(name, kind="int", **more):
    return {"name": name, "type": kind, **more}


def closed(*names, **more):
    return {"type": "object", "properties": {name: {"type": "integer"} for name in names}, "additionalProperties": False, **more}


def opened(*names, **more):
    return {"type": "object", "properties": {name: {"type": "integer"} for name in names}, **more}


A, B, C = field("a"), field("b"), field("c")
B0, C0 = field("b", default=0), field("c", default=0)
MISSING = "READER_FIELD_MISSING_DEFAULT_VALUE"

# (type, what, versions before, the new one, {level: what its messages must have; the other levels take it})
CASES = [
    ("AVRO", "a field with a default comes", [record(A)], record(A, B0), {}),
    ("AVRO", "a field without one comes", [record(A)], record(A, B),
     {level: ["/b: " + MISSING] for level in ["BACKWARD", "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]}),
    ("AVRO", "a field without a default goes", [record(A, B)], record(A),
     {level: ["/b: " + MISSING] for level in ["FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]}),
    ("AVRO", "a field that an older version lacks has no default", [record(A), record(A, B)], record(A, B, C0),
     {level: ["/b: " + MISSING] for level in ["BACKWARD_TRANSITIVE", "FULL_TRANSITIVE"]}),
    ("AVRO", "a field that an older version needs is gone", [record(A, B), record(A)], record(A, C0),
     {level: ["/b: " + MISSING] for level in ["FORWARD_TRANSITIVE", "FULL_TRANSITIVE"]}),
    ("AVRO", "a number widens inside", [record(field("n", record(A) | {"name": "N"}))], record(field("n", record(field("a", "long")) | {"name": "N"})),
     {level: ["/n/a: TYPE_MISMATCH: long was written, int is to be read"] for level in ["FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]}),
    ("AVRO", "a number narrows", [record(field("a", "long"))], record(A),
     {level: ["/a: TYPE_MISMATCH: long was written, int is to be read"] for level in ["BACKWARD", "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]}),
    ("AVRO", "an enum grows", [record(field("e", {"type": "enum", "name": "E", "symbols": ["X"]}))],
     record(field("e", {"type": "enum", "name": "E", "symbols": ["X", "Y"]})),
     {level: ["/e: MISSING_ENUM_SYMBOLS: Y"] for level in ["FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]}),
    ("JSON", "a closed object gets a property", [closed("a")], closed("a", "b"),
     {level: ["PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: b"] for level in ["FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]}),
    ("JSON", "a closed object loses one", [closed("a", "b")], closed("a"),
     {level: ["PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: b"] for level in ["BACKWARD", "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]}),
    ("JSON", "an open object gets a property", [opened("a")], opened("a", "b"),
     {level: ["#/properties/b: PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"] for level in ["BACKWARD", "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]}),
    ("JSON", "a property becomes required", [opened("a")], opened("a", required=["a"]),
     {level: ["REQUIRED_ATTRIBUTE_ADDED: a"] for level in ["BACKWARD", "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]}),
    ("JSON", "a property that an older version has closed is gone", [closed("a", "b"), closed("a")], closed("a", "c"),
     {"BACKWARD_TRANSITIVE": ["PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: b"], "FORWARD": ["PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: c"],
      "FORWARD_TRANSITIVE": ["PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: c"], "FULL": ["PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: c"],
      "FULL_TRANSITIVE": ["PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: b", "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: c"]}),
    ("JSON", "an integer becomes any number", [{"type": "object", "properties": {"n": {"type": "integer"}}}],
     {"type": "object", "properties": {"n": {"type": "number"}}},
     {level: ["#/properties/n", "TYPE_CHANGED: number"] for level in ["FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]}),
    ("JSON", "one of two branches goes", [{"oneOf": [{"type": "null"}, {"type": "string"}]}], {"oneOf": [{"type": "string"}]},
     {level: ["SUM_TYPE_NARROWED"] for level in ["BACKWARD", "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]}),
]


class Registry(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.home)
        self.ports = ["--kafka-port", free_port(), "--registry-port", free_port()]
        self.server = None
        self.start()
        self.addCleanup(self.end, signal.SIGTERM)

    def start(self):
        self.server = subprocess.Popen([PROGRAM, "serve", "broker", "registry", "--data", self.home + "/d", *self.ports], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        while (line := self.server.stdout.readline().strip()) != "ready":
            self.assertTrue(line, "the servers did not start")
            if line.startswith("schema.registry.url="):
                self.url = line.split("=", 1)[1]

    def end(self, how):
        self.server.send_signal(how)
        self.server.wait(PATIENCE)
        self.server.stdout.close()

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode() if body is not None else None,
                                         {"Content-Type": "application/vnd.schemaregistry.v1+json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def good(self, method, path, body=None):
        status, answer = self.ask(method, path, body)
        self.assertEqual(status, 200, answer)
        return answer

    def body(self, kind, schema):
        return {"schema": json.dumps(schema), "schemaType": kind}

    def test_every_level_judges_as_it_says_and_names_path_and_rule(self):
        for number, (kind, what, versions, new, refusals) in enumerate(CASES):
            subject = f"case-{number}"
            self.good("PUT", f"/config/{subject}", {"compatibility": "NONE"})
            for version in versions:
                self.good("POST", f"/subjects/{subject}/versions", self.body(kind, version))
            for level in LEVELS:
                with self.subTest(f"{kind}, {what}: {level}"):
                    self.good("PUT", f"/config/{subject}", {"compatibility": level})
                    answer = self.good("POST", f"/compatibility/subjects/{subject}/versions?verbose=true", self.body(kind, new))
                    quiet = self.good("POST", f"/compatibility/subjects/{subject}/versions", self.body(kind, new))
                    self.assertEqual(quiet, {"is_compatible": level not in refusals})
                    self.assertEqual(answer["is_compatible"], level not in refusals, answer)
                    if level not in refusals:
                        self.assertEqual(answer["messages"], [])
                        continue
                    for words in refusals[level]:
                        self.assertTrue(any(words in message for message in answer["messages"]), (words, answer["messages"]))
                    status, refusal = self.ask("POST", f"/subjects/{subject}/versions", self.body(kind, new))
                    self.assertEqual(status, 409)
                    for words in refusals[level]:
                        self.assertIn(words, refusal["message"])

    def test_lists_come_in_pages(self):
        for name in "abcde":
            self.good("POST", f"/subjects/{name}/versions", self.body("AVRO", record(A)))
        self.good("POST", "/subjects/a/versions", self.body("AVRO", record(A, B0)))
        self.good("DELETE", "/subjects/c")
        for query, expected in [("", "abde"), ("offset=1", "bde"), ("limit=2", "ab"), ("offset=2&limit=1", "d"), ("offset=4", ""), ("limit=0", "abde"),
                                ("limit=-1", "abde"), ("offset=2&limit=2&deleted=true", "cd"), ("offset=9223372036854775807", "")]:
            self.assertEqual(self.good("GET", f"/subjects?{query}"), list(expected), query)
        self.assertEqual(self.good("GET", "/subjects/a/versions?offset=1&limit=5"), [2])
        for query in ["offset=-1", "offset=x", "limit=x", "limit=", "offset=9223372036854775808"]:
            status, answer = self.ask("GET", f"/subjects?{query}")
            self.assertEqual((status, answer["error_code"]), (422, 422), query)
            self.assertIn("offset and limit are numbers", answer["message"])

    def test_settings_that_are_not_here_are_refused_by_name_and_nothing_changes(self):
        for name, value in [("normalize", True), ("compatibilityGroup", "application.version"), ("defaultMetadata", {"properties": {"a": "b"}}),
                            ("overrideMetadata", {}), ("defaultRuleSet", {}), ("overrideRuleSet", {}), ("alias", "other")]:
            status, answer = self.ask("PUT", "/config", {"compatibility": "FULL", name: value})
            self.assertEqual((status, answer["error_code"]), (422, 42205), name)
            self.assertIn(f"'{name}' is not supported", answer["message"])
        self.assertEqual(self.good("GET", "/config"), {"compatibilityLevel": "BACKWARD"})
        self.good("PUT", "/config", {"compatibility": "FULL", "normalize": False, "compatibilityGroup": None})
        self.assertEqual(self.good("GET", "/config"), {"compatibilityLevel": "FULL"})

    def test_an_import_of_everything_begins_anew_where_all_is_deleted(self):
        self.good("POST", "/subjects/a/versions", self.body("AVRO", record(A)))
        self.good("POST", "/subjects/b/versions", self.body("AVRO", record(B)))
        self.good("DELETE", "/subjects/a")
        status, answer = self.ask("PUT", "/mode", {"mode": "IMPORT"})
        self.assertEqual((status, answer["error_code"]), (422, 42205))
        self.good("DELETE", "/subjects/b")
        self.good("PUT", "/mode", {"mode": "IMPORT"})
        self.assertEqual(self.good("GET", "/subjects?deleted=true"), [])
        self.good("POST", "/subjects/a/versions", self.body("AVRO", record(C)) | {"id": 1, "version": 1})
        self.good("DELETE", "/mode")
        self.end(signal.SIGKILL)
        self.start()
        self.assertEqual(self.good("GET", "/subjects?deleted=true"), ["a"])
        self.assertEqual(json.loads(self.good("GET", "/schemas/ids/1")["schema"]), record(C))
        self.assertGreater(self.good("POST", "/subjects/c/versions", self.body("AVRO", record(A)))["id"], 2)  # those of before stay taken

    def everything(self):
        """All that can be asked."""
        subjects = self.good("GET", "/subjects?deleted=true")
        found = {"subjects": subjects, "live": self.good("GET", "/subjects"), "config": self.good("GET", "/config"), "mode": self.good("GET", "/mode")}
        for subject in subjects:
            name = urllib.parse.quote(subject, safe="")
            found[subject] = {
                "config": self.ask("GET", f"/config/{name}"), "mode": self.ask("GET", f"/mode/{name}"),
                "versions": [self.good("GET", f"/subjects/{name}/versions/{version}?deleted=true")
                             for version in self.good("GET", f"/subjects/{name}/versions?deleted=true")]}
        return found

    def test_everything_is_found_again_from_the_topic_alone(self):
        self.good("POST", "/subjects/one-value/versions", self.body("AVRO", record(A)))
        self.good("POST", "/subjects/one-value/versions", self.body("AVRO", record(A, B0)))
        self.good("POST", "/subjects/two%2Fslash/versions", self.body("JSON", closed("a")))
        self.good("POST", "/subjects/refers/versions", {
            "schema": json.dumps({"type": "record", "name": "S", "fields": [field("r", "R")]}),
            "references": [{"name": "R", "subject": "one-value", "version": 1}], "metadata": {"properties": {"owner": "us"}}})
        self.good("PUT", "/config/one-value", {"compatibility": "FULL_TRANSITIVE"})
        self.good("PUT", "/config", {"compatibility": "FORWARD"})
        self.good("PUT", "/mode/two%2Fslash", {"mode": "READONLY"})
        self.good("POST", "/subjects/gone/versions", self.body("AVRO", record(C)))
        self.good("DELETE", "/subjects/gone")
        self.good("POST", "/subjects/really-gone/versions", self.body("AVRO", record(B)))
        self.good("DELETE", "/subjects/really-gone")
        self.good("DELETE", "/subjects/really-gone?permanent=true")
        before = self.everything()
        self.assertNotIn("really-gone", before["subjects"])
        self.end(signal.SIGKILL)
        # whatever there is beside Kafka's log could be lost
        for entry in os.listdir(self.home + "/d"):
            if entry != "log":
                path = os.path.join(self.home, "d", entry)
                if os.path.isdir(path):
                    shutil.rmtree(path)
                else:
                    os.unlink(path)
        self.start()
        self.assertEqual(self.everything(), before)
        self.assertEqual(self.ask("POST", "/subjects/two%2Fslash/versions", self.body("JSON", closed("a", "b")))[0], 422)
        last = max(version["id"] for subject in before["subjects"] for version in before[subject]["versions"])
        answer = self.good("POST", "/subjects/new/versions", self.body("AVRO", record(field("z"))))
        self.assertGreater(answer["id"], last)  # ids are never given twice


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
