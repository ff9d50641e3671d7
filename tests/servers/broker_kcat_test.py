"""The broker as kcat sees it: produce, consume, offsets by time, headers, compression, restart, and a loop of kills."""
import os
import signal
import subprocess
import sys
import threading
import time
import unittest

from broker_scene import PATIENCE, Scene

KILLS = 10


class Records(Scene):
    def test_metadata_names_the_broker_and_the_topic(self):
        self.assertRegex(self.kcat("-L"), r'topic "t" with 1 partitions')

    def test_what_is_produced_is_consumed_in_order_with_key_and_header(self):
        self.kcat("-P", "-t", "t", "-K", ":", "-H", "a=b", text="k1:v1\nk2:v2\n")
        self.assertEqual(self.consume("t", "-f", "%k=%s %h %o\n"), "k1=v1 a=b 0\nk2=v2 a=b 1\n")

    def test_every_compression_is_stored_as_it_came(self):
        for codec in ("gzip", "snappy", "lz4", "zstd"):
            self.kcat("-P", "-t", "t", "-z", codec, text=f"{codec}\n" * 50)
        self.assertEqual(len(self.consume("t").splitlines()), 200)

    def test_offsets_by_time_look_into_batches(self):
        self.kcat("-P", "-t", "t", text="a\n")
        time.sleep(0.05)
        between = int(time.time() * 1000)
        time.sleep(0.05)
        self.kcat("-P", "-t", "t", "-z", "zstd", text="b\nc\n")
        self.assertIn("offset 1", self.kcat("-Q", "-t", f"t:0:{between}"))

    def test_a_tombstone_keeps_its_key(self):
        self.kcat("-P", "-t", "t", "-K", ":", "-Z", text="gone:\n")
        self.assertEqual(self.consume("t", "-f", "%k %S\n"), "gone -1\n")

    def test_a_message_larger_than_the_topic_takes_is_refused(self):
        result = subprocess.run(["kcat", "-b", self.address(), "-P", "-t", "t", "-X", "message.max.bytes=5000000"], input="x" * 2000000,
                                capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn("Message size too large", result.stderr)

    def test_an_unknown_topic_is_not_made_by_asking(self):
        result = subprocess.run(["kcat", "-b", self.address(), "-C", "-t", "typo", "-e", "-q"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn("Unknown topic or partition", result.stderr)
        self.assertNotIn("typo", self.kcat("-L"))


class Restarts(Scene):
    def test_records_and_offsets_are_there_after_a_clean_stop(self):
        self.kcat("-P", "-t", "t", text="".join(f"{i}\n" for i in range(1000)))
        self.stop()
        self.start()
        self.kcat("-P", "-t", "t", text="next\n")
        self.assertEqual(self.consume("t", "-f", "%o:%s\n").splitlines()[-1], "1000:next")

    def test_a_torn_tail_is_cut_and_nothing_acknowledged_is_lost(self):
        self.kcat("-P", "-t", "t", text="one\ntwo\n")
        self.end(signal.SIGKILL)
        with open(self.home + "/d/log/t-0/00000000000000000000.log", "ab") as log:
            log.write(b"\0\0\0\0\0\0\0\2\0\0\1\0half a batch")
        self.start()
        self.assertEqual(self.consume("t"), "one\ntwo\n")
        self.kcat("-P", "-t", "t", text="three\n")
        self.assertEqual(self.consume("t"), "one\ntwo\nthree\n")

    def test_ten_kills_lose_nothing_and_double_nothing(self):
        count = 20000
        producer = subprocess.Popen(["kcat", "-b", self.address(), "-P", "-E", "-t", "t", "-X", "enable.idempotence=true", "-X",
                                     "reconnect.backoff.max.ms=100", "-X", "queue.buffering.max.messages=1000"],
                                    stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

        def feed():
            for i in range(count):
                producer.stdin.write(f"{i}\n")
                if i % 100 == 0:
                    producer.stdin.flush()
                    time.sleep(0.01)
            producer.stdin.close()

        feeder = threading.Thread(target=feed)
        feeder.start()
        for _ in range(KILLS):
            time.sleep(0.15)
            self.end(signal.SIGKILL)
            self.start()
        feeder.join()
        self.assertEqual(producer.wait(PATIENCE * 3), 0)
        self.assertEqual(self.consume("t").split(), [str(i) for i in range(count)])


if __name__ == "__main__":
    if os.environ.get("FRAUDSCOPE_SANITIZE") == "thread":  # kill loops measure processes, not memory
        del Restarts.test_ten_kills_lose_nothing_and_double_nothing
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
