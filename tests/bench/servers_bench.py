#!/usr/bin/env python3
"""The servers as programs: what they take idle, how soon they are ready again, small batches, many connections, a paced load.
The other side's figures are Apache Kafka 4.3.1's, recorded on a machine of this size; they are not measured here.

python3 tests/bench/servers_bench.py [ROW...]     FRAUDSCOPE_BIN names the folder of the program
Environment: BENCH_LOG_MB (1000), BENCH_PACE_MB (100 a second), BENCH_PACE_S (5), BENCH_CONSUMERS (30), BENCH_PARTITIONS (100)"""
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "servers"), os.path.join(HERE, "..", "support")]
from broker_wire import Wire, frame  # noqa: E402
from ports import free_port  # noqa: E402

PROGRAM = os.path.join(os.environ.get("FRAUDSCOPE_BIN", os.path.join(HERE, "..", "..", "build", "bin")), "fraudscope")
LOG_MB = int(os.environ.get("BENCH_LOG_MB", "1000"))
PACE_MB = int(os.environ.get("BENCH_PACE_MB", "100"))
PACE_S = int(os.environ.get("BENCH_PACE_S", "5"))
CONSUMERS = int(os.environ.get("BENCH_CONSUMERS", "30"))
PARTITIONS = int(os.environ.get("BENCH_PARTITIONS", "100"))


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def make_table():
    table = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
        table.append(number)
    return table


TABLE = make_table()


def zigzag(number):
    number = number << 1 if number >= 0 else (-number << 1) - 1
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def batch(values):
    """A record batch v2 without a producer id."""
    records = b""
    for index, value in enumerate(values):
        body = b"\0" + zigzag(0) + zigzag(index) + zigzag(-1) + zigzag(len(value)) + value + zigzag(0)
        records += zigzag(len(body)) + body
    now = int(time.time() * 1000)
    rest = struct.pack(">hiqqqhii", 0, len(values) - 1, now, now, -1, -1, -1, len(values)) + records
    return struct.pack(">qiibI", 0, 9 + len(rest), 0, 2, crc32c(rest)) + rest


class Server:
    def __init__(self, *what, options=()):
        self.home = tempfile.mkdtemp(prefix="servers-bench-")
        self.what, self.options = what, options
        self.port = free_port()
        self.addresses = {}
        self.start()

    def start(self):
        began = time.monotonic()
        self.said = open(self.home + "/said", "a", encoding="utf-8")
        self.process = subprocess.Popen([PROGRAM, "serve", *self.what, "--data", self.home + "/d", "--kafka-port", self.port, *self.options],
                                        stdout=subprocess.PIPE, stderr=self.said, text=True)
        while (line := self.process.stdout.readline().strip()) != "ready":
            if not line:
                raise SystemExit("the servers do not start, see " + self.home + "/said")
            name, _, value = line.partition("=")
            self.addresses[name] = value
        return time.monotonic() - began

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.said.close()

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.said.close()
        shutil.rmtree(self.home)

    def wire(self):
        return Wire(self.addresses["bootstrap.servers"], 60)

    def cpu(self):
        total = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):  # in nanoseconds; threads of ours do not end meanwhile
            with open(f"/proc/{self.process.pid}/task/{task}/schedstat", encoding="utf-8") as stat:
                total += int(stat.read().split()[0])
        return total / 1e9

    def resident_mb(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="utf-8") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def own_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) / 1000

    def create(self, topic, partitions):
        with self.wire() as wire:
            answer = wire.call("CreateTopics", 2, timeout_ms=10000,
                               topics=[{"name": topic, "num_partitions": partitions, "replication_factor": 1, "configs": []}])
        assert answer["topics"][0]["error_code"] == 0, answer


def produce_frame(topic, partition, records, correlation=7):
    return frame("Produce", 7, {"acks": -1, "timeout_ms": 1000,
                                "topic_data": [{"name": topic, "partition_data": [{"index": partition, "records": records}]}]}, correlation)


def framed(data):
    return struct.pack(">i", len(data)) + data


def fetch_frame(topic, offsets, wait, most):
    return frame("Fetch", 11, {"replica_id": -1, "max_wait_ms": wait, "min_bytes": 1, "max_bytes": most, "session_id": 0, "session_epoch": -1,
                               "topics": [{"topic": topic, "partitions": [
                                   {"partition": at, "current_leader_epoch": -1, "fetch_offset": offset, "log_start_offset": -1,
                                    "partition_max_bytes": most} for at, offset in offsets]}],
                               "forgotten_topics_data": [], "rack_id": ""})


