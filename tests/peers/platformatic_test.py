"""@platformatic/kafka 1.35.0."""
import unittest

import peer_cases
import peer_newer


class Platformatic:
    PEER = "platformatic"
    INSTALL = staticmethod(peer_newer.javascript)
    ARGUMENTS = ("platformatic", "platformatic_client.mjs")


class PlatformaticClient(Platformatic, peer_cases.ClientCases):
    TOO_LARGE = "MESSAGE_TOO_LARGE"
    TRANSACTION = "(?i)transactional id authorization failed"
    CANNOT = dict.fromkeys(("static", "commits_in_flight", "offset_at"), "left to the other clients: each call costs it a second")
    COMPRESSIONS = ("none", "gzip", "snappy", "lz4")  # zstd needs a newer Node.js


class PlatformaticInTheRoom(Platformatic, peer_cases.RoomCases):
    pass


if __name__ == "__main__":
    unittest.main()
