"""franz-go 1.22.3 with kadm 1.20.0 and sr 1.8.0."""
import unittest

import peer_cases
import peer_install


class FranzGo:
    PEER = "franz-go"
    INSTALL = staticmethod(peer_install.go)
    ARGUMENTS = ("franz-go", "franz-go")

    def test_a_schema_is_registered_found_by_id_and_an_incompatible_one_refused(self):
        self.assertEqual(self.must("schemas", topic=self.topic()), {"same": True, "type": "JSON", "version": 1, "refused": 409})


class FranzGoClient(FranzGo, peer_cases.ClientCases):
    TOO_LARGE = "MESSAGE_TOO_LARGE"
    NOT_YET = 3  # the end
    STRATEGIES = ("range", "roundrobin", "sticky", "cooperative-sticky")


class FranzGoInTheRoom(FranzGo, peer_cases.RoomCases):
    REFUSED = "SASL_AUTHENTICATION_FAILED"


if __name__ == "__main__":
    unittest.main()
