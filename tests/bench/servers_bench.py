#!/usr/bin/env python3
"""The servers as programs: how soon they are ready, what they take idle and a message, small batches, many connections, a log read
again, look-ups in the registry. Beside Apache Kafka where its jars are (KAFKA_HOME, or what ./check peers has installed) and beside a
registry (APICURIO_HOME), on this machine, in this run, by the same clients in turn; else beside recorded figures, which say so.

python3 tests/bench/servers_bench.py [ROW...]     FRAUDSCOPE_BIN names the folder of the program
Environment: BENCH_MESSAGES (1000000), BENCH_ROUNDS (3), BENCH_LOG_MB (1000), BENCH_PACE_MB (100 a second), BENCH_PACE_S (5),
BENCH_CONSUMERS (30), BENCH_PARTITIONS (100), BENCH_JAVA (Kafka's options of the Java machine), BENCH_ALONE=1 (ours only)"""
import json
import os
import re
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

from bench_sides import BIN, Apicurio, Kafka, OurRegistry, Ours, java, kafka_jars
from bench_wire import batch, fetch_frame, framed, produce_frame
from broker_wire import frame

MESSAGES = int(os.environ.get("BENCH_MESSAGES", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
LOG_MB = int(os.environ.get("BENCH_LOG_MB", "1000"))
PACE_MB = int(os.environ.get("BENCH_PACE_MB", "100"))
PACE_S = int(os.environ.get("BENCH_PACE_S", "5"))
CONSUMERS = int(os.environ.get("BENCH_CONSUMERS", "30"))
PARTITIONS = int(os.environ.get("BENCH_PARTITIONS", "100"))
ALONE = os.environ.get("BENCH_ALONE") == "1"
TOOLS = os.path.join(BIN, "..", "bench")
IN_FLIGHT = 5


def tell(what, unit, sides, values, more_is_better=False, recorded=None, aim=None, places=2):
    """One figure of each side, and how many times better ours is."""
    figures = "   ".join(f"{side.name} {value:,.{places}f} {unit}" for side, value in zip(sides, values))
    ratio = ""
    if len(values) > 1 and min(values) > 0:
        ratio = f"   ratio {values[0] / values[1] if more_is_better else values[1] / values[0]:.2f}" + (f" (aim {aim})" if aim else "")
    elif recorded:
        ratio = f"   recorded for Apache Kafka 4.3.1, not measured here: {recorded}"
    print(f"{what:<46} {figures}{ratio}", flush=True)


def percentile(samples, part):
    samples = sorted(samples)
    return samples[min(len(samples) - 1, int(len(samples) * part))]


def numbers_of(*command):
    """What one of the load programs prints."""
    return [int(number) for number in subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()]


def pump(kind, host, request, count, connections, window):
    with tempfile.NamedTemporaryFile() as file:
        file.write(request)
        file.flush()
        return numbers_of(TOOLS + "/pump", kind, host, file.name, str(count), str(connections), str(window))


def in_turn(sides, measure, rounds=ROUNDS):
    """measure(side, round) -> {figure: value}, once for nothing and then in turn. A list of medians a side, by figure."""
    taken = [[] for _ in sides]
    for number in range(rounds + 1):
        for side, values in zip(sides, taken):
            values.append(measure(side, number))
    return {name: [statistics.median(each[name] for each in values[1:]) for values in taken] for name in taken[0][0]}


# --- rows of brokers; they share their sides, in this order ---

def ready(sides):
    def start(side, _):
        side.end()
        return {"ready": side.start() * 1000}

    tell("ready on a folder without records", "ms", sides, in_turn(sides, start)["ready"], recorded="1,800 to 15,000", aim=20, places=0)


def idle(sides):
    time.sleep(2)

    def rest(side, _):
        cpu, began = side.cpu(), time.monotonic()
        time.sleep(3)
        return {"cpu": (side.cpu() - cpu) / (time.monotonic() - began) * 100}

    tell("idle", "% of a core", sides, in_turn(sides, rest)["cpu"], places=3)
    memory(sides, "idle", "175 to 220")


def memory(sides, when, recorded):
    sizes = [side.memory_mb() for side in sides]
    tell("memory " + when, "MB", sides, [size[0] for size in sizes], recorded=recorded, aim=20, places=1)
    tell("  of it its own, not pages of files", "MB", sides, [size[1] for size in sizes], places=1)


def load(sides):
    """librdkafka, 4 partitions, 150 bytes and a key of 8, idempotent, linger.ms=5, as the recorded figures are."""
    def run(side, number):
        topic = f"load-{number}"
        side.create(topic, 4)
        out = {}
        for kind in ("produce", "consume"):
            cpu = side.cpu()
            wall, client = numbers_of(TOOLS + "/kafka_load", kind, side.address, topic, "4", str(MESSAGES))
            out |= {kind: MESSAGES / wall * 1e9, kind + " client": client / MESSAGES, kind + " cpu": (side.cpu() - cpu) / MESSAGES * 1e9}
        return out | {"cpu": out["produce cpu"] + out["consume cpu"]}

    figures = in_turn(sides, run)
    tell("librdkafka idempotent in", "/s", sides, figures["produce"], True, recorded="447,000 to 690,000", places=0)
    tell("  client's CPU a message", "ns", sides, figures["produce client"], places=0)
    tell("librdkafka out", "/s", sides, figures["consume"], True, recorded="1,600,000 to 2,600,000", places=0)
    tell("  client's CPU a message", "ns", sides, figures["consume client"], places=0)
    tell("broker's CPU a message in", "ns", sides, figures["produce cpu"], places=0)
    tell("broker's CPU a message out", "ns", sides, figures["consume cpu"], places=0)
    tell("broker's CPU a message in and out", "ns", sides, figures["cpu"], recorded="640 to 880", aim=3, places=0)
    memory(sides, "after it", "175 to 297")


def java_load(sides):
    """Kafka's own producer-perf-test and consumer-perf-test against both."""
    if not kafka_jars():
        print("Kafka's own load tools: no jars (KAFKA_HOME)")
        return

    def said_by(program, *arguments):
        return subprocess.run(java("org.apache.kafka.tools." + program, *arguments), check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True).stdout

    def run(side, number):
        topic = f"java-{number}"
        side.create(topic, 4)
        cpu = side.cpu()
        produced = said_by("ProducerPerformance", "--topic", topic, "--num-records", str(MESSAGES), "--record-size", "150",
                           "--throughput", "-1", "--producer-props", "bootstrap.servers=" + side.address, "acks=all", "linger.ms=5")
        consumed = said_by("ConsumerPerformance", "--bootstrap-server", side.address, "--topic", topic, "--num-records", str(MESSAGES),
                           "--timeout", "60000")
        into = float(re.findall(r"([\d.]+) records/sec", produced)[-1])
        out = float(re.findall(r"^\d{4}-.*, ([\d.]+)$", consumed, re.M)[-1])  # its last column: a second of fetching, not of the group's start
        return {"in": into, "out": out, "cpu": (side.cpu() - cpu) / MESSAGES * 1e9}

    figures = in_turn(sides, run)
    tell("Kafka's producer, idempotent", "/s", sides, figures["in"], True, places=0)
    tell("Kafka's consumer", "/s", sides, figures["out"], True, places=0)
    tell("  broker's CPU a message in and out", "ns", sides, figures["cpu"], aim=3, places=0)


def latency(sides):
    def run(side, number):
        side.create(f"late-{number}", 1)
        took = numbers_of(TOOLS + "/kafka_load", "latency", side.address, f"late-{number}", "1", "1000")
        return {name: nanoseconds / 1e6 for name, nanoseconds in zip(("p50", "p99", "longest"), took)}

    figures = in_turn(sides, run)
    tell("produce to fetch, librdkafka, p50", "ms", sides, figures["p50"], recorded="0.66 to 0.88", aim=2, places=3)
    tell("  p99", "ms", sides, figures["p99"], recorded="3.9 to 5.8", places=3)
    tell("  longest", "ms", sides, figures["longest"], places=3)


def small_batches(sides):
    count, one = 10000, batch([b"x" * 100])

    def run(side, number):
        topic, out = f"small-{number}", {}
        side.create(topic, 1)
        cpu = side.cpu()
        wall = pump("kafka", side.address, framed(produce_frame(topic, 0, one)), count, 1, IN_FLIGHT)[0]
        out |= {"in": count / wall * 1e9, "in cpu": (side.cpu() - cpu) / count * 1e6}
        cpu, began, offset = side.cpu(), time.monotonic(), 0
        with side.wire() as wire:
            while offset < count:
                wire.send_bytes(fetch_frame(topic, [(0, offset)], 500, 50 << 20))
                records = wire.hear_bytes()
                at = records.index(struct.pack(">qi", offset, len(one) - 12))  # behind the head of the answer
                while at + 12 <= len(records):
                    base, size = struct.unpack(">qi", records[at:at + 12])
                    if base != offset:
                        break
                    offset, at = offset + 1, at + 12 + size
        return out | {"out": count / (time.monotonic() - began), "out cpu": (side.cpu() - cpu) / count * 1e6}

    figures = in_turn(sides, run)
    tell("10,000 one-message batches in", "/s", sides, figures["in"], True, places=0)
    tell("  broker's CPU each", "us", sides, figures["in cpu"])
    tell("10,000 one-message batches out", "/s", sides, figures["out"], True, places=0)
    tell("  broker's CPU each", "us", sides, figures["out cpu"])


def connections(sides):
    count, request = 500, framed(frame("ApiVersions", 0, {}))
    before = {side: side.memory_mb()[0] for side in sides}  # what the first round made stays for the others

    def run(side, _):
        cpu, began = side.cpu(), time.monotonic()
        taken = [socket.create_connection(("127.0.0.1", int(side.port))) for _ in range(count)]
        for each in taken:
            each.sendall(request)
        for each in taken:
            if not each.recv(65536):
                raise SystemExit(f"{side.name} refused a connection")
        out = {"took": (time.monotonic() - began) * 1000, "cpu": (side.cpu() - cpu) * 1000,
               "each": max(0, side.memory_mb()[0] - before[side]) * 1000 / count}
        cpu, began = side.cpu(), time.monotonic()
        time.sleep(2)
        out["idle"] = (side.cpu() - cpu) / (time.monotonic() - began) * 100
        for each in taken:
            each.close()
        time.sleep(0.5)
        return out

    figures = in_turn(sides, run)
    tell("500 connections made and answered", "ms", sides, figures["took"], places=0)
    tell("  server's CPU", "ms", sides, figures["cpu"], places=1)
    tell("  memory of each more than before", "KB", sides, figures["each"], places=1)
    tell("  CPU while they are silent", "% of a core", sides, figures["idle"], places=3)


def paced(sides):
    data = [framed(produce_frame("paced", at, batch([b"x" * 1000 for _ in range(1000)]))) for at in range(4)]
    for side in sides:
        side.create("paced", 4)

    def run(side, _):
        with side.wire() as wire:
            samples, cpu, began = [], side.cpu(), time.monotonic()
            for number in range(PACE_MB * PACE_S):
                due = began + number / PACE_MB
                time.sleep(max(0, due - time.monotonic()))
                wire.socket.sendall(data[number % 4])
                wire.hear_bytes()
                samples.append((time.monotonic() - due) * 1000)
            took = time.monotonic() - began
        return {"pace": PACE_MB * PACE_S / took, "p50": percentile(samples, 0.5), "p99": percentile(samples, 0.99),
                "cpu": (side.cpu() - cpu) / (PACE_MB * PACE_S) * 1000}

    figures = in_turn(sides, run, 1)
    tell(f"{PACE_MB} MB/s wanted for {PACE_S} s", "MB/s", sides, figures["pace"], True, places=1)
    tell("  acknowledged, from when due, p50", "ms", sides, figures["p50"])
    tell("  p99", "ms", sides, figures["p99"])
    tell("  broker's CPU a MB", "ms", sides, figures["cpu"])


def idle_consumers(sides):
    """The work for consumers that wait for nothing on many partitions; without fetch sessions (KIP-227) on either side."""
    request = framed(fetch_frame("wide", [(at, 0) for at in range(PARTITIONS)], 500, 50 << 20))
    for side in sides:
        side.create("wide", PARTITIONS)

    def run(side, _):
        stop = threading.Event()

        def consume():
            with side.wire() as wire:
                while not stop.is_set():
                    wire.socket.sendall(request)
                    wire.hear_bytes()

        threads = [threading.Thread(target=consume) for _ in range(CONSUMERS)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        cpu, began = side.cpu(), time.monotonic()
        time.sleep(4)
        used = (side.cpu() - cpu) / (time.monotonic() - began)
        stop.set()
        for thread in threads:
            thread.join()
        return {"cpu": used * 100}

    tell(f"{CONSUMERS} idle consumers x {PARTITIONS} partitions", "% of a core", sides, in_turn(sides, run, 1)["cpu"])


def recovery(sides):
    data = [framed(produce_frame("large", at, batch([b"x" * 950 for _ in range(1000)]))) for at in range(4)]
    expected = [1000 * len(range(at, LOG_MB, 4)) for at in range(4)]

    def started(side):
        began = time.monotonic()
        side.start()
        while (got := side.end_offsets("large", 4)) is None:
            time.sleep(0.005)
        if got != expected:
            raise SystemExit(f"{side.name} has lost records: {got} instead of {expected}")
        return (time.monotonic() - began) * 1000

    killed, clean = [], []
    for side in sides:
        side.create("large", 4)
        with side.wire() as wire:
            for number in range(LOG_MB):
                wire.socket.sendall(data[number % 4])
                wire.hear_bytes()
        side.end(kill=True)
        killed.append(started(side))
        side.end()
        clean.append(started(side))
    tell(f"ready with {LOG_MB} MB, after a clean stop", "ms", sides, clean, places=0)
    tell("  after kill -9", "ms", sides, killed, places=0)
    sides[0].end(kill=True)
    sides[0].forget_boot()
    took = started(sides[0])
    tell(f"  after the machine went down, {LOG_MB / took * 1000:.0f} MB/s", "ms", sides[:1], [took], places=0)


# --- rows of registries ---

def look_ups():
    sides = [OurRegistry()] + ([Apicurio()] if os.environ.get("APICURIO_HOME") and not ALONE else [])
    schema = json.dumps({"schema": json.dumps({"type": "record", "name": "R", "fields": [{"name": f"f{i}", "type": "string"} for i in range(20)]})})

    def request(side, method, path, body=""):
        return (f"{method} {side.path}{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/vnd.schemaregistry.v1+json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

    def run(side, _):
        number = side.register("s", schema)
        out = {}
        for name, what in (("id", ("GET", f"/schemas/ids/{number}")), ("version", ("GET", "/subjects/s/versions/1")),
                           ("text", ("POST", "/subjects/s", schema))):
            for way, count, lines in (("one", 3000, 1), ("eight", 8000, 8)):
                cpu = side.cpu()
                wall, p50, _, _ = pump("http", side.host, request(side, *what), count, lines, 1)
                out |= {(name, way): count / wall * 1e9, (name, way, "p50"): p50 / 1e6, (name, way, "cpu"): (side.cpu() - cpu) / count * 1e6}
        return out

    tell("registry ready", "ms", sides, [side.first_start * 1000 for side in sides], places=0)
    figures = in_turn(sides, run)
    for name in ("id", "version", "text"):
        for way, how in (("one", "one after another"), ("eight", "eight clients")):
            tell(f"registry look-ups by {name}, {how}", "/s", sides, figures[name, way], True, places=0)
            tell("  p50", "ms", sides, figures[name, way, "p50"], places=3)
            tell("  registry's CPU each", "us", sides, figures[name, way, "cpu"], places=1)
    memory(sides, "of the registry", None)


BROKER_ROWS = [ready, idle, load, java_load, latency, small_batches, connections, paced, idle_consumers, recovery]


def main(wanted):
    rows = [row for row in BROKER_ROWS if not wanted or row.__name__ in wanted]
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    if rows:
        sides = [Ours()] + ([Kafka()] if kafka_jars() and not ALONE else [])
        for row in rows:
            row(sides)
        for side in sides:
            side.close()
    if not wanted or "look_ups" in wanted:
        look_ups()
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    main(sys.argv[1:])
