"""All four servers in one process with something in each that must be the same afterwards, and what a stranger sends: valid messages
with bytes flipped, cut, put in, and lengths that are not true."""
import json
import os
import random
import socket
import struct
import subprocess

import kafka_wire
from ksqldb_stage import PATIENCE, Stage

SANITIZED = bool(os.environ.get("FRAUDSCOPE_SANITIZE"))
MEGABYTE = 1 << 20
NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 20, 100 << 20, (1 << 63) - 1, (1 << 64) - 1)


def mutate(chance, data, first=0):
    """Some damage behind the first bytes."""
    data = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        if len(data) <= first:
            return bytes(data)
        at = chance.randrange(first, len(data))
        kind = chance.randrange(7)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at] = chance.randrange(256)
        elif kind == 2:  # a length, a count, an offset
            size = chance.choice((1, 2, 4, 8))
            data[at:at + size] = (chance.choice(NUMBERS) & ((1 << 8 * size) - 1)).to_bytes(size, "big")
        elif kind == 3:
            del data[at:at + chance.randrange(1, 9)]
        elif kind == 4:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
        elif kind == 5:
            del data[at:]
        else:  # once more
            end = min(len(data), at + chance.randrange(1, 65))
            data[at:at] = data[at:end]
    return bytes(data)


def wrong_size(chance, size):
    """What a frame says that has another size."""
    return chance.choice((size + 1, size - 1, size * 2, size + 65536, 0, 7, -1, -0x80000000, 0x7FFFFFFF, 101 << 20, 99 << 20, chance.randrange(-1 << 31, 1 << 31)))


class HostileStage(Stage):
    def setUp(self):
        super().setUp()
        self.process = self.start()
        self.chance = random.Random(20260314)

    # --- what an ordinary client sees ---

    def kcat(self, *arguments, text=None):
        done = subprocess.run(["kcat", "-m", str(PATIENCE), "-b", self.kafka, *arguments], input=text, capture_output=True, text=True, errors="replace", timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def settle(self):
        """Something of everybody's."""
        kafka_wire.create_topic(self.kafka, "t", 2)
        kafka_wire.create_topic(self.kafka, "kept")
        self.kcat("-P", "-t", "kept", text="one\ntwo\nthree\n")
        self.register("kept-value", {"type": "record", "name": "Kept", "fields": [{"name": "A", "type": "string"}]})
        self.ksql("CREATE STREAM KEPT (A STRING) WITH (KAFKA_TOPIC='kept', VALUE_FORMAT='DELIMITED');")
        config = {"connector.class": "datagen", "quickstart": "customers", "kafka.topic": "customers", "count": "5", "tasks.max": "1", "seed": "7"}
        status, _, text = self.http("PUT", "/connectors/kept/config", json.dumps(config), {"Content-Type": "application/json"}, self.connect)
        self.assertIn(status, (200, 201), text)

    def answers(self):
        """What each server says of it; nothing of it depends on time or on what strangers add."""
        stream = [line for line in self.ksql("DESCRIBE KEPT;")[0]["sourceDescription"]["fields"]]
        return [self.kcat("-C", "-t", "kept", "-o", "beginning", "-c", "3", "-q"), stream,
                self.http("GET", "/subjects/kept-value/versions/1", url=self.registry)[::2],
                self.http("GET", "/connectors/kept/config", url=self.connect)[::2], self.http("GET", "/info", url=self.ksqldb)[::2]]

    def produces_and_consumes(self, topic, count=1000):
        self.kcat("-P", "-t", topic, text="".join(f"message {i}\n" for i in range(count)))
        lines = self.kcat("-C", "-t", topic, "-o", f"-{count}", "-c", str(count), "-q").splitlines()
        self.assertEqual(lines, [f"message {i}" for i in range(count)])

    # --- the process ---

    def status(self, name):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))

    def memory(self):
        return self.status("VmRSS")

    def bytes_read(self):
        """By the process, from files and sockets."""
        with open(f"/proc/{self.process.pid}/io", encoding="utf-8") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("rchar:"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def assert_nothing_reported(self):
        self.assertIsNone(self.process.poll(), self.errors()[-6000:])
        said = self.errors()
        for sign in ("AddressSanitizer", "runtime error", "ThreadSanitizer", "LeakSanitizer", "fatal"):
            self.assertNotIn(sign, said)

    # --- peers ---

    def dial(self, address, patience=PATIENCE):
        host, port = address.split("//")[-1].rsplit(":", 1)
        peer = socket.create_connection((host, int(port)), timeout=PATIENCE)
        peer.settimeout(patience)
        return peer


def framed(data):
    return struct.pack(">i", len(data)) + data


def http_text(method, path, body=None, accept=None):
    """A request as it goes over the wire; the body apart."""
    body = body or b""
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return (head + (f"Accept: {accept}\r\n" if accept else "") + "\r\n").encode(), body