def row(name, ours, theirs=None):
    print(f"{name:<34} {ours}" + (f"   recorded for Apache Kafka 4.3.1: {theirs}" if theirs else ""), flush=True)


def percentile(samples, part):
    samples = sorted(samples)
    return samples[min(len(samples) - 1, int(len(samples) * part))]


# --- rows ---

def idle():
    began = time.monotonic()
    server = Server("broker")
    ready = time.monotonic() - began
    time.sleep(0.5)
    cpu, began = server.cpu(), time.monotonic()
    time.sleep(5)
    used = (server.cpu() - cpu) / (time.monotonic() - began)
    memory, own = server.resident_mb(), server.own_mb()
    row("ready on an empty folder", f"{ready * 1000:.0f} ms, {1.8 / ready:.0f} times sooner", "1800 to 15000 ms")
    row("idle", f"{used * 100:.3f} % of a core, {memory:.1f} MB, {175 / memory:.0f} times less memory; {own:.1f} MB of it are its own, the rest is of "
        "libraries' files", "175 to 220 MB")
    server.close()


def small_batches():
    count = 10000
    server = Server("broker")
    server.create("small", 1)
    one = batch([b"x" * 100])
    data = framed(produce_frame("small", 0, one))
    with server.wire() as wire:
        cpu, began = server.cpu(), time.monotonic()
        sender = threading.Thread(target=wire.socket.sendall, args=(data * count,))
        sender.start()
        for _ in range(count):
            wire.hear_bytes()
        sender.join()
        took, used = time.monotonic() - began, server.cpu() - cpu
        row("10,000 one-message batches in", f"{count / took:.0f} /s, {used / count * 1e6:.2f} us of CPU each")
        offset, cpu, began = 0, server.cpu(), time.monotonic()
        while offset < count:
            wire.send_bytes(fetch_frame("small", [(0, offset)], 500, 50 << 20))
            records = wire.hear_bytes()
            at = records.index(struct.pack(">qi", offset, len(one) - 12))  # behind the head of the answer
            while at + 12 <= len(records):
                base, size = struct.unpack(">qi", records[at:at + 12])
                if base != offset:
                    break
                offset, at = offset + 1, at + 12 + size
        took, used = time.monotonic() - began, server.cpu() - cpu
        row("10,000 one-message batches out", f"{count / took:.0f} /s, {used / count * 1e6:.2f} us of CPU each")
    server.close()


def recovery():
    server = Server("broker")
    server.create("large", 4)
    data = [framed(produce_frame("large", at, batch([b"x" * 950 for _ in range(1000)]))) for at in range(4)]
    with server.wire() as wire:
        for number in range(LOG_MB):
            wire.socket.sendall(data[number % 4])
            wire.hear_bytes()
    server.kill()
    killed = server.start()
    server.kill()
    boot = server.home + "/d/log/boot"
    if os.path.exists(boot):
        os.unlink(boot)
    power = server.start()
    server.process.terminate()
    server.process.wait()
    server.process.stdout.close()
    server.said.close()
    clean = server.start()
    row(f"ready with a log of {LOG_MB} MB", f"{clean * 1000:.0f} ms after a clean stop, {killed * 1000:.0f} ms after kill -9, "
        f"{power * 1000:.0f} ms after the machine went down (all checked, {LOG_MB / power:.0f} MB/s)", "1800 ms without a log")
    server.close()


def connections():
    server = Server("broker")
    data = framed(frame("ApiVersions", 0, {}))
    host, port = server.addresses["bootstrap.servers"].rsplit(":", 1)
    taken, before, cpu, began = [], server.resident_mb(), server.cpu(), time.monotonic()
    for _ in range(500):
        each = socket.create_connection((host, int(port)))
        each.sendall(data)
        taken.append(each)
    for each in taken:
        while len(each.recv(65536)) == 0:
            raise SystemExit("a connection was refused")
    took = time.monotonic() - began
    time.sleep(0.5)
    used, more = server.cpu() - cpu, server.resident_mb() - before
    cpu, began = server.cpu(), time.monotonic()
    time.sleep(3)
    idle_cpu = (server.cpu() - cpu) / (time.monotonic() - began)
    row("500 connections, each answered", f"{took * 1000:.0f} ms, {used * 1e3:.0f} ms of CPU, {more * 1000 / 500:.0f} KB each; then {idle_cpu * 100:.2f} % of a core")
    for each in taken:
        each.close()
    server.close()


