"""Ports for servers that a test stops and starts again: nobody else may have taken them meanwhile."""
import random
import socket


def free_port():
    """A port that is free now, as text. Not a usual one, which other servers take and other clients wait for, and below
    those that the system gives to outgoing connections: a client that tries a closed port of that range can meet itself."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return str(port)
