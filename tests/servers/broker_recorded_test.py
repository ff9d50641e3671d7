"""What foreign clients really send (recorded.txt), byte for byte against a broker whose state is known: each answer is told before
to its last byte; only what the broker makes up itself (ids, sizes, paths) is taken from it, and looked at.

A member's requests carry an id that another broker gave: sent as they are they are refused as Kafka refuses a stranger's, and with
the id of a member of ours in its place they are served."""
import os
import re
import struct
import sys
import unittest

from broker_scene import PATIENCE, Scene
from broker_wire import MESSAGES, Wire, Writer, frame, read_answer, read_frame
from kafka_wire import batch

RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorded.txt")
OK, OUT_OF_RANGE, UNKNOWN_TOPIC, ILLEGAL_GENERATION, UNKNOWN_MEMBER, UNSUPPORTED = 0, 1, 3, 22, 25, 35
REFUSED, NOT_LOGGED_IN, ID_REQUIRED, UNKNOWN_ID = 53, 58, 79, 100
NEWEST, BY_ID = 4, 13  # versions: ApiVersions; Fetch by ids of topics
PARTITIONS, RECORDS, SINCE = 4, 10, 1700000000000  # of each topic; its records are all in partition 0, a second apart
STORED = batch([(b"k", b"%d" % number, SINCE + 1000 * number) for number in range(RECORDS)])
NO_ACLS = -1 << 31
ACCEPTS = {"retention.ms": "-1", "cleanup.policy": "delete", "max.message.bytes": "1048588", "segment.bytes": "1073741824"}
WAY_OUT = "Transactions are not supported by this broker; use Apache Kafka through --profile."


