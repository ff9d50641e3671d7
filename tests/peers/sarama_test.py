"""sarama 1.61.1."""
import unittest

import peer_cases
import peer_install


class Sarama:
    PEER = "sarama"
    INSTALL = staticmethod(peer_install.go)
    ARGUMENTS = ("sarama", "sarama")


class SaramaClient(Sarama, peer_cases.ClientCases):
    TOO_LARGE = "Message was too large"
    IN_FLIGHT = "context canceled"  # of the session that ended with the rebalance
    STRATEGIES = ("range", "roundrobin", "sticky")


class SaramaInTheRoom(Sarama, peer_cases.RoomCases):
    pass


if __name__ == "__main__":
    unittest.main()
