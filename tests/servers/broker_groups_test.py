"""Consumer groups as Kafka's coordinator runs them, told request by request."""
import struct
import sys
import time
import unittest

from broker_scene import PATIENCE, Scene
from broker_wire import Wire

NONE, ILLEGAL_GENERATION, INCONSISTENT, INVALID_GROUP, UNKNOWN_MEMBER, INVALID_SESSION, REBALANCING = 0, 22, 23, 24, 25, 26, 27
METADATA_TOO_LARGE, NON_EMPTY, NOT_FOUND, ID_REQUIRED, FENCED, SUBSCRIBED = 12, 68, 69, 79, 82, 86
JOIN, SYNC, BEAT, LEAVE = 9, 5, 4, 5  # versions


def subscription(*topics):
    return struct.pack(">hi", 0, len(topics)) + b"".join(struct.pack(">h", len(name)) + name.encode() for name in topics) + struct.pack(">i", -1)


class Member:
    def __init__(self, scene, group="g", instance=None, protocols=("range",), session=10000, rebalance=5000, topics=("t",)):
        self.wire = Wire(scene.address(), PATIENCE)
        self.group, self.instance, self.session, self.rebalance = group, instance, session, rebalance
        self.protocols = [{"name": name, "metadata": subscription(*topics)} for name in protocols]
        self.id, self.generation, self.joined = "", -1, None

    def ask(self, version=JOIN, **more):
        fields = {"group_id": self.group, "session_timeout_ms": self.session, "rebalance_timeout_ms": self.rebalance, "member_id": self.id,
                  "group_instance_id": self.instance, "protocol_type": "consumer", "protocols": self.protocols}
        self.wire.send("JoinGroup", version, **dict(fields, **more))

    def hear(self, version=JOIN):
        self.joined = self.wire.hear("JoinGroup", version)
        if self.joined["error_code"] in (NONE, ID_REQUIRED):
            self.id, self.generation = self.joined["member_id"], self.joined["generation_id"]
        return self.joined["error_code"]

    def join(self, version=JOIN, **more):
        """As clients do: a new member comes again with the id it was told."""
        self.ask(version, **more)
        code = self.hear(version)
        if code == ID_REQUIRED:
            self.ask(version, **more)
            code = self.hear(version)
        return code

    def begin(self):
        """Up to the join that waits for the others."""
        if not self.id and not self.instance:
            self.ask()
            assert self.hear() == ID_REQUIRED
        self.ask()

    def leads(self):
        return self.joined["leader"] == self.id

    def ask_sync(self, assignments=(), version=SYNC, **more):
        fields = {"group_id": self.group, "generation_id": self.generation, "member_id": self.id, "group_instance_id": self.instance,
                  "protocol_type": "consumer", "protocol_name": self.joined["protocol_name"],
                  "assignments": [{"member_id": member, "assignment": data} for member, data in assignments]}
        self.wire.send("SyncGroup", version, **dict(fields, **more))

    def sync(self, assignments=(), version=SYNC, **more):
        self.ask_sync(assignments, version, **more)
        return self.wire.hear("SyncGroup", version)

    def heartbeat(self, **more):
        fields = {"group_id": self.group, "generation_id": self.generation, "member_id": self.id, "group_instance_id": self.instance}
        return self.wire.call("Heartbeat", BEAT, **dict(fields, **more))["error_code"]

    def leave(self):
        answer = self.wire.call("LeaveGroup", LEAVE, group_id=self.group, members=[{"member_id": self.id, "group_instance_id": self.instance}])
        return answer["members"][0]["error_code"]

    def commit(self, offset, partition=0, topic="t", note="note", **more):
        fields = {"group_id": self.group, "generation_id_or_member_epoch": self.generation, "member_id": self.id, "group_instance_id": self.instance,
                  "topics": [{"name": topic, "partitions": [{"partition_index": partition, "committed_offset": offset, "committed_metadata": note}]}]}
        return self.wire.call("OffsetCommit", 8, **dict(fields, **more))["topics"][0]["partitions"][0]["error_code"]


