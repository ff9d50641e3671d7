"""segmentio/kafka-go 0.4.51."""
import unittest

import peer_cases
import peer_install


class KafkaGo:
    PEER = "kafka-go"
    INSTALL = staticmethod(peer_install.go)
    ARGUMENTS = ("kafka-go", "kafka-go")


class KafkaGoClient(KafkaGo, peer_cases.ClientCases):
    TOO_LARGE = "Message Size Too Large"
    STRATEGIES = ("range", "roundrobin")
    TRANSACTION = "Transactional ID Authorization Failed"
    CANNOT = {"delete_records": "it has no DeleteRecords", "static": "it has no members with names",
              "commits_in_flight": "its reader commits behind the caller's back"}

    def test_records_come_back_in_order_with_keys_headers_and_tombstones(self):
        """Without the empty value of the others: its reader takes that for none."""
        sent = [{"key": "k1", "value": "first", "headers": [["h", "one"], ["h", "two"], ["text", "grüß"]]},
                {"key": None, "value": "without a key", "headers": []}, {"key": "k1", "value": None, "headers": []}]
        self.must("create", topic=self.topic(), partitions=1, replicas=1)
        self.must("produce", topic=self.topic(), records=sent)
        self.assertEqual(self.records(self.topic(), len(sent)), [dict(record, partition=0, offset=offset) for offset, record in enumerate(sent)])

    def test_what_is_empty_and_what_is_missing_are_told_apart(self):
        self.skipTest("kafka-go: its reader takes what is empty for missing")


class KafkaGoInTheRoom(KafkaGo, peer_cases.RoomCases):
    pass


if __name__ == "__main__":
    unittest.main()
