"""What is asked at the edges: sentinels, things named twice, answers that would grow without end, strangers' lengths."""
import struct
import time
import unittest

from broker_group_scene import FULL as GROUP_FULL, GroupScene, INVALID_GROUP, Member, NONE, NOT_AVAILABLE, UNKNOWN_MEMBER
from broker_scene import PATIENCE, SANITIZED
from broker_wire import Wire, frame
from kafka_wire import batch, crc32c, produce

UNKNOWN_TOPIC, INVALID_TIMESTAMP, UNSUPPORTED_VERSION, BAD_ASSIGNMENT, BAD_CONFIG, INVALID_REQUEST = 3, 32, 35, 39, 40, 42
NO_SESSION, CORRUPT, NO_TRANSACTIONS, NO_SUCH_CODEC, INVALID_RECORD = 70, 2, 53, 76, 87
BAD_ENDPOINT, WRONG_ENDPOINT = 115, 114
TOPIC, BROKER = 2, 4


def stamped(data, attributes):
    """The batch with other attributes and its checksum made anew."""
    data = data[:21] + struct.pack(">h", attributes) + data[23:]
    return data[:17] + struct.pack(">I", crc32c(data[21:])) + data[21:]


class Edges(GroupScene):
    def offset_of(self, time_ms, version=8):
        answer = self.wire.call("ListOffsets", version, replica_id=-1,
                                topics=[{"name": "t", "partitions": [{"partition_index": 0, "current_leader_epoch": -1, "timestamp": time_ms}]}])
        found = answer["topics"][0]["partitions"][0]
        return found["error_code"], found["offset"], found["timestamp"]

    def send(self, data, topic="t", version=8, acks=-1):
        given = {"transactional_id": None, "acks": acks, "timeout_ms": 1000,
                 "topic_data": [{"name": topic, "partition_data": [{"index": 0, "records": data}]}]}
        if acks == 0:
            self.wire.send("Produce", version, **given)
            return None
        return self.wire.call("Produce", version, **given)["responses"][0]["partition_responses"][0]["error_code"]

    # --- answers are bounded ---

    def refused_as_too_large(self, name, version, **given):
        wire = Wire(self.address(), PATIENCE)
        wire.send_bytes(frame(name, version, given))
        self.assertIsNone(wire.hear_bytes())
        with open(f"/proc/{self.broker.pid}/status", encoding="utf-8") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        if not SANITIZED:  # which have memory of their own
            self.assertLess(peak, 900 << 10, name)
        self.assertIn(f"{name} asks for an answer of more than", self.stderr())
        wire.close()

    def test_a_small_request_cannot_ask_for_an_answer_without_end(self):
        self.create("wide", 300)
        self.refused_as_too_large("Metadata", 8, topics=[{"name": "wide"}] * 50000, allow_auto_topic_creation=0)
        self.refused_as_too_large("DescribeConfigs", 4, include_documentation=1, include_synonyms=1,
                                  resources=[{"resource_type": BROKER, "resource_name": "1", "configuration_keys": None}] * 300000)
        self.assertEqual(self.offset_of(-1)[0], NONE)

    def test_members_words_cost_bounded_memory(self):
        small, members = Member(self, group="small", session=600000), []
        for i in range(6):
            members.append(Member(self, group=f"large{i}", session=600000, rebalance=60000, protocols=()))
            members[i].protocols = [{"name": "range", "metadata": bytes(45 << 20)}]
            self.assertEqual(members[i].join(version=3), NONE if i < 5 else GROUP_FULL, i)
        self.assertIn("keep no more", self.stderr())
        self.assertEqual(small.join(), NONE)
        self.assertEqual(small.sync([(small.id, bytes(45 << 20))])["error_code"], NOT_AVAILABLE)
        self.assertEqual(members[0].leave(), NONE)
        self.assertEqual(small.sync([(small.id, bytes(45 << 20))])["error_code"], NONE)
        self.assertEqual(members[5].join(version=3), GROUP_FULL)
        self.assertEqual(small.leave(), NONE)
        self.assertEqual(members[5].join(version=3), NONE)
        for member in (small, *members):
            member.wire.close()

    def test_groups_that_nobody_came_to_are_not_kept(self):
        for i in range(50):
            member = Member(self, group=f"refused{i}", session=1)
            self.assertNotEqual(member.join(), NONE)
            member.wire.close()
        stranger = Member(self, group="strange")
        stranger.id = "never-was-told"
        self.assertEqual(stranger.join(), UNKNOWN_MEMBER)
        self.assertEqual(self.wire.call("ListGroups", 4, states_filter=[])["groups"], [])

    # --- strings ---

    def test_a_name_longer_than_any_name_ends_the_connection(self):
        member = Member(self, group="g" * 40000)
        member.ask()
        self.assertIsNone(member.wire.hear_bytes())
        long = {"group_id": "g" * 40000, "generation_id_or_member_epoch": -1, "member_id": "",
                "topics": [{"name": "t", "partitions": [{"partition_index": 0, "committed_offset": 1, "committed_metadata": ""}]}]}
        wire = Wire(self.address(), PATIENCE)
        wire.send("OffsetCommit", 8, **long)
        self.assertIsNone(wire.hear_bytes())
        wire.close()

    # --- producing ---

    def test_who_wants_no_answer_loses_the_connection_when_there_is_an_error(self):
        self.send(batch([(b"k", b"v", 1)]), topic="missing", acks=0)
        self.assertIsNone(self.wire.hear_bytes())

    def test_the_time_of_the_append_is_the_brokers_to_give(self):
        data = batch([(b"k", b"v", 1)])
        self.assertEqual(self.send(stamped(data, 8)), INVALID_TIMESTAMP)
        self.assertEqual(self.send(data), NONE)

    def configured(self, topic, **settings):
        configs = [{"name": name.replace("_", "."), "value": value} for name, value in settings.items()]
        answer = self.wire.call("CreateTopics", 5, topics=[{"name": topic, "num_partitions": 1, "replication_factor": 1, "assignments": [],
                                                            "configs": configs}], timeout_ms=1000, validate_only=0)
        self.assertEqual(answer["topics"][0]["error_code"], NONE)

    def test_batches_that_cannot_be_kept_are_refused_each_with_its_code(self):
        good, two = batch([(b"k", b"v", 1)]), batch([(b"k", b"v", 1), (b"l", b"w", 1)])
        recounted = two[:57] + struct.pack(">i", 1) + two[61:]
        recounted = recounted[:17] + struct.pack(">I", crc32c(recounted[21:])) + recounted[21:]
        unnumbered = good[:43] + struct.pack(">qhi", 7, 0, -1) + good[57:]
        unnumbered = unnumbered[:17] + struct.pack(">I", crc32c(unnumbered[21:])) + unnumbered[21:]
        for what, data, code, more in [
                ("a wrong checksum", good[:-1] + b"x", CORRUPT, {}), ("half a batch", good[:-1], CORRUPT, {}),
                ("none", b"", INVALID_RECORD, {}), ("two batches", good + good, INVALID_RECORD, {}),
                ("another number of records", recounted, INVALID_RECORD, {}),
                ("a producer without a sequence", unnumbered, INVALID_RECORD, {}),
                ("a transaction's", stamped(good, 16), NO_TRANSACTIONS, {}), ("a control batch", stamped(good, 32), NO_TRANSACTIONS, {}),
                ("an unknown codec", stamped(good, 5), NO_SUCH_CODEC, {}), ("zstd for an old reader", stamped(good, 4), NO_SUCH_CODEC, {"version": 6}),
                ("acks that there are not", good, 21, {"acks": 2}), ("the broker's own topic", good, 17, {"topic": "__consumer_offsets"})]:
            self.assertEqual(self.send(data, **more), code, what)
        self.configured("keyed", cleanup_policy="compact")
        self.assertEqual(self.send(batch([(None, b"v", 1)]), topic="keyed"), INVALID_RECORD)
        self.assertEqual(self.send(batch([(b"k", None, 1)]), topic="keyed"), NONE)
        self.configured("timely", message_timestamp_after_max_ms="60000")
        self.assertEqual(self.send(batch([(b"k", b"v", int(time.time() * 1000) + 3600000)]), topic="timely"), INVALID_TIMESTAMP)
        self.assertEqual(self.send(batch([(b"k", b"v", int(time.time() * 1000))]), topic="timely"), NONE)
        self.configured("narrow", max_message_bytes="100")
        self.assertEqual(self.send(batch([(b"k", b"v" * 200, 1)]), topic="narrow"), 10)
        self.assertEqual(self.offset_of(-1)[1], 0)  # nothing of all that is in the log

    def sequenced(self, epoch, sequence):
        data = batch([(b"k", b"v", 1)])
        data = data[:43] + struct.pack(">qhi", 7, epoch, sequence) + data[57:]
        return self.send(data[:17] + struct.pack(">I", crc32c(data[21:])) + data[21:])

    def test_a_producer_of_transactions_is_refused_whatever_it_sends(self):
        answer = self.wire.call("Produce", 8, transactional_id="pay", acks=-1, timeout_ms=1000,
                                topic_data=[{"name": "t", "partition_data": [{"index": 0, "records": batch([(b"k", b"v", 1)])}]}])
        self.assertEqual(answer["responses"][0]["partition_responses"][0]["error_code"], NO_TRANSACTIONS)
        self.assertEqual(self.offset_of(-1)[1], 0)

    def test_a_fetch_session_that_nobody_was_given_is_not_found(self):
        fields = {"replica_id": -1, "max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1 << 20, "isolation_level": 0, "session_epoch": 1,
                  "topics": [], "forgotten_topics_data": [], "rack_id": ""}
        answer = self.wire.call("Fetch", 11, session_id=77, **fields)
        self.assertEqual((answer["error_code"], answer["session_id"], answer["responses"]), (NO_SESSION, 0, []))

    def test_batches_come_in_order_and_once_as_kafka_has_it(self):
        for epoch, sequence, code, end in [(1, 0, NONE, 1), (1, 1, NONE, 2), (1, 0, NONE, 2), (1, 3, 45, 2), (0, 2, 47, 2), (2, 2, 45, 2), (2, 0, NONE, 3)]:
            self.assertEqual(self.sequenced(epoch, sequence), code, (epoch, sequence))
            self.assertEqual(self.offset_of(-1)[1], end, (epoch, sequence))

    def test_what_is_compacted_only_is_not_cut_and_the_start_of_a_log_is_told(self):
        def delete(topic, offset):
            answer = self.wire.call("DeleteRecords", 1, timeout_ms=1000, topics=[{"name": topic, "partitions": [{"partition_index": 0, "offset": offset}]}])
            return answer["topics"][0]["partitions"][0]["error_code"]
        self.configured("keyed", cleanup_policy="compact")
        self.assertEqual(self.send(batch([(b"k", b"v", 1)]), topic="keyed"), NONE)
        self.assertEqual(delete("keyed", 1), 44)
        for _ in range(3):
            self.assertEqual(self.send(batch([(b"k", b"v", 1)])), NONE)
        self.assertEqual(delete("t", 2), NONE)
        answer = self.wire.call("Produce", 8, transactional_id=None, acks=-1, timeout_ms=1000,
                                topic_data=[{"name": "t", "partition_data": [{"index": 0, "records": batch([(b"k", b"v", 1)])}]}])
        self.assertEqual(answer["responses"][0]["partition_responses"][0]["log_start_offset"], 2)
        answer = self.wire.call("Fetch", 5, replica_id=-1, max_wait_ms=0, min_bytes=0, max_bytes=1 << 20,
                                topics=[{"topic": "t", "partitions": [{"partition": 0, "fetch_offset": 2, "partition_max_bytes": 1 << 20}]}])
        self.assertEqual(answer["responses"][0]["partitions"][0]["log_start_offset"], 2)

    # --- looking up ---

    def test_sentinels_of_other_versions_are_refused_and_the_newest_is_exact(self):
        produce(self.address(), "t", [(b"a", b"1", 1000), (b"b", b"2", 3000), (b"c", b"3", 2000)])
        self.assertEqual(self.offset_of(-3), (NONE, 1, 3000))
        self.assertEqual(self.offset_of(-4), (NONE, 0, -1))
        for sentinel in (-5, -6, -1000):
            self.assertEqual(self.offset_of(sentinel), (UNSUPPORTED_VERSION, -1, -1))
        self.assertEqual(self.offset_of(-4, version=7)[0], UNSUPPORTED_VERSION)
        self.assertEqual(self.offset_of(-3, version=6)[0], UNSUPPORTED_VERSION)
        self.assertEqual(self.offset_of(-1, version=1), (NONE, 3, -1))

    def test_an_epoch_that_never_was_has_no_end(self):
        produce(self.address(), "t", [(b"a", b"1", 1000)])
        ends = {}
        for epoch in (-1, 0, 1, 7):
            answer = self.wire.call("OffsetForLeaderEpoch", 4, replica_id=-1,
                                    topics=[{"topic": "t", "partitions": [{"partition": 0, "current_leader_epoch": -1, "leader_epoch": epoch}]}])
            found = answer["topics"][0]["partitions"][0]
            ends[epoch] = (found["error_code"], found["leader_epoch"], found["end_offset"])
        self.assertEqual(ends, {-1: (0, -1, -1), 0: (0, 0, 1), 1: (0, -1, -1), 7: (0, -1, -1)})

    # --- administration ---

    def create_one(self, **topic):
        given = dict({"name": "made", "num_partitions": 1, "replication_factor": 1, "assignments": [], "configs": []}, **topic)
        return [one["error_code"] for one in self.wire.call("CreateTopics", 5, topics=[given], timeout_ms=1000, validate_only=1)["topics"]]

    def test_assignments_and_settings_of_new_topics_are_checked(self):
        self.assertEqual(self.create_one(), [NONE])
        self.assertEqual(self.create_one(num_partitions=-1, replication_factor=-1, assignments=[{"partition_index": 0, "broker_ids": [1]}]), [NONE])
        self.assertEqual(self.create_one(assignments=[{"partition_index": 0, "broker_ids": [1]}]), [INVALID_REQUEST])
        for assignments in ([(0, [])], [(1, [1])], [(0, [1]), (0, [1])], [(0, [1, 1])], [(0, [2])]):
            wanted = [{"partition_index": index, "broker_ids": brokers} for index, brokers in assignments]
            self.assertEqual(self.create_one(num_partitions=-1, replication_factor=-1, assignments=wanted), [BAD_ASSIGNMENT], assignments)
        self.assertEqual(self.create_one(configs=[{"name": "retention.ms", "value": None}]), [BAD_CONFIG])
        self.assertEqual(self.create_one(num_partitions=2000), [37])

    def test_what_is_named_twice_in_a_request_is_refused(self):
        topic = {"name": "made", "num_partitions": 1, "replication_factor": 1, "assignments": [], "configs": []}
        answer = self.wire.call("CreateTopics", 5, topics=[topic, topic], timeout_ms=1000)
        self.assertEqual({one["error_code"] for one in answer["topics"]}, {INVALID_REQUEST})
        grown = {"name": "t", "count": 3, "assignments": None}
        answer = self.wire.call("CreatePartitions", 3, topics=[grown, grown], timeout_ms=1000)
        self.assertEqual({one["error_code"] for one in answer["results"]}, {INVALID_REQUEST})
        self.assertEqual(len(self.wire.call("Metadata", 8, topics=[{"name": "t"}])["topics"][0]["partitions"]), 1)

    def test_new_partitions_go_to_the_broker_that_there_is(self):
        for brokers in ([[2]], [[1], [1]], [[]]):
            grown = {"name": "t", "count": 2, "assignments": [{"broker_ids": one} for one in brokers]}
            answer = self.wire.call("CreatePartitions", 3, topics=[grown], timeout_ms=1000)
            self.assertEqual(answer["results"][0]["error_code"], BAD_ASSIGNMENT, brokers)
        grown = {"name": "t", "count": 2, "assignments": [{"broker_ids": [1]}]}
        self.assertEqual(self.wire.call("CreatePartitions", 3, topics=[grown], timeout_ms=1000)["results"][0]["error_code"], NONE)

    def test_only_this_broker_and_the_endpoint_of_brokers_are_described(self):
        settings = {}
        for name in ("", "1", "7", "x"):
            resource = {"resource_type": BROKER, "resource_name": name, "configuration_keys": None}
            result = self.wire.call("DescribeConfigs", 4, resources=[resource])["results"][0]
            settings[name] = result["error_code"], len(result["configs"]) > 0
        self.assertEqual(settings, {"": (NONE, True), "1": (NONE, True), "7": (INVALID_REQUEST, False), "x": (INVALID_REQUEST, False)})
        codes = [self.wire.call("DescribeCluster", 1, endpoint_type=kind)["error_code"] for kind in (1, 2, 3)]
        self.assertEqual(codes, [NONE, WRONG_ENDPOINT, BAD_ENDPOINT])

    def test_a_coordinator_of_neither_groups_nor_transactions_is_not_named(self):
        self.assertEqual(self.wire.call("FindCoordinator", 3, key="g", key_type=0)["error_code"], NONE)
        self.assertEqual(self.wire.call("FindCoordinator", 3, key="g", key_type=9)["error_code"], INVALID_REQUEST)

    def test_offsets_of_a_topic_that_is_not_there_are_not_deleted(self):
        self.wire.call("OffsetCommit", 8, group_id="g", generation_id_or_member_epoch=-1, member_id="", topics=[
            {"name": "t", "partitions": [{"partition_index": 0, "committed_offset": 1, "committed_metadata": ""}]}])
        answer = self.wire.call("OffsetDelete", 0, group_id="g", topics=[
            {"name": "t", "partitions": [{"partition_index": 0}, {"partition_index": 5}]}, {"name": "no", "partitions": [{"partition_index": 0}]}])
        codes = [[one["error_code"] for one in topic["partitions"]] for topic in answer["topics"]]
        self.assertEqual(codes, [[NONE, UNKNOWN_TOPIC], [UNKNOWN_TOPIC]])

    # --- groups ---

    def test_a_group_without_a_name_has_no_members(self):
        self.assertEqual(self.wire.call("Heartbeat", 4, group_id="", generation_id=1, member_id="m")["error_code"], INVALID_GROUP)
        self.assertEqual(self.wire.call("SyncGroup", 5, group_id="", generation_id=1, member_id="m", assignments=[])["error_code"], INVALID_GROUP)
        answer = self.wire.call("LeaveGroup", 5, group_id="", members=[{"member_id": "m"}])
        self.assertEqual(answer["error_code"], INVALID_GROUP)

    def test_who_waits_for_the_leaders_decision_longer_than_its_session_stays(self):
        leader, follower = Member(self, session=3000, rebalance=20000), Member(self, session=3000, rebalance=20000)
        self.assertEqual(leader.join(), NONE)
        leader.sync([(leader.id, b"all")])
        follower.begin()
        leader.until_rebalance()
        leader.ask()
        self.assertEqual((leader.hear(), follower.hear()), (NONE, NONE))
        follower.ask_sync()
        until = time.monotonic() + 4.5
        while time.monotonic() < until:
            self.assertEqual(leader.heartbeat(), NONE)
            time.sleep(0.2)
        self.assertEqual(leader.sync([(leader.id, b"one"), (follower.id, b"two")])["error_code"], NONE)
        self.assertEqual(follower.wire.hear("SyncGroup", 5)["assignment"], b"two")

    def test_a_static_member_that_is_back_before_the_decision_is_decided_for(self):
        leader = Member(self, instance="one")
        self.assertEqual(leader.join(), NONE)
        leader.sync([(leader.id, b"all")])
        other = Member(self, instance="two")
        other.begin()
        leader.until_rebalance()
        leader.ask()
        self.assertEqual((leader.hear(), other.hear()), (NONE, NONE))
        back = Member(self, instance="two")
        back.ask()
        leader.until_rebalance()
        leader.ask()
        self.assertEqual((leader.hear(), back.hear()), (NONE, NONE))
        self.assertIn(back.id, [one["member_id"] for one in leader.joined["members"]])

    def test_what_a_static_member_owned_before_does_not_rebalance_the_group(self):
        leader, other = Member(self, instance="one"), Member(self, instance="two")
        self.assertEqual(leader.join(), NONE)
        leader.sync([(leader.id, b"all")])
        other.begin()
        leader.until_rebalance()
        leader.ask()
        self.assertEqual((leader.hear(), other.hear()), (NONE, NONE))
        other.ask_sync()
        leader.sync([(leader.id, b"one"), (other.id, b"two")])
        back = Member(self, instance="two")
        back.protocols[0]["metadata"] = back.protocols[0]["metadata"][:-4] + struct.pack(">i", 5) + b"owned"
        self.assertEqual(back.join(), NONE)
        self.assertEqual((back.generation, leader.heartbeat()), (leader.generation, NONE))
        self.assertEqual(back.sync()["assignment"], b"two")

    def test_a_leader_that_did_not_come_back_in_time_leads_no_more(self):
        leader, other = Member(self, instance="one", session=60000, rebalance=1000), Member(self, session=60000, rebalance=1000)
        self.assertEqual(leader.join(), NONE)
        leader.sync([(leader.id, b"all")])
        began = time.monotonic()
        other.begin()
        self.assertEqual(other.hear(), NONE)
        self.assertTrue(other.leads())
        self.assertEqual(other.sync([(other.id, b"mine")])["assignment"], b"mine")
        self.assertLess(time.monotonic() - began, PATIENCE)


if __name__ == "__main__":
    unittest.main()
