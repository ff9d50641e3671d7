"""kcat of the distribution (1.7.1 with librdkafka 2.0.2 in Debian 12): reads, writes and groups; topics are made by our own program."""
import re
import subprocess
import time
import unittest

import peer_install
from peer_cases import COMPRESSIONS, FILLING, LARGEST
from peer_scene import PATIENCE, PROGRAM, PeerScene


class KcatScene(PeerScene):
    PEER = "kcat"
    INSTALL = staticmethod(peer_install.kcat)
    ARGUMENTS = ("kcat",)

    def create(self, partitions=1):
        environment = dict(self.stage.environment(), HOME=self.stage.home, XDG_STATE_HOME=self.stage.home)
        profile = self.stage.profile()
        said = self.run_program(PROGRAM, "topics", "create", self.topic(), str(partitions), "--profile", profile, environment=environment)
        self.assertIn("created", said)

    def access(self, password=None):
        if not self.LISTEN:
            return []
        settings = dict(self.stage.properties, **({"sasl.password": password} if password else {}))
        return [word for name in ("security.protocol", "sasl.mechanisms", "sasl.username", "sasl.password")
                for word in ("-X", f"{name}={settings[name]}")]

    def line(self, *arguments, password=None):
        return [*self.command, "-b", self.stage.bootstrap, *self.access(password), *arguments]

    def kcat(self, *arguments, text=None):
        return self.run_program(*self.line(*arguments), text=text)

    def produce(self, text, *more):
        self.kcat("-P", "-t", self.topic(), *more, text=text)

    def consume(self, *more):
        return self.kcat("-C", "-t", self.topic(), "-o", "beginning", "-e", "-q", *more)

    def failing(self, *arguments, text=None, password=None):
        result = subprocess.run(self.line(*arguments, password=password), input=text, capture_output=True, text=True, timeout=PATIENCE)
        return result.stdout + result.stderr


