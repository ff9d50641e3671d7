"""kafkajs 2.2.4 and @kafkajs/confluent-schema-registry 3.9.0."""
import unittest

import peer_cases
import peer_install


KINDS = ("AVRO", "JSON", "PROTOBUF")


class KafkaJs:
    PEER = "kafkajs"
    INSTALL = staticmethod(peer_install.javascript)
    ARGUMENTS = ("kafkajs", "kafkajs_client.js")

    def test_values_of_each_kind_of_schema_come_back(self):
        for kind in KINDS:
            self.must("create", topic=f"{self.topic()}-{kind}", partitions=1, replicas=1)
        self.assertEqual(self.must("schemas", topic=self.topic()),
                         {kind: {"details": kind, "latest": True} for kind in KINDS})


class KafkaJsClient(KafkaJs, peer_cases.ClientCases):
    TOO_LARGE = "MESSAGE_TOO_LARGE"
    NULL_HEADERS = False
    NOT_YET = 3  # the end
    TRANSACTION = "Failed to find group coordinator"  # all that kafkajs says about the refusal
    CANNOT = {"static": "kafkajs has no members with names"}
    UNKNOWN_SETTING = REFUSED_SETTING = "INVALID_CONFIG"  # kafkajs keeps the broker's words to itself


class KafkaJsInTheRoom(KafkaJs, peer_cases.RoomCases):
    pass


if __name__ == "__main__":
    unittest.main()
