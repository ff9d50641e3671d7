"""A hundred thousand damaged messages to the live ports of all four servers: they serve as before, what they kept is the same, memory is
bounded, nothing is reported. Under the sanitizers, which take ten times as long, a fifth of them."""
import json
import random
import socket
import struct
import sys
import threading
import unittest

from broker_protocol_test import CASES
from broker_wire import MESSAGES, frame
from hostile_stage import MEGABYTE, SANITIZED, HostileStage, framed, http_text, mutate, wrong_size
from kafka_wire import batch

SHARE = 5 if SANITIZED else 1
KAFKA, EACH_HTTP = 70000 // SHARE, 10000 // SHARE
MEMORY_MOST = (2000 if SANITIZED else 700) * MEGABYTE
WAITING = ("Fetch", "JoinGroup", "SyncGroup")  # may be answered much later
FENCE = framed(struct.pack(">hhih", 18, 0, 0x0FE7CE, -1))  # ApiVersions 0: who answers it has dealt with what came before
OPEN_AT_ONCE = 40
RECORDS = batch([(b"k", b"v", 1773500000000), (None, b"w", 1773500000001)])

REGISTRY = [
    ("POST", "/subjects/a-value/versions", {"schema": '{"type":"record","name":"R","fields":[{"name":"A","type":["null","string"],"default":null}]}'}),
    ("POST", "/subjects/j-value/versions?normalize=true", {"schemaType": "JSON", "schema": '{"type":"object","properties":{"a":{"$ref":"#/definitions/b"}},'
                                                           '"definitions":{"b":{"oneOf":[{"type":"null"},{"type":"integer"}]}}}'}),
    ("POST", "/compatibility/subjects/a-value/versions/latest?verbose=true", {"schema": '"string"'}),
    ("POST", "/subjects/a-value", {"schema": '{"type":"enum","name":"E","symbols":["X"]}'}),
    ("GET", "/subjects?deleted=true&subjectPrefix=a", None), ("GET", "/schemas/ids/1/versions", None), ("DELETE", "/subjects/a-value/versions/1", None),
    ("PUT", "/config/a-value", {"compatibility": "FULL"}), ("GET", "/subjects/%61-value/versions/-1/schema", None)]
CONNECT = [
    ("POST", "/connectors", {"name": "s", "config": {"connector.class": "datagen", "quickstart": "customers", "kafka.topic": "s", "count": "3", "tasks.max": "1"}}),
    ("PUT", "/connector-plugins/datagen/config/validate", {"connector.class": "datagen", "count": "many", "tasks.max": 1}),
    ("GET", "/connectors?expand=status&expand=info", None), ("GET", "/connectors/s/status", None), ("PUT", "/connectors/s/pause", None),
    ("POST", "/connectors/s/restart?includeTasks=true", None), ("DELETE", "/connectors/s", None), ("GET", "/connectors/s/tasks/0/status", None)]
KSQLDB = [
    ("POST", "/ksql", {"ksql": "CREATE STREAM S (A INTEGER, B MAP<STRING, ARRAY<DOUBLE>>) WITH (KAFKA_TOPIC='kept', VALUE_FORMAT='JSON');",
                       "streamsProperties": {"auto.offset.reset": "earliest"}, "sessionVariables": {"n": "v"}}),
    ("POST", "/ksql", {"ksql": "SHOW STREAMS; DESCRIBE S EXTENDED; EXPLAIN SELECT A + 1 FROM S EMIT CHANGES; DROP STREAM IF EXISTS S;"}),
    ("POST", "/query-stream", {"sql": "SELECT UCASE(A), LEN(A), SPLIT(A, ',')[1] FROM KEPT EMIT CHANGES LIMIT 2;", "properties": {"auto.offset.reset": "earliest"}}),
    ("POST", "/query", {"ksql": "SELECT * FROM KEPT WHERE A LIKE 'o%';", "streamsProperties": {}}),
    ("POST", "/close-query", {"queryId": "transient_KEPT_1"}), ("GET", "/status/stream/KEPT/create", None), ("GET", "/is_valid_property/auto.offset.reset", None),
    ("POST", "/ksql", {"ksql": "INSERT INTO S (A) VALUES (1);", "commandSequenceNumber": 1})]


