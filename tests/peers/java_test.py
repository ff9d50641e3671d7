"""The command-line tools of Apache Kafka 4.3.1 (Java client 4.3.1)."""
import json
import os
import queue
import re
import subprocess
import threading
import time
import unittest

import peer_install
from peer_cases import COMPRESSIONS, FILLING, LARGEST
from peer_scene import PATIENCE, PeerScene

TOOLS = "org.apache.kafka.tools."


class Member:
    """A VerifiableConsumer: a line of JSON for whatever happens to it."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        self.lines = queue.Queue()
        self.partitions, self.read, self.revoked = None, 0, 0
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        for line in self.process.stdout:
            self.lines.put(line)

    def look(self):
        """Takes in what was told since; gives the partitions it holds."""
        while not self.lines.empty():
            event = json.loads(self.lines.get())
            if event["name"] == "partitions_assigned":
                self.partitions = sorted(place["partition"] for place in event["partitions"])
            elif event["name"] == "partitions_revoked":
                self.partitions = None
                self.revoked += 1
            elif event["name"] == "records_consumed":
                self.read += event["count"]
        return self.partitions

    def leave(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


class JavaScene(PeerScene):
    PEER = "java"
    INSTALL = staticmethod(peer_install.java)
    ARGUMENTS = ("java",)
    COMMAND_CONFIG = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        archive = peer_install.java_archive()
        if not os.path.exists(archive) and not cls.LISTEN:  # by a tool that makes a topic, produces and consumes
            command = [word for word in cls.command if "SharedArchiveFile" not in word]
            subprocess.run([command[0], f"-XX:ArchiveClassesAtExit={archive}.new", *command[1:], TOOLS + "EndToEndLatency", cls.stage.bootstrap,
                            "warm-up", "10", "1", "10"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE)
            if os.path.exists(archive + ".new"):
                os.rename(archive + ".new", archive)

    def java(self, tool, *arguments, text=None, status=0):
        tool = tool if tool.startswith("kafka.") else TOOLS + tool
        return self.run_program(*self.command, tool, "--bootstrap-server", self.stage.bootstrap, *arguments, *self.COMMAND_CONFIG, text=text,
                                status=status)

    def failing(self, tool, *arguments, text=None):
        """What a tool says when it fails, on either output: not all end with a status of their own."""
        tool = tool if tool.startswith("kafka.") else TOOLS + tool
        result = subprocess.run([*self.command, tool, "--bootstrap-server", self.stage.bootstrap, *arguments, *self.COMMAND_CONFIG],
                                input=text, capture_output=True, text=True, timeout=PATIENCE)
        return result.stdout + result.stderr

    def create(self, *more, partitions=1):
        self.java("TopicCommand", "--create", "--topic", self.topic(), "--partitions", str(partitions), *more)

    def produce(self, text, *more, topic=None):
        self.java("ConsoleProducer", "--topic", topic or self.topic(), *more, text=text)

    def consume(self, count, *more, topic=None):
        return self.java("consumer.ConsoleConsumer", "--topic", topic or self.topic(), "--from-beginning", "--max-messages", str(count),
                         "--timeout-ms", "60000", *more)


class JavaTools(JavaScene):
    def test_topics_makes_describes_lists_widens_and_deletes(self):
        self.create("--replication-factor", "3", "--config", "cleanup.policy=compact", partitions=2)
        told = self.java("TopicCommand", "--describe", "--topic", self.topic())
        self.assertRegex(told, r"PartitionCount: 2\s+ReplicationFactor: 1\s+Configs: .*cleanup.policy=compact")
        self.assertRegex(told, r"Partition: 1\s+Leader: 1\s+Replicas: 1\s+Isr: 1")
        self.java("TopicCommand", "--alter", "--topic", self.topic(), "--partitions", "4")
        self.assertIn("PartitionCount: 4", self.java("TopicCommand", "--describe", "--topic", self.topic()))
        self.assertIn(self.topic(), self.java("TopicCommand", "--list").split())
        self.java("TopicCommand", "--delete", "--topic", self.topic())
        self.assertNotIn(self.topic(), self.java("TopicCommand", "--list").split())

    def test_topics_tells_why_it_was_refused(self):
        self.create()
        again = ("--create", "--topic", self.topic())
        self.assertIn("already exists", self.failing("TopicCommand", *again))
        self.assertIn("Unknown topic config name: no.such", self.failing("TopicCommand", "--create", "--topic", "x", "--config", "no.such=1"))

    def test_configs_tells_and_alters(self):
        self.create()
        entity = ("--entity-type", "topics", "--entity-name", self.topic())
        self.java("kafka.admin.ConfigCommand", "--alter", *entity, "--add-config", "retention.ms=3600000,cleanup.policy=[compact,delete]")
        told = self.java("kafka.admin.ConfigCommand", "--describe", *entity)
        self.assertIn("retention.ms=3600000 sensitive=false", told)
        self.assertIn("cleanup.policy=compact,delete sensitive=false", told)
        self.java("kafka.admin.ConfigCommand", "--alter", *entity, "--delete-config", "retention.ms")
        self.assertNotIn("retention.ms", self.java("kafka.admin.ConfigCommand", "--describe", *entity))
        self.assertIn("segment.bytes=1073741824", self.java("kafka.admin.ConfigCommand", "--describe", "--all", *entity))
        self.assertIn("flush.ms", self.failing("kafka.admin.ConfigCommand", "--alter", *entity, "--add-config", "flush.ms=9"))

    def test_the_console_producer_and_consumer_carry_keys_headers_and_tombstones(self):
        """What is empty and what is missing too; a reader of committed records sees all."""
        self.create()
        self.produce("h:one,i:two\tk1\tv1\nNOTHING\tk2\tv2\nNOTHING\tk1\tNOTHING\nempty:,missing:NOTHING\tNOTHING\tNOTHING\n", "--reader-property", "parse.headers=true", "--reader-property",
                     "parse.key=true", "--reader-property", "key.separator=\t", "--reader-property", "null.marker=NOTHING")
        shown = [word for name in ("print.key", "print.headers", "print.offset", "print.partition")
                 for word in ("--formatter-property", name + "=true")]
        self.assertEqual(self.consume(4, "--isolation-level", "read_committed", *shown).splitlines(),
                         ["Partition:0\tOffset:0\th:one,i:two\tk1\tv1", "Partition:0\tOffset:1\tNO_HEADERS\tk2\tv2",
                          "Partition:0\tOffset:2\tNO_HEADERS\tk1\tnull", "Partition:0\tOffset:3\tempty:,missing:null\tnull\tnull"])

    def test_a_transaction_is_refused(self):
        self.assertIn("TransactionalIdAuthorizationException: Transactional Id authorization failed",
                      self.failing("ProducerPerformance", "--topic", self.topic(), "--num-records", "1", "--record-size", "1", "--throughput", "-1",
                                   "--transactional-id", "t"))

    def test_every_compression_comes_back_and_its_segments_are_read_by_dump_log(self):
        self.create()
        for compression in COMPRESSIONS:
            with self.subTest(compression):
                self.produce("".join(f"{compression} {i}\n" for i in range(100)), "--compression-codec", compression)
        self.assertEqual(self.consume(500).splitlines(), [f"{compression} {i}" for compression in COMPRESSIONS for i in range(100)])
        folder = f"{self.stage.data}/log/{self.topic()}-0/"
        (segment,) = [folder + name for name in os.listdir(folder) if name.endswith(".log")]
        told = self.run_program(*self.command, TOOLS + "DumpLogSegments", "--files", segment, "--print-data-log")
        self.assertEqual(re.findall(r"offset: (\d+) .*payload: (.*)", told),
                         [(str(100 * number + i), f"{compression} {i}") for number, compression in enumerate(COMPRESSIONS) for i in range(100)])
        self.assertEqual(set(re.findall(r"compresscodec: (\S+)", told)), set(COMPRESSIONS))
        self.assertNotIn("isvalid: false", told)

    def test_a_batch_of_the_largest_size_is_taken_and_one_byte_more_is_refused(self):
        self.create()
        more = ("--command-property", f"max.request.size={3 * LARGEST}", "--command-property", "enable.idempotence=true", "--sync")
        self.produce("x" * FILLING + "\n", *more)
        self.assertEqual(len(self.consume(1).strip()), FILLING)
        self.assertIn("RecordTooLargeException", self.failing("ConsoleProducer", "--topic", self.topic(), *more, text="x" * (FILLING + 1) + "\n"))
        self.assertIn(f"{self.topic()}:0:1", self.java("GetOffsetShell", "--topic", self.topic()))

    def test_get_offsets_knows_first_last_and_times(self):
        self.create()
        self.produce("one\n")
        time.sleep(0.05)
        between = int(time.time() * 1000)
        time.sleep(0.05)
        self.produce("two\nthree\n", "--compression-codec", "zstd")
        for moment, offset in (("-2", 0), ("-1", 3), (str(between), 1), ("-3", None), ("1", 0), ("99999999999999", "none")):
            told = self.java("GetOffsetShell", "--topic", self.topic(), "--time", moment).strip()
            if offset == "none":
                self.assertEqual(told, "")
                continue
            self.assertRegex(told, f"^{self.topic()}:0:{r'[12]' if offset is None else offset}$", moment)

    def test_delete_records_moves_the_beginning(self):
        self.create()
        self.produce("".join(f"{i}\n" for i in range(10)))
        wanted = self.stage.home + "/delete.json"
        with open(wanted, "w", encoding="utf-8") as out:
            json.dump({"partitions": [{"topic": self.topic(), "partition": 0, "offset": 7}], "version": 1}, out)
        self.assertIn("low_watermark: 7", self.java("DeleteRecordsCommand", "--offset-json-file", wanted))
        self.assertEqual(self.consume(3).split(), ["7", "8", "9"])

    def test_verifiable_producer_and_consumer_agree(self):
        self.create()
        said = [json.loads(line) for line in self.java("VerifiableProducer", "--topic", self.topic(), "--max-messages", "2000", "--acks", "-1",
                                                       "--throughput", "-1").splitlines()]
        self.assertEqual([event["acked"] for event in said if event["name"] == "tool_data"], [2000])
        self.assertEqual([event["offset"] for event in said if event["name"] == "producer_send_success"], list(range(2000)))
        said = [json.loads(line) for line in self.java("VerifiableConsumer", "--topic", self.topic(), "--group-id", self.topic(), "--max-messages",
                                                       "2000", "--reset-policy", "earliest").splitlines()]
        self.assertEqual(sum(event["count"] for event in said if event["name"] == "records_consumed"), 2000)
        self.assertEqual([event["offsets"][0]["offset"] for event in said if event["name"] == "offsets_committed"][-1], 2000)

    def test_consumer_groups_lists_describes_resets_and_deletes(self):
        self.create()
        self.produce("a\nb\nc\n")
        group = ("--group", self.topic())
        self.consume(3, *group)
        self.produce("d\n")
        self.assertIn(self.topic(), self.java("consumer.group.ConsumerGroupCommand", "--list").split())
        self.assertRegex(self.java("consumer.group.ConsumerGroupCommand", "--describe", *group), rf"{self.topic()}\s+0\s+3\s+4\s+1\s")
        self.assertRegex(self.java("consumer.group.ConsumerGroupCommand", "--describe", "--state", *group), r"Empty\s+0")
        self.java("consumer.group.ConsumerGroupCommand", *group, "--topic", self.topic(), "--reset-offsets", "--to-earliest", "--execute")
        self.assertRegex(self.java("consumer.group.ConsumerGroupCommand", "--describe", *group), rf"{self.topic()}\s+0\s+0\s+4\s+4\s")
        self.java("consumer.group.ConsumerGroupCommand", *group, "--topic", self.topic(), "--delete-offsets")
        self.java("consumer.group.ConsumerGroupCommand", "--delete", *group)
        self.assertNotIn(self.topic(), self.java("consumer.group.ConsumerGroupCommand", "--list").split())

    def test_two_members_share_the_partitions_and_the_one_that_stays_takes_all(self):
        self.create(partitions=4)
        self.produce("".join(f"{i}\n" for i in range(100)))
        for strategy in ("RangeAssignor", "RoundRobinAssignor", "StickyAssignor"):
            with self.subTest(strategy):
                command = [*self.command, TOOLS + "VerifiableConsumer", "--bootstrap-server", self.stage.bootstrap, "--topic", self.topic(),
                           "--group-id", strategy, "--reset-policy", "earliest", "--assignment-strategy",
                           "org.apache.kafka.clients.consumer." + strategy]
                members = [Member(command, self.stage.environment())]
                self.addCleanup(lambda member=members[0]: member.process.poll() is None and member.leave())
                self.until(lambda: members[0].look() == [0, 1, 2, 3])
                members.append(Member(command, self.stage.environment()))
                self.addCleanup(lambda member=members[1]: member.process.poll() is None and member.leave())
                self.until(lambda: [len(member.look() or ()) for member in members] == [2, 2])
                self.assertEqual(sorted(members[0].partitions + members[1].partitions), [0, 1, 2, 3])
                told = self.java("consumer.group.ConsumerGroupCommand", "--describe", "--members", "--verbose", "--group", strategy)
                self.assertEqual(len(re.findall(rf"{self.topic()}\([0-3],[0-3]\)|{self.topic()}:[0-3],[0-3]", told)), 2, told)
                members[0].leave()
                self.until(lambda: members[1].look() == [0, 1, 2, 3])
                self.until(lambda: members[1].look() and sum(member.read for member in members) >= 100)
                members[1].leave()
                self.assertEqual(sum(member.read for member in members), 100)

    def test_a_member_with_a_name_comes_again_and_nobody_is_bothered(self):
        self.create(partitions=4)
        first, second = self.named("a"), self.named("b")
        self.until(lambda: [len(member.look() or ()) for member in (first, second)] == [2, 2])
        had, told = second.partitions, first.revoked
        second.leave()  # which does not leave the group, since it has a name
        second = self.named("b")
        self.until(lambda: second.look() == had)
        time.sleep(4)  # a heartbeat of theirs
        first.look()
        self.assertEqual((first.revoked, len(first.partitions)), (told, 2))

    def named(self, name):
        member = Member([*self.command, TOOLS + "VerifiableConsumer", "--bootstrap-server", self.stage.bootstrap, "--topic", self.topic(),
                         "--group-id", self.topic(), "--group-instance-id", name], self.stage.environment())
        self.addCleanup(lambda: member.process.poll() is None and member.leave())
        return member

    def until(self, holds):
        end = time.monotonic() + PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), end, "it did not come about")
            time.sleep(0.1)

    def test_the_other_tools_are_answered(self):
        self.create()
        self.produce("1\n2\n3\n4\n5\n")
        told = self.run_program(*self.command, TOOLS + "ClusterTool", "cluster-id", "--bootstrap-server", self.stage.bootstrap)
        self.assertRegex(told, "Cluster ID: \\S+")
        self.assertIn(f'"partition":"{self.topic()}-0"', self.java("LogDirsCommand", "--describe", "--topic-list", self.topic()))
        self.assertIn("Produce(0): ", self.java("BrokerApiVersionsCommand"))
        told = self.run_program(*self.command, TOOLS + "TransactionsCommand", "--bootstrap-server", self.stage.bootstrap, "describe-producers",
                                "--topic", self.topic(), "--partition", "0")
        self.assertRegex(told, r"(?m)^\d+\s+0\s+-?\d+\s+4\s")


class JavaToolsInTheRoom(JavaScene):
    LISTEN = "0.0.0.0"

    def config(self, password):
        path = f"{self.stage.home}/{password}.properties"
        with open(path, "w", encoding="utf-8") as out:
            out.write("security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=org.apache.kafka.common.security.plain."
                      f'PlainLoginModule required username="{self.stage.properties["sasl.username"]}" password="{password}";\n')
        return ("--command-config", path)

    def test_who_knows_the_password_produces_and_consumes(self):
        self.COMMAND_CONFIG = self.config(self.stage.properties["sasl.password"])
        self.create()
        self.produce("x\n")
        self.assertEqual(self.consume(1), "x\n")

    def test_a_wrong_password_is_refused_as_such(self):
        self.COMMAND_CONFIG = self.config("wrong")
        self.assertIn("Authentication failed", self.failing("TopicCommand", "--list"))


if __name__ == "__main__":
    unittest.main()
