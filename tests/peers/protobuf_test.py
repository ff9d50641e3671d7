"""confluent-kafka-python's Protobuf serializer around our registry: it registers descriptors, not texts."""
import unittest

import peer_install
from peer_scene import PeerScene

KEPT = """syntax = "proto3";
package n;

import "part.proto";
import "google/protobuf/timestamp.proto";

message Alert {
  string details = 1;
  .n.Part part = 2;
  .google.protobuf.Timestamp at = 3;
}
"""


class Protobuf(PeerScene):
    PEER = "python"
    INSTALL = staticmethod(peer_install.python)
    ARGUMENTS = ("python", "protobuf_client.py")

    def test_a_message_comes_back_and_its_schema_is_text_with_what_it_imports(self):
        topic = self.topic()
        answer = self.must("values", topic=topic)
        self.assertEqual((answer["framed"], answer["same"], answer["type"], answer["schema"]), ("00", True, "PROTOBUF", KEPT))
        self.assertEqual(answer["references"], ["google/protobuf/timestamp.proto", "part.proto"])
        self.assertLessEqual({topic + "-value", "part.proto"}, set(answer["subjects"]))

    def test_a_schema_that_its_readers_cannot_read_is_refused_with_the_place(self):
        topic = self.topic()
        self.must("values", topic=topic)
        self.assertIn("#/Alert/1: FIELD_SCALAR_KIND_CHANGED", self.ask("break_readers", topic=topic)["error"])


class ProtobufInTheRoom(Protobuf):
    LISTEN = "0.0.0.0"


if __name__ == "__main__":
    unittest.main()