class Ports(HostileStage):
    def test_a_hundred_thousand_damaged_messages_change_nothing(self):
        self.settle()
        before, memory = self.answers(), self.memory()
        attacks = [lambda: self.attack_kafka(random.Random(1), KAFKA), lambda: self.attack_http(random.Random(2), self.registry, REGISTRY, EACH_HTTP),
                   lambda: self.attack_http(random.Random(3), self.connect, CONNECT, EACH_HTTP),
                   lambda: self.attack_http(random.Random(4), self.ksqldb, KSQLDB, EACH_HTTP)]
        sent = []
        threads = [threading.Thread(target=lambda attack=attack: sent.append(attack())) for attack in attacks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sum(sent), KAFKA + 3 * EACH_HTTP, self.errors()[-3000:])
        self.assert_nothing_reported()
        self.assertEqual(self.answers(), before)
        self.produces_and_consumes("kept")
        self.ksql("CREATE STREAM AFTER (A STRING) WITH (KAFKA_TOPIC='kept', VALUE_FORMAT='DELIMITED');")
        self.assertEqual(len(self.rows("SELECT A FROM AFTER EMIT CHANGES LIMIT 5;")), 5)
        self.register("after-value", {"type": "string"})
        peak = self.status("VmHWM")
        print(f"{sum(sent)} messages; memory {memory >> 20} MB before, {self.memory() >> 20} after, {peak >> 20} at most", file=sys.stderr)
        self.assertLess(peak, MEMORY_MOST)

    # --- Kafka ---

    def kafka_messages(self):
        """Name and frame of every case in the oldest and newest of some versions."""
        found = []
        for name, cases in CASES.items():
            flexible = MESSAGES[name].flexible
            versions = {flexible} if flexible < 100 else set()
            versions |= {{"Produce": 7, "Fetch": 11}.get(name, 1), {"Produce": 3, "Fetch": 4, "ListOffsets": 1, "OffsetCommit": 2}.get(name, 0)}
            for version in versions:
                for case in cases:
                    found.append((name, frame(name, version, case)))
        produce = {"acks": 1, "topic_data": [{"name": "t", "partition_data": [{"index": 0, "records": RECORDS}]}]}
        found += [("Produce", frame("Produce", version, produce)) for version in (3, 8, 9) for _ in range(5)]
        return found

    def attack_kafka(self, chance, count):
        messages, waiting = self.kafka_messages(), []
        peer, sent = None, 0
        while sent < count:
            name, whole = chance.choice(messages)
            damaged = mutate(chance, whole, 0 if chance.randrange(8) == 0 else 4)
            data = framed(damaged)
            lies = chance.randrange(20) == 0
            if lies:
                data = struct.pack(">i", wrong_size(chance, len(damaged))) + damaged
            try:
                if lies or name in WAITING or damaged[:2] in (b"\0\1", b"\0\13", b"\0\16"):
                    alone = self.dial(self.kafka)
                    waiting.append(alone)
                    alone.sendall(data)
                else:
                    peer = peer or self.dial(self.kafka, 60)
                    peer.sendall(data + FENCE)
                    peer = peer if self.passed(peer) else None
            except (BrokenPipeError, ConnectionResetError):
                peer = None
            sent += 1
            while len(waiting) > OPEN_AT_ONCE:
                waiting.pop(0).close()
        for each in waiting:
            each.close()
        return sent

    @staticmethod
    def passed(peer):
        """Reads answers up to the fence's; False: the broker closed the connection, as it may."""
        data = b""
        while True:
            while len(data) >= 8 and len(data) >= 4 + struct.unpack(">i", data[:4])[0]:
                size, correlation = struct.unpack(">ii", data[:8])
                data = data[4 + size:]
                if correlation == 0x0FE7CE:
                    return True
            piece = peer.recv(65536)
            if not piece:
                peer.close()
                return False
            data += piece

    # --- HTTP ---

    def attack_http(self, chance, address, requests, count):
        for sent in range(count):
            method, path, body = chance.choice(requests)
            body = json.dumps(body).encode() if body is not None else b""
            head, _ = http_text(method, path, body)
            kind = chance.randrange(10)
            if kind < 6 and body:
                whole = b"".join(http_text(method, path, mutate(chance, body)))
            elif kind < 8:
                damaged = "".join(c for c in mutate(chance, path.encode(), 1).decode("ascii", "ignore") if c not in "\r\n \0")
                whole = b"".join(http_text(method, damaged, body))
            elif kind < 9:
                whole = mutate(chance, head + body)
            else:
                lie = str(chance.choice((len(body) + 5, 0, -1, 1 << 31, 1 << 62, 10 ** 30, 17 << 20))).encode()
                whole = head.replace(f"Content-Length: {len(body)}".encode(), b"Content-Length: " + lie) + body
            if not self.ask(address, whole, kind >= 8):
                return sent
        return count

    def ask(self, address, whole, ends):
        """Sends and hears the first of the answer: a query may go on, and one whose length is a lie ends its side. False: nobody is there."""
        try:
            peer = self.dial(address, 0.2)
        except OSError:
            return False
        try:
            peer.sendall(whole)
            if ends:
                peer.shutdown(socket.SHUT_WR)
            peer.recv(65536)
        except OSError:
            pass
        peer.close()
        return True


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
