"""confluent-kafka-python 2.16.1 (librdkafka 2.16.0): the workshop's client as it is today."""
import unittest

import confluent_python_test
import peer_newer


class Confluent:
    PEER = "python-newest"
    INSTALL = staticmethod(peer_newer.python)
    ARGUMENTS = ("python-newest", "newest.txt", "confluent_newest_client.py")


class ConfluentNewest(Confluent, confluent_python_test.ConfluentPython):
    def test_the_newer_group_protocols_are_refused_at_once(self):
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        for verb in ("consumer_protocol", "share_group"):
            with self.subTest(verb):
                self.assertRegex(self.ask(verb, topic=self.topic(), group=self.topic())["error"], "FATAL.*(API version not supported)")

    def test_producer_and_consumer_of_asyncio_share_records(self):
        self.must("create", topic=self.topic(), partitions=2, replicas=1)
        self.assertEqual(self.must("asynchronous", topic=self.topic(), group=self.topic(), count=100), {"records": 100})


class ConfluentNewestInTheRoom(Confluent, confluent_python_test.ConfluentPythonInTheRoom):
    pass


if __name__ == "__main__":
    unittest.main()
