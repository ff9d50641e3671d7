"""The clock moves an hour back and forward under a working broker, which sees it through a library of this test: what means
a duration does not notice, what means a time follows the clock."""
import os
import signal
import subprocess
import sys
import threading
import time
import unittest

from broker_scene import PATIENCE, SANITIZED, Scene
from broker_wire import Wire

try:
    import confluent_kafka
except ImportError:  # Debian's package belongs to Debian's Python
    if sys.executable == "/usr/bin/python3":
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

HOUR = 3600
SHIM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The wall clock is off by the seconds that the file named by CLOCK_OFFSET holds, and so many have passed as CLOCK_PASSED says. */
static long offset(const char *which) {
    char text[32] = {0};
    int file = open(getenv(which), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    if (read(file, text, sizeof text - 1) < 0)
        text[0] = 0;
    close(file);
    return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        now->tv_sec += offset("CLOCK_OFFSET");
    else if (clock == CLOCK_MONOTONIC)
        now->tv_sec += offset("CLOCK_PASSED");
    return result;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
"""


class Clock(Scene):
    def setUp(self):
        super().setUp()
        self.stop()
        source, library = self.home + "/clock.c", self.home + "/clock.so"
        self.offset = self.home + "/offset"
        with open(source, "w", encoding="utf-8") as out:
            out.write(SHIM)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
        self.environment = {"LD_PRELOAD": library, "CLOCK_OFFSET": self.offset, "CLOCK_PASSED": self.home + "/passed"}
        self.move(0)
        self.start(environment=self.environment)

    def move(self, seconds):
        with open(self.offset + ".new", "w", encoding="utf-8") as out:
            out.write(str(seconds))
        os.rename(self.offset + ".new", self.offset)

    def configured(self, topic, **settings):
        with Wire(self.address()) as wire:
            configs = [{"name": name.replace("_", "."), "value": value} for name, value in settings.items()]
            answer = wire.call("CreateTopics", 2, topics=[{"name": topic, "num_partitions": 1, "replication_factor": 1, "configs": configs}],
                               timeout_ms=5000)
        self.assertEqual(answer["topics"][0]["error_code"], 0, answer)

    def fetch_times(self, topic):
        """(offset, timestamp) of all records."""
        return [tuple(int(word) for word in line.split()) for line in self.consume(topic, "-f", "%o %T\n").splitlines()]

    def offset_at(self, topic, ms):
        words = self.kcat("-Q", "-t", f"{topic}:0:{ms}").split()
        return int(words[-1])

    def test_time_stamps_that_go_back_are_found_by_their_time_and_offsets_still_ascend(self):
        self.configured("a", message_timestamp_type="LogAppendTime")
        for number, seconds in enumerate([0, -HOUR, HOUR, 0]):
            self.move(seconds)
            self.kcat("-P", "-t", "a", text=f"{number}\n")
        times = self.fetch_times("a")
        self.assertEqual([offset for offset, _ in times], [0, 1, 2, 3])
        self.assertLess(times[1][1], times[0][1] - HOUR * 900)
        self.assertGreater(times[2][1], times[0][1] + HOUR * 900)
        self.assertEqual(self.offset_at("a", times[1][1]), 0)  # the first record that is not older
        self.assertEqual(self.offset_at("a", times[0][1] + 60000), 2)
        for how in (signal.SIGKILL, signal.SIGTERM):  # the index is rebuilt, and read
            self.end(how)
            self.start(environment=self.environment)
            self.assertEqual(self.fetch_times("a"), times)
            self.assertEqual(self.offset_at("a", times[0][1] + 60000), 2)

    def test_a_fetch_that_waits_ends_in_its_time_and_hears_new_records_at_once(self):
        for seconds in (-HOUR, HOUR, 0):
            with Wire(self.address()) as wire:
                end = self.fetch_times("t")
                given = {"replica_id": -1, "max_wait_ms": 1500, "min_bytes": 1, "max_bytes": 1 << 20,
                         "topics": [{"topic": "t", "partitions": [{"partition": 0, "fetch_offset": len(end), "partition_max_bytes": 1 << 20}]}]}
                began = time.monotonic()
                wire.send("Fetch", 4, **dict(given, min_bytes=1 << 19))
                time.sleep(0.2)
                self.move(seconds)
                self.kcat("-P", "-t", "t", text="too little\n")  # it looks, and waits on for the rest of its time
                wire.hear("Fetch", 4)
                self.assertGreater(time.monotonic() - began, 1.4)
                self.assertLess(time.monotonic() - began, PATIENCE)
                given["max_wait_ms"] = 60000
                given["topics"][0]["partitions"][0]["fetch_offset"] += 1
                began = time.monotonic()
                wire.send("Fetch", 4, **given)
                time.sleep(0.2)
                self.move(0)
                self.kcat("-P", "-t", "t", text="new\n")
                wire.hear("Fetch", 4)
                self.assertLess(time.monotonic() - began, PATIENCE)

    def test_members_stay_when_the_clock_jumps_and_what_they_committed_too(self):
        assigned, lost = threading.Event(), []
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.address(), "group.id": "g", "auto.offset.reset": "earliest", "log_level": 0,
                                             "session.timeout.ms": 6000, "heartbeat.interval.ms": 500, "enable.auto.commit": False})
        consumer.subscribe(["t"], on_assign=lambda *_: assigned.set(), on_revoke=lambda *_: lost.append(time.monotonic()))

        def poll(seconds):
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                consumer.poll(0.05)

        while not assigned.is_set():
            poll(0.1)
        for seconds in (HOUR, -HOUR, 0):
            self.move(seconds)
            self.kcat("-P", "-t", "t", text=f"{seconds}\n")
            poll(1.5)
        self.assertEqual(lost, [])
        kept = consumer.commit(offsets=[confluent_kafka.TopicPartition("t", 0, 2)], asynchronous=False)
        self.assertIsNone(kept[0].error)
        self.move(-HOUR)
        poll(6)  # past a look at what has expired
        self.assertEqual(consumer.committed([confluent_kafka.TopicPartition("t", 0)], timeout=PATIENCE)[0].offset, 2)
        consumer.close()

    def ask(self, name, version, **given):
        with Wire(self.address()) as wire:  # one of its own: who is silent for days is let go
            return wire.call(name, version, **given)

    def committed(self):
        return self.ask("OffsetFetch", 5, group_id="g", topics=[{"name": "t", "partition_indexes": [0]}])["topics"][0]["partitions"][0]["committed_offset"]

    def test_offsets_of_a_group_that_nobody_came_to_go_after_a_week_by_both_clocks(self):
        self.assertEqual(self.commit(), 0)
        self.move(8 * 24 * HOUR)
        time.sleep(6)  # the broker looks every five seconds
        self.assertEqual(self.committed(), 5)
        self.pass_by(8 * 24 * HOUR)
        self.eventually(lambda: self.committed() == -1)

    def pass_by(self, seconds):
        with open(self.home + "/passed.new", "w", encoding="utf-8") as passed:
            passed.write(str(seconds))
        os.rename(self.home + "/passed.new", self.home + "/passed")

    def commit(self, generation=-1, member=""):
        answer = self.ask("OffsetCommit", 5, group_id="g", generation_id_or_member_epoch=generation, member_id=member,
                          topics=[{"name": "t", "partitions": [{"partition_index": 0, "committed_offset": 5, "committed_metadata": ""}]}])
        return answer["topics"][0]["partitions"][0]["error_code"]

    def test_offsets_are_as_old_as_their_commit_after_a_restart_too(self):
        self.assertEqual(self.commit(), 0)
        self.end(signal.SIGKILL)
        self.start(environment=self.environment)
        self.pass_by(8 * 24 * HOUR)
        time.sleep(6)  # the broker looks every five seconds
        self.assertEqual(self.committed(), 5)
        self.move(8 * 24 * HOUR)
        self.eventually(lambda: self.committed() == -1)

    def test_offsets_stay_for_as_long_as_somebody_is_in_the_group_and_an_empty_one_is_forgotten(self):
        joined = self.ask("JoinGroup", 3, group_id="g", session_timeout_ms=1800000, rebalance_timeout_ms=1800000, member_id="", protocol_type="consumer",
                          protocols=[{"name": "range", "metadata": b""}])
        member, generation = joined["member_id"], joined["generation_id"]
        self.ask("SyncGroup", 3, group_id="g", generation_id=generation, member_id=member, assignments=[])
        self.assertEqual(self.commit(generation, member), 0)
        self.move(8 * 24 * HOUR)
        for seconds in range(0, 8 * 24 * HOUR, 1500):  # no longer at once than its session
            self.pass_by(seconds)
            self.assertEqual(self.ask("Heartbeat", 3, group_id="g", generation_id=generation, member_id=member)["error_code"], 0)
        time.sleep(6)
        self.assertEqual(self.committed(), 5)
        self.ask("LeaveGroup", 1, group_id="g", member_id=member)
        self.ask("OffsetDelete", 0, group_id="g", topics=[{"name": "t", "partitions": [{"partition_index": 0}]}])
        self.assertEqual(len(self.ask("ListGroups", 2)["groups"]), 1)
        self.pass_by(9 * 24 * HOUR)
        self.eventually(lambda: self.ask("ListGroups", 2)["groups"] == [])

    def test_what_is_known_of_a_producer_goes_after_a_day(self):
        def known():
            answer = self.ask("DescribeProducers", 0, topics=[{"name": "t", "partition_indexes": [0]}])
            return len(answer["topics"][0]["partitions"][0]["active_producers"])
        producer = confluent_kafka.Producer({"bootstrap.servers": self.address(), "log_level": 0, "enable.idempotence": True})
        producer.produce("t", "v", partition=0)
        self.assertEqual(producer.flush(PATIENCE), 0)
        self.move(23 * HOUR)
        time.sleep(6)
        self.assertEqual(known(), 1)
        self.move(25 * HOUR)
        self.eventually(lambda: known() == 0)

    def eventually(self, holds):
        deadline = time.monotonic() + PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.3)

    def test_retention_by_age_takes_what_is_older_by_the_clock_and_nothing_else(self):
        self.configured("r", retention_ms=str(HOUR * 500), segment_ms="1000")
        self.kcat("-P", "-t", "r", text="first\n")
        self.move(-HOUR)
        time.sleep(6)  # the broker looks every five seconds
        self.assertEqual(self.consume("r"), "first\n")
        self.kcat("-P", "-t", "r", text="second\n")
        self.assertEqual(self.consume("r"), "first\nsecond\n")
        self.move(HOUR)
        deadline = time.monotonic() + PATIENCE
        while self.consume("r") and time.monotonic() < deadline:
            time.sleep(0.5)
        self.assertEqual(self.consume("r"), "")
        self.kcat("-P", "-t", "r", text="third\n")
        self.assertIn("2 third", self.consume("r", "-f", "%o %s\n"))

    def test_a_producer_sends_on_and_a_batch_sent_twice_is_kept_once(self):
        failures = []
        producer = confluent_kafka.Producer({"bootstrap.servers": self.address(), "log_level": 0, "enable.idempotence": True, "linger.ms": 1,
                                             "retry.backoff.ms": 20, "reconnect.backoff.max.ms": 100})
        number = 0
        for seconds in (0, HOUR, -HOUR, 0):
            self.move(seconds)
            for _ in range(50):
                producer.produce("t", str(number), partition=0, on_delivery=lambda error, _: failures.append(error) if error else None)
                number += 1
            producer.flush(PATIENCE)
            if seconds:
                self.end(signal.SIGKILL)  # what is known of producers is read anew with the clock elsewhere
                self.start(environment=self.environment)
        self.assertEqual(failures, [])
        self.assertEqual(self.consume("t").split(), [str(i) for i in range(number)])


if __name__ == "__main__":
    if SANITIZED:  # the sanitizers must be the first library
        print("skipped under a sanitizer: the library that moves the clock must be the first")
        sys.exit(0)
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