class Groups(Scene):
    def setUp(self):
        super().setUp()
        self.wire = Wire(self.address(), PATIENCE)

    def tearDown(self):
        self.wire.close()
        super().tearDown()

    def committed(self, group="g", partition=0):
        answer = self.wire.call("OffsetFetch", 7, group_id=group, topics=[{"name": "t", "partition_indexes": [partition]}])
        return answer["topics"][0]["partitions"][0]["committed_offset"]

    def state(self, group="g"):
        return self.wire.call("DescribeGroups", 5, groups=[group])["groups"][0]["group_state"]

    def one(self, **more):
        """A group of one, stable."""
        member = Member(self, **more)
        self.assertEqual(member.join(), NONE)
        self.assertEqual(member.sync([(member.id, b"all")])["assignment"], b"all")
        return member

    def two(self, **more):
        """A stable group of two; the first leads."""
        first, second = self.one(**more), Member(self, **more)
        second.begin()
        while first.heartbeat() != REBALANCING:
            time.sleep(0.01)
        first.ask()
        self.assertEqual((first.hear(), second.hear()), (NONE, NONE))
        second.ask_sync()
        self.assertEqual(first.sync([(first.id, b"one"), (second.id, b"two")])["assignment"], b"one")
        self.assertEqual(second.wire.hear("SyncGroup", SYNC)["assignment"], b"two")
        return first, second

    def test_a_new_member_is_told_its_id_and_comes_again_with_it(self):
        member = Member(self)
        member.ask()
        self.assertEqual(member.hear(), ID_REQUIRED)
        self.assertTrue(member.id.startswith("wire-"))
        self.assertEqual(self.state(), "Empty")
        member.ask()
        self.assertEqual(member.hear(), NONE)
        self.assertEqual((member.joined["leader"], len(member.joined["members"])), (member.id, 1))
        self.assertEqual(self.state(), "CompletingRebalance")

    def test_an_old_client_joins_at_once(self):
        member = Member(self)
        member.ask(version=3)
        self.assertEqual(member.hear(version=3), NONE)

    def test_the_leader_hears_of_all_members_and_the_others_get_what_it_decides(self):
        first, second = self.two()
        self.assertTrue(first.leads())
        self.assertEqual({member["member_id"] for member in first.joined["members"]}, {first.id, second.id})
        self.assertEqual(second.joined["members"], [])
        self.assertEqual(self.state(), "Stable")
        described = self.wire.call("DescribeGroups", 5, groups=["g"])["groups"][0]
        self.assertEqual(sorted(member["member_assignment"] for member in described["members"]), [b"one", b"two"])

    def test_the_protocol_that_all_know_is_chosen_by_vote(self):
        first = Member(self, protocols=("sticky", "range"))
        first.join()
        second = Member(self, protocols=("roundrobin", "range"))
        second.begin()
        first.ask()
        self.assertEqual((first.hear(), second.hear()), (NONE, NONE))
        self.assertEqual(first.joined["protocol_name"], "range")
        stranger = Member(self, protocols=("other",))
        self.assertEqual(stranger.join(), INCONSISTENT)

    def test_a_member_that_leaves_makes_room_for_the_others_at_once(self):
        first, second = self.two()
        self.assertEqual(first.leave(), NONE)
        self.assertEqual(second.heartbeat(), REBALANCING)
        self.assertEqual(second.join(), NONE)
        self.assertTrue(second.leads())
        self.assertEqual(len(second.joined["members"]), 1)
        self.assertEqual(first.heartbeat(), UNKNOWN_MEMBER)
        self.assertEqual(first.leave(), UNKNOWN_MEMBER)

    def test_a_silent_member_is_out_after_its_session(self):
        first = self.one(session=1000, rebalance=600000)
        second = Member(self, session=1000, rebalance=600000)
        second.begin()
        self.assertEqual(second.hear(), NONE)  # the first never came back, and nobody waits for the rebalance's time
        self.assertTrue(second.leads())
        self.assertEqual(first.heartbeat(), UNKNOWN_MEMBER)

    def test_heartbeats_keep_a_session(self):
        member = self.one(session=3000)
        for _ in range(10):
            time.sleep(0.4)
            self.assertEqual(member.heartbeat(), NONE)

    def test_commits_keep_a_session(self):
        member = self.one(session=3000)
        for offset in range(10):
            time.sleep(0.4)
            self.assertEqual(member.commit(offset), NONE)

    def test_who_does_not_join_again_within_the_rebalance_time_is_out(self):
        first = self.one(session=30000, rebalance=700)
        second = Member(self, rebalance=700)
        second.begin()
        began = time.monotonic()
        self.assertEqual(second.hear(), NONE)
        self.assertGreater(time.monotonic() - began, 0.5)
        self.assertEqual(len(second.joined["members"]), 1)
        self.assertEqual(first.heartbeat(), UNKNOWN_MEMBER)

    def test_a_leader_that_never_decides_is_out_and_the_others_begin_anew(self):
        first = self.one(session=30000, rebalance=1000)
        second = Member(self, session=30000, rebalance=1000)
        second.begin()
        while first.heartbeat() != REBALANCING:
            time.sleep(0.01)
        first.ask()
        self.assertEqual((first.hear(), second.hear()), (NONE, NONE))
        second.ask_sync()
        self.assertEqual(second.wire.hear("SyncGroup", SYNC)["error_code"], REBALANCING)
        second.ask()
        self.assertEqual(second.hear(), NONE)
        self.assertTrue(second.leads())

    def test_old_generations_and_strangers_are_told_so(self):
        member = self.one()
        self.assertEqual(member.heartbeat(generation_id=member.generation - 1), ILLEGAL_GENERATION)
        self.assertEqual(member.heartbeat(member_id="somebody"), UNKNOWN_MEMBER)
        self.assertEqual(member.sync(generation_id=77)["error_code"], ILLEGAL_GENERATION)
        self.assertEqual(member.sync(protocol_name="other")["error_code"], INCONSISTENT)
        self.assertEqual(member.commit(1, generation_id_or_member_epoch=member.generation + 1), ILLEGAL_GENERATION)
        self.assertEqual(member.commit(1, member_id="somebody"), UNKNOWN_MEMBER)
        stranger = Member(self)
        stranger.id = "never-was-told"
        self.assertEqual(stranger.join(), UNKNOWN_MEMBER)

    def test_groups_without_a_name_and_sessions_out_of_bounds_are_refused(self):
        self.assertEqual(Member(self, group="").join(), INVALID_GROUP)
        self.assertEqual(Member(self, session=10).join(), INVALID_SESSION)
        self.assertEqual(Member(self, session=1 << 30).join(), INVALID_SESSION)
        self.assertEqual(Member(self, protocols=()).join(), INCONSISTENT)

    def test_the_same_member_that_joins_again_unchanged_is_answered_with_what_stands(self):
        first, second = self.two()
        generation = second.generation
        self.assertEqual(second.join(), NONE)
        self.assertEqual(second.generation, generation)
        self.assertEqual(first.heartbeat(), NONE)

    def test_a_changed_subscription_rebalances(self):
        first, second = self.two()
        second.protocols = [{"name": "range", "metadata": subscription("t", "u")}]
        second.ask()
        while first.heartbeat() != REBALANCING:
            time.sleep(0.01)
        first.ask()
        self.assertEqual((first.hear(), second.hear()), (NONE, NONE))
        self.assertIn(subscription("t", "u"), [member["metadata"] for member in first.joined["members"]])

    # static members

    def test_a_static_member_that_is_back_keeps_its_place_without_a_rebalance(self):
        first = self.one(instance="i1")
        generation = first.generation
        again = Member(self, instance="i1")
        self.assertEqual(again.join(), NONE)
        self.assertEqual(again.generation, generation)
        self.assertNotEqual(again.id, first.id)
        self.assertTrue(again.joined["skip_assignment"])
        self.assertEqual(again.sync()["assignment"], b"all")
        self.assertEqual(first.heartbeat(), FENCED)
        self.assertEqual(first.commit(1), FENCED)
        self.assertEqual(first.sync()["error_code"], FENCED)
        self.assertEqual(first.leave(), FENCED)

    def test_a_static_member_does_not_wait_to_be_told_its_id(self):
        member = Member(self, instance="i1")
        member.ask()
        self.assertEqual(member.hear(), NONE)

    def test_a_static_member_is_removed_by_its_instance_alone(self):
        member = self.one(instance="i1")
        answer = self.wire.call("LeaveGroup", LEAVE, group_id="g", members=[{"member_id": "", "group_instance_id": "i1"}])
        self.assertEqual(answer["members"][0]["error_code"], NONE)
        self.assertEqual(member.heartbeat(), UNKNOWN_MEMBER)
        self.assertEqual(self.state(), "Empty")

    def test_a_static_member_that_missed_a_rebalance_is_still_in(self):
        static = self.one(instance="i1", session=30000, rebalance=700)
        other = Member(self, rebalance=700)
        other.begin()
        self.assertEqual(other.hear(), NONE)
        self.assertEqual(static.heartbeat(), ILLEGAL_GENERATION)  # not: unknown

    def test_a_member_does_not_become_another_ones_instance(self):
        self.one(instance="i1", session=30000, rebalance=700)
        other = Member(self, rebalance=700)
        other.begin()
        self.assertEqual(other.hear(), NONE)
        other.instance = "i1"
        other.ask()
        self.assertEqual(other.hear(), FENCED)

    # offsets

    def test_commits_belong_to_members_while_there_are_any(self):
        member = self.one()
        self.assertEqual(member.commit(5), NONE)
        self.assertEqual(self.committed(), 5)
        outsider = Member(self)
        self.assertEqual(outsider.commit(1), UNKNOWN_MEMBER)
        member.leave()
        self.assertEqual(outsider.commit(1), NONE)
        self.assertEqual(self.committed(), 1)

    def test_commits_during_a_rebalance_are_taken_until_the_new_generation(self):
        first = self.one()
        second = Member(self)
        second.begin()
        while first.heartbeat() != REBALANCING:
            time.sleep(0.01)
        self.assertEqual(first.commit(7), NONE)
        first.ask()
        self.assertEqual((first.hear(), second.hear()), (NONE, NONE))
        self.assertEqual(first.commit(8), REBALANCING)
        self.assertEqual(self.committed(), 7)

    def test_a_note_larger_than_kafka_keeps_is_refused_and_the_offset_with_it(self):
        member = self.one()
        self.assertEqual(member.commit(5, note="x" * 4096), NONE)
        self.assertEqual(member.commit(6, note="x" * 4097), METADATA_TOO_LARGE)
        self.assertEqual(self.committed(), 5)

    def test_a_commit_for_a_partition_that_is_not_there_is_refused(self):
        member = self.one()
        self.assertEqual(member.commit(1, partition=5), 3)
        self.assertEqual(member.commit(1, topic="no"), 3)

    def test_offsets_survive_a_stop_and_a_kill_with_their_notes(self):
        self.one().commit(42)
        self.stop()
        self.start()
        self.wire = Wire(self.address(), PATIENCE)
        self.assertEqual(self.committed(), 42)
        self.assertEqual(self.state(), "Empty")
        self.end(9)
        self.start()
        self.wire = Wire(self.address(), PATIENCE)
        answer = self.wire.call("OffsetFetch", 8, groups=[{"group_id": "g", "topics": None}])
        self.assertEqual(answer["groups"][0]["topics"][0]["partitions"][0]["metadata"], "note")

    def test_all_offsets_of_a_group_come_by_topic_each_topic_once(self):
        self.create("two", 3)
        lone = Member(self, group="lone")
        for topic, partition in (("two", 2), ("t", 0), ("two", 0), ("two", 1)):
            self.assertEqual(lone.commit(partition + 10, partition=partition, topic=topic), NONE)
        for version in (2, 7):
            answer = self.wire.call("OffsetFetch", version, group_id="lone", topics=None)
            self.assertEqual([(topic["name"], [(part["partition_index"], part["committed_offset"]) for part in topic["partitions"]])
                              for topic in answer["topics"]], [("t", [(0, 10)]), ("two", [(0, 10), (1, 11), (2, 12)])])

    def test_offsets_are_records_of_the_internal_topic_and_nobody_else_writes_there(self):
        self.one().commit(42)
        topic = next(topic for topic in self.wire.call("Metadata", 12)["topics"] if topic["name"] == "__consumer_offsets")
        self.assertTrue(topic["is_internal"])
        self.assertEqual(self.wire.call("Produce", 9, acks=1, topic_data=[{"name": "__consumer_offsets", "partition_data": [{"index": 0}]}])
                         ["responses"][0]["partition_responses"][0]["error_code"], 17)

    def test_a_deleted_topic_takes_its_offsets_along(self):
        self.one().leave()
        self.assertEqual(Member(self).commit(42), NONE)
        self.wire.call("DeleteTopics", 5, topic_names=["t"])
        self.create("t", 1)
        self.assertEqual(self.committed(), -1)

    def test_groups_are_listed_by_state_and_deleted_when_empty(self):
        member = self.one()
        member.commit(3)
        Member(self, group="kept").commit(1)
        self.assertEqual({group["group_id"] for group in self.wire.call("ListGroups", 5)["groups"]}, {"g", "kept"})
        self.assertEqual([group["group_id"] for group in self.wire.call("ListGroups", 4, states_filter=["Stable"])["groups"]], ["g"])
        self.assertEqual(self.wire.call("DeleteGroups", 2, groups_names=["g"])["results"][0]["error_code"], NON_EMPTY)
        member.leave()
        self.assertEqual(self.wire.call("DeleteGroups", 2, groups_names=["g"])["results"][0]["error_code"], NONE)
        self.assertEqual(self.wire.call("DeleteGroups", 2, groups_names=["g"])["results"][0]["error_code"], NOT_FOUND)
        self.assertEqual(self.committed(), -1)
        self.assertEqual(self.state(), "Dead")

    def test_single_offsets_are_deleted_unless_somebody_reads_the_topic(self):
        member = self.one()
        member.commit(3)
        asked = {"group_id": "g", "topics": [{"name": "t", "partitions": [{"partition_index": 0}]}]}
        answer = self.wire.call("OffsetDelete", 0, **asked)
        self.assertEqual(answer["topics"][0]["partitions"][0]["error_code"], SUBSCRIBED)
        member.leave()
        self.assertEqual(self.wire.call("OffsetDelete", 0, **asked)["topics"][0]["partitions"][0]["error_code"], NONE)
        self.assertEqual(self.committed(), -1)
        self.assertEqual(self.wire.call("OffsetDelete", 0, group_id="nobody")["error_code"], NOT_FOUND)

    def test_a_member_whose_connection_broke_while_it_waited_does_no_harm(self):
        first = self.one()
        second = Member(self)
        second.begin()
        second.wire.close()
        while first.heartbeat() != REBALANCING:
            time.sleep(0.01)
        first.ask()
        self.assertEqual(first.hear(), NONE)
        self.assertEqual(first.sync([(first.id, b"mine")])["assignment"], b"mine")


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
