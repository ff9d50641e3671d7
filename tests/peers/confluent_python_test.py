"""confluent-kafka-python 2.6.1 (librdkafka 2.6.1): the workshop's client."""
import unittest

import peer_cases
import peer_install


class Confluent:
    PEER = "python"
    INSTALL = staticmethod(peer_install.python)
    ARGUMENTS = ("python", "confluent_client.py")


class ConfluentPython(Confluent, peer_cases.ClientCases):
    TOO_LARGE = "MSG_SIZE_TOO_LARGE"
    TRANSACTION = "Transactional Id authorization failed: .*use Apache Kafka through --profile"
    STRATEGIES = ("range", "roundrobin", "cooperative-sticky")


class ConfluentPythonInTheRoom(Confluent, peer_cases.RoomCases):
    pass


if __name__ == "__main__":
    unittest.main()
