"""Members of consumer groups that say request by request what a client library would, for the scripts of this suite."""
import select
import struct
import time

from broker_scene import PATIENCE, Scene
from broker_wire import Wire

NONE, ILLEGAL_GENERATION, INCONSISTENT, INVALID_GROUP, UNKNOWN_MEMBER, INVALID_SESSION, REBALANCING = 0, 22, 23, 24, 25, 26, 27
METADATA_TOO_LARGE, NON_EMPTY, NOT_FOUND, ID_REQUIRED, FULL, FENCED, SUBSCRIBED = 12, 68, 69, 79, 81, 82, 86
NOT_AVAILABLE = 15
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

    def until_rebalance(self):
        """Until it is told to join again."""
        deadline = time.monotonic() + PATIENCE
        while (code := self.heartbeat()) != REBALANCING:
            assert code == NONE and time.monotonic() < deadline, f"heartbeat answers {code} and no rebalance begins"
            time.sleep(0.01)

    def leave(self):
        answer = self.wire.call("LeaveGroup", LEAVE, group_id=self.group, members=[{"member_id": self.id, "group_instance_id": self.instance}])
        return answer["members"][0]["error_code"]

    def commit(self, offset, partition=0, topic="t", note="note", **more):
        fields = {"group_id": self.group, "generation_id_or_member_epoch": self.generation, "member_id": self.id, "group_instance_id": self.instance,
                  "topics": [{"name": topic, "partitions": [{"partition_index": partition, "committed_offset": offset, "committed_metadata": note}]}]}
        return self.wire.call("OffsetCommit", 8, **dict(fields, **more))["topics"][0]["partitions"][0]["error_code"]


class GroupScene(Scene):
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

    def members(self, count, group="g"):
        """Waits until that many are in it."""
        deadline = time.monotonic() + PATIENCE
        while len(self.wire.call("DescribeGroups", 5, groups=[group])["groups"][0]["members"]) != count:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def first_of(self, one, other):
        """The one that is answered first, and the other."""
        ready, _, _ = select.select([one.wire.socket, other.wire.socket], [], [], PATIENCE)
        self.assertEqual(len(ready), 1)
        return (one, other) if ready[0] is one.wire.socket else (other, one)

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
        first.until_rebalance()
        first.ask()
        self.assertEqual((first.hear(), second.hear()), (NONE, NONE))
        second.ask_sync()
        self.assertEqual(first.sync([(first.id, b"one"), (second.id, b"two")])["assignment"], b"one")
        self.assertEqual(second.wire.hear("SyncGroup", SYNC)["assignment"], b"two")
        return first, second
