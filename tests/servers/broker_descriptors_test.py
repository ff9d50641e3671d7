"""File descriptors run out: who is connected is served on, who comes waits and is taken when there are some again."""
import json
import os
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.request

from broker_scene import PATIENCE, PROGRAM, Scene
from broker_wire import Wire

MOST = 100  # descriptors; a quarter of them is kept for files


class Descriptors(Scene):
    def setUp(self):
        super().setUp()
        self.limit()

    def limit(self):
        subprocess.run(["prlimit", "--pid", str(self.broker.pid), f"--nofile={MOST}:{MOST}"], check=True)

    def crowd(self):
        """Connections until the broker takes no more."""
        taken = []
        host, port = self.address().rsplit(":", 1)
        for _ in range(MOST + 20):
            taken.append(socket.create_connection((host, int(port))))
        self.wait_for(r"almost no file descriptors left \(ulimit -n\): new clients wait, those connected are served on")
        return taken

    def wait_for(self, text):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                self.assertRegex(self.stderr(), text)
                return
            except AssertionError:
                time.sleep(0.05)
        self.assertRegex(self.stderr(), text)

    def processor_seconds(self):
        with open(f"/proc/{self.broker.pid}/stat", encoding="utf-8") as stat:
            words = stat.read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def produce(self, wire, topic="t"):
        with open(self.home + "/batch", "rb") as batch:
            answer = wire.call("Produce", 3, acks=-1, timeout_ms=1000,
                               topic_data=[{"name": topic, "partition_data": [{"index": 0, "records": batch.read()}]}])
        partition = answer["responses"][0]["partition_responses"][0]
        self.assertEqual(partition["error_code"], 0, partition)
        return partition["base_offset"]

    def record_batch(self):
        """A batch as a client made it."""
        self.kcat("-P", "-t", "t", text="one\n")
        with Wire(self.address()) as wire:
            answer = wire.call("Fetch", 4, replica_id=-1, max_wait_ms=0, min_bytes=0, max_bytes=1 << 20,
                               topics=[{"topic": "t", "partitions": [{"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1 << 20}]}])
        with open(self.home + "/batch", "wb") as batch:
            batch.write(answer["responses"][0]["partitions"][0]["records"])

    def test_those_connected_are_served_and_those_who_wait_are_taken_afterwards(self):
        self.record_batch()
        with Wire(self.address()) as early:
            early.call("ApiVersions", 0)
            crowd = self.crowd()
            began, used = time.monotonic(), self.processor_seconds()
            offsets = []
            while time.monotonic() - began < 2:
                offsets.append(self.produce(early))
                time.sleep(0.02)
            self.assertLess(self.processor_seconds() - used, 1.0, "it spins")
            self.assertEqual(offsets, list(range(1, 1 + len(offsets))))
            answer = early.call("CreateTopics", 2, timeout_ms=1000,  # a topic takes files: those are kept free
                                topics=[{"name": "late", "num_partitions": 3, "replication_factor": 1, "configs": []}])
            self.assertEqual(answer["topics"][0]["error_code"], 0, answer)
            self.assertEqual(self.produce(early, "late"), 0)
            said = self.stderr().count("almost no file descriptors")
            self.assertLessEqual(said, 3, "the log is not flooded")
            with Wire(self.address()) as late:  # the system's queue takes it
                late.send("ApiVersions", 0)
                late.socket.settimeout(0.5)
                with self.assertRaises(TimeoutError):
                    late.hear_bytes()
                for each in crowd:
                    each.close()
                late.socket.settimeout(PATIENCE)
                self.assertIsNotNone(late.hear_bytes())
        self.wait_for("file descriptors are free again: new clients are taken")
        self.assertEqual(len(self.consume("t").splitlines()), 1 + len(offsets))
        self.end(signal.SIGKILL)
        self.start()
        self.assertEqual(len(self.consume("t").splitlines()), 1 + len(offsets))

    def wait_for_silence(self):
        """Two seconds that cost next to nothing; first the crowd is dealt with."""
        deadline = time.monotonic() + PATIENCE
        used, spent = self.processor_seconds(), 2
        while spent >= 0.3:
            self.assertLess(time.monotonic(), deadline, spent)
            time.sleep(2)
            used, spent = self.processor_seconds(), self.processor_seconds() - used

    def test_a_silent_loop_costs_nothing_while_clients_wait(self):
        crowd = self.crowd()
        self.wait_for_silence()
        for each in crowd:
            each.close()
        self.kcat("-P", "-t", "t", text="after\n")
        self.assertEqual(self.consume("t"), "after\n")


class Web(unittest.TestCase):
    """The same for the HTTP servers."""

    def test_a_registry_without_descriptors_waits_and_answers_afterwards(self):
        import shutil
        import tempfile
        home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, home)
        with open(home + "/said", "w", encoding="utf-8") as said:
            server = subprocess.Popen([PROGRAM, "serve", "broker", "registry", "--data", home + "/d"], stdout=subprocess.PIPE, stderr=said, text=True)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        self.addCleanup(server.stdout.close)
        address = None
        while (line := server.stdout.readline().strip()) != "ready":
            if line.startswith("schema.registry.url="):
                address = line.split("=", 1)[1]
        opened = len(os.listdir(f"/proc/{server.pid}/fd"))
        most = (opened + 10) * 4 // 3 + 1
        subprocess.run(["prlimit", "--pid", str(server.pid), f"--nofile={most}:{most}"], check=True)
        host, port = address.split("//")[1].rsplit(":", 1)
        crowd = [socket.create_connection((host, int(port))) for _ in range(most)]
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with open(home + "/said", encoding="utf-8") as said:
                if "almost no file descriptors left" in said.read():
                    break
            time.sleep(0.05)
        else:
            self.fail("not a word about descriptors")
        for each in crowd:
            each.close()
        with urllib.request.urlopen(address + "/subjects", timeout=PATIENCE) as answer:
            self.assertEqual(json.load(answer), [])


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