class Kcat(KcatScene):
    def test_the_topic_is_listed_with_its_partitions(self):
        self.create(3)
        self.assertIn(f'topic "{self.topic()}" with 3 partitions', self.kcat("-L"))

    def test_records_come_back_in_order_with_keys_headers_and_tombstones(self):
        self.create()
        self.produce("k1:v1\nk2:v2\n", "-K", ":", "-H", "h=one", "-H", "i=two")
        self.produce("k1:\n", "-K", ":", "-Z")
        self.assertEqual(self.consume("-f", "%o %k %S %s %h\n"), "0 k1 2 v1 h=one,i=two\n1 k2 2 v2 h=one,i=two\n2 k1 -1  \n")

    def test_what_is_empty_and_what_is_missing_are_told_apart_by_a_reader_of_committed_records(self):
        self.create()
        self.produce(":\n", "-K", ":", "-Z", "-H", "missing", "-H", "empty=")
        self.assertEqual(self.consume("-f", "%K %S %h\n", "-X", "isolation.level=read_committed"), "-1 -1 missing=NULL,empty=\n")

    def test_a_transaction_is_refused_with_the_way_out(self):
        self.create()
        self.assertRegex(self.failing("-P", "-t", self.topic(), "-X", "transactional.id=t", text="x\n"),
                         "Transactional Id authorization failed: .*use Apache Kafka through --profile")

    def test_every_compression_comes_back_idempotently(self):
        self.create()
        for compression in COMPRESSIONS:
            self.produce("".join(f"{compression} {i}\n" for i in range(100)), "-z", compression, "-X", "enable.idempotence=true")
        self.assertEqual(self.consume().splitlines(), [f"{compression} {i}" for compression in COMPRESSIONS for i in range(100)])

    def test_a_batch_of_the_largest_size_is_taken_and_one_byte_more_is_refused(self):
        self.create()
        self.produce("x" * FILLING, "-X", f"message.max.bytes={3 * LARGEST}")
        self.assertIn("Message size too large", self.failing("-P", "-t", self.topic(), "-X", f"message.max.bytes={3 * LARGEST}",
                                                             text="x" * (FILLING + 1)))
        self.assertEqual(self.consume("-f", "%S\n"), f"{FILLING}\n")

    def test_a_time_is_found(self):
        self.create()
        self.produce("one\n")
        time.sleep(0.05)
        between = int(time.time() * 1000)
        time.sleep(0.05)
        self.produce("two\nthree\n", "-z", "snappy")
        for moment, offset in ((between, 1), (1, 0), (99999999999999, -1)):
            self.assertIn(f"offset {offset}\n", self.kcat("-Q", "-t", f"{self.topic()}:0:{moment}"))

    def test_a_group_goes_on_where_it_committed(self):
        self.create(2)
        self.produce("a\n", "-p", "0")
        self.produce("b\n", "-p", "1")
        reader = ("-X", "auto.offset.reset=earliest", "-e", "-q", "-G", self.topic(), self.topic())
        self.assertEqual(sorted(self.kcat(*reader).split()), ["a", "b"])
        self.produce("c\n", "-p", "1")
        self.assertEqual(self.kcat(*reader).split(), ["c"])

    def test_a_member_with_a_name_comes_again_and_nobody_is_bothered(self):
        self.create(4)
        first, second = (self.named(number) for number in (1, 2))
        self.until(lambda: [len(self.held(number)) for number in (1, 2)] == [2, 2])
        had, told = self.held(2), self.told(1)
        second.terminate()  # which does not leave the group, since it has a name
        second.wait(PATIENCE)
        self.named(2)
        self.until(lambda: self.held(2) == had)
        time.sleep(1)  # some heartbeats
        self.assertEqual(self.told(1), told)
        self.assertIsNone(first.poll())

    def named(self, number):
        with open(f"{self.stage.home}/member{number}", "w", encoding="utf-8") as said:
            member = subprocess.Popen(self.line("-X", "heartbeat.interval.ms=300", "-X", f"group.instance.id=m{number}", "-G", self.topic(),
                                                self.topic()), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        self.addCleanup(member.wait, PATIENCE)
        self.addCleanup(member.terminate)
        return member

    def told(self, number):
        """What the group told this member."""
        with open(f"{self.stage.home}/member{number}", encoding="utf-8") as said:
            return [line for line in said if "rebalance" in line]

    def test_two_members_share_the_partitions_and_the_one_that_stays_takes_all(self):
        self.create(4)
        members = []
        for count in (1, 2):
            with open(f"{self.stage.home}/member{count}", "w", encoding="utf-8") as said:
                members.append(subprocess.Popen(self.line("-X", "heartbeat.interval.ms=300", "-G", self.topic(), self.topic()),
                                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said))
            self.addCleanup(members[-1].wait, PATIENCE)
            self.addCleanup(members[-1].terminate)
            self.until(lambda count=count: [len(self.held(number)) for number in range(1, count + 1)] == ([4], [2, 2])[count - 1])
        self.assertEqual(sorted(self.held(1) + self.held(2)), ["0", "1", "2", "3"])
        members[0].terminate()
        self.until(lambda: len(self.held(2)) == 4)

    def held(self, number):
        """The partitions that this member was last told to take."""
        with open(f"{self.stage.home}/member{number}", encoding="utf-8") as said:
            told = [line for line in said if "assigned:" in line]
        return re.findall(r"\[(\d+)\]", told[-1].split("assigned:")[1]) if told else []

    def until(self, holds):
        end = time.monotonic() + PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), end, "it did not come about")
            time.sleep(0.1)


class KcatInTheRoom(KcatScene):
    LISTEN = "0.0.0.0"

    def test_who_knows_the_password_produces_and_consumes(self):
        self.create()
        self.produce("x\n")
        self.assertEqual(self.consume(), "x\n")

    def test_a_wrong_password_is_refused_as_such(self):
        self.assertIn("Authentication failed", self.failing("-L", password="wrong"))


if __name__ == "__main__":
    unittest.main()
