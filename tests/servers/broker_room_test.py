"""A room of clients: what each may take, what is said when it wants more, who is listed, and the password beyond this machine."""
import base64
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from broker_scene import PATIENCE, PROGRAM, SANITIZED, Scene
from broker_wire import Wire, frame

try:
    import confluent_kafka
except ImportError:  # Debian's package belongs to Debian's Python
    if sys.executable == "/usr/bin/python3":
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

UNKNOWN_MECHANISM, NO_PASSWORD_HERE, WRONG_PASSWORD = 33, 34, 58


def fetch(offset=0, wait=0, most=1 << 20):
    return {"replica_id": -1, "max_wait_ms": wait, "min_bytes": 1, "max_bytes": most,
            "topics": [{"topic": "t", "partitions": [{"partition": 0, "fetch_offset": offset, "partition_max_bytes": most}]}]}


class Room(Scene):
    def limited(self, limits, *more):
        self.stop()
        self.start("--limits", limits, *more)

    def eventually(self, pattern):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                self.assertRegex(self.stderr(), pattern)
                return
            except AssertionError:
                time.sleep(0.05)
        self.assertRegex(self.stderr(), pattern)

    def resident_mb(self):
        with open(f"/proc/{self.broker.pid}/statm", encoding="utf-8") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def connect(self):
        host, port = self.address().rsplit(":", 1)
        return socket.create_connection((host, int(port)))

    def is_served(self):
        try:
            with Wire(self.address()) as wire:
                return wire.call("ApiVersions", 0)["error_code"] == 0
        except OSError:  # refused
            return False

    def closed(self, connection):
        connection.settimeout(PATIENCE)
        try:
            return connection.recv(1) == b""
        except ConnectionResetError:
            return True


class Limits(Room):
    def test_what_is_no_limit_is_refused_with_those_there_are(self):
        self.stop()
        for text, pattern in [
                ("max.connection=5", r"there is no limit 'max\.connection'; there are max\.connections, max\.connections\.per\.ip"),
                ("max.connections", r"max\.connections is a number from 1 to 100000, not ''"),
                ("max.connections=", r"max\.connections is a number from 1 to 100000, not ''"),
                ("max.connections=0", r"max\.connections is a number from 1 to 100000, not '0'"),
                ("max.connections=many", r"not 'many'"),
                ("max.connections=5,socket.request.max.bytes=-1", r"socket\.request\.max\.bytes is a number from 1024"),
                ("max.connections=5,,", r"there is no limit ''"),
                ("max.connections=99999999999999999999", r"not '9{20}'")]:
            with self.subTest(text):
                status, said = self.refused("--limits", text)
                self.assertNotEqual(status, 0)
                self.assertRegex(said, pattern)

    def test_one_address_gets_so_many_connections_and_the_next_is_told_why(self):
        self.limited("max.connections.per.ip=3")
        taken = [self.connect() for _ in range(3)]
        for each in taken:
            each.sendall(struct.pack(">i", len(frame("ApiVersions", 0, {}))) + frame("ApiVersions", 0, {}))
            self.assertTrue(each.recv(4))
        with self.connect() as other:
            self.assertTrue(self.closed(other))
        self.eventually(r"127\.0\.0\.1:\d+: refused, its address has 3 connections already \(max\.connections\.per\.ip\)")
        taken.pop().close()
        deadline = time.monotonic() + PATIENCE
        while not self.is_served():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        for each in taken:
            each.close()

    def test_all_together_get_so_many_connections(self):
        self.limited("max.connections=2")
        taken = [self.connect() for _ in range(2)]
        with self.connect() as other:
            self.assertTrue(self.closed(other))
        self.eventually(r"refused, 2 connections are open already \(max\.connections\)")
        for each in taken:
            each.close()

    def test_a_request_that_is_too_large_is_refused_before_it_is_read(self):
        self.limited("socket.request.max.bytes=100000")
        with self.connect() as large:
            large.sendall(struct.pack(">i", 100001))
            self.assertTrue(self.closed(large))
        self.eventually(r"a request of 100001 bytes, 100000 are the most; connection closed")
        self.kcat("-P", "-t", "t", text="x" * 50000 + "\n")

    def test_half_requests_of_all_cost_bounded_memory(self):
        self.limited("queued.max.request.bytes=20000000")
        before = self.resident_mb()
        half = [self.connect() for _ in range(20)]
        for each in half:
            each.settimeout(5)
            try:
                each.sendall(struct.pack(">i", 50 << 20) + b"\0" * (5 << 20))
            except OSError:
                pass  # that one was refused
        self.eventually(r"a request of 52428800 bytes, and others are waiting already; connection closed")
        self.assertLess(self.resident_mb() - before, 60 if not SANITIZED else 400)
        self.kcat("-P", "-t", "t", text="served\n")
        for each in half:
            each.close()


    def test_where_no_password_is_asked_for_there_is_no_logging_in(self):
        with Wire(self.address(), PATIENCE) as wire:
            self.assertEqual(wire.call("SaslHandshake", 1, mechanism="PLAIN")["error_code"], NO_PASSWORD_HERE)
            self.assertEqual(wire.call("SaslAuthenticate", 2, auth_bytes=b"\0room\0")["error_code"], WRONG_PASSWORD)
            self.assertIsNone(wire.hear_bytes())

    def test_limits_in_force_are_told_to_who_asks_for_the_brokers_settings(self):
        self.limited("max.connections=77,consumer_byte_rate=5")
        with Wire(self.address()) as wire:
            answer = wire.call("DescribeConfigs", 1, resources=[{"resource_type": 4, "resource_name": "1", "configuration_keys": None}], include_synonyms=1)
            configs = {row["name"]: row for row in answer["results"][0]["configs"]}
            self.assertEqual((configs["max.connections"]["value"], configs["max.connections"]["read_only"]), ("77", 1))
            self.assertEqual([row["value"] for row in configs["max.connections"]["synonyms"]], ["77", "1000"])
            self.assertEqual(configs["consumer_byte_rate"]["value"], "5")
            self.assertEqual(configs["producer_byte_rate"]["value"], "0")
            answer = wire.call("DescribeConfigs", 1, resources=[{"resource_type": 4, "resource_name": "1", "configuration_keys": ["socket.request.max.bytes"]}])
            self.assertEqual([row["name"] for row in answer["results"][0]["configs"]], ["socket.request.max.bytes"])


