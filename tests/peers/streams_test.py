"""Kafka Streams, the distributed Connect worker with its file connectors and MirrorMaker 2, all 4.3.1."""
import json
import os
import subprocess
import time
import unittest
import urllib.error
import urllib.request

import peer_newer
from peer_scene import PATIENCE, PeerScene, Stage, free_port


def eventually(look, enough, what):
    """What `look` gives once it is enough; trouble on the way is waited out."""
    end, seen = time.monotonic() + PATIENCE, None
    while time.monotonic() < end:
        try:
            seen = look()
            if enough(seen):
                return seen
        except (OSError, ValueError) as problem:
            seen = problem
        time.sleep(0.3)
    raise AssertionError(f"{what} did not come about: {seen}")


class Streams(PeerScene):
    PEER = "streams"
    INSTALL = staticmethod(peer_newer.java)
    ARGUMENTS = ("streams", "Counting")

    def count(self, guarantee, records):
        said = self.run_program(*self.command, "Counting", self.stage.bootstrap, guarantee, self.topic(), str(records))
        return json.loads(said.splitlines()[-1])

    def background(self, program, properties, name):
        """A Java program that goes on until the function is called that this gives; its words are told when it ends by itself."""
        path, log = f"{self.stage.home}/{name}.properties", f"{self.stage.home}/{name}.log"
        with open(path, "w", encoding="utf-8") as out:
            out.writelines(f"{key}={value}\n" for key, value in properties.items())
        with open(log, "w", encoding="utf-8") as words:
            process = subprocess.Popen([*self.command, program, path], stdout=words, stderr=words)
        ended = []

        def end():
            if not ended:
                ended.append(self.end(process, log))

        self.addCleanup(end)
        return end

    def end(self, process, log):
        if process.poll() is not None:
            with open(log, encoding="utf-8") as words:
                print(f"ended by itself with {process.returncode}:", words.read()[-6000:])
            return
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def rest(self, port, path, method="GET", body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method, data=body and json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                text = answer.read()
        except urllib.error.HTTPError as problem:
            raise ValueError(f"{problem.code}: {problem.read()}") from problem
        return json.loads(text) if text else None

    def lines(self, path):
        with open(path, encoding="utf-8") as text:
            return text.read().splitlines()


class StreamsApplication(Streams):
    def test_words_are_counted_by_the_minute_over_topics_of_the_application(self):
        self.assertEqual(self.count("at_least_once", 7000), {"words": 7000, "windows": 84, "most": 86, "closed": True})

    def test_exactly_once_is_refused_at_once(self):
        self.assertRegex(self.count("exactly_once_v2", 7)["error"], "TransactionalIdAuthorizationException")
        self.assertRegex(self.stage.stderr(), f"transactional.id '{self.topic()}-.*' refused: Transactions are not supported")


class ConnectWorker(Streams):
    def worker(self, port):
        names = ("config", "offset", "status")
        return self.background("org.apache.kafka.connect.cli.ConnectDistributed", {
            "bootstrap.servers": self.stage.bootstrap, "group.id": self.topic(), "listeners": f"http://127.0.0.1:{port}",
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.storage.StringConverter", "offset.flush.interval.ms": 500,
            "scheduled.rebalance.max.delay.ms": 0, "plugin.discovery": "service_load",
        } | {f"{name}.storage.topic": f"{self.topic()}-{name}" for name in names} | {f"{name}.storage.replication.factor": 3 for name in names},
            f"worker-{port}")

    def test_a_file_goes_through_a_topic_and_another_worker_goes_on_where_the_first_ended(self):
        port, source, sink = free_port(), self.stage.home + "/in", self.stage.home + "/out"
        with open(source, "w", encoding="utf-8") as text:
            text.write("one\ntwo\nthree\n")
        first = self.worker(port)
        eventually(lambda: self.rest(port, "/connectors"), lambda names: names == [], "the worker")
        kind = "org.apache.kafka.connect.file.FileStream"
        self.rest(port, "/connectors", "POST", {"name": "source", "config": {
            "connector.class": kind + "SourceConnector", "file": source, "topic": self.topic(), "topic.creation.default.partitions": 2,
            "topic.creation.default.replication.factor": 3}})
        self.rest(port, "/connectors", "POST", {"name": "sink", "config": {
            "connector.class": kind + "SinkConnector", "file": sink, "topics": self.topic(), "tasks.max": 2}})
        eventually(lambda: self.lines(sink), lambda lines: lines == ["one", "two", "three"], "the copy")
        eventually(lambda: self.rest(port, "/connectors/source/offsets")["offsets"], lambda offsets: [one["offset"] for one in offsets] ==
                   [{"position": os.path.getsize(source)}], "the offset of the source")
        first()
        with open(source, "a", encoding="utf-8") as text:
            text.write("four\n")
        port = free_port()
        self.worker(port)
        eventually(lambda: self.lines(sink), lambda lines: lines == ["one", "two", "three", "four"], "what came meanwhile")
        eventually(lambda: self.rest(port, "/connectors/source", "DELETE"), lambda answer: answer is None, "the deletion")
        eventually(lambda: self.rest(port, "/connectors"), lambda names: names == ["sink"], "the list without it")


class Mirror(Streams):
    def test_topics_and_the_offsets_of_groups_are_mirrored_to_another_broker(self):
        other = Stage(("broker",))
        self.addCleanup(other.close)
        self.count("at_least_once", 700)
        internal = ("checkpoints.topic", "heartbeats.topic", "offset-syncs.topic", "offset.storage", "status.storage", "config.storage")
        self.background("org.apache.kafka.connect.mirror.MirrorMaker", {
            "clusters": "here, there", "here.bootstrap.servers": self.stage.bootstrap, "there.bootstrap.servers": other.bootstrap,
            "here->there.enabled": "true", "here->there.topics": self.topic() + "-words", "here->there.groups": self.topic(),
            "there->here.enabled": "false", "replication.factor": 3, "sync.group.offsets.enabled": "true",
            "sync.group.offsets.interval.seconds": 1, "emit.checkpoints.interval.seconds": 1, "refresh.topics.interval.seconds": 2,
            "plugin.discovery": "service_load",
        } | {name + ".replication.factor": 3 for name in internal}, "mirror")
        mirrored = f"here.{self.topic()}-words"

        def described():
            """Topic, partition, offset and end of what the group has there."""
            told = self.run_program(*self.command, "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server",
                                    other.bootstrap, "--describe", "--offsets", "--group", self.topic())
            return [line.split()[1:5] for line in told.splitlines() if mirrored in line.split()]

        places = eventually(described, lambda places: len(places) == 3 and sum(int(place[3]) for place in places) == 700, "the mirror")
        self.assertEqual(sorted(place[1] for place in places), ["0", "1", "2"])


if __name__ == "__main__":
    unittest.main()