def look_ups():
    server = Server("broker", "registry")
    host, port = server.addresses["schema.registry.url"].split("//")[1].rsplit(":", 1)
    first = http.client.HTTPConnection(host, int(port))
    schema = json.dumps({"schema": json.dumps({"type": "record", "name": "R", "fields": [{"name": f"f{i}", "type": "string"} for i in range(20)]})})
    first.request("POST", "/subjects/s/versions", schema, {"Content-Type": "application/json"})
    number = json.load(first.getresponse())["id"]
    for name, request in [("by id", f"GET /schemas/ids/{number} HTTP/1.1\r\nHost: x\r\n\r\n".encode()),
                          ("by text", f"POST /subjects/s HTTP/1.1\r\nHost: x\r\nContent-Length: {len(schema)}\r\n\r\n{schema}".encode())]:
        count, took, used = 5000, 0, 0
        with socket.create_connection((host, int(port))) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            cpu, began, samples = server.cpu(), time.monotonic(), []
            for _ in range(count):
                at = time.monotonic()
                connection.sendall(request)
                answer = connection.recv(65536)
                assert answer.startswith(b"HTTP/1.1 200"), answer
                head, body = answer.split(b"\r\n\r\n", 1)
                size = int(next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")).split(b":")[1])
                while len(body) < size:
                    body += connection.recv(65536)
                samples.append(time.monotonic() - at)
            took, used = time.monotonic() - began, server.cpu() - cpu
        row(f"registry look-ups {name}", f"{count / took:.0f} /s one after another, p50 {percentile(samples, 0.5) * 1e3:.2f} ms, "
            f"{used / count * 1e6:.0f} us of CPU each")
    server.close()


def paced():
    server = Server("broker")
    server.create("paced", 4)
    data = [framed(produce_frame("paced", at, batch([b"x" * 1000 for _ in range(1000)]))) for at in range(4)]
    with server.wire() as wire:
        for each in data:
            wire.socket.sendall(each)
            wire.hear_bytes()
        samples, cpu, began = [], server.cpu(), time.monotonic()
        for number in range(PACE_MB * PACE_S):
            due = began + number / PACE_MB
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            wire.socket.sendall(data[number % 4])
            wire.hear_bytes()
            samples.append(time.monotonic() - due)
        took = time.monotonic() - began
        used = server.cpu() - cpu
    row(f"{PACE_MB} MB/s for {PACE_S} s", f"{PACE_MB * PACE_S / took:.1f} MB/s came about, acknowledged after p50 {percentile(samples, 0.5) * 1e3:.2f} ms, "
        f"p99 {percentile(samples, 0.99) * 1e3:.2f} ms (from when it was due), {used / took * 100:.0f} % of a core, {used / (PACE_MB * PACE_S) * 1e3:.2f} ms of CPU a MB")
    server.close()


def idle_consumers():
    """What fetch sessions (KIP-227) would spare: the broker's work for consumers that wait for nothing on many partitions."""
    server = Server("broker")
    server.create("wide", PARTITIONS)
    request = framed(fetch_frame("wide", [(at, 0) for at in range(PARTITIONS)], 500, 50 << 20))
    stop = threading.Event()

    def consume():
        with server.wire() as wire:
            while not stop.is_set():
                wire.socket.sendall(request)
                wire.hear_bytes()

    threads = [threading.Thread(target=consume) for _ in range(CONSUMERS)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    cpu, began = server.cpu(), time.monotonic()
    time.sleep(5)
    used = (server.cpu() - cpu) / (time.monotonic() - began)
    stop.set()
    for thread in threads:
        thread.join()
    row(f"{CONSUMERS} idle consumers x {PARTITIONS} partitions", f"{used * 100:.2f} % of a core, {used / (CONSUMERS * 2) * 1e6:.0f} us of CPU a fetch, without fetch sessions")
    server.close()


ROWS = [idle, small_batches, recovery, connections, look_ups, paced, idle_consumers]

if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for each in ROWS:
        if len(sys.argv) < 2 or each.__name__ in sys.argv[1:]:
            each()
