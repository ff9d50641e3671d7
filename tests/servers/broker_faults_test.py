"""What goes wrong around the broker: full disks, failing disks, damaged folders, taken ports and locks. Kills under load: broker_kills_test.py."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

from broker_scene import PATIENCE, PROGRAM, SANITIZED, Scene
from kafka_wire import delete_topic

try:
    import confluent_kafka
except ImportError:  # Debian's package belongs to Debian's Python
    if sys.executable == "/usr/bin/python3":
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])


FULL = r"cannot write to .*/t-0: (No space left on device|File too large); clients are answered with an error"


class FullDisk(Scene):
    """A file system of 20 MB. Without the right to mount one, a limit on the size of files stands in for it."""

    def setUp(self):
        super().setUp()
        self.stop()
        self.small = self.home + "/small"
        self.data = self.small + "/d"
        os.mkdir(self.small)
        self.mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", self.small], capture_output=True).returncode == 0
        self.start()
        if not self.mounted:
            subprocess.run(["prlimit", "--pid", str(self.broker.pid), "--fsize=20000000"], check=True)
        self.create("t", 1)

    def tearDown(self):
        if self.broker and self.broker.poll() is None:
            self.end(signal.SIGTERM)
        if self.mounted:
            subprocess.run(["umount", self.small], check=True)
        shutil.rmtree(self.home)

    def give_room(self):
        if self.mounted:
            subprocess.run(["mount", "-o", "remount,size=64m", self.small], check=True)
        else:
            subprocess.run(["prlimit", "--pid", str(self.broker.pid), "--fsize=64000000"], check=True)

    def test_a_full_disk_is_an_error_to_the_producer_and_loses_nothing_acknowledged(self):
        acknowledged, refused = [], []

        def delivered(error, message):
            (refused if error else acknowledged).append((error, message.value()))

        producer = confluent_kafka.Producer({"bootstrap.servers": self.address(), "log_level": 0, "enable.idempotence": True, "linger.ms": 1,
                                             "message.timeout.ms": 5000, "batch.num.messages": 50})
        sent, until = 0, time.monotonic() + PATIENCE
        # On a slow machine messages time out before the disk is full: those are no answer to the question.
        while not re.search(FULL, self.stderr()) or len(refused) <= 100:
            self.assertLess(time.monotonic(), until, "the disk never was full")
            for sent in range(sent + 1, sent + 501):  # 5 MB
                producer.produce("t", f"{sent} ".encode() + b"x" * 10000, on_delivery=delivered)
                producer.poll(0)
            producer.flush(PATIENCE)
        self.assertEqual(len(acknowledged) + len(refused), sent)
        self.assertGreater(len(acknowledged), 100)
        stored = [line.split(" ")[0] for line in self.consume("t").splitlines()]
        promised = [value.split(b" ")[0].decode() for _, value in acknowledged]
        known = set(promised)
        self.assertEqual([number for number in stored if number in known], promised)
        self.assertEqual(len(stored), len(set(stored)))  # one whose client gave up may be there, none is twice
        self.give_room()
        self.kcat("-P", "-t", "t", text="room again\n")
        self.assertEqual(self.consume("t").splitlines()[-1], "room again")
        self.assertIn("writing works again", self.stderr())

    def test_a_producer_that_waits_goes_on_when_there_is_room_again(self):
        failures = []
        producer = confluent_kafka.Producer({"bootstrap.servers": self.address(), "log_level": 0, "enable.idempotence": True, "linger.ms": 1,
                                             "retry.backoff.ms": 50, "batch.num.messages": 50})
        for i in range(2500):
            producer.produce("t", f"{i} ".encode() + b"x" * 10000, on_delivery=lambda error, _: failures.append(error) if error else None)
            producer.poll(0)
        producer.flush(1)
        self.give_room()
        self.assertEqual(producer.flush(PATIENCE), 0)
        self.assertEqual(failures, [])
        self.assertEqual([line.split(" ")[0] for line in self.consume("t").splitlines()], [str(i) for i in range(2500)])

    def test_topics_and_offsets_are_refused_and_nothing_is_left_of_them(self):
        with open(self.small + "/ballast", "wb") as ballast:
            try:
                while True:
                    ballast.write(b"x" * 65536)
                    ballast.flush()
            except OSError:
                pass
        if not self.mounted:
            self.skipTest("needs a file system of its own")
        profile = self.home + "/profile"
        result = subprocess.run([PROGRAM, "topics", "create", "more", "3", "--profile", profile], capture_output=True, text=True,
                                timeout=PATIENCE, env=dict(os.environ, HOME=self.home, XDG_STATE_HOME=self.home))
        self.assertNotEqual(result.returncode, 0, result.stdout)
        os.unlink(self.small + "/ballast")
        self.assertEqual([name for name in os.listdir(self.data + "/log") if name.startswith("more")], [])
        self.create("more", 3)


    def test_a_topic_is_deleted_to_make_room_on_a_full_disk(self):
        if not self.mounted:
            self.skipTest("needs a file system of its own")
        self.create("more", 1)
        with open(self.small + "/ballast", "wb", buffering=0) as ballast:
            with self.assertRaises(OSError):
                while True:
                    ballast.write(b"x" * 4096)
        delete_topic(self.address(), "t")
        self.end(signal.SIGKILL)
        os.unlink(self.small + "/ballast")
        self.start()
        self.assertNotIn("t-0", os.listdir(self.data + "/log"))
        self.kcat("-P", "-t", "more", text="goes on\n")


class Refusals(Scene):
    def test_a_second_broker_on_the_folder_is_refused_before_anything_is_read(self):
        path = self.data + "/log/t-0/00000000000000000000.log"
        self.kcat("-P", "-t", "t", text="first\n")
        with open(path, "ab") as log:
            log.write(b"half a batch")  # as it lies there while the first one writes
        size = os.path.getsize(path)
        status, said = self.refused()
        self.assertEqual(os.path.getsize(path), size)
        self.assertEqual(status, 1)
        self.assertRegex(said, r"the data folder .* is in use by another fraudscope; stop that one, or choose another folder with --data DIR")
        self.kcat("-P", "-t", "t", text="still works\n")
        self.assertEqual(self.consume("t"), "first\nstill works\n")

    def test_a_taken_port_is_named_when_it_was_asked_for(self):
        self.stop()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            status, said = self.refused("--kafka-port", str(taken.getsockname()[1]))
            self.assertEqual(status, 1)
            self.assertIn(str(taken.getsockname()[1]), said)
            self.assertRegex(said, r"(?i)port")

    def test_a_folder_that_cannot_be_made_is_named(self):
        self.stop()
        self.data = self.home + "/stderr/inside"  # a file is in the way
        status, said = self.refused()
        self.assertEqual(status, 1)
        self.assertIn(self.data.rsplit("/", 1)[0], said)

    def damaged(self, relative, change, pattern):
        self.kcat("-P", "-t", "t", text="".join(f"{i}\n" for i in range(100)))
        self.kcat("-P", "-t", "t", text="last\n")
        self.end(signal.SIGKILL)
        change(os.path.join(self.data, "log", relative))
        status, said = self.refused()
        self.assertEqual(status, 1, said)
        self.assertRegex(said, pattern)
        self.assertIn("--fresh", said)

    def test_damage_in_the_middle_of_a_log_is_named_and_not_cut_away(self):
        def flip(path):
            size = os.path.getsize(path)
            with open(path, "r+b") as log:
                log.seek(100)
                log.write(b"\xff\xff")
            self.assertEqual(os.path.getsize(path), size)

        self.damaged("t-0/00000000000000000000.log", flip, r"t-0/0{20}\.log is damaged at byte 0, with whole records behind it")
        self.assertGreater(os.path.getsize(self.data + "/log/t-0/00000000000000000000.log"), 100)

    def test_a_missing_partition_is_named(self):
        self.damaged("t-0", shutil.rmtree, r"t-0 is missing, so topic t has lost records")

    def test_a_damaged_list_of_topics_is_named_with_its_line(self):
        def scribble(path):
            with open(path, "a", encoding="utf-8") as topics:
                topics.write("no number here\n")

        self.damaged("topics", scribble, r"topics:2 is damaged")

    def test_a_missing_list_of_topics_does_not_lose_their_records(self):
        self.damaged("topics", os.unlink, r"topics is missing although there are partitions")
        self.assertTrue(os.path.exists(self.data + "/log/t-0/00000000000000000000.log"))


class Recovery(Scene):
    def test_after_a_kill_the_start_tells_how_far_it_is(self):
        self.kcat("-P", "-t", "t", text="".join("x" * 1000 + "\n" for i in range(5000)))
        self.end(signal.SIGKILL)
        self.start()
        self.assertRegex(self.stderr(), r"recovering: \d+ of 5\d{6} bytes")

    def test_after_a_clean_stop_nothing_is_checked_and_a_start_that_fails_does_not_change_that(self):
        self.kcat("-P", "-t", "t", text="".join("x" * 1000 + "\n" for i in range(5000)))
        self.stop()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            self.refused("--kafka-port", str(taken.getsockname()[1]))
        self.start()
        self.assertNotIn("recovering", self.stderr())
        self.assertEqual(len(self.consume("t").splitlines()), 5000)

    def test_what_a_kill_left_of_a_deleted_topic_is_gone(self):
        self.kcat("-P", "-t", "t", text="old\n")
        shutil.copytree(self.data + "/log/t-0", self.home + "/kept")
        profile = self.home + "/profile"
        subprocess.run([PROGRAM, "topics", "delete", "t", "--profile", profile], capture_output=True, timeout=PATIENCE,
                       env=dict(os.environ, HOME=self.home, XDG_STATE_HOME=self.home))
        self.end(signal.SIGKILL)
        if not os.path.exists(self.data + "/log/t-0"):
            shutil.copytree(self.home + "/kept", self.data + "/log/t-0")
        self.start()
        self.create("t", 1)
        self.assertEqual(self.consume("t"), "")


class Sync(Scene):
    def test_with_sync_every_acknowledged_batch_was_forced_to_the_disk(self):
        self.stop()
        self.start("--sync")
        self.kcat("-P", "-t", "t", text="".join(f"{i}\n" for i in range(1000)))
        self.assertEqual(len(self.consume("t").splitlines()), 1000)

    def test_a_disk_that_fails_to_sync_acknowledges_nothing(self):
        source, library = self.home + "/fail.c", self.home + "/fail.so"
        with open(source, "w", encoding="utf-8") as out:
            out.write("#include <errno.h>\n#include <unistd.h>\n"
                      'int fdatasync(int fd) { (void)fd; errno = EIO; return -1; }\n')
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
        self.stop()
        self.start("--sync", environment={"LD_PRELOAD": library})
        heard = []
        for idempotent in (True, False):  # sent again it is a duplicate, and still on no disk
            producer = confluent_kafka.Producer({"bootstrap.servers": self.address(), "message.timeout.ms": 1500, "log_level": 0,
                                                 "retry.backoff.ms": 50, "enable.idempotence": idempotent})
            producer.produce("t", "one", partition=0, on_delivery=lambda error, _: heard.append(error))
            producer.flush(PATIENCE)
        self.assertEqual(len(heard), 2)
        self.assertTrue(all(error is not None for error in heard), self.stderr())
        self.assertIn("to the disk: Input/output error", self.stderr())


if __name__ == "__main__":
    if SANITIZED:  # the sanitizers must be the first library
        del Sync.test_a_disk_that_fails_to_sync_acknowledges_nothing
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
