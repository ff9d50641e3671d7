"""Record batches and requests that the benches send as bytes."""
import struct
import time

from broker_wire import frame


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def make_table():
    table = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
        table.append(number)
    return table


TABLE = make_table()


def zigzag(number):
    number = number << 1 if number >= 0 else (-number << 1) - 1
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def batch(values):
    """A record batch v2 without a producer id."""
    records = b""
    for index, value in enumerate(values):
        body = b"\0" + zigzag(0) + zigzag(index) + zigzag(-1) + zigzag(len(value)) + value + zigzag(0)
        records += zigzag(len(body)) + body
    now = int(time.time() * 1000)
    rest = struct.pack(">hiqqqhii", 0, len(values) - 1, now, now, -1, -1, -1, len(values)) + records
    return struct.pack(">qiibI", 0, 9 + len(rest), 0, 2, crc32c(rest)) + rest


def produce_frame(topic, partition, records, correlation=7):
    return frame("Produce", 7, {"acks": -1, "timeout_ms": 1000,
                                "topic_data": [{"name": topic, "partition_data": [{"index": partition, "records": records}]}]}, correlation)


def framed(data):
    return struct.pack(">i", len(data)) + data


def fetch_frame(topic, offsets, wait, most):
    return frame("Fetch", 11, {"replica_id": -1, "max_wait_ms": wait, "min_bytes": 1, "max_bytes": most, "session_id": 0, "session_epoch": -1,
                               "topics": [{"topic": topic, "partitions": [
                                   {"partition": at, "current_leader_epoch": -1, "fetch_offset": offset, "log_start_offset": -1,
                                    "partition_max_bytes": most} for at, offset in offsets]}],
                               "forgotten_topics_data": [], "rack_id": ""})