class Rates(Room):
    def records(self, size):
        self.kcat("-P", "-t", "t", text="x" * size + "\n")
        with Wire(self.address()) as wire:
            return wire.call("Fetch", 4, **fetch())["responses"][0]["partitions"][0]["records"]

    def produce(self, wire, records):
        return wire.call("Produce", 7, acks=-1, timeout_ms=1000, topic_data=[{"name": "t", "partition_data": [{"index": 0, "records": records}]}])

    def test_who_produces_faster_than_allowed_is_told_to_wait_and_is_not_read_from(self):
        records = self.records(100000)
        self.limited("producer_byte_rate=200000")
        with Wire(self.address()) as wire:
            waits = [self.produce(wire, records)["throttle_time_ms"] for _ in range(2)]  # a second's worth at once, and their headers
            self.assertLess(max(waits), 50)
            began = time.monotonic()
            waits = [self.produce(wire, records)["throttle_time_ms"] for _ in range(4)]
            self.assertGreater(min(waits), 0)
            self.assertGreater(time.monotonic() - began, 1.0)
            self.assertEqual(wire.call("Fetch", 4, **fetch())["throttle_time_ms"], 0)  # reading has a rate of its own
        self.eventually(r"127\.0\.0\.1:\d+ \(wire\): throttled for \d+ ms, an address may produce 200000 bytes a second")
        self.assertEqual(self.stderr().count("throttled for"), 1, "told once in a while")
        self.assertEqual(len(self.consume("t").splitlines()), 7)

    def test_two_connections_of_an_address_share_its_rate(self):
        records = self.records(100000)
        self.limited("producer_byte_rate=100000")
        with Wire(self.address()) as one, Wire(self.address()) as other:
            self.produce(one, records)
            self.assertGreater(max(self.produce(one, records)["throttle_time_ms"], self.produce(other, records)["throttle_time_ms"]), 500)

    def test_who_fetches_faster_than_allowed_is_told_to_wait(self):
        self.records(100000)
        self.limited("consumer_byte_rate=100000")
        with Wire(self.address()) as wire:
            wire.call("Fetch", 4, **fetch())
            answer = wire.call("Fetch", 4, **fetch())
            self.assertGreater(answer["throttle_time_ms"], 500)
            self.assertTrue(answer["responses"][0]["partitions"][0]["records"])
            began = time.monotonic()
            wire.call("ApiVersions", 0)
            self.assertGreater(time.monotonic() - began, 0.4)

    def test_only_records_are_charged(self):
        self.limited("producer_byte_rate=1000,consumer_byte_rate=1000")
        with Wire(self.address()) as wire:
            self.assertEqual([wire.call("Metadata", 3, topics=None)["throttle_time_ms"] for _ in range(50)], [0] * 50)

    def test_who_comes_again_owes_what_it_owed(self):
        self.records(100000)
        self.limited("consumer_byte_rate=20000")
        with Wire(self.address()) as wire:
            self.assertGreater(wire.call("Fetch", 4, **fetch())["throttle_time_ms"], 3000)
        time.sleep(0.2)
        with Wire(self.address()) as wire:
            self.assertGreater(wire.call("Fetch", 4, **fetch())["throttle_time_ms"], 4200)  # of what it fetched now 4000

    def test_without_a_rate_nobody_waits(self):
        records = self.records(100000)
        with Wire(self.address()) as wire:
            self.assertEqual([self.produce(wire, records)["throttle_time_ms"] for _ in range(20)], [0] * 20)

    def test_a_client_is_slowed_down_and_loses_nothing(self):
        self.limited("producer_byte_rate=300000")
        told, failures = [], []
        producer = confluent_kafka.Producer({"bootstrap.servers": self.address(), "linger.ms": 1, "batch.num.messages": 20, "log_level": 0,
                                             "enable.idempotence": True, "throttle_cb": told.append})
        began = time.monotonic()
        for i in range(900):
            producer.produce("t", f"{i} ".encode() + b"x" * 1000, partition=0, on_delivery=lambda error, _: failures.append(error) if error else None)
            producer.poll(0)
        self.assertEqual(producer.flush(PATIENCE * 3), 0)
        self.assertGreater(time.monotonic() - began, 1.5)
        self.assertEqual(failures, [])
        self.assertTrue(told)
        self.assertEqual([line.split(" ")[0] for line in self.consume("t").splitlines()], [str(i) for i in range(900)])


