"""Records with keys and times of one's own to a topic of one partition: the least of Kafka's protocol that does that."""
import socket
import struct

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def varint(number):
    number = (number << 1) ^ (number >> 63)
    out = b""
    while number & ~127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def sized(data):
    return varint(-1) if data is None else varint(len(data)) + data


def batch(records):
    """records: (key, value, timestamp in ms); key and value bytes or None."""
    first = records[0][2]
    body = b""
    for i, (key, value, time) in enumerate(records):
        record = b"\0" + varint(time - first) + varint(i) + sized(key) + sized(value) + varint(0)
        body += varint(len(record)) + record
    last = max(time for _, _, time in records)
    head = struct.pack(">hiqqqhii", 0, len(records) - 1, first, last, -1, -1, -1, len(records))
    crc = crc32c(head + body)
    return struct.pack(">qiibI", 0, 9 + len(head) + len(body), -1, 2, crc) + head + body


def text(string):
    return struct.pack(">h", len(string)) + string.encode()


def ask(address, key, version, body):
    host, port = address.rsplit(":", 1)
    request = struct.pack(">hhi", key, version, 1) + text("test") + body
    with socket.create_connection((host, int(port)), timeout=20) as peer:
        peer.sendall(struct.pack(">i", len(request)) + request)
        size = struct.unpack(">i", read(peer, 4))[0]
        return read(peer, size)[4:]


def check(answer, at, what):
    error = struct.unpack(">h", answer[at:at + 2])[0]
    if error:
        raise RuntimeError(f"{what}: error {error}")


def create_topic(address, topic, partitions=1):
    body = struct.pack(">i", 1) + text(topic) + struct.pack(">ihiii", partitions, 1, 0, 0, 10000)
    check(ask(address, 19, 0, body), 4 + 2 + len(topic), f"creating {topic}")


def delete_topic(address, topic):
    check(ask(address, 20, 1, struct.pack(">i", 1) + text(topic) + struct.pack(">i", 10000)), 4 + 4 + 2 + len(topic), f"deleting {topic}")


def produce(address, topic, records):
    data = batch(records)
    body = struct.pack(">hhi", -1, -1, 10000) + struct.pack(">i", 1) + text(topic) + struct.pack(">iii", 1, 0, len(data)) + data
    check(ask(address, 0, 3, body), 4 + 2 + len(topic) + 4 + 4, f"produce to {topic}")


def read(peer, size):
    data = b""
    while len(data) < size:
        piece = peer.recv(size - len(data))
        if not piece:
            raise EOFError("the broker closed the connection")
        data += piece
    return data
