"""Five hundred connections at once: half of them say nothing, some send byte by byte, some ask for much and read nothing. Ordinary
clients are served meanwhile, memory is bounded, and the descriptors come back."""
import json
import resource
import struct
import sys
import threading
import time
import unittest

import kafka_wire
from broker_wire import frame
from hostile_stage import MEGABYTE, SANITIZED, HostileStage, framed, http_text

SILENT_KAFKA, SILENT_HTTP, SLOW, STALLED = 190, 20, 100, 150  # twenty silent ones at each of three HTTP servers
BIG = 24  # megabytes that each stalled reader asks for, again and again
READ_MOST = 10 * MEGABYTE  # of the log for a stalled reader: what the system takes for it and a piece, not 64 and more
MEMORY_MOST = (2000 if SANITIZED else 900) * MEGABYTE
ASKS = 8


class Connections(HostileStage):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        super().setUp()

    def fill(self):
        kafka_wire.create_topic(self.kafka, "big")
        self.kcat("-P", "-t", "big", text=("x" * 900000 + "\n") * BIG)

    def stalled(self):
        """Asks many times for all there is and takes nothing of it."""
        peer = self.dial(self.kafka)
        fetch = framed(frame("Fetch", 11, {"max_wait_ms": 1, "min_bytes": 1, "max_bytes": 0x7FFFFFFF, "topics": [
            {"topic": "big", "partitions": [{"partition": 0, "fetch_offset": 0, "partition_max_bytes": 0x7FFFFFFF}]}]}))
        peer.sendall(fetch * ASKS)
        return peer

    def drip(self, peers, request, stop):
        """Each gets the next byte in turn, over and over."""
        at = 0
        while not stop.is_set():
            for peer in peers:
                peer.sendall(request[at % len(request):at % len(request) + 1])
            at += 1
            time.sleep(0.02)

    def test_ordinary_clients_are_served_beside_silent_slow_and_stalled_ones(self):
        self.settle()
        self.fill()
        before, memory, descriptors = self.answers(), self.memory(), self.descriptors()
        silent = [self.dial(self.kafka) for _ in range(SILENT_KAFKA)]
        silent += [self.dial(url) for url in (self.registry, self.connect, self.ksqldb) for _ in range(SILENT_HTTP)]
        slow = [self.dial(self.kafka) for _ in range(SLOW)]
        read = self.bytes_read()
        stalled = [self.stalled() for _ in range(STALLED)]
        self.assertEqual(len(silent) + len(slow) + len(stalled), 500)
        self.assertEqual(len(silent), 250)
        slow_http = [self.dial(self.registry) for _ in range(10)]
        stop = threading.Event()
        head, _ = http_text("GET", "/subjects")
        drips = [threading.Thread(target=self.drip, args=(slow, framed(frame("ApiVersions", 3, {"client_software_name": "slow"})), stop)),
                 threading.Thread(target=self.drip, args=(slow_http, head, stop))]
        for thread in drips:
            thread.start()
        try:
            for _ in range(3):
                self.assertEqual(self.answers(), before)
                self.produces_and_consumes("kept", 500)
            for peer in slow:  # they come to their answer in the end
                size = struct.unpack(">i", kafka_wire.read(peer, 4))[0]
                self.assertEqual(struct.unpack(">ih", kafka_wire.read(peer, size)[:6]), (7, 0))
            for peer in slow_http:
                self.assertEqual(peer.recv(12), b"HTTP/1.1 200")
        finally:
            stop.set()
            for thread in drips:
                thread.join()
        while_open, peak = self.descriptors(), self.status("VmHWM")
        self.assertLess(self.bytes_read() - read, (STALLED + 10) * READ_MOST)
        self.assertGreater(while_open, descriptors + 400)
        self.assertLess(peak, MEMORY_MOST)
        for peer in silent + slow + stalled + slow_http:
            peer.close()
        self.eventually(lambda: self.descriptors() <= descriptors + 10)
        self.assertEqual(self.answers(), before)
        self.assert_nothing_reported()
        print(f"memory {memory >> 20} MB before, {peak >> 20} at most, {self.memory() >> 20} after; descriptors {descriptors} before, "
              f"{while_open} while they were there, {self.descriptors()} after", file=sys.stderr)

    def test_who_ends_half_a_request_with_its_last_bytes_is_let_go_before_the_idle_time(self):
        """Once these stayed for the idle time of two minutes, until an address had as many as it may and the next was reset."""
        before = self.descriptors()
        half = http_text("POST", "/ksql", b" " * 100)[0]
        for url in (self.registry, self.connect, self.ksqldb):
            for _ in range(200):
                peer = self.dial(url)
                peer.sendall(half)
                peer.close()
        began = time.monotonic()
        self.eventually(lambda: self.descriptors() <= before + 10)
        self.assertLess(time.monotonic() - began, 110)

    def test_bodies_that_never_end_share_the_memory_that_there_is_for_bodies(self):
        self.settle()
        memory = self.memory()
        peers = []
        for url in (self.registry, self.connect, self.ksqldb):
            for _ in range(30):
                peer = self.dial(url)
                peer.sendall(http_text("POST", "/ksql", None)[0].replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"))
                peers.append(peer)
        piece = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        for peer in peers:
            for _ in range(20):
                try:
                    peer.sendall(piece)
                except OSError:
                    break
        self.assertLess(self.memory(), memory + 900 * MEGABYTE)  # 3 times 128, and what growing texts leave behind
        for peer in peers:
            peer.close()
        self.assertIn("kept-value", json.loads(self.http("GET", "/subjects", url=self.registry)[2]))
        self.assert_nothing_reported()


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