class Slow(Room):
    def fill(self, megabytes):
        self.kcat("-P", "-t", "t", "-X", "message.max.bytes=1000000", text="".join("x" * 100000 + "\n" for _ in range(megabytes * 10)))

    def test_readers_that_take_nothing_cost_bounded_memory_and_go_after_a_while(self):
        self.fill(20)
        self.limited("queued.max.response.bytes=30000000,queued.max.response.bytes.per.connection=4000000,connections.max.stalled.ms=2000")
        before = self.resident_mb()
        request = frame("Fetch", 4, fetch(most=50 << 20))
        stalled = []
        for _ in range(12):
            each = self.connect()
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            each.sendall((struct.pack(">i", len(request)) + request) * 20)
            stalled.append(each)
        began = time.monotonic()
        self.kcat("-P", "-t", "t", text="meanwhile\n")  # others are served
        self.assertLess(time.monotonic() - began, PATIENCE)
        self.assertLess(self.resident_mb() - before, 80 if not SANITIZED else 600)
        self.eventually(r"127\.0\.0\.1:\d+ \(wire\): has taken nothing of \d+ bytes for \d+ s; connection closed")
        for each in stalled:
            each.close()

    def test_a_reader_that_takes_little_but_again_and_again_stays(self):
        self.fill(8)
        self.limited("connections.max.stalled.ms=6000")
        with self.connect() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            request = frame("Fetch", 4, fetch(most=50 << 20))
            slow.sendall((struct.pack(">i", len(request)) + request) * 20)
            slow.settimeout(PATIENCE)
            taken, began = 0, time.monotonic()
            while time.monotonic() - began < 14:
                time.sleep(0.15)
                piece = slow.recv(8192)  # less than makes room in the system's buffer for more
                self.assertTrue(piece, f"closed after {taken} bytes")
                taken += len(piece)

    def bytes_read(self):
        """By the broker, from its log and from its clients."""
        with open(f"/proc/{self.broker.pid}/io", encoding="utf-8") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("rchar:"))

    def test_what_is_read_of_the_log_for_those_who_take_nothing_is_a_piece_each(self):
        self.fill(20)
        before, request = self.bytes_read(), frame("Fetch", 4, fetch(most=50 << 20))
        stalled = []
        for _ in range(20):
            each = self.connect()
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            each.sendall((struct.pack(">i", len(request)) + request) * 8)
            stalled.append(each)
        with Wire(self.address(), PATIENCE) as other:  # asked last: answered when each of them has had its turn
            other.call("Metadata", 1, topics=None)
        self.kcat("-C", "-t", "t", "-o", "-1", "-c", "1", "-q")
        self.assertLess(self.bytes_read() - before, 20 * (8 << 20))  # what two systems' sockets hold and a piece; not 64 MB and more
        for each in stalled:
            each.close()

    def test_who_takes_what_it_asked_for_gets_more_and_more_at_once(self):
        self.fill(20)
        sizes = []
        with Wire(self.address(), PATIENCE) as eager:
            for _ in range(8):
                answer = eager.call("Fetch", 4, **fetch(most=50 << 20))
                sizes.append(len(answer["responses"][0]["partitions"][0]["records"]))
        self.assertLessEqual(sizes[0], 1 << 20)
        self.assertEqual(sizes, sorted(sizes))
        self.assertGreater(sizes[-1], 16 << 20)

    def test_requests_behind_answers_that_the_system_takes_at_once_are_answered_too(self):
        self.fill(4)
        request = frame("Fetch", 4, fetch(most=50 << 20))
        with self.connect() as eager:
            eager.settimeout(PATIENCE)
            eager.sendall((struct.pack(">i", len(request)) + request) * 30)
            for _ in range(30):
                left = struct.unpack(">i", self.take(eager, 4))[0]
                self.take(eager, left)

    @staticmethod
    def take(peer, size):
        data = bytearray()
        while len(data) < size:
            piece = peer.recv(size - len(data))
            assert piece, "closed"
            data += piece
        return bytes(data)

    def test_a_connection_that_asks_nothing_for_long_is_closed_and_one_that_waits_is_not(self):
        self.limited("connections.max.idle.ms=2000")
        with self.connect() as idle, Wire(self.address(), PATIENCE) as waiting:
            waiting.send("Fetch", 4, **fetch(offset=0, wait=9000))
            self.assertTrue(self.closed(idle))
            self.eventually(r"has asked nothing for \d+ s; connection closed")
            self.assertIsNotNone(waiting.hear("Fetch", 4))


