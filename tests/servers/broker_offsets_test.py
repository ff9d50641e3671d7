"""Committed offsets: whose they are, what is kept of them, and how they go."""
import sys
import unittest

from broker_group_scene import (
    ILLEGAL_GENERATION, INVALID_GROUP, METADATA_TOO_LARGE, NONE, NON_EMPTY,
    NOT_FOUND, REBALANCING, SUBSCRIBED, UNKNOWN_MEMBER, GroupScene, Member)
from broker_scene import PATIENCE
from broker_wire import Wire


class Offsets(GroupScene):
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
        first.until_rebalance()
        self.assertEqual(first.commit(7), NONE)
        first.ask()
        self.assertEqual((first.hear(), second.hear()), (NONE, NONE))
        self.assertEqual(first.commit(8), REBALANCING)
        self.assertEqual(self.committed(), 7)

    def test_commits_for_a_group_that_there_is_not_are_told_so(self):
        member = self.one()
        self.assertEqual(member.commit(1, group_id=""), INVALID_GROUP)
        self.assertEqual(member.commit(1, group_id="other"), ILLEGAL_GENERATION)
        self.assertEqual(member.commit(1, generation_id_or_member_epoch=-1), ILLEGAL_GENERATION)
        self.assertEqual(member.commit(1, generation_id_or_member_epoch=-1, member_id="somebody"), UNKNOWN_MEMBER)
        self.assertEqual(self.committed(), -1)

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

    def test_several_groups_are_asked_for_at_once(self):
        Member(self).commit(5)
        Member(self, group="h").commit(6)
        asked = [{"group_id": name, "topics": [{"name": "t", "partition_indexes": [0]}]} for name in ("g", "h", "nobody")]
        answer = self.wire.call("OffsetFetch", 8, groups=asked)["groups"]
        self.assertEqual([(group["group_id"], group["topics"][0]["partitions"][0]["committed_offset"]) for group in answer], [("g", 5), ("h", 6), ("nobody", -1)])

    def test_the_epoch_of_a_commit_is_kept_and_what_was_deleted_stays_deleted_after_a_restart(self):
        def epoch():
            return self.wire.call("OffsetFetch", 7, group_id="g", topics=[{"name": "t", "partition_indexes": [0]}])["topics"][0]["partitions"][0][
                "committed_leader_epoch"]
        given = {"name": "t", "partitions": [{"partition_index": 0, "committed_offset": 5, "committed_leader_epoch": 3, "committed_metadata": ""}]}
        Member(self).commit(5, topics=[given])
        Member(self, group="gone").commit(1)
        Member(self, group="less").commit(1)
        self.wire.call("DeleteGroups", 2, groups_names=["gone"])
        self.wire.call("OffsetDelete", 0, group_id="less", topics=[{"name": "t", "partitions": [{"partition_index": 0}]}])
        self.assertEqual(epoch(), 3)
        self.end(9)
        self.start()
        self.wire = Wire(self.address(), PATIENCE)
        self.assertEqual(epoch(), 3)
        self.assertEqual([group["group_id"] for group in self.wire.call("ListGroups", 5)["groups"]], ["g"])
        self.assertEqual((self.committed("gone"), self.committed("less")), (-1, -1))

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
        self.create("other", 1)
        self.assertEqual((Member(self).commit(42), Member(self).commit(7, topic="other")), (NONE, NONE))
        self.wire.call("DeleteTopics", 5, topic_names=["t"])
        self.create("t", 1)
        self.assertEqual(self.committed(), -1)
        answer = self.wire.call("OffsetFetch", 7, group_id="g", topics=None)
        self.assertEqual([topic["name"] for topic in answer["topics"]], ["other"])

    def test_groups_are_listed_by_state_and_deleted_when_empty(self):
        member = self.one()
        member.commit(3)
        Member(self, group="kept").commit(1)
        self.assertEqual({group["group_id"] for group in self.wire.call("ListGroups", 5)["groups"]}, {"g", "kept"})
        self.assertEqual([group["group_id"] for group in self.wire.call("ListGroups", 4, states_filter=["Stable"])["groups"]], ["g"])
        self.assertEqual(self.wire.call("ListGroups", 5, types_filter=["consumer"])["groups"], [])
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
        self.create("other", 1)
        member.commit(3, topic="other")
        answer = self.wire.call("OffsetDelete", 0, group_id="g", topics=[{"name": "other", "partitions": [{"partition_index": 0}]}])
        self.assertEqual(answer["topics"][0]["partitions"][0]["error_code"], NONE)
        stranger = Member(self, group="workers")
        stranger.join(protocol_type="connect")
        self.assertEqual(self.wire.call("OffsetDelete", 0, **dict(asked, group_id="workers"))["error_code"], NON_EMPTY)
        member.leave()
        self.assertEqual(self.wire.call("OffsetDelete", 0, **asked)["topics"][0]["partitions"][0]["error_code"], NONE)
        self.assertEqual(self.committed(), -1)
        self.assertEqual(self.wire.call("OffsetDelete", 0, group_id="nobody")["error_code"], NOT_FOUND)


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
