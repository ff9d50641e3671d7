"""kafka-python 3.0.12."""
import unittest

import peer_cases
import peer_install


class KafkaPython:
    PEER = "kafka-python"
    INSTALL = staticmethod(peer_install.python)
    ARGUMENTS = ("kafka-python", "kafka_python_client.py")


class KafkaPythonClient(KafkaPython, peer_cases.ClientCases):
    TOO_LARGE = "MessageSizeTooLarge"
    NULL_RECORDS = NULL_HEADERS = False
    IN_FLIGHT = "CommitFailed|RebalanceInProgress|IllegalGeneration"


class KafkaPythonInTheRoom(KafkaPython, peer_cases.RoomCases):
    REFUSED = "Unable to bootstrap"  # the refusal itself only goes to its log


if __name__ == "__main__":
    unittest.main()
