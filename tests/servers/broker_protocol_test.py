"""Every request in every version that ApiVersions promises: answered to the last byte; cut, flipped and random ones never stop the broker."""
import os
import random
import struct
import sys
import unittest

from broker_scene import SANITIZED, Scene
from broker_wire import MESSAGES, Wire, frame

UNKNOWN_TOPIC, UNKNOWN_TOPIC_ID, NONE = 3, 100, 0
FLIPS = 3 if SANITIZED else 10


def topics(*partitions):
    return [{"name": "t", "topic": "t", "partitions": list(partitions)}, {"name": "no", "topic": "no", "partitions": [{"partition_index": 0}]}]


CASES = {
    "Produce": [{"acks": 1, "topic_data": [{"name": "t", "partition_data": [{"index": 0, "records": b"rubbish"}, {"index": 9}]},
                                           {"name": "no", "partition_data": [{"index": 0}]}]}],
    "Fetch": [{"max_wait_ms": 1, "min_bytes": 1, "topics": topics({"partition": 0, "partition_max_bytes": 100000}, {"partition": 5})},
              {"max_wait_ms": 1, "min_bytes": 1, "topics": [{"topic": "t", "partitions": [{"partition": 0, "fetch_offset": 2, "partition_max_bytes": 1}]}]},
              {"session_id": 5}],
    "ListOffsets": [{"topics": topics(*({"partition_index": 0, "timestamp": time, "max_num_offsets": 1} for time in (-1, -2, -3, -4, 0, 1 << 50)),
                                      {"partition_index": 7})}],
    "Metadata": [{}, {"topics": [{"name": "t"}, {"name": "no"}, {"name": "bad/"}]}, {"topics": []}],
    "OffsetCommit": [{"group_id": "g", "generation_id_or_member_epoch": -1,
                      "topics": topics({"partition_index": 0, "committed_offset": 1, "committed_metadata": "m"}, {"partition_index": 9})}],
    "OffsetFetch": [{"group_id": "g", "topics": [{"name": "t", "partition_indexes": [0, 1]}],
                     "groups": [{"group_id": "g", "topics": [{"name": "t", "partition_indexes": [0]}]}, {"group_id": "h"}]}, {"group_id": "g"}],
    "FindCoordinator": [{"key": "g", "coordinator_keys": ["g", "h"]}, {"key": "x", "key_type": 1, "coordinator_keys": ["x"]}],
    "JoinGroup": [{"group_id": "", "session_timeout_ms": 10000, "rebalance_timeout_ms": 1000}],
    "Heartbeat": [{"group_id": "nobody", "member_id": "m"}],
    "LeaveGroup": [{"group_id": "nobody", "member_id": "m", "members": [{"member_id": "m"}, {"member_id": "", "group_instance_id": "i"}]}],
    "SyncGroup": [{"group_id": "nobody", "member_id": "x", "assignments": [{"member_id": "m", "assignment": b"abc"}]}],
    "DescribeGroups": [{"groups": ["g", "nobody"]}],
    "ListGroups": [{}, {"states_filter": ["Empty"], "types_filter": ["classic"]}, {"states_filter": ["Stable"]}],
    "SaslHandshake": [{"mechanism": "PLAIN"}],
    "ApiVersions": [{"client_software_name": "wire", "client_software_version": "1"}],
    "CreateTopics": [{"topics": [{"name": "t", "num_partitions": 2, "replication_factor": 3, "configs": [{"name": "retention.ms", "value": "1000"}]},
                                 {"name": "bad/", "num_partitions": 1, "replication_factor": 1},
                                 {"name": "new", "num_partitions": -1, "replication_factor": -1, "configs": [{"name": "flush.ms", "value": "5"}]},
                                 {"name": "new", "num_partitions": -1, "replication_factor": -1, "assignments": [{"partition_index": 0, "broker_ids": [1]}]}],
                      "validate_only": 1}],
    "DeleteTopics": [{"topic_names": ["no"], "topics": [{"name": "no"}, {"topic_id": b"1" * 16}]}],
    "DeleteRecords": [{"topics": topics({"partition_index": 0, "offset": 0}, {"partition_index": 0, "offset": 1 << 40}, {"partition_index": 8})}],
    "InitProducerId": [{}, {"transactional_id": "x"}],
    "OffsetForLeaderEpoch": [{"topics": topics({"partition": 0}, {"partition": 9})}],
    "DescribeAcls": [{"resource_type_filter": 1, "pattern_type_filter": 1, "operation": 1, "permission_type": 1}],
    "CreateAcls": [{"creations": [{"resource_type": 2, "resource_name": "t", "resource_pattern_type": 3, "principal": "User:a", "host": "*", "operation": 3,
                                   "permission_type": 3}] * 2}],
    "DeleteAcls": [{"filters": [{"resource_type_filter": 2, "resource_name_filter": "t", "pattern_type_filter": 3, "operation": 1, "permission_type": 1}]}],
    "DescribeConfigs": [{"resources": [{"resource_type": 2, "resource_name": "t"}, {"resource_type": 2, "resource_name": "no"},
                                       {"resource_type": 4, "resource_name": "1"}, {"resource_type": 8, "resource_name": ""},
                                       {"resource_type": 2, "resource_name": "t", "configuration_keys": ["retention.ms"]}],
                         "include_synonyms": 1, "include_documentation": 1}],
    "AlterConfigs": [{"resources": [{"resource_type": 2, "resource_name": "t", "configs": [{"name": "retention.ms", "value": "77777777"}]},
                                    {"resource_type": 2, "resource_name": "t", "configs": [{"name": "x", "value": "7"}]},
                                    {"resource_type": 4, "resource_name": "1"}], "validate_only": 1}],
    "IncrementalAlterConfigs": [{"resources": [{"resource_type": 2, "resource_name": "t",
                                                "configs": [{"name": "cleanup.policy", "config_operation": 2, "value": "compact"}]},
                                               {"resource_type": 2, "resource_name": "t",
                                                "configs": [{"name": "retention.ms", "config_operation": 1, "value": None}]}], "validate_only": 1}],
    "DescribeLogDirs": [{}, {"topics": [{"topic": "t", "partitions": [0, 4]}]}],
    "SaslAuthenticate": [{"auth_bytes": b"\0a\0b"}],
    "CreatePartitions": [{"topics": [{"name": "t", "count": 1}, {"name": "no", "count": 2}, {"name": "t", "count": 3, "assignments": [{"broker_ids": [1]}]}],
                          "validate_only": 1}],
    "DeleteGroups": [{"groups_names": ["nobody"]}],
    "OffsetDelete": [{"group_id": "g", "topics": [{"name": "t", "partitions": [{"partition_index": 3}]}]}, {"group_id": "nobody"}],
    "DescribeCluster": [{}, {"endpoint_type": 2}],
    "DescribeProducers": [{"topics": [{"name": "t", "partition_indexes": [0, 9]}]}],
    "ConsumerGroupHeartbeat": [{"group_id": "g", "member_id": "m", "subscribed_topic_names": ["t"], "rebalance_timeout_ms": 1,
                                "topic_partitions": [{"topic_id": b"1" * 16, "partitions": [0]}]}],
    "ShareGroupHeartbeat": [{"group_id": "g", "member_id": "m", "subscribed_topic_names": ["t"]}],
}


