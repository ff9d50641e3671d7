"""aiokafka 0.14.0."""
import unittest

import peer_cases
import peer_install


class Aiokafka:
    PEER = "aiokafka"
    INSTALL = staticmethod(peer_install.python)
    ARGUMENTS = ("aiokafka", "aiokafka_client.py")


class AiokafkaClient(Aiokafka, peer_cases.ClientCases):
    TOO_LARGE = "MessageSizeTooLarge"
    NULL_RECORDS = False
    NOT_YET = None
    IN_FLIGHT = "CommitFailed|RebalanceInProgress|IllegalGeneration"
    STRATEGIES = ("range", "roundrobin", "sticky")
    CANNOT = {"delete_group": "its admin client deletes no groups"}


class AiokafkaInTheRoom(Aiokafka, peer_cases.RoomCases):
    REFUSED = "Unable to bootstrap"  # the refusal itself only goes to its log


if __name__ == "__main__":
    unittest.main()