def recorded():
    """Client, request's name and bytes of each line."""
    with open(RECORDED, encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                client, name, _, text = line.split()
                yield client, name, bytes.fromhex(text)


def client_of(data):
    return data[10:10 + struct.unpack(">h", data[8:10])[0]].decode()


def stored(data):
    """A batch as it is told back: its offset and the leader's epoch are the broker's."""
    return bytes(8) + data[8:12] + bytes(4) + data[16:]


def each(topics, say, name="name", partitions="partitions"):
    """The usual answer: what `say` has for each partition of each topic."""
    return [{name: topic[name], "partitions": [say(place) for place in topic[partitions]]} for topic in topics]


class Replay(Scene):
    """A request's name is the method that prepares, and tells the answer from what was asked and what is the broker's to choose."""

    def setUp(self):
        super().setUp()
        self.wire = Wire(self.address(), PATIENCE)
        self.here = {"host": "127.0.0.1", "port": int(self.port)}

    def tearDown(self):
        self.wire.close()
        super().tearDown()

    def try_each(self, names, attempt):
        """Each recorded request of these names, on a connection of its own."""
        for client, name, data in recorded():
            if name in names:
                with self.subTest(client=client, name=name, version=struct.unpack(">h", data[2:4])[0]):
                    self.wire.close()
                    self.wire = Wire(self.address(), PATIENCE)
                    attempt(name, data)

    def topics_of(self, asked):
        found = asked.get("topics") or asked.get("topic_data") or [{"name": name} for name in asked.get("topic_names") or ()]
        return [name for name in (topic.get("name") or topic.get("topic") for topic in found) if name]

    def make_topics(self, names, partitions=PARTITIONS, filled=True):
        """Anew, with their records."""
        self.wire.call("DeleteTopics", 5, topic_names=list(names))
        made = self.wire.call("CreateTopics", 4, topics=[{"name": name, "num_partitions": partitions, "replication_factor": 1} for name in names])
        self.assertEqual([topic["error_code"] for topic in made["topics"]], [OK] * len(names))
        for name in names if filled else ():
            self.wire.call("Produce", 8, acks=-1, topic_data=[{"name": name, "partition_data": [{"index": 0, "records": STORED}]}])

    def make_group(self, group, topics):
        """Empty, with offset 2 of each topic's first partition."""
        self.wire.call("DeleteGroups", 1, groups_names=[group])
        self.wire.call("OffsetCommit", 7, group_id=group, generation_id_or_member_epoch=-1, topics=[
            {"name": topic, "partitions": [{"partition_index": 0, "committed_offset": 2, "committed_leader_epoch": 0, "committed_metadata": "note"}]}
            for topic in topics])

    def send(self, data, wire=None):
        (wire or self.wire).send_bytes(data)
        heard = (wire or self.wire).hear_bytes()
        self.assertIsNotNone(heard, "closed")
        return heard

    def replay(self, name, data, say):
        """Sends it and compares the whole answer with what `say` makes of the fields asked and answered."""
        _, version, correlation, asked = read_frame(data)
        message = MESSAGES[name]
        flexible = version >= message.flexible
        heard = self.send(data)
        got = read_answer(name, version, heard)
        head = struct.pack(">i", correlation) + (b"\0" if flexible and name != "ApiVersions" else b"")
        told = say(version, asked, got)
        self.assertEqual(got, read_answer(name, version, head + Writer(version, flexible).structure(message.answer, told)))
        if name != "Fetch" or not flexible:  # whose sizes are written before they are known, in more bytes than they need
            self.assertEqual(heard, head + Writer(version, flexible).structure(message.answer, told))

    def test_every_recorded_request_is_answered_as_told(self):
        self.try_each([name for name in MESSAGES if not name.startswith("Sasl")], self.answer)

    def test_what_is_announced_was_sent_by_a_client_or_is_listed_as_unsent(self):
        with open(RECORDED, encoding="utf-8") as lines:
            (unsent,) = [line.split(":", 1)[1].split() for line in lines if line.startswith("# Unsent:")]
        announced = {key["api_key"] for key in self.wire.call("ApiVersions", 0)["api_keys"]}
        self.assertEqual({name for name, message in MESSAGES.items() if message.key in announced},
                         {name for _, name, _ in recorded()} | set(unsent))
        self.assertFalse({name for _, name, _ in recorded()} & set(unsent))

    def answer(self, name, data):
        if name == "ApiVersions" and struct.unpack(">h", data[2:4])[0] > NEWEST:
            self.answer_newer(data)
            return
        asked = read_frame(data)[3]
        self.client, self.topics = client_of(data), self.topics_of(asked)
        getattr(self, "prepare" + name, self.prepare)(asked)
        self.replay(name, data, getattr(self, "say" + name))
        getattr(self, "after" + name, lambda asked: None)(asked)

    def answer_newer(self, data):
        """A version that is not known yet: the oldest shape says so, and what there is (KIP-511)."""
        told = dict(self.sayApiVersions(0, None, None), error_code=UNSUPPORTED)
        self.assertEqual(self.send(data), data[4:8] + Writer(0, False).structure(MESSAGES["ApiVersions"].answer, told))

    def prepare(self, _):
        self.make_topics(self.topics)

    def sayApiVersions(self, version, asked, got):
        with Wire(self.address()) as other:
            return {"api_keys": other.call("ApiVersions", 0)["api_keys"]}

    def sayMetadata(self, version, asked, got):
        names = [topic["name"] for topic in got["topics"]]
        if asked["topics"] is None:
            self.assertLessEqual({"t"}, set(names))
        else:
            self.assertEqual(names, [topic["name"] for topic in asked["topics"]])
        self.assertRegex(got.get("cluster_id", "x"), ".")
        return {"brokers": [dict(self.here, node_id=1)], "controller_id": 1, "cluster_id": got.get("cluster_id"),
                "cluster_authorized_operations": NO_ACLS, "topics": [self.topic_of(topic) for topic in got["topics"]]}

    def topic_of(self, topic):
        count = PARTITIONS if topic["name"] in self.topics else len(topic["partitions"])
        self.assertGreater(count, 0)
        if "topic_id" in topic:
            self.assertNotEqual(topic["topic_id"], bytes(16))
        return {"name": topic["name"], "topic_id": topic.get("topic_id"), "is_internal": topic["name"] == "__consumer_offsets",
                "topic_authorized_operations": NO_ACLS,
                "partitions": [{"partition_index": number, "leader_id": 1, "replica_nodes": [1], "isr_nodes": [1]} for number in range(count)]}

    def sayDescribeCluster(self, version, asked, got):
        return {"endpoint_type": 1, "cluster_id": self.wire.call("Metadata", 2)["cluster_id"], "controller_id": 1,
                "brokers": [{"broker_id": 1, **self.here}], "cluster_authorized_operations": NO_ACLS}

    def prepareCreateTopics(self, asked):
        self.wire.call("DeleteTopics", 5, topic_names=self.topics)

    def sayCreateTopics(self, version, asked, got):
        said = []
        for topic, found in zip(asked["topics"], got["topics"]):
            settings = found.get("configs") or []
            own = {setting["name"]: setting["value"] for setting in settings if setting["config_source"] == 1}
            if version >= 5:
                self.assertEqual(own, {setting["name"]: setting["value"] for setting in topic["configs"]})
                self.assertEqual(ACCEPTS | own, {name: value for name, value in ((each["name"], each["value"]) for each in settings)
                                                 if name in ACCEPTS or name in own})
            said.append({"name": topic["name"], "topic_id": found.get("topic_id"), "num_partitions": max(topic["num_partitions"], 1),
                         "replication_factor": 1, "configs": settings})
        return {"topics": said}

    def afterCreateTopics(self, asked):
        found = self.wire.call("Metadata", 8, topics=[{"name": name} for name in self.topics])["topics"]
        only_asked = asked.get("validate_only")
        self.assertEqual([len(topic["partitions"]) for topic in found],
                         [0 if only_asked else max(topic["num_partitions"], 1) for topic in asked["topics"]])

    def sayDeleteTopics(self, version, asked, got):
        return {"responses": [{"name": name, "topic_id": found.get("topic_id")} for name, found in zip(self.topics, got["responses"])]}

    def afterDeleteTopics(self, asked):
        found = self.wire.call("Metadata", 8, topics=[{"name": name} for name in self.topics])["topics"]
        self.assertEqual({topic["error_code"] for topic in found}, {UNKNOWN_TOPIC})

    def sayDeleteRecords(self, version, asked, got):
        return {"topics": each(asked["topics"], lambda place: {
            "partition_index": place["partition_index"], "low_watermark": RECORDS if place["offset"] == -1 else place["offset"]})}

    def prepareCreatePartitions(self, asked):
        self.make_topics(self.topics, partitions=1)

    def sayCreatePartitions(self, version, asked, got):
        return {"results": [{"name": topic["name"]} for topic in asked["topics"]]}

    def afterCreatePartitions(self, asked):
        found = self.wire.call("Metadata", 8, topics=[{"name": name} for name in self.topics])["topics"]
        self.assertEqual([len(topic["partitions"]) for topic in found],
                         [1 if asked["validate_only"] else topic["count"] for topic in asked["topics"]])

    def sayInitProducerId(self, version, asked, got):
        if asked["transactional_id"] is not None:
            return {"error_code": REFUSED, "producer_id": -1, "producer_epoch": -1}
        self.assertGreaterEqual(got["producer_id"], 0)
        return {"producer_id": got["producer_id"]}

    def prepareProduce(self, asked):
        self.make_topics(self.topics, filled=False)

    def sayProduce(self, version, asked, got):
        return {"responses": [{"name": topic["name"], "partition_responses": [
            {"index": place["index"], "log_append_time_ms": -1} for place in topic["partition_data"]]} for topic in asked["topic_data"]]}

    def afterProduce(self, asked):
        """What is told back is what came."""
        for topic in asked["topic_data"]:
            for place in topic["partition_data"]:
                (found,) = self.wire.call("Fetch", 11, max_bytes=1 << 20, topics=[{"topic": topic["name"], "partitions": [
                    {"partition": place["index"], "partition_max_bytes": 1 << 20}]}])["responses"][0]["partitions"]
                self.assertEqual(found["records"], stored(place["records"]))

    def sayFetch(self, version, asked, got):
        if version >= BY_ID:
            return {"responses": each(asked["topics"], self.unknown, "topic_id")}
        return {"responses": each(asked["topics"], self.fetched, "topic")}

    @staticmethod
    def unknown(place):
        """The id of a topic of the broker that was recorded."""
        return {"partition_index": place["partition"], "error_code": UNKNOWN_ID, "high_watermark": -1, "last_stable_offset": -1,
                "log_start_offset": -1, "preferred_read_replica": -1, "records": b""}

    def test_a_topic_is_read_by_the_id_of_one_of_ours(self):
        self.try_each(("Fetch",), self.read_ours)

    def read_ours(self, name, data):
        version = struct.unpack(">h", data[2:4])[0]
        if version < BY_ID:
            return
        self.make_topics(["by-id"])
        ours = self.wire.call("Metadata", 12, topics=[{"name": "by-id"}])["topics"][0]["topic_id"]
        for topic in read_frame(data)[3]["topics"]:
            data = data.replace(topic["topic_id"], ours)
        self.replay(name, data, lambda version, asked, got: {"responses": each(asked["topics"], self.fetched, "topic_id")})

    @staticmethod
    def fetched(place):
        end, at = RECORDS if place["partition"] == 0 else 0, place["fetch_offset"]
        return {"partition_index": place["partition"], "error_code": OK if 0 <= at <= end else OUT_OF_RANGE, "high_watermark": end,
                "last_stable_offset": end, "preferred_read_replica": -1, "records": stored(STORED) if 0 <= at < end else b""}

    def sayListOffsets(self, version, asked, got):
        return {"topics": each(asked["topics"], self.listed)}

    @staticmethod
    def listed(place):
        time, count = place["timestamp"], RECORDS if place["partition_index"] == 0 else 0
        at, found = -1, -1
        if time in (-1, -2, -4):
            at = count if time == -1 else 0
        elif count and time == -3:
            at, found = count - 1, SINCE + 1000 * (count - 1)
        elif count and time <= SINCE + 1000 * (count - 1):
            at = max(0, -(-(time - SINCE) // 1000))
            found = SINCE + 1000 * at
        return {"partition_index": place["partition_index"], "timestamp": found, "offset": at, "leader_epoch": 0 if at >= 0 else -1}

    def sayOffsetForLeaderEpoch(self, version, asked, got):
        return {"topics": each(asked["topics"], lambda place: {
            "partition": place["partition"], "leader_epoch": 0, "end_offset": RECORDS if place["partition"] == 0 else 0}, "topic")}

    def sayDescribeProducers(self, version, asked, got):
        return {"topics": each(asked["topics"], lambda number: {"partition_index": number}, partitions="partition_indexes")}

    def prepareDescribeConfigs(self, asked):
        names = [found["resource_name"] for found in asked["resources"] if found["resource_type"] == 2]
        self.make_topics([name for name in names if name != "__consumer_offsets"])

    def sayDescribeConfigs(self, version, asked, got):
        said = []
        for wanted, found in zip(asked["resources"], got["results"]):
            values = {setting["name"]: setting["value"] for setting in found["configs"]}
            if wanted["configuration_keys"] is not None:
                self.assertEqual(set(values), set(wanted["configuration_keys"]) & set(values))
            elif wanted["resource_name"] == "__consumer_offsets":
                self.assertEqual(values["cleanup.policy"], "compact")
            elif wanted["resource_type"] == 2:
                self.assertEqual(ACCEPTS, {name: values[name] for name in ACCEPTS})
            for setting in found["configs"]:
                self.assertEqual(bool(setting.get("synonyms")), bool(asked.get("include_synonyms")), setting)
                self.assertEqual(bool(setting.get("documentation")), bool(asked.get("include_documentation")), setting)
                self.assertEqual(setting["is_sensitive"], 0)
            said.append({"resource_type": wanted["resource_type"], "resource_name": wanted["resource_name"], "configs": found["configs"]})
        return {"results": said}

    prepareAlterConfigs = prepareIncrementalAlterConfigs = prepareDescribeConfigs

    def sayAlterConfigs(self, version, asked, got):
        return {"responses": [{name: wanted[name] for name in ("resource_type", "resource_name")} for wanted in asked["resources"]]}

    sayIncrementalAlterConfigs = sayAlterConfigs

    def afterAlterConfigs(self, asked):
        for wanted in asked["resources"]:
            (found,) = self.wire.call("DescribeConfigs", 2, resources=[{name: wanted[name] for name in ("resource_type", "resource_name")}])["results"]
            values = {setting["name"]: setting["value"] for setting in found["configs"] if setting["config_source"] == 1}
            self.assertEqual(values, {} if asked["validate_only"] else {setting["name"]: setting["value"] for setting in wanted["configs"]})

    afterIncrementalAlterConfigs = afterAlterConfigs

    def sayDescribeLogDirs(self, version, asked, got):
        (found,) = got["results"]
        self.assertEqual(os.path.realpath(found["log_dir"]), os.path.realpath(self.data + "/log"))
        sizes = {(topic["name"], place["partition_index"]): place["partition_size"] for topic in found["topics"] for place in topic["partitions"]}
        self.assertEqual({sizes[name, 0] for name in self.topics}, {len(STORED)} if self.topics else set())
        return {"results": [{"log_dir": found["log_dir"], "total_bytes": found.get("total_bytes"), "usable_bytes": found.get("usable_bytes"),
                             "topics": [{"name": topic["name"], "partitions": [
                                 {"partition_index": place["partition_index"], "partition_size": place["partition_size"]}
                                 for place in topic["partitions"]]} for topic in found["topics"]]}]}

    def sayFindCoordinator(self, version, asked, got):
        refused = asked.get("key_type") == 1
        place = {"node_id": -1, "port": -1, "error_code": REFUSED, "error_message": WAY_OUT} if refused else dict(self.here, node_id=1)
        return dict(place, coordinators=[dict(place, key=key) for key in asked.get("coordinator_keys") or ()])

    # Groups that nobody is in

    def groups_of(self, asked):
        listed = asked.get("groups_names") or asked.get("groups") or [asked.get("group_id")]
        return [group["group_id"] if isinstance(group, dict) else group for group in listed if group]

    def prepareOffsetFetch(self, asked):
        wanted = [topic["name"] for group in asked.get("groups") or () if isinstance(group, dict) for topic in group["topics"] or ()]
        self.topics = self.topics or wanted or ["t"]
        self.make_topics(self.topics)
        for group in self.groups_of(asked):
            self.make_group(group, self.topics)

    def sayOffsetFetch(self, version, asked, got):
        def offset(number):
            there = {"committed_offset": 2, "committed_leader_epoch": 0, "metadata": "note"}
            return dict(there if number == 0 else {"committed_offset": -1, "committed_leader_epoch": -1, "metadata": ""}, partition_index=number)

        def answer(topics):
            topics = [{"name": name, "partition_indexes": [0]} for name in self.topics] if topics is None else topics
            return [{"name": topic["name"], "partitions": [offset(number) for number in topic["partition_indexes"]]} for topic in topics]

        return {"topics": answer(asked["topics"]) if "topics" in asked else [],
                "groups": [{"group_id": group["group_id"], "topics": answer(group["topics"])} for group in asked.get("groups") or ()]}

    prepareDescribeGroups = prepareDeleteGroups = prepareListGroups = prepareOffsetDelete = prepareOffsetFetch

    def sayDescribeGroups(self, version, asked, got):
        return {"groups": [{"group_id": group, "group_state": "Empty", "protocol_type": "consumer", "authorized_operations": NO_ACLS} for group in asked["groups"]]}

    def sayDeleteGroups(self, version, asked, got):
        return {"results": [{"group_id": group} for group in asked["groups_names"]]}

    def afterDeleteGroups(self, asked):
        states = [group["group_state"] for group in self.wire.call("DescribeGroups", 0, groups=asked["groups_names"])["groups"]]
        self.assertEqual(states, ["Dead"] * len(states))

    def sayListGroups(self, version, asked, got):
        named = [group["group_id"] for group in got["groups"]]
        self.assertEqual(len(named), len(set(named)))
        if not asked.get("states_filter") or "Empty" in asked["states_filter"]:
            self.make_group("shown", ["t"])
            self.assertIn("shown", [group["group_id"] for group in self.wire.call("ListGroups", 2)["groups"]])
        kinds = [group["protocol_type"] for group in got["groups"]]
        self.assertLessEqual(set(kinds), {"", "consumer"})
        return {"groups": [{"group_id": group, "protocol_type": kind, "group_state": "Empty", "group_type": "classic"}
                           for group, kind in zip(named, kinds)]}

    def sayOffsetDelete(self, version, asked, got):
        return {"topics": each(asked["topics"], lambda place: {"partition_index": place["partition_index"]})}

    # The newer protocols are refused at once, in words that name the way out; no assignment is written as -1

    def sayConsumerGroupHeartbeat(self, version, asked, got):
        return {"error_code": UNSUPPORTED, "assignment": -1,
                "error_message": "The consumer group protocol is not supported by this broker; set group.protocol=classic."}

    def sayShareGroupHeartbeat(self, version, asked, got):
        return {"error_code": UNSUPPORTED, "assignment": -1,
                "error_message": "Share groups are not supported by this broker; use Apache Kafka through --profile."}

    # Members: first as strangers

    def prepareJoinGroup(self, asked):
        group = asked["group_id"]
        for member in self.wire.call("DescribeGroups", 4, groups=[group])["groups"][0]["members"]:
            self.wire.call("LeaveGroup", 1, group_id=group, member_id=member["member_id"])
        self.wire.call("DeleteGroups", 1, groups_names=[group])

    prepareHeartbeat = prepareSyncGroup = prepareLeaveGroup = prepareJoinGroup

    def prepareOffsetCommit(self, asked):
        self.make_topics(self.topics)
        self.prepareJoinGroup(asked)

    def sayJoinGroup(self, version, asked, got):
        nobody = {"generation_id": -1, "member_id": asked["member_id"]}
        if asked["member_id"]:
            return dict(nobody, error_code=UNKNOWN_MEMBER)
        self.assertRegex(got["member_id"], "^" + re.escape(self.client) + "-.")
        if version >= 4:
            return dict(nobody, error_code=ID_REQUIRED, member_id=got["member_id"])
        return {"generation_id": 1, "protocol_name": asked["protocols"][0]["name"], "leader": got["member_id"], "member_id": got["member_id"],
                "members": [{"member_id": got["member_id"], "metadata": asked["protocols"][0]["metadata"]}]}

    def saySyncGroup(self, version, asked, got):
        return {"error_code": UNKNOWN_MEMBER}

    def sayHeartbeat(self, version, asked, got):
        return {"error_code": UNKNOWN_MEMBER}

    def sayLeaveGroup(self, version, asked, got):
        return self.left(version, asked, UNKNOWN_MEMBER)

    @staticmethod
    def left(version, asked, code):
        return {"error_code": code if version < 3 else OK, "members": [
            {"member_id": member["member_id"], "group_instance_id": member["group_instance_id"], "error_code": code}
            for member in asked.get("members") or ()]}

    def sayOffsetCommit(self, version, asked, got):
        return self.committed(asked, OK if asked["generation_id_or_member_epoch"] < 0 else ILLEGAL_GENERATION)

    @staticmethod
    def committed(asked, code):
        return {"topics": each(asked["topics"], lambda place: {
            "partition_index": place["partition_index"], "error_code": code})}

    # And then with the id of a member of ours in the place of theirs

    def join(self, asked, client, protocol="range"):
        """A member alone in a new group; its id and generation."""
        self.prepareJoinGroup(asked)
        join = {"group_id": asked["group_id"], "session_timeout_ms": 10000, "rebalance_timeout_ms": 5000, "protocol_type": "consumer",
                "protocols": [{"name": protocol, "metadata": b"m"}]}
        self.wire.send_bytes(frame("JoinGroup", 5, join, client=client))
        member = self.wire.hear("JoinGroup", 5)["member_id"]
        joined = self.wire.call("JoinGroup", 5, **dict(join, member_id=member))
        self.assertEqual(joined["error_code"], OK)
        return member, joined["generation_id"]

    def sync(self, asked, member, generation):
        self.assertEqual(self.wire.call("SyncGroup", 3, group_id=asked["group_id"], generation_id=generation, member_id=member,
                                        assignments=[{"member_id": member, "assignment": b"all"}])["error_code"], OK)

    def test_a_members_recorded_requests_are_served_with_the_id_of_one_of_ours(self):
        self.try_each(("JoinGroup", "SyncGroup", "Heartbeat", "LeaveGroup", "OffsetCommit"), self.serve)

    def serve(self, name, data):
        _, version, correlation, asked = read_frame(data)
        theirs, client = asked.get("member_id") or (asked.get("members") or [{"member_id": ""}])[0]["member_id"], client_of(data)
        if not theirs:
            return
        self.assertEqual(frame(name, version, asked, correlation, client), data)  # so our writer changes nothing but the member
        if name == "OffsetCommit":
            self.make_topics(self.topics_of(asked))
        protocol = asked.get("protocol_name") or "range"
        if name == "JoinGroup":
            self.prepareJoinGroup(asked)
            self.wire.send_bytes(frame("JoinGroup", 5, dict(asked, member_id="", group_instance_id=None), client=client))
            ours, generation = self.wire.hear("JoinGroup", 5)["member_id"], 1
        else:
            ours, generation = self.join(asked, client, protocol)
        if name not in ("JoinGroup", "SyncGroup"):
            self.sync(asked, ours, generation)
        self.assertEqual(len(ours), len(theirs))
        changed = read_frame(data.replace(theirs.encode(), ours.encode()))[3]
        for field in ("generation_id", "generation_id_or_member_epoch"):
            if field in changed:
                changed[field] = generation
        self.replay(name, frame(name, version, changed, correlation, client), lambda version, asked, got: self.served(name, version, asked, got, ours))

    def served(self, name, version, asked, got, ours):
        if name == "JoinGroup":
            return {"generation_id": 1, "protocol_type": asked["protocol_type"], "protocol_name": asked["protocols"][0]["name"], "leader": ours,
                    "member_id": ours, "members": [{"member_id": ours, "group_instance_id": asked.get("group_instance_id"),
                                                    "metadata": asked["protocols"][0]["metadata"]}]}
        if name == "SyncGroup":
            (mine,) = [share["assignment"] for share in asked["assignments"] if share["member_id"] == ours] or [b""]
            return {"protocol_type": "consumer", "protocol_name": asked.get("protocol_name"), "assignment": mine}
        if name == "LeaveGroup":
            return self.left(version, asked, OK)
        return self.committed(asked, OK) if name == "OffsetCommit" else {}


class LogIn(Scene):
    def start(self, *more, environment=None):
        super().start("--listen", "0.0.0.0", *more, environment=environment)
        with open(self.data + "/servers.properties", encoding="utf-8") as lines:
            self.properties = dict(line.strip().split("=", 1) for line in lines if "=" in line)

    def create(self, topic, partitions):
        """Nobody is logged in."""

    def test_recorded_log_ins_are_answered_to_the_last_byte(self):
        log_ins = [(client, name, data) for client, name, data in recorded() if name.startswith("Sasl")]
        self.assertTrue(log_ins)
        for client, name, data in log_ins:
            with self.subTest(client=client, name=name), Wire(self.address(), PATIENCE) as wire:
                if name == "SaslHandshake":
                    self.compare(wire, data, {"mechanisms": ["PLAIN"]})
                else:
                    self.authenticate(wire, client, data)

    def compare(self, wire, data, told):
        name, version, correlation, _ = read_frame(data)
        flexible = version >= MESSAGES[name].flexible
        head = struct.pack(">i", correlation) + (b"\0" if flexible else b"")
        wire.send_bytes(data)
        self.assertEqual(wire.hear_bytes(), head + Writer(version, flexible).structure(MESSAGES[name].answer, told))

    def authenticate(self, wire, client, data):
        """The password in the file is no password."""
        _, version, correlation, asked = read_frame(data)
        self.assertTrue(asked["auth_bytes"].endswith(b"\0wrong"))
        right = asked["auth_bytes"].rsplit(b"\0", 1)[0] + b"\0" + self.properties["sasl.password"].encode()
        wire.call("SaslHandshake", 1, mechanism="PLAIN")
        self.compare(wire, data, {"error_code": NOT_LOGGED_IN, "error_message": "Authentication failed: Invalid username or password"})
        with Wire(self.address(), PATIENCE) as other:
            other.call("SaslHandshake", 1, mechanism="PLAIN")
            self.compare(other, frame("SaslAuthenticate", version, {"auth_bytes": right}, correlation, client_of(data)), {})
            self.assertEqual(len(other.call("Metadata", 12)["brokers"]), 1)


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
