"""Consumer groups as Kafka's coordinator runs them, told request by request."""
import sys
import time
import unittest

from broker_group_scene import (
    FENCED, FULL, ID_REQUIRED, ILLEGAL_GENERATION, INCONSISTENT, INVALID_GROUP, INVALID_SESSION, LEAVE,
    NONE, NOT_AVAILABLE, REBALANCING, SYNC, UNKNOWN_MEMBER, GroupScene, Member, subscription)
from broker_scene import PATIENCE
from broker_wire import Wire


class Groups(GroupScene):
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

    def test_who_was_told_its_id_may_leave_before_it_comes(self):
        member = Member(self)
        member.ask()
        self.assertEqual(member.hear(), ID_REQUIRED)
        self.assertEqual(member.leave(), NONE)
        self.assertEqual(member.leave(), UNKNOWN_MEMBER)
        member.ask()
        self.assertEqual(member.hear(), UNKNOWN_MEMBER)

    def test_an_id_that_nobody_comes_with_is_forgotten_with_its_session(self):
        wait = 1.1
        while True:
            member = Member(self, session=1000)
            member.ask()
            self.assertEqual(member.hear(), ID_REQUIRED)
            time.sleep(wait)
            if member.leave() == UNKNOWN_MEMBER:
                break
            wait *= 2
            self.assertLess(wait, PATIENCE)

    def test_a_group_takes_a_thousand_members_and_those_who_were_told_an_id_count(self):
        member = Member(self, session=600000)
        codes = []
        for _ in range(1001):
            member.ask()
            codes.append(member.hear())
            member.id = ""
        self.assertEqual((set(codes[:1000]), codes[1000]), ({ID_REQUIRED}, FULL))

    def test_the_broker_takes_ten_thousand_groups_and_offsets_of_as_many(self):
        member = Member(self, session=600000)
        for names in range(0, 10001, 500):
            asked = range(names, min(names + 500, 10001))
            for name in asked:
                member.ask(group_id=f"n{name}")
            for name in asked:
                self.assertEqual(member.hear(), NOT_AVAILABLE if name == 10000 else ID_REQUIRED, name)
                member.id = ""
        for names in range(0, 10001, 500):
            asked = range(names, min(names + 500, 10001))
            for name in asked:
                self.wire.send("OffsetCommit", 5, group_id=f"n{name}", generation_id_or_member_epoch=-1, member_id="", topics=[
                    {"name": "t", "partitions": [{"partition_index": 0, "committed_offset": 1, "committed_metadata": ""}]}])
            for name in asked:
                code = self.wire.hear("OffsetCommit", 5)["topics"][0]["partitions"][0]["error_code"]
                self.assertEqual(code, NOT_AVAILABLE if name == 10000 else NONE, name)
        self.assertRegex(self.stderr(), "group n10000: refused, there are as many groups as the broker takes")

    def test_an_old_client_joins_at_once(self):
        member = Member(self)
        member.ask(version=3)
        self.assertEqual(member.hear(version=3), NONE)

    def test_the_oldest_client_is_waited_for_as_long_as_its_session(self):
        first, second = Member(self), Member(self)
        first.ask(version=0)
        self.assertEqual(first.hear(version=0), NONE)
        first.sync(version=0)
        second.ask(version=0)
        first.until_rebalance()
        time.sleep(0.3)
        self.assertEqual(first.heartbeat(), REBALANCING)
        first.ask(version=0)
        self.assertEqual((first.hear(version=0), second.hear(version=0)), (NONE, NONE))

    def test_the_leader_hears_of_all_members_and_the_others_get_what_it_decides(self):
        first, second = self.two()
        self.assertTrue(first.leads())
        self.assertEqual({member["member_id"] for member in first.joined["members"]}, {first.id, second.id})
        self.assertEqual(second.joined["members"], [])
        self.assertEqual(self.state(), "Stable")
        described = self.wire.call("DescribeGroups", 5, groups=["g"])["groups"][0]
        self.assertEqual(sorted(member["member_assignment"] for member in described["members"]), [b"one", b"two"])

    def test_members_are_described_as_they_came_and_what_they_said(self):
        member = self.one(instance="i1")
        self.assertEqual([one["group_instance_id"] for one in member.joined["members"]], ["i1"])
        answer = member.sync()
        self.assertEqual((answer["protocol_type"], answer["protocol_name"]), ("consumer", "range"))
        group = self.wire.call("DescribeGroups", 5, groups=["g"])["groups"][0]
        self.assertEqual((group["protocol_type"], group["protocol_data"]), ("consumer", "range"))
        described = group["members"][0]
        self.assertEqual((described["member_id"], described["group_instance_id"], described["client_id"]), (member.id, "i1", "wire"))
        self.assertIn("127.0.0.1", described["client_host"])
        self.assertEqual((described["member_metadata"], described["member_assignment"]), (subscription("t"), b"all"))

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

    def test_of_the_protocols_that_all_know_most_votes_win(self):
        first = self.one(protocols=("sticky", "range"))
        others = [Member(self, protocols=("range", "sticky")) for _ in range(2)]
        for member in others:
            member.begin()
        self.members(3)
        first.ask()
        for member in (first, *others):
            self.assertEqual(member.hear(), NONE)
            self.assertEqual(member.joined["protocol_name"], "range")

    def test_members_of_a_group_are_of_one_protocol_type_until_it_is_empty(self):
        member, other = self.one(), Member(self)
        self.assertEqual(other.join(protocol_type="connect"), INCONSISTENT)
        self.assertEqual(member.sync(protocol_type="connect")["error_code"], INCONSISTENT)
        self.assertEqual(Member(self, group="new").join(protocol_type=""), INCONSISTENT)
        self.assertEqual(Member(self, group="new", protocols=[f"p{i}" for i in range(101)]).join(), INCONSISTENT)
        self.assertEqual(Member(self, group="new", protocols=[f"p{i}" for i in range(100)]).join(), NONE)
        member.leave()
        self.assertEqual(other.join(protocol_type="connect"), NONE)

    def test_a_member_that_leaves_makes_room_for_the_others_at_once(self):
        first, second = self.two()
        self.assertEqual(first.leave(), NONE)
        self.assertEqual(second.heartbeat(), REBALANCING)
        self.assertEqual(second.join(), NONE)
        self.assertTrue(second.leads())
        self.assertEqual(len(second.joined["members"]), 1)
        self.assertEqual(first.heartbeat(), UNKNOWN_MEMBER)
        self.assertEqual(first.leave(), UNKNOWN_MEMBER)

    def test_who_waits_and_leaves_by_another_connection_is_answered(self):
        first, second = self.one(), Member(self)
        second.begin()
        self.members(2)
        self.wire.call("LeaveGroup", LEAVE, group_id="g", members=[{"member_id": second.id}])
        self.assertEqual(second.hear(), UNKNOWN_MEMBER)
        first, second = self.two(group="h")
        third = Member(self, group="h")
        third.begin()
        first.until_rebalance()
        first.ask(), second.ask()
        self.assertEqual((first.hear(), second.hear(), third.hear()), (NONE, NONE, NONE))
        second.ask_sync()
        self.wire.call("LeaveGroup", LEAVE, group_id="h", members=[{"member_id": second.id}])
        self.assertEqual(second.wire.hear("SyncGroup", SYNC)["error_code"], UNKNOWN_MEMBER)

    def test_a_group_that_all_left_is_a_generation_of_its_own(self):
        member = self.one()
        member.leave()
        again = self.one()
        self.assertEqual(again.generation, member.generation + 2)

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
        first.until_rebalance()
        first.ask()
        self.assertEqual((first.hear(), second.hear()), (NONE, NONE))
        second.ask_sync()
        self.assertEqual(second.wire.hear("SyncGroup", SYNC)["error_code"], REBALANCING)
        second.ask()
        self.assertEqual(second.hear(), NONE)
        self.assertTrue(second.leads())

    def test_members_are_waited_for_as_long_as_the_most_patient_of_them_allows(self):
        first, second = self.one(session=60000, rebalance=60000), Member(self, session=60000, rebalance=500)
        second.begin()
        first.until_rebalance()
        time.sleep(1)
        self.assertEqual(first.heartbeat(), REBALANCING)
        first.ask()
        self.assertEqual((first.hear(), second.hear()), (NONE, NONE))
        self.assertEqual(len(first.joined["members"]), 2)

    def test_before_the_decision_a_member_is_heard_and_asked_to_nothing(self):
        member = Member(self)
        self.assertEqual(member.join(), NONE)
        self.assertEqual(member.heartbeat(), NONE)
        described = self.wire.call("DescribeGroups", 5, groups=["g"])["groups"][0]
        self.assertEqual((described["group_state"], described["protocol_type"], described["protocol_data"]), ("CompletingRebalance", "consumer", ""))
        generation = member.generation
        self.assertEqual(member.join(), NONE)  # again, unchanged: its answer was lost
        self.assertEqual(member.generation, generation)

    def test_a_sync_while_members_are_awaited_is_told_to_join(self):
        first, second = self.two()
        third = Member(self)
        third.begin()
        first.until_rebalance()
        self.assertEqual(first.sync()["error_code"], REBALANCING)
        first.ask(), second.ask()
        self.assertEqual((first.hear(), second.hear(), third.hear()), (NONE, NONE, NONE))
        follower = second if first.leads() else first
        follower.ask_sync()
        Member(self).begin()
        self.assertEqual(follower.wire.hear("SyncGroup", SYNC)["error_code"], REBALANCING)  # which it waited in

    def test_who_gets_nothing_in_a_new_generation_does_not_keep_what_it_had(self):
        first, second = self.two()
        first.ask()
        second.until_rebalance()
        second.ask()
        self.assertEqual((first.hear(), second.hear()), (NONE, NONE))
        self.assertEqual(first.sync([(first.id, b"all")])["assignment"], b"all")
        self.assertEqual(second.sync()["assignment"], b"")

    def test_a_request_of_the_same_member_overtakes_the_one_that_waits(self):
        first, second = self.one(), Member(self)
        second.begin()
        self.members(2)
        again = Member(self)
        again.id = second.id
        again.ask()
        self.assertEqual(second.hear(), UNKNOWN_MEMBER)
        first.until_rebalance()
        first.ask()
        self.assertEqual((first.hear(), again.hear()), (NONE, NONE))
        second.joined, second.generation = again.joined, again.generation
        second.ask_sync()
        again.ask_sync()  # whichever comes later stays
        overtaken, stays = self.first_of(second, again)
        self.assertEqual(overtaken.wire.hear("SyncGroup", SYNC)["error_code"], UNKNOWN_MEMBER)
        first.sync([(again.id, b"two")])
        self.assertEqual(stays.wire.hear("SyncGroup", SYNC)["assignment"], b"two")

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

    def test_a_leader_that_joins_again_begins_a_rebalance(self):
        first, second = self.two(session=600000)
        generation = first.generation
        first.ask()
        second.until_rebalance()
        second.ask()
        self.assertEqual((first.hear(), second.hear()), (NONE, NONE))
        self.assertEqual((first.generation, len(first.joined["members"])), (generation + 1, 2))

    def test_a_changed_subscription_rebalances(self):
        first, second = self.two()
        second.protocols = [{"name": "range", "metadata": subscription("t", "u")}]
        second.ask()
        first.until_rebalance()
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

    def test_who_waits_is_fenced_when_its_instance_comes_anew(self):
        first, static = self.one(), Member(self, instance="i1")
        static.begin()
        self.members(2)
        again = Member(self, instance="i1")
        again.begin()
        self.assertEqual(static.hear(), FENCED)
        first.until_rebalance()
        first.ask()
        self.assertEqual((first.hear(), again.hear()), (NONE, NONE))
        again.ask_sync()
        anew = Member(self, instance="i1")
        anew.begin()
        self.assertEqual(again.wire.hear("SyncGroup", SYNC)["error_code"], FENCED)

    def test_a_static_leader_that_is_back_leads_on_though_what_stands_is_not_decided_anew(self):
        self.one(instance="i1")
        again = Member(self, instance="i1")
        again.ask(version=8)  # which has no word for it
        self.assertEqual(again.hear(version=8), NONE)
        self.assertTrue(again.leads())
        self.assertEqual(again.sync([(again.id, b"new")])["assignment"], b"all")

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

    def test_a_member_whose_connection_broke_while_it_waited_for_the_decision_does_no_harm(self):
        first, second = self.one(), Member(self)
        second.begin()
        first.until_rebalance()
        first.ask()
        self.assertEqual((first.hear(), second.hear()), (NONE, NONE))
        second.ask_sync()
        second.wire.close()
        second.wire = Wire(self.address(), PATIENCE)
        self.assertEqual(second.heartbeat(), NONE)
        self.assertEqual(first.sync([(first.id, b"one"), (second.id, b"two")])["assignment"], b"one")
        self.assertEqual(second.sync()["assignment"], b"two")

    def test_a_member_whose_connection_broke_while_it_waited_does_no_harm(self):
        first = self.one()
        second = Member(self)
        second.begin()
        second.wire.close()
        first.until_rebalance()
        first.ask()
        self.assertEqual(first.hear(), NONE)
        self.assertEqual(first.sync([(first.id, b"mine")])["assignment"], b"mine")


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
