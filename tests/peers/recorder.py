"""Keeps what foreign clients ask of the broker: a proxy between them, of the frames it passes on the first of each kind.

PEER_RECORD=FILE ./check peers adds the requests of all clients to FILE, as `tests/servers/recorded.txt` has them; a kind that is
there stays, so begin without the file for a new one. No password gets there: of log-ins only the one with the wrong password is kept."""
import fcntl
import os
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.environ["FRAUDSCOPE_SOURCE"], "tests", "servers"))
import broker_wire  # noqa: E402

NAMES = {message.key: message for message in broker_wire.MESSAGES.values()}
LARGEST = 1500  # bytes: enough for every request, and for a batch of each compression
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def kind_of(frame):
    """Name, version and what else tells requests apart; None: not to be kept."""
    key, version = struct.unpack(">hh", frame[:4])
    if key not in NAMES or len(frame) > LARGEST:
        return None
    name = NAMES[key].name
    if name not in ("JoinGroup", "Produce", "SaslAuthenticate"):
        return name, version, ""
    fields = broker_wire.read_frame(frame)[3]
    if name == "SaslAuthenticate" and not fields["auth_bytes"].endswith(b"\0wrong"):
        return None
    if name == "Produce":
        batch = fields["topic_data"][0]["partition_data"][0]["records"]
        return name, version, CODECS[struct.unpack(">h", batch[21:23])[0] & 7]
    return name, version, "again" if name == "JoinGroup" and fields["member_id"] else ""


class Recorder:
    def __init__(self, peer, broker):
        self.peer, self.broker, self.kept, self.lock = peer, broker.rsplit(":", 1), {}, threading.Lock()
        host, port = self.broker
        self.listener = socket.create_server((host, 0), backlog=64)
        mine = self.listener.getsockname()[1]
        self.address = f"{host}:{mine}"
        # The broker tells each client the address it came in on; a host is followed by its port in every version.
        self.told, self.meant = (host.encode() + struct.pack(">i", number) for number in (int(port), mine))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                broker = socket.create_connection(self.broker)
            except OSError:  # closed, or the broker is stopped
                return
            threading.Thread(target=self.pass_on, args=(client, broker, self.keep), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(broker, client, lambda frame: frame.replace(self.told, self.meant)), daemon=True).start()

    @staticmethod
    def pass_on(source, target, change):
        stream = source.makefile("rb")
        try:
            while len(size := stream.read(4)) == 4:
                frame = change(stream.read(struct.unpack(">i", size)[0]))
                target.sendall(size + frame)
        except OSError:
            pass
        for side in (source, target):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            side.close()

    def keep(self, frame):
        try:
            kind = kind_of(frame)
        except (ValueError, struct.error, UnicodeDecodeError, IndexError, TypeError) as problem:
            print(f"{self.peer}: a request that the table does not read ({problem}): {frame[:200].hex()}", file=sys.stderr)
            return frame
        if kind:
            with self.lock:
                self.kept.setdefault(kind, frame)
        return frame

    def close(self, path):
        """Adds what was kept to the file."""
        self.listener.close()
        with open(path, "a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            whole = file.readlines()
            head, lines = ([line for line in whole if line.startswith("#") == wanted] for wanted in (True, False))
            had = {(client, kind_of(bytes.fromhex(text))) for client, _, _, text in map(str.split, lines)}
            lines += [f"{self.peer} {kind[0]} {kind[1]} {frame.hex()}\n" for kind, frame in self.kept.items() if (self.peer, kind) not in had]
            file.truncate(0)
            file.writelines(head + sorted(lines, key=lambda line: (line.split()[0], line.split()[1], int(line.split()[2]))))
