"""Topics and their settings: what is made, grown, altered and deleted as Kafka does it, and each refusal with its code."""
import os
import struct
import sys
import time
import unittest

from broker_scene import PATIENCE, Scene
from broker_wire import Wire
from kafka_wire import batch, crc32c

NONE, OUT_OF_RANGE, UNKNOWN_TOPIC, TOO_LARGE, INVALID_TOPIC, EXISTS, BAD_PARTITIONS, BAD_REPLICAS, BAD_CONFIG = 0, 1, 3, 10, 17, 36, 37, 38, 40
INVALID_REQUEST, UNKNOWN_ID = 42, 100
SET, DELETE, APPEND, SUBTRACT = range(4)
TOPIC, BROKER = 2, 4
OF_TOPIC, DEFAULT = 1, 5  # where a setting comes from


class Admin(Scene):
    def start(self, *more, environment=None):
        super().start(*more, environment=environment)
        self.wire = Wire(self.address(), PATIENCE)

    def make(self, name, partitions=1, replicas=1, check=False, **configs):
        """Error, partitions and replicas of the answer."""
        settings = [{"name": key.replace("_", "."), "value": value} for key, value in configs.items()]
        topic = {"name": name, "num_partitions": partitions, "replication_factor": replicas, "assignments": [], "configs": settings}
        answer = self.wire.call("CreateTopics", 5, topics=[topic], timeout_ms=1000, validate_only=int(check))["topics"][0]
        return answer["error_code"], answer["num_partitions"], answer["replication_factor"]

    def grow(self, name, count, check=False):
        topic = {"name": name, "count": count, "assignments": None}
        return self.wire.call("CreatePartitions", 3, topics=[topic], timeout_ms=1000, validate_only=int(check))["results"][0]["error_code"]

    def partitions(self, name):
        return len(self.wire.call("Metadata", 8, topics=[{"name": name}])["topics"][0]["partitions"])

    def topics(self):
        return [topic["name"] for topic in self.wire.call("Metadata", 8, topics=None)["topics"]]

    def change(self, *operations, topic="t", check=False, kind=TOPIC):
        """Each (operation, name, value)."""
        configs = [{"name": name, "config_operation": operation, "value": value} for operation, name, value in operations]
        resource = {"resource_type": kind, "resource_name": topic, "configs": configs}
        return self.wire.call("IncrementalAlterConfigs", 1, resources=[resource], validate_only=int(check))["responses"][0]["error_code"]

    def replace(self, topic="t", check=False, **configs):
        settings = [{"name": key.replace("_", "."), "value": value} for key, value in configs.items()]
        resource = {"resource_type": TOPIC, "resource_name": topic, "configs": settings}
        return self.wire.call("AlterConfigs", 2, resources=[resource], validate_only=int(check))["responses"][0]["error_code"]

    def settings(self, topic="t"):
        """Those that are not the default."""
        resource = {"resource_type": TOPIC, "resource_name": topic, "configuration_keys": None}
        answer = self.wire.call("DescribeConfigs", 4, resources=[resource])["results"][0]
        self.assertEqual(answer["error_code"], NONE)
        self.assertEqual({row["config_source"] for row in answer["configs"]} - {OF_TOPIC, DEFAULT}, set())
        return {row["name"]: row["value"] for row in answer["configs"] if row["config_source"] == OF_TOPIC}

    def produce(self, data, topic="t", partition=0):
        answer = self.wire.call("Produce", 8, transactional_id=None, acks=-1, timeout_ms=1000, topic_data=[
            {"name": topic, "partition_data": [{"index": partition, "records": data}]}])
        return answer["responses"][0]["partition_responses"][0]

    def send(self, topic="t", value=b"v", partition=0, at=None):
        return self.produce(batch([(b"k", value, int(time.time() * 1000) if at is None else at)]), topic, partition)["error_code"]

    def offset(self, time_ms, topic="t", version=8):
        answer = self.wire.call("ListOffsets", version, replica_id=-1, topics=[
            {"name": topic, "partitions": [{"partition_index": 0, "current_leader_epoch": -1, "timestamp": time_ms, "max_num_offsets": 1}]}])
        return answer["topics"][0]["partitions"][0]

    def fetch(self, partitions, most=1 << 20, each=1 << 20, wait=0, at=0, topic="t"):
        self.wire.send("Fetch", 11, replica_id=-1, max_wait_ms=wait, min_bytes=1, max_bytes=most, isolation_level=0, session_id=0, session_epoch=-1, topics=[
            {"topic": topic, "partitions": [{"partition": index, "fetch_offset": at, "partition_max_bytes": each} for index in partitions]}],
            forgotten_topics_data=[], rack_id="")

    def fetched(self):
        answer = self.wire.hear("Fetch", 11)
        return [(part["error_code"], len(part["records"] or b"")) for part in answer["responses"][0]["partitions"]]

    def eventually(self, holds, what):
        deadline = time.monotonic() + PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), deadline, what())
            time.sleep(0.2)

    # --- making ---

    def test_names_numbers_and_settings_of_a_new_topic_are_checked_and_nothing_is_made_of_a_wrong_one(self):
        for name in ("", ".", "..", "a/b", "a b", "\u00e9", "x" * 250, "__consumer_offsets", "__transaction_state"):
            self.assertEqual(self.make(name), (INVALID_TOPIC, -1, -1), name)
        for check in (True, False):
            self.assertEqual(self.make("t", check=check)[0], EXISTS)
            for partitions in (0, -2, 1001):
                self.assertEqual(self.make("new", partitions, check=check)[0], BAD_PARTITIONS, partitions)
            for replicas in (0, -2):
                self.assertEqual(self.make("new", 1, replicas, check=check)[0], BAD_REPLICAS, replicas)
            self.assertEqual(self.make("new", flush_ms="5", check=check)[0], BAD_CONFIG)
        self.assertEqual(self.make("new", 3, 1, check=True), (NONE, 3, 1))
        self.assertEqual(self.topics(), ["t"])
        self.assertEqual(self.make("x" * 249, -1, -1), (NONE, 1, 1))
        self.assertEqual(self.make("..a_Z-9"), (NONE, 1, 1))
        self.assertEqual(self.send("x" * 249), NONE)

    def test_three_replicas_are_answered_and_logged_as_the_one_that_is_made(self):
        self.assertEqual(self.make("three", 2, 3), (NONE, 2, 1))
        self.assertIn("topic three: 3 replicas were asked for; there is one broker, so there is one", self.stderr())
        found = self.wire.call("Metadata", 8, topics=[{"name": "three"}])["topics"][0]["partitions"][0]
        self.assertEqual((found["replica_nodes"], found["isr_nodes"]), ([1], [1]))

    def test_a_strict_broker_refuses_replicas_that_there_are_not(self):
        self.stop()
        self.start("--strict-replication")
        self.assertEqual(self.make("three", 2, 3)[0], BAD_REPLICAS)
        self.assertEqual(self.make("three", 2, 1), (NONE, 2, 1))

    # --- growing ---

    def test_a_topic_grows_and_does_not_shrink_and_is_as_large_after_a_restart(self):
        for count, code in ((1, BAD_PARTITIONS), (0, BAD_PARTITIONS), (-1, BAD_PARTITIONS), (1001, BAD_PARTITIONS)):
            self.assertEqual(self.grow("t", count), code, count)
            self.assertEqual(self.grow("t", count, check=True), code, count)
        self.assertEqual(self.grow("none", 2), UNKNOWN_TOPIC)
        self.assertEqual(self.grow("t", 4, check=True), NONE)
        self.assertEqual(self.partitions("t"), 1)
        self.assertEqual(self.grow("t", 4), NONE)
        self.assertEqual(self.send(partition=3), NONE)
        self.assertEqual(self.grow("t", 3), BAD_PARTITIONS)
        self.end(9)
        self.start()
        self.assertEqual(self.partitions("t"), 4)
        self.assertEqual(self.send(partition=3), NONE)

    # --- altering ---

    def test_settings_are_altered_one_by_one_or_replaced_all_together(self):
        self.assertEqual(self.settings(), {})
        self.assertEqual(self.change((SET, "retention.ms", "5000"), (SET, "segment.ms", "6000")), NONE)
        self.assertEqual(self.change((SET, "retention.ms", "7000")), NONE)
        self.assertEqual(self.settings(), {"retention.ms": "7000", "segment.ms": "6000"})
        self.assertEqual(self.change((DELETE, "segment.ms", None), (DELETE, "retention.bytes", None)), NONE)
        self.assertEqual(self.settings(), {"retention.ms": "7000"})
        self.assertEqual(self.replace(max_message_bytes="2000"), NONE)
        self.assertEqual(self.settings(), {"max.message.bytes": "2000"})
        self.end(9)
        self.start()
        self.assertEqual(self.settings(), {"max.message.bytes": "2000"})

    def test_lists_grow_and_shrink_and_nothing_else_does(self):
        self.assertEqual(self.change((APPEND, "cleanup.policy", "compact")), NONE)
        self.assertEqual(self.settings(), {"cleanup.policy": "delete,compact"})
        self.assertEqual(self.change((APPEND, "cleanup.policy", "delete")), NONE)
        self.assertEqual(self.settings(), {"cleanup.policy": "compact,delete"})
        self.assertEqual(self.change((SUBTRACT, "cleanup.policy", "delete")), NONE)
        self.assertEqual(self.settings(), {"cleanup.policy": "compact"})
        self.assertEqual(self.change((APPEND, "cleanup.policy", "shred")), BAD_CONFIG)
        self.assertEqual(self.change((APPEND, "retention.ms", "1")), BAD_CONFIG)
        self.assertEqual(self.change((SUBTRACT, "retention.ms", "1")), BAD_CONFIG)
        self.assertEqual(self.change((4, "cleanup.policy", "delete")), BAD_CONFIG)
        self.assertEqual(self.settings(), {"cleanup.policy": "compact"})

    def test_one_wrong_setting_leaves_all_as_they_were_and_so_does_asking_only(self):
        self.assertEqual(self.change((SET, "segment.ms", "6000")), NONE)
        for wrong in ((SET, "retention.ms", "soon"), (SET, "flush.ms", "1"), (SET, "no.such", "1"), (DELETE, "no.such", None)):
            self.assertEqual(self.change((SET, "retention.ms", "5000"), wrong), BAD_CONFIG, wrong)
            self.assertEqual(self.change(wrong, (SET, "retention.ms", "5000")), BAD_CONFIG, wrong)
        self.assertEqual(self.replace(retention_ms="5000", no_such="1"), BAD_CONFIG)
        self.assertEqual(self.change((SET, "retention.ms", None)), INVALID_REQUEST)
        self.assertEqual(self.replace(retention_ms=None), INVALID_REQUEST)
        self.assertEqual(self.change((SET, "retention.ms", "5000"), check=True), NONE)
        self.assertEqual(self.replace(retention_ms="5000", check=True), NONE)
        self.assertEqual(self.settings(), {"segment.ms": "6000"})
        self.assertEqual(self.change((SET, "retention.ms", "5000"), topic="none"), UNKNOWN_TOPIC)
        self.assertEqual(self.change((SET, "log.retention.ms", "5000"), topic="1", kind=BROKER), INVALID_REQUEST)
        answer = self.wire.call("DescribeConfigs", 4, resources=[{"resource_type": TOPIC, "resource_name": "none", "configuration_keys": None}])
        self.assertEqual((answer["results"][0]["error_code"], answer["results"][0]["configs"]), (UNKNOWN_TOPIC, []))

    def test_what_is_altered_holds_from_now_on_for_partitions_that_are_there(self):
        def segments():
            return len([name for name in os.listdir(self.data + "/log/t-0") if name.endswith(".log")])
        self.assertEqual([self.send() for _ in range(3)], [NONE] * 3)
        self.assertEqual(segments(), 1)
        self.assertEqual(self.change((SET, "segment.bytes", "100"), (SET, "max.message.bytes", "200")), NONE)
        self.assertEqual([self.send() for _ in range(3)], [NONE] * 3)
        self.assertEqual(segments(), 4)
        self.assertEqual(self.send(value=b"v" * 200), TOO_LARGE)
        self.assertEqual(self.offset(-2)["offset"], 0)
        self.assertEqual(self.change((SET, "retention.bytes", "150")), NONE)
        self.eventually(lambda: self.offset(-2)["offset"] == 3, lambda: self.offset(-2))
        self.assertEqual(self.offset(-1)["offset"], 6)

    # --- deleting ---

    def test_topics_are_deleted_by_name_or_id_and_the_brokers_own_are_not(self):
        def delete(**topic):
            return self.wire.call("DeleteTopics", 6, topics=[topic], timeout_ms=1000)["responses"][0]["error_code"]
        self.wire.call("OffsetCommit", 8, group_id="g", generation_id_or_member_epoch=-1, member_id="", topics=[
            {"name": "t", "partitions": [{"partition_index": 0, "committed_offset": 1, "committed_metadata": ""}]}])
        self.assertIn("__consumer_offsets", self.topics())
        self.assertEqual(delete(name="__consumer_offsets"), INVALID_TOPIC)
        self.assertEqual(delete(name="none"), UNKNOWN_TOPIC)
        self.assertEqual(delete(name=None, topic_id=b"?" * 16), UNKNOWN_ID)
        known = self.wire.call("Metadata", 12, topics=[{"name": "t"}])["topics"][0]["topic_id"]
        self.assertEqual(delete(name=None, topic_id=known), NONE)
        self.assertEqual(self.topics(), ["__consumer_offsets"])
        self.assertNotIn("t-0", os.listdir(self.data + "/log"))

    def test_who_waits_for_records_of_a_topic_hears_that_it_was_deleted(self):
        self.fetch([0], wait=600000)
        with Wire(self.address(), PATIENCE) as other:
            other.call("DeleteTopics", 5, topic_names=["t"], timeout_ms=1000)
        self.assertEqual(self.fetched(), [(UNKNOWN_TOPIC, 0)])

    # --- answers ---

    def test_a_producer_is_told_where_its_records_lie_and_of_what_time_they_are(self):
        now = int(time.time() * 1000)
        for offset in range(3):
            answer = self.produce(batch([(b"k", b"v", now)]))
            self.assertEqual((answer["error_code"], answer["base_offset"], answer["log_append_time_ms"]), (NONE, offset, -1))
        self.assertEqual(self.make("stamped", message_timestamp_type="LogAppendTime")[0], NONE)
        answer = self.produce(batch([(b"k", b"v", 5)]), topic="stamped")
        self.assertGreaterEqual(answer["log_append_time_ms"], now)
        found = self.offset(-3, topic="stamped")
        self.assertEqual((found["offset"], found["timestamp"]), (0, answer["log_append_time_ms"]))
        for topic, partition in (("t", 1), ("none", 0)):
            answer = self.produce(batch([(b"k", b"v", now)]), topic, partition)
            self.assertEqual((answer["error_code"], answer["base_offset"]), (UNKNOWN_TOPIC, -1))

    def numbered(self, producer, sequence):
        data = batch([(b"k", b"v", 1)])
        data = data[:43] + struct.pack(">qhi", producer, 0, sequence) + data[57:]
        return data[:17] + struct.pack(">I", crc32c(data[21:])) + data[21:]

    def test_each_producer_gets_an_id_of_its_own_and_what_it_sends_twice_is_told_where_it_lies(self):
        ids = [self.wire.call("InitProducerId", 4, transactional_id=None)["producer_id"] for _ in range(3)]
        self.assertEqual(self.produce(self.numbered(ids[1], 0))["base_offset"], 0)
        for _ in range(2):
            self.assertEqual([self.produce(self.numbered(ids[0], sequence))["base_offset"] for sequence in (0, 1)], [1, 2])
        answer = self.wire.call("DescribeProducers", 0, topics=[{"name": "t", "partition_indexes": [0, 1]}])["topics"][0]["partitions"]
        self.assertEqual([part["error_code"] for part in answer], [NONE, UNKNOWN_TOPIC])
        self.assertEqual({(one["producer_id"], one["last_sequence"]) for one in answer[0]["active_producers"]}, {(ids[0], 1), (ids[1], 0)})
        self.end(9)
        self.start()
        ids += [self.wire.call("InitProducerId", 4, transactional_id=None)["producer_id"] for _ in range(3)]
        self.assertEqual(len(set(ids)), 6)

    def test_a_reader_is_told_the_ends_of_a_log_and_the_only_epoch_there_is(self):
        self.assertEqual([self.send() for _ in range(3)], [NONE] * 3)
        for isolation in (0, 1):
            answer = self.wire.call("Fetch", 11, replica_id=-1, max_wait_ms=0, min_bytes=0, max_bytes=1 << 20, isolation_level=isolation, session_id=0, session_epoch=-1,
                                    topics=[{"topic": "t", "partitions": [{"partition": 0, "fetch_offset": 1, "partition_max_bytes": 1 << 20}]}],
                                    forgotten_topics_data=[], rack_id="")["responses"][0]["partitions"][0]
            self.assertEqual((answer["high_watermark"], answer["last_stable_offset"], answer["log_start_offset"]), (3, 3, 0))
            self.assertEqual(answer["aborted_transactions"] or [], [])
        self.assertEqual([self.offset(at)["leader_epoch"] for at in (-2, -1, 0, 1 << 50)], [0, 0, 0, -1])
        answer = self.wire.call("Metadata", 8, topics=[{"name": "t"}])
        partition = answer["topics"][0]["partitions"][0]
        self.assertEqual((answer["controller_id"], partition["leader_id"], partition["leader_epoch"], partition["offline_replicas"]), (1, 1, 0, []))

    def test_the_cluster_and_its_topics_are_the_same_after_a_restart(self):
        def seen():
            answer = self.wire.call("Metadata", 10, topics=[{"name": "t"}])
            return answer["cluster_id"], answer["topics"][0]["topic_id"]
        before = seen()
        self.assertEqual(len(before[0]), 22)
        for how in (15, 9):
            self.end(how)
            self.start()
            self.assertEqual(seen(), before)

    # --- asking ---

    def test_topics_that_are_not_there_or_cannot_be_are_told_apart(self):
        answer = self.wire.call("Metadata", 8, topics=[{"name": "none"}, {"name": "a/b"}, {"name": "t"}], allow_auto_topic_creation=1)
        self.assertEqual([topic["error_code"] for topic in answer["topics"]], [UNKNOWN_TOPIC, INVALID_TOPIC, NONE])
        self.assertEqual(self.topics(), ["t"])  # asking makes none
        self.assertEqual([topic["name"] for topic in self.wire.call("Metadata", 0, topics=[])["topics"]], ["t"])
        self.assertEqual(self.wire.call("Metadata", 1, topics=[])["topics"], [])

    def test_offsets_of_an_empty_log_of_none_and_of_the_oldest_version(self):
        found = self.offset(-3)
        self.assertEqual((found["error_code"], found["offset"], found["timestamp"]), (NONE, -1, -1))
        found = self.offset(0)
        self.assertEqual((found["error_code"], found["offset"], found["timestamp"]), (NONE, -1, -1))
        self.assertEqual(self.offset(-1, topic="none")["error_code"], UNKNOWN_TOPIC)
        self.assertEqual(self.send(at=-1), NONE)  # a record without a time is no newest one
        found = self.offset(-3)
        self.assertEqual((found["error_code"], found["offset"], found["timestamp"]), (NONE, -1, -1))
        self.assertEqual(self.send(), NONE)
        self.assertEqual(self.offset(-1, version=0)["old_style_offsets"], [2])
        self.assertEqual(self.offset(1 << 50, version=0)["old_style_offsets"], [])
        answer = self.wire.call("OffsetForLeaderEpoch", 4, replica_id=-1, topics=[
            {"topic": "none", "partitions": [{"partition": 0, "current_leader_epoch": -1, "leader_epoch": 0}]}])
        found = answer["topics"][0]["partitions"][0]
        self.assertEqual((found["error_code"], found["leader_epoch"], found["end_offset"]), (UNKNOWN_TOPIC, -1, -1))

    def test_a_fetch_takes_no_more_than_it_has_room_for_but_always_a_batch(self):
        self.assertEqual(self.grow("t", 2), NONE)
        for partition in (0, 1):
            self.assertEqual([self.send(value=b"v" * 1000, partition=partition) for _ in range(4)], [NONE] * 4)
        self.fetch([0])
        (_, whole), = self.fetched()
        one = whole // 4
        for asked, sizes in (({"each": 2 * one + 10}, [2 * one, 2 * one]), ({"each": 1}, [one, one]), ({"most": 5 * one + 10}, [whole, one]),
                             ({"most": 3 * one}, [3 * one, 0]), ({"most": 1}, [one, 0])):
            self.fetch([0, 1], **asked)
            self.assertEqual(self.fetched(), [(NONE, size) for size in sizes], asked)

    def test_a_fetch_that_has_an_error_does_not_wait(self):
        began = time.monotonic()
        self.fetch([0, 5], wait=600000)
        self.assertEqual(self.fetched(), [(NONE, 0), (UNKNOWN_TOPIC, 0)])
        self.fetch([0], wait=600000, at=9)
        self.assertEqual(self.fetched(), [(OUT_OF_RANGE, 0)])
        self.assertLess(time.monotonic() - began, PATIENCE)

    def test_log_dirs_tell_the_bytes_of_each_partition(self):
        self.assertEqual(self.send(), NONE)
        self.assertEqual(self.make("other", 2)[0], NONE)
        found = self.wire.call("DescribeLogDirs", 4, topics=[{"topic": "t", "partitions": [0]}])["results"][0]
        self.assertEqual([(topic["name"], len(topic["partitions"])) for topic in found["topics"]], [("t", 1)])
        self.assertEqual(found["log_dir"], self.data + "/log")
        self.assertEqual(found["topics"][0]["partitions"][0]["partition_size"], os.path.getsize(self.data + "/log/t-0/00000000000000000000.log"))


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
