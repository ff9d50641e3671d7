"""The broker killed at random moments, again and again, under a load of idempotent producers and group consumers: what was
acknowledged is stored, once, in order, and commits stay. The moments come of a seed; FRAUDSCOPE_SEED chooses another."""
import os
import random
import signal
import sys
import threading
import time
import unittest

from broker_scene import PATIENCE, SANITIZED, Scene

try:
    import confluent_kafka
except ImportError:  # Debian's package belongs to Debian's Python
    if sys.executable == "/usr/bin/python3":
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

KILLS = 12 if SANITIZED else 50  # a start under a sanitizer takes seconds
SEED = int(os.environ.get("FRAUDSCOPE_SEED", "7"))
PARTITIONS = 3
NO_LOG = {"log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100, "retry.backoff.ms": 20}


class Load:
    """Producers, one a partition, that write numbers until told to stop; consumers of one group that read and commit."""

    def __init__(self, address):
        self.address = address
        self.stop_producing, self.stop_consuming = threading.Event(), threading.Event()
        self.sent = [0] * PARTITIONS
        self.acknowledged = [[] for _ in range(PARTITIONS)]
        self.seen = [set() for _ in range(PARTITIONS)]
        self.committed = [0] * PARTITIONS
        self.trouble = []
        self.lock = threading.Lock()
        self.producers = [threading.Thread(target=self.produce, args=(which,)) for which in range(PARTITIONS)]
        self.consumers = [threading.Thread(target=self.consume) for _ in range(2)]
        for thread in self.producers + self.consumers:
            thread.start()

    def delivered(self, which):
        def note(error, message):
            if error:
                self.trouble.append(f"partition {which}, {message.value()}: {error}")
            else:
                self.acknowledged[which].append((message.offset(), int(message.value())))
        return note

    def produce(self, which):
        codec = ["none", "lz4", "zstd"][which % 3]
        producer = confluent_kafka.Producer({"bootstrap.servers": self.address, "enable.idempotence": True, "linger.ms": which,
                                             "compression.type": codec, "message.timeout.ms": 120000, **NO_LOG})
        note = self.delivered(which)
        while not self.stop_producing.is_set():
            producer.produce("k", str(self.sent[which]), partition=which, on_delivery=note)
            self.sent[which] += 1
            producer.poll(0)
            if self.sent[which] % 10 == 0:
                producer.poll(0.01)
        if producer.flush(PATIENCE * 3):
            self.trouble.append(f"partition {which}: not all was delivered")

    def consume(self):
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.address, "group.id": "g", "auto.offset.reset": "earliest",
                                             "enable.auto.commit": False, "session.timeout.ms": 6000, "heartbeat.interval.ms": 200, **NO_LOG})
        consumer.subscribe(["k"])
        count = 0
        while not self.stop_consuming.is_set():
            message = consumer.poll(0.1)
            if message is None or message.error():
                continue
            self.seen[message.partition()].add(int(message.value()))
            count += 1
            if count % 50 == 0:
                try:
                    kept = consumer.commit(asynchronous=False)
                except confluent_kafka.KafkaException:
                    continue  # the broker is down just now, or the group is being shared out anew
                with self.lock:
                    for partition in kept:
                        if not partition.error:
                            at = partition.partition
                            self.committed[at] = max(self.committed[at], partition.offset)
        consumer.close()

    def end_producing(self):
        self.stop_producing.set()
        for thread in self.producers:
            thread.join()

    def end_consuming(self):
        self.stop_consuming.set()
        for thread in self.consumers:
            thread.join()


class Kills(Scene):
    def check_log(self, load):
        for which in range(PARTITIONS):
            stored = [int(value) for value in self.consume("k", "-p", str(which)).split()]
            self.assertEqual(stored, list(range(load.sent[which])), f"partition {which}: lost, twice or out of order")
            offsets = dict(load.acknowledged[which])
            self.assertEqual(len(offsets), len(load.acknowledged[which]), f"partition {which}: an offset was given twice")
            self.assertEqual(offsets, dict(enumerate(stored)), f"partition {which}: acknowledged is not what is stored there")

    def check_commits(self, load):
        group = confluent_kafka.Consumer({"bootstrap.servers": self.address(), "group.id": "g"})
        kept = group.committed([confluent_kafka.TopicPartition("k", partition) for partition in range(PARTITIONS)], timeout=PATIENCE)
        group.close()
        for partition in kept:
            self.assertGreaterEqual(partition.offset, load.committed[partition.partition])
        self.assertGreater(sum(load.committed), 0)

    def run_load(self, kills, chance, *options):
        self.create("k", PARTITIONS)
        load = Load(self.address())
        try:
            for _ in range(kills):
                time.sleep(chance.uniform(0.02, 0.4))
                self.end(signal.SIGKILL)
                if chance.random() < 0.2:
                    time.sleep(chance.uniform(0, 0.5))
                self.start(*options)
        finally:
            load.end_producing()
        deadline = time.monotonic() + PATIENCE * 3
        while any(len(load.seen[at]) < load.sent[at] for at in range(PARTITIONS)) and time.monotonic() < deadline:
            time.sleep(0.1)
        load.end_consuming()
        self.assertEqual(load.trouble, [])
        self.assertGreater(min(load.sent), 10 * kills)
        for which in range(PARTITIONS):
            self.assertEqual(load.seen[which], set(range(load.sent[which])), f"partition {which}: the group has not seen all")
        self.end(signal.SIGKILL)
        self.start(*options)
        self.check_log(load)
        self.check_commits(load)

    def test_what_is_acknowledged_is_stored_once_in_order_and_commits_stay(self):
        self.run_load(KILLS, random.Random(SEED))

    def test_the_same_when_every_batch_is_forced_to_the_disk(self):
        chance = random.Random(SEED + 1)
        self.stop()
        self.start("--sync")
        self.run_load(max(KILLS // 5, 3), chance, "--sync")


if __name__ == "__main__":
    print(f"seed {SEED}, {KILLS} kills", flush=True)
    if os.environ.get("FRAUDSCOPE_SANITIZE") == "thread":  # kill loops measure processes, not memory
        print("skipped under the thread sanitizer: starts take too long for kills at random moments")
        sys.exit(0)
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