class Who(Room):
    def test_who_comes_and_goes_is_told_with_address_name_version_and_bytes(self):
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.address(), "group.id": "g", "client.id": "the lady in row 3"})
        consumer.subscribe(["t"])
        consumer.poll(0.5)
        self.eventually(r"came: 127\.0\.0\.1:\d+  the\?lady\?in\?row\?3 \((confluent-kafka-python|librdkafka) \S+\)  in \d+ B  out \d+ B  for 0:0\d min")
        self.broker.send_signal(signal.SIGUSR1)
        self.eventually(r"\d+ clients are here\nhere: 127\.0\.0\.1:\d+  ")
        consumer.close()
        self.eventually(r"went: 127\.0\.0\.1:\d+  the\?lady")

    def test_a_name_from_the_network_cannot_write_to_the_terminal(self):
        with Wire(self.address()) as wire:
            wire.send_bytes(frame("ApiVersions", 0, {}, client="\x1b[31mred\n"))
            wire.hear_bytes()
            self.eventually(r"came: 127\.0\.0\.1:\d+  \?\[31mred\?")
        self.assertNotIn("\x1b", self.stderr())


class Password(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.home)
        with open(self.home + "/said", "w", encoding="utf-8") as said:
            self.servers = subprocess.Popen([PROGRAM, "serve", "--data", self.home + "/d", "--listen", "0.0.0.0"], stdout=subprocess.PIPE,
                                            stderr=said, text=True)
        self.addCleanup(self.end)
        self.addresses = {}
        while (line := self.servers.stdout.readline().strip()) != "ready":
            self.assertTrue(line, "the servers did not start")
            name, _, value = line.partition("=")
            self.addresses[name] = value
        self.properties = {}
        with open(self.addresses["profile"], encoding="utf-8") as profile:
            for line in profile:
                name, equals, value = line.strip().partition("=")
                if equals:
                    self.properties[name] = value

    def end(self):
        self.servers.terminate()
        self.servers.wait(PATIENCE)
        self.servers.stdout.close()

    def get(self, url, user=None, password=None):
        request = urllib.request.Request(url)
        if user:
            request.add_header("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def kcat(self, *more):
        return subprocess.run(["kcat", "-b", self.addresses["bootstrap.servers"], "-L", "-m", "4", *more], capture_output=True, text=True, timeout=PATIENCE)

    def sasl(self, password):
        return ["-X", "security.protocol=SASL_PLAINTEXT", "-X", "sasl.mechanisms=PLAIN", "-X", "sasl.username=room", "-X", "sasl.password=" + password]

    def test_beyond_this_machine_every_server_wants_the_password(self):
        password = self.properties["sasl.password"]
        self.assertGreaterEqual(len(password), 20)
        self.assertEqual(os.stat(self.addresses["profile"]).st_mode & 0o777, 0o600)
        self.assertNotEqual(self.kcat().returncode, 0)
        self.assertNotEqual(self.kcat(*self.sasl("wrong" + password)).returncode, 0)
        self.assertEqual(self.kcat(*self.sasl(password)).returncode, 0)
        for name, path in [("schema.registry.url", "/subjects"), ("connect.url", "/connectors"), ("ksqldb.url", "/info")]:
            with self.subTest(name):
                url = self.addresses[name] + path
                self.assertEqual(self.get(url), 401)
                self.assertEqual(self.get(url, "room", password + "x"), 401)
                self.assertEqual(self.get(url, "moor", password), 401)
                self.assertEqual(self.get(url, "room", password), 200)
        with open(self.home + "/said", encoding="utf-8") as said:
            text = said.read()
        self.assertNotIn(password, text)
        self.assertRegex(text, r"wrong user name or password|before logging in")

    def wire(self, host="127.0.0.1"):
        return Wire(host + ":" + self.addresses["bootstrap.servers"].rsplit(":", 1)[1], PATIENCE)

    def log_in(self, wire, user, password, handshake=True):
        if handshake:
            self.assertEqual(wire.call("SaslHandshake", 1, mechanism="PLAIN")["error_code"], 0)
        return wire.call("SaslAuthenticate", 2, auth_bytes=f"\0{user}\0{password}".encode())["error_code"]

    def test_all_of_user_and_password_counts_and_a_guess_costs_its_connection(self):
        password = self.properties["sasl.password"]
        for user, word in (("moor", password), ("roo", password), ("room", password[:-1]), ("room", password + "x"), ("room", password[:-1] + "!"), ("room", ""),
                           ("", "")):
            with self.wire() as wire:
                self.assertEqual(self.log_in(wire, user, word), WRONG_PASSWORD, (user, len(word)))
                self.assertIsNone(wire.hear_bytes())
            with self.wire() as wire:  # the old way: the token without a request around it
                self.assertEqual(wire.call("SaslHandshake", 0, mechanism="PLAIN")["error_code"], 0)
                wire.send_bytes(f"\0{user}\0{word}".encode())
                self.assertIsNone(wire.hear_bytes())
        with self.wire() as wire:
            self.assertEqual(self.log_in(wire, "room", password, handshake=False), WRONG_PASSWORD)
            self.assertIsNone(wire.hear_bytes())
        with self.wire() as wire:
            other = wire.call("SaslHandshake", 1, mechanism="SCRAM-SHA-256")
            self.assertEqual((other["error_code"], other["mechanisms"]), (UNKNOWN_MECHANISM, ["PLAIN"]))
            self.assertEqual(self.log_in(wire, "room", password, handshake=False), WRONG_PASSWORD)
        with self.wire() as wire:
            self.assertEqual(wire.call("SaslHandshake", 0, mechanism="PLAIN")["error_code"], 0)
            wire.send_bytes(f"\0room\0{password}".encode())
            self.assertEqual(wire.hear_bytes(), b"")
            self.assertEqual(len(wire.call("Metadata", 1, topics=None)["brokers"]), 1)

    def test_before_the_password_little_is_read_and_nothing_answered(self):
        with self.wire() as wire:
            self.assertTrue(wire.call("ApiVersions", 3)["api_keys"])
            wire.send("Metadata", 1, topics=None)
            self.assertIsNone(wire.hear_bytes())
        with self.wire() as wire:
            wire.socket.sendall(struct.pack(">i", (64 << 10) + 1))
            self.assertIsNone(wire.hear_bytes())
        with self.wire() as wire:
            self.assertEqual(self.log_in(wire, "room", self.properties["sasl.password"]), 0)
            names = [{"name": "x" * 200} for _ in range(500)]
            self.assertEqual(len(wire.call("Metadata", 1, topics=names)["topics"]), 500)

    def test_each_is_told_the_address_that_it_came_in_on(self):
        for host in ("127.0.0.1", "127.0.0.2"):
            with self.wire(host) as wire:
                self.assertEqual(self.log_in(wire, "room", self.properties["sasl.password"]), 0)
                self.assertEqual(wire.call("Metadata", 12)["brokers"][0]["host"], host)
                self.assertEqual(wire.call("FindCoordinator", 0, key="g")["host"], host)

    def test_every_start_makes_another_password(self):
        first = self.properties["sasl.password"]
        self.end()
        self.doCleanups()
        self.setUp()
        self.assertNotEqual(first, self.properties["sasl.password"])


class Web(unittest.TestCase):
    """The HTTP servers' share of the same."""

    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.home)
        with open(self.home + "/said", "w", encoding="utf-8") as said:
            self.servers = subprocess.Popen([PROGRAM, "serve", "broker", "registry", "--data", self.home + "/d"], stdout=subprocess.PIPE, stderr=said,
                                            text=True)
        self.addCleanup(self.end)
        while (line := self.servers.stdout.readline().strip()) != "ready":
            self.assertTrue(line, "the servers did not start")
            if line.startswith("schema.registry.url="):
                self.host, port = line.split("//")[1].rsplit(":", 1)
                self.port = int(port)

    def end(self):
        self.servers.terminate()
        self.servers.wait(PATIENCE)
        self.servers.stdout.close()

    def connect(self):
        connection = socket.create_connection((self.host, self.port))
        self.addCleanup(connection.close)
        connection.settimeout(PATIENCE)
        return connection

    def begin(self, size):
        connection = self.connect()
        connection.sendall(f"POST /subjects/x/versions HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
        return connection

    def status(self, connection):
        return connection.recv(65536).split(b" ")[1].decode()

    def get(self):
        connection = self.connect()
        connection.sendall(b"GET /subjects HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return self.status(connection)

    def is_served(self):
        try:
            return self.get() == "200"
        except (OSError, IndexError):  # closed without a word
            return False

    def test_half_bodies_of_all_cost_bounded_memory_and_others_are_served(self):
        half = []
        for _ in range(17):
            half.append(self.begin(16000000))
            half[-1].sendall(b"x" * 15900000)
        whole = self.begin(8000000)
        whole.sendall(b"x" * 8000000)
        self.assertEqual(self.status(whole), "503")
        self.assertEqual(self.get(), "200")
        with open(self.home + "/said", encoding="utf-8") as said:
            self.assertIn("those of all clients together hold 256 MB", said.read())
        for each in half:
            each.close()
        deadline = time.monotonic() + PATIENCE
        while True:
            whole = self.begin(8000000)
            whole.sendall(b"x" * 8000000)
            status = self.status(whole)
            if status == "400":
                break
            self.assertLess(time.monotonic(), deadline, status)
            time.sleep(0.1)

    def test_one_address_cannot_take_all_connections(self):
        taken = [self.connect() for _ in range(600)]
        with open(self.home + "/said", encoding="utf-8") as said:
            time.sleep(0.3)
            self.assertNotIn("refused", said.read())
        self.assertEqual(self.connect().recv(1), b"")
        for each in taken[:10]:
            each.close()
        deadline = time.monotonic() + PATIENCE
        while not self.is_served():  # the server has yet to see them go
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)


class Console(unittest.TestCase):
    def plain(self, *options):
        home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, home)
        result = subprocess.run([PROGRAM, "plain", "--memory", *options], input="room\nroom too much\nquit\n", capture_output=True, text=True,
                                timeout=PATIENCE * 3, env=dict(os.environ, HOME=home, XDG_STATE_HOME=home))
        return result.stdout + result.stderr

    def test_room_shows_address_password_and_who_is_here(self):
        said = self.plain("--listen", "0.0.0.0")
        self.assertRegex(said, r"Kafka +\d+\.\d+\.\d+\.\d+:\d+")
        self.assertRegex(said, r"Schema registry +http://\d+\.\d+\.\d+\.\d+:\d+")
        self.assertRegex(said, r"User room, password [a-z2-9]{20} \(SASL/PLAIN")
        self.assertRegex(said, r"\d+ connections? to the broker, our own among them")
        self.assertIn("usage: room", said)

    def test_on_this_machine_alone_it_says_how_to_let_others_in(self):
        said = self.plain()
        self.assertRegex(said, r"Kafka +127\.0\.0\.1:\d+")
        self.assertIn("start with --listen 0.0.0.0 for a room", said)


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
