"""The log as clients and Kafka's own tools see it: times inside compressed batches, both cleaning policies, deleted records,
index files in Kafka's format."""
import os
import signal
import struct
import sys
import time
import unittest

from broker_scene import PATIENCE, Scene
from broker_wire import Wire

try:
    import confluent_kafka
except ImportError:  # Debian's package belongs to Debian's Python
    if sys.executable == "/usr/bin/python3":
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

OUT_OF_RANGE = 1


class Log(Scene):
    def configured(self, topic, **settings):
        with Wire(self.address()) as wire:
            configs = [{"name": name.replace("_", "."), "value": str(value)} for name, value in settings.items()]
            answer = wire.call("CreateTopics", 2, topics=[{"name": topic, "num_partitions": 1, "replication_factor": 1, "configs": configs}],
                               timeout_ms=5000)
        self.assertEqual(answer["topics"][0]["error_code"], 0, answer)

    def produce(self, topic, records, **settings):
        """(key, value, timestamp) each, in one batch when linger allows."""
        failures = []
        producer = confluent_kafka.Producer({"bootstrap.servers": self.address(), "log_level": 0, "linger.ms": 200, "enable.idempotence": True, **settings})
        for key, value, timestamp in records:
            producer.produce(topic, value, key, 0, timestamp=timestamp, on_delivery=lambda error, _: failures.append(error) if error else None)
        self.assertEqual(producer.flush(PATIENCE), 0)
        self.assertEqual(failures, [])

    def kept(self, topic):
        lines = self.consume(topic, "-f", "%o %k %S %s\n").splitlines()
        return [(int(offset), key, None if size == "-1" else value) for offset, key, size, value in (line.split(" ", 3) for line in lines)]

    def offset_at(self, topic, ms, wire=None):
        with Wire(self.address()) as wire:
            answer = wire.call("ListOffsets", 1, replica_id=-1, topics=[{"name": topic, "partitions": [{"partition_index": 0, "timestamp": ms}]}])
        partition = answer["topics"][0]["partitions"][0]
        self.assertEqual(partition["error_code"], 0)
        return partition["offset"], partition["timestamp"]

    def fetch_code(self, topic, offset):
        with Wire(self.address()) as wire:
            answer = wire.call("Fetch", 5, replica_id=-1, max_wait_ms=0, min_bytes=0, max_bytes=1 << 20,
                               topics=[{"topic": topic, "partitions": [{"partition": 0, "fetch_offset": offset, "partition_max_bytes": 1 << 20}]}])
        return answer["responses"][0]["partitions"][0]["error_code"]

    def wait_until(self, holds, what):
        deadline = time.monotonic() + PATIENCE * 2
        while not holds():
            self.assertLess(time.monotonic(), deadline, what())
            time.sleep(0.3)

    def test_a_time_is_found_inside_a_batch_of_every_compression(self):
        start = 1700000000000
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            with self.subTest(codec):
                topic = "times-" + codec
                self.create(topic, 1)
                self.produce(topic, [("k", f"{i}", start + i * 10) for i in range(200)], **{"compression.type": codec})
                for ms, expected in [(start - 5, 0), (start, 0), (start + 1, 1), (start + 1230, 123), (start + 1231, 124), (start + 1990, 199)]:
                    self.assertEqual(self.offset_at(topic, ms), (expected, start + expected * 10))
                self.assertEqual(self.offset_at(topic, start + 1991), (-1, -1))
        self.end(signal.SIGKILL)
        self.start()
        self.assertEqual(self.offset_at("times-zstd", start + 1231), (124, start + 1240))

    def test_of_times_out_of_order_the_first_record_that_is_not_older_is_found(self):
        start = 1700000000000
        self.produce("t", [("k", "v", start + ms) for ms in (50, 10, 90, 20)], **{"compression.type": "lz4"})
        self.produce("t", [("k", "v", start + ms) for ms in (40, 95)], **{"compression.type": "lz4"})
        for ms, expected in [(0, 0), (50, 0), (51, 2), (90, 2), (91, 5), (96, -1)]:
            self.assertEqual(self.offset_at("t", start + ms)[0], expected, ms)

    def test_a_compacted_topic_keeps_the_latest_of_each_key_and_a_tombstone_for_its_time(self):
        self.configured("c", cleanup_policy="compact", segment_ms=500, delete_retention_ms=3000, min_cleanable_dirty_ratio=0.01)
        now = int(time.time() * 1000)
        self.produce("c", [("a", "old", now), ("b", "only", now), ("a", "new", now), ("d", "goes", now), ("d", None, now)])
        time.sleep(1)
        self.produce("c", [("z", "1", now)])  # the segment before is closed by its age
        self.wait_until(lambda: self.kept("c")[:3] == [(1, "b", "only"), (2, "a", "new"), (4, "d", None)], lambda: self.kept("c"))
        time.sleep(4)
        self.produce("c", [("z", "2", now)])
        self.wait_until(lambda: "d" not in [key for _, key, _ in self.kept("c")], lambda: self.kept("c"))
        self.assertEqual(self.kept("c")[:2], [(1, "b", "only"), (2, "a", "new")])
        before = self.kept("c")
        self.end(signal.SIGKILL)
        self.start()
        self.assertEqual(self.kept("c")[-1], before[-1])
        self.assertEqual(self.kept("c")[:2], [(1, "b", "only"), (2, "a", "new")])

    def test_both_policies_compact_and_let_the_old_go(self):
        self.configured("both", cleanup_policy="compact,delete", segment_ms=500, retention_ms=600000, min_cleanable_dirty_ratio=0.01)
        self.configured("only", cleanup_policy="compact", segment_ms=500, retention_ms=600000, min_cleanable_dirty_ratio=0.01)
        now = int(time.time() * 1000)
        for topic in ("both", "only"):
            self.produce(topic, [("ancient", "1", now - 3600000)])
        time.sleep(1)
        for topic in ("both", "only"):
            self.produce(topic, [("a", "old", now), ("a", "new", now)])
        time.sleep(1)
        for topic in ("both", "only"):
            self.produce(topic, [("z", "1", now)])
        self.wait_until(lambda: [key for _, key, _ in self.kept("both")] == ["a", "z"], lambda: self.kept("both"))
        self.wait_until(lambda: self.kept("only") == [(0, "ancient", "1"), (2, "a", "new"), (3, "z", "1")], lambda: self.kept("only"))
        self.assertEqual(self.kept("both")[-1], (3, "z", "1"))

    def test_deleted_records_are_gone_for_all_and_stay_gone(self):
        self.produce("t", [("k", f"{i}", 1700000000000 + i) for i in range(100)], **{"batch.num.messages": 10})
        with Wire(self.address()) as wire:
            def delete(offset, topic="t"):
                answer = wire.call("DeleteRecords", 1, timeout_ms=1000, topics=[{"name": topic, "partitions": [{"partition_index": 0, "offset": offset}]}])
                partition = answer["topics"][0]["partitions"][0]
                return partition["error_code"], partition["low_watermark"]
            self.assertEqual(delete(37), (0, 37))
            self.assertEqual(delete(12), (0, 37))  # it never goes back
            self.assertEqual(delete(101)[0], OUT_OF_RANGE)
            self.assertEqual(delete(-2)[0], OUT_OF_RANGE)
            self.assertEqual(delete(0, "nope")[0], 3)
        for how in (None, signal.SIGKILL, signal.SIGTERM):
            if how:
                self.end(how)
                self.start()
            self.assertEqual(self.offset_at("t", -2)[0], 37)
            self.assertEqual(self.kept("t")[0][0], 37)
            self.assertEqual(self.offset_at("t", 1700000000000), (37, 1700000000037))
            self.assertEqual(self.fetch_code("t", 36), OUT_OF_RANGE)
            self.assertEqual(self.fetch_code("t", 37), 0)
        with Wire(self.address()) as wire:  # -1: all there are
            answer = wire.call("DeleteRecords", 1, timeout_ms=1000, topics=[{"name": "t", "partitions": [{"partition_index": 0, "offset": -1}]}])
            self.assertEqual(answer["topics"][0]["partitions"][0]["low_watermark"], 100)
        self.assertEqual(self.consume("t"), "")
        self.produce("t", [("k", "next", 1)])
        self.assertEqual(self.kept("t")[0][0], 100)

    # What kafka-dump-log reads: INDEX (last offset of a batch less base, its place), TIMEINDEX (time, offset less base).
    def test_index_files_are_kafkas(self):
        self.configured("i", segment_bytes=60000)
        for part in range(6):
            self.produce("i", [("k", "x" * 100, 1700000000000 + part * 1000 + i) for i in range(200)], **{"batch.num.messages": 5})
        self.stop()
        folder = self.data + "/log/i-0/"
        bases = sorted(name[:20] for name in os.listdir(folder) if name.endswith(".log"))
        self.assertGreater(len(bases), 2)
        marks = 0
        for base in bases:
            with open(folder + base + ".log", "rb") as log:
                data = log.read()
            batches, at = {}, 0
            while at < len(data):
                first, size = struct.unpack(">qi", data[at:at + 12])
                last_delta, _, newest = struct.unpack(">iqq", data[at + 23:at + 43])
                batches[at] = (first + last_delta, newest)
                at += 12 + size
            with open(folder + base + ".index", "rb") as index:
                entries = index.read()
            self.assertEqual(len(entries) % 8, 0)
            before = (-1, -1)
            for place in range(0, len(entries), 8):
                relative, position = struct.unpack(">ii", entries[place:place + 8])
                self.assertIn(position, batches)
                self.assertEqual(batches[position][0], int(base) + relative)
                self.assertGreater((relative, position), before)
                before = (relative, position)
                marks += 1
            with open(folder + base + ".timeindex", "rb") as times:
                entries = times.read()
            self.assertEqual(len(entries) % 12, 0)
            before = (-1, -1)
            for place in range(0, len(entries), 12):
                newest, relative = struct.unpack(">qi", entries[place:place + 12])
                self.assertIn((int(base) + relative, newest), batches.values())
                self.assertGreater(newest, before[0])
                self.assertGreater(relative, before[1])
                before = (newest, relative)
        self.assertGreater(marks, 10)
        self.start()


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