class Protocol(Scene):
    def setUp(self):
        super().setUp()
        self.kcat("-P", "-t", "t", text="one\ntwo\nthree\n")
        with Wire(self.address()) as wire:
            self.promised = {key["api_key"]: (key["min_version"], key["max_version"]) for key in wire.call("ApiVersions", 3)["api_keys"]}

    def every(self):
        """Name, version and fields of each case in each version."""
        for name, cases in CASES.items():
            low, high = self.promised[MESSAGES[name].key]
            for version in range(low, high + 1):
                for case in cases:
                    yield name, version, case

    def assert_serving(self):
        with Wire(self.address()) as wire:
            self.assertEqual(wire.call("ApiVersions", 0)["error_code"], NONE)

    def test_what_is_promised_is_in_the_table_and_the_other_way_round(self):
        self.assertEqual({MESSAGES[name].key for name in CASES}, set(self.promised))

    def test_every_request_in_every_version_is_answered_to_the_last_byte(self):
        for name, version, case in self.every():
            with self.subTest(name=name, version=version), Wire(self.address()) as wire:
                wire.call(name, version, **case)

    def test_the_promise_reaches_what_the_clients_of_today_ask_for(self):
        wanted = {"Produce": (3, 8), "Fetch": (4, 17), "ListOffsets": (1, 5), "Metadata": (0, 12), "OffsetCommit": (2, 7), "OffsetFetch": (1, 7),
                  "FindCoordinator": (0, 4), "JoinGroup": (0, 9), "Heartbeat": (0, 4), "LeaveGroup": (0, 5), "SyncGroup": (0, 5),
                  "DescribeGroups": (0, 5), "ListGroups": (0, 5), "SaslHandshake": (0, 1), "SaslAuthenticate": (0, 2), "ApiVersions": (0, 4),
                  "CreateTopics": (0, 7), "DeleteTopics": (0, 6), "DeleteRecords": (0, 2), "InitProducerId": (0, 4), "DescribeConfigs": (0, 4),
                  "AlterConfigs": (0, 2), "IncrementalAlterConfigs": (0, 1), "CreatePartitions": (0, 3), "DeleteGroups": (0, 2),
                  "OffsetDelete": (0, 0), "OffsetForLeaderEpoch": (0, 4), "DescribeCluster": (0, 1)}
        for name, (low, high) in wanted.items():
            have = self.promised[MESSAGES[name].key]
            self.assertTrue(have[0] <= low and have[1] >= high, (name, have))

    def test_a_version_that_is_not_promised_ends_the_connection_and_the_log_says_which_are(self):
        for name, cases in CASES.items():
            low, high = self.promised[MESSAGES[name].key]
            for version in {low - 1, high + 1} - {-1}:
                if name != "ApiVersions":  # which is answered, so that the client learns
                    with self.subTest(name=name, version=version), Wire(self.address()) as wire:
                        wire.send(name, version, **cases[0])
                        self.assertIsNone(wire.hear_bytes())
                        self.assertIn(f"{name} version {version} is not supported ({low} to {high} are)", self.stderr())
        self.assert_serving()

    def test_requests_cut_at_each_byte_are_answered_or_end_the_connection(self):
        seen = set()
        for name, version, case in self.every():
            whole = frame(name, version, case)
            key = (name, version >= MESSAGES[name].flexible)
            if key in seen:  # one version of each way of writing
                continue
            seen.add(key)
            for size in range(8, len(whole)):
                with self.subTest(name=name, version=version, size=size), Wire(self.address()) as wire:
                    wire.send_bytes(whole[:size])
                    wire.hear_bytes()
        self.assert_serving()

    def test_requests_with_flipped_bytes_are_answered_or_end_the_connection(self):
        chance = random.Random(20260314)
        for name, version, case in self.every():
            whole = frame(name, version, case)
            for _ in range(FLIPS):
                broken = bytearray(whole)
                for _ in range(chance.randrange(1, 4)):
                    broken[chance.randrange(8, len(broken))] = chance.choice((0, 1, 2, 127, 128, 255, chance.randrange(256)))
                with Wire(self.address()) as wire:
                    wire.send_bytes(bytes(broken))
                    if chance.randrange(4) == 0 and name not in ("Fetch", "Produce"):  # those may wait, or want no answer
                        wire.hear_bytes()
        self.assert_serving()

    def test_a_size_that_no_request_has_ends_the_connection(self):
        for size in (-1, 0, 7, 200 << 20, 0x7FFFFFFF, -0x80000000):
            with self.subTest(size=size), Wire(self.address()) as wire:
                wire.socket.sendall(struct.pack(">iq", size, 0))
                self.assertIsNone(wire.hear_bytes())
        self.assert_serving()

    def test_requests_come_in_pieces_and_many_at_once(self):
        with Wire(self.address()) as wire:
            data = b"".join(struct.pack(">i", len(one)) + one for one in (frame("Metadata", version, {}) for version in range(13)))
            for at in range(len(data)):
                wire.socket.sendall(data[at:at + 1])
            for version in range(13):
                self.assertEqual(len(wire.hear("Metadata", version)["brokers"]), 1)

    def test_five_hundred_connections_half_of_them_silent_leave_the_broker_serving(self):
        wires = [Wire(self.address()) for _ in range(500)]
        for wire in wires[::2]:
            wire.send("Metadata", 12)
        for wire in wires[::2]:
            wire.hear("Metadata", 12)
        self.assert_serving()
        for wire in wires:
            wire.close()

    def test_each_client_is_told_the_address_it_came_in_on(self):
        port = int(self.port)
        with Wire(self.address()) as wire:
            self.assertEqual(wire.call("Metadata", 12)["brokers"], [{"node_id": 1, "host": "127.0.0.1", "port": port, "rack": None}])
            self.assertEqual(wire.call("FindCoordinator", 0, key="g")["port"], port)
            self.assertEqual(wire.call("DescribeCluster", 1, endpoint_type=1)["brokers"][0]["port"], port)

    def test_from_version_13_on_topics_are_fetched_by_their_ids(self):
        with Wire(self.address()) as wire:
            known = wire.call("Metadata", 12, topics=[{"name": "t"}])["topics"][0]["topic_id"]
            for version in range(13, 18):
                with self.subTest(version=version):
                    answer = wire.call("Fetch", version, replica_id=-1, max_wait_ms=0, min_bytes=0, max_bytes=1 << 20, topics=[
                        {"topic_id": known, "partitions": [{"partition": 0, "partition_max_bytes": 1 << 20}, {"partition": 7}]},
                        {"topic_id": b"?" * 16, "partitions": [{"partition": 0, "partition_max_bytes": 1 << 20}]}])
                    first, second = answer["responses"]
                    self.assertEqual((first["topic_id"], second["topic_id"]), (known, b"?" * 16))
                    self.assertEqual([place["error_code"] for place in first["partitions"]], [NONE, UNKNOWN_TOPIC])
                    self.assertIn(b"three", first["partitions"][0]["records"])
                    self.assertEqual([place["error_code"] for place in second["partitions"]], [UNKNOWN_TOPIC_ID])

    def test_a_topic_made_anew_is_not_fetched_by_the_id_of_the_earlier_one(self):
        def fetch(topic):
            return wire.call("Fetch", 13, max_bytes=1 << 20, topics=[
                {"topic_id": topic, "partitions": [{"partition": 0, "partition_max_bytes": 1 << 20}]}])["responses"][0]["partitions"][0]["error_code"]

        with Wire(self.address()) as wire:
            before = wire.call("Metadata", 12, topics=[{"name": "t"}])["topics"][0]["topic_id"]
            wire.call("DeleteTopics", 6, topics=[{"name": "t"}])
            self.assertEqual(fetch(before), UNKNOWN_TOPIC_ID)
            self.create("t", 1)
            after = wire.call("Metadata", 12, topics=[{"name": "t"}])["topics"][0]["topic_id"]
            self.assertEqual((fetch(before), fetch(after)), (UNKNOWN_TOPIC_ID, NONE))
        self.stop()
        self.start()
        with Wire(self.address()) as wire:
            self.assertEqual((fetch(before), fetch(after)), (UNKNOWN_TOPIC_ID, NONE))

    def test_transactions_are_refused_at_the_door(self):
        with Wire(self.address()) as wire:
            self.assertEqual(wire.call("InitProducerId", 4, transactional_id="x")["error_code"], 53)
            coordinator = wire.call("FindCoordinator", 2, key="seven", key_type=1)
            self.assertEqual(coordinator["error_code"], 53)
            self.assertIn("Apache Kafka", coordinator["error_message"])
            self.assertEqual((coordinator["node_id"], coordinator["host"], coordinator["port"]), (-1, "", -1))
            coordinator = wire.call("FindCoordinator", 4, coordinator_keys=["eleven"], key_type=1)["coordinators"][0]
            self.assertEqual(coordinator["error_code"], 53)
        self.stop()
        for name in ("x", "seven", "eleven"):  # Java's client keeps the broker's words to itself
            self.assertRegex(self.stderr(), f"transactional.id '{name}' refused: .*Apache Kafka")

    def test_acls_are_refused_as_by_a_kafka_without_an_authorizer(self):
        with Wire(self.address()) as wire:
            for version in range(4):
                for refusal in (wire.call("DescribeAcls", version, **CASES["DescribeAcls"][0]),
                                *wire.call("CreateAcls", version, **CASES["CreateAcls"][0])["results"],
                                *wire.call("DeleteAcls", version, **CASES["DeleteAcls"][0])["filter_results"]):
                    self.assertEqual(refusal["error_code"], 54)
                    self.assertIn("No Authorizer is configured on the broker", refusal["error_message"])

    def test_the_newer_group_protocols_are_refused_with_the_word_that_every_client_takes_for_final(self):
        with Wire(self.address()) as wire:
            for name, version, words in (("ConsumerGroupHeartbeat", 0, "group.protocol=classic"), ("ConsumerGroupHeartbeat", 1, "group.protocol=classic"),
                                         ("ShareGroupHeartbeat", 1, "Share groups are not supported")):
                with self.subTest(name=name, version=version):
                    refusal = wire.call(name, version, group_id="g", subscribed_topic_names=["t"])
                    self.assertEqual((refusal["error_code"], refusal["assignment"]), (35, -1))
                    self.assertIn(words, refusal["error_message"])
            self.assertEqual(wire.call("ListGroups", 5)["groups"], [])
        self.stop()
        self.assertRegex(self.stderr(), "member of group 'g' was refused: .*group.protocol=classic")


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
