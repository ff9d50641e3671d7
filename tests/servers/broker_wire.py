"""Kafka's protocol from its table of fields, independent of the broker's own reader and writer: requests are made in any version,
answers are read to their last byte."""
import os
import re
import socket
import struct

NUMBERS = {"int8": ">b", "int16": ">h", "int32": ">i", "int64": ">q"}


def in_versions(version, versions):
    if versions is None:
        return False
    if versions == "":
        return True
    low, _, high = versions.partition("-")
    if low.endswith("+"):
        return version >= int(low[:-1])
    return int(low) <= version <= int(high or low)


class Fields:
    """name:type?versions@versions ... with arrays as name:[...]"""

    def __init__(self, text):
        self.text, self.at = text, 0
        self.fields = self.read()

    def word(self, pattern):
        found = re.compile(pattern).match(self.text, self.at)
        self.at = found.end()
        return found.group(0)

    def peek(self):
        return self.text[self.at:self.at + 1]

    def read(self):
        fields = []
        while self.at < len(self.text) and self.peek() != "]":
            if self.peek() == " ":
                self.at += 1
                continue
            name = self.word(r"\w+")
            kind = name
            if self.peek() == ":":
                self.at += 1
                if self.peek() == "[":
                    self.at += 1
                    kind = self.read()
                    self.at += 1
                else:
                    kind = self.word(r"\w+")
            null, versions = None, ""
            if self.peek() == "?":
                self.at += 1
                null = self.word(r"[\d+-]*")
            if self.peek() == "@":
                self.at += 1
                versions = self.word(r"[\d+-]*")
            fields.append((name, kind, null, versions))
        return fields


class Message:
    def __init__(self, name, key, flexible):
        self.name, self.key = name, int(key)
        self.flexible = 10000 if flexible == "never" else int(flexible)
        self.request = self.answer = None


def load():
    messages, current = {}, None
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "protocol.txt"), encoding="utf-8") as table:
        for line in table:
            words = line.split()
            if not words or line.startswith("#"):
                continue
            if words[0] == ">":
                current.request = Fields(line.strip()[1:]).fields
            elif words[0] == "<":
                current.answer = Fields(line.strip()[1:]).fields
            else:
                current = messages[words[0]] = Message(words[0], words[1], words[3])
    return messages


MESSAGES = load()


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


class Writer:
    def __init__(self, version, flexible):
        self.version, self.flexible = version, flexible

    def length(self, size, narrow):
        if self.flexible:
            return varint(size + 1)
        return struct.pack(narrow, size)

    def value(self, kind, null, given):
        if isinstance(kind, str) and kind in NUMBERS:
            return struct.pack(NUMBERS[kind], given or 0)
        if kind == "uuid":
            return given or bytes(16)
        if isinstance(kind, list):
            if given is None and in_versions(self.version, null):
                return self.length(-1, ">i")
            plain = len(kind) == 1 and kind[0][0] == kind[0][1]
            items = given or []
            return self.length(len(items), ">i") + b"".join(
                self.value(kind[0][1], None, item) if plain else self.structure(kind, item) for item in items)
        narrow = ">h" if kind == "text" else ">i"
        if given is None and in_versions(self.version, null):
            return self.length(-1, narrow)
        data = (given or "").encode() if kind == "text" else given or b""
        return self.length(len(data), narrow) + data

    def structure(self, fields, given):
        out = b"".join(self.value(kind, null, given.get(name)) for name, kind, null, versions in fields if in_versions(self.version, versions))
        return out + b"\0" if self.flexible else out


class Reader:
    def __init__(self, data, version, flexible):
        self.data, self.at, self.version, self.flexible = data, 0, version, flexible

    def take(self, size):
        if size < 0 or self.at + size > len(self.data):
            raise ValueError(f"{size} bytes wanted at {self.at} of {len(self.data)}")
        self.at += size
        return self.data[self.at - size:self.at]

    def varint(self):
        number = shift = 0
        while True:
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def tags(self):
        if self.flexible:
            for _ in range(self.varint()):
                self.varint()
                self.take(self.varint())

    def value(self, name, kind, null):
        if isinstance(kind, str) and kind in NUMBERS:
            return struct.unpack(NUMBERS[kind], self.take(struct.calcsize(NUMBERS[kind])))[0]
        if kind == "uuid":
            return self.take(16)
        narrow = ">h" if kind == "text" else ">i"
        size = self.varint() - 1 if self.flexible else struct.unpack(narrow, self.take(struct.calcsize(narrow)))[0]
        if size < 0:
            if not in_versions(self.version, null):
                raise ValueError(f"{name} is null, which version {self.version} does not allow")
            return None
        if isinstance(kind, list):
            plain = len(kind) == 1 and kind[0][0] == kind[0][1]
            return [self.value(name, kind[0][1], None) if plain else self.structure(kind) for _ in range(size)]
        data = self.take(size)
        return data.decode() if kind == "text" else data

    def structure(self, fields):
        out = {name: self.value(name, kind, null) for name, kind, null, versions in fields if in_versions(self.version, versions)}
        self.tags()
        return out


def frame(name, version, given, correlation=7, client="wire"):
    message = MESSAGES[name]
    flexible = version >= message.flexible
    head = struct.pack(">hhih", message.key, version, correlation, len(client)) + client.encode() + (b"\0" if flexible else b"")
    return head + Writer(version, flexible).structure(message.request, given)


def read_frame(data):
    """Name, version, correlation and fields of a request. Like Kafka it does not look behind the last field: librdkafka 2.6 leaves three
    bytes there when it asks for all topics."""
    key, version, correlation, size = struct.unpack(">hhih", data[:10])
    message = next(message for message in MESSAGES.values() if message.key == key)
    reader = Reader(data, version, version >= message.flexible)
    reader.take(10 + max(size, 0))
    reader.tags()
    return message.name, version, correlation, reader.structure(message.request)


def read_answer(name, version, data):
    message = MESSAGES[name]
    reader = Reader(data, version, version >= message.flexible)
    reader.take(4)
    if name != "ApiVersions":
        reader.tags()
    answer = reader.structure(message.answer)
    if reader.at != len(data):
        raise ValueError(f"{name} {version}: {len(data) - reader.at} bytes too many")
    return answer


class Wire:
    """One connection."""

    def __init__(self, address, patience=20):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.socket.settimeout(patience)

    def close(self):
        self.socket.close()

    __del__ = close

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send_bytes(self, data):
        self.socket.sendall(struct.pack(">i", len(data)) + data)

    def hear_bytes(self):
        """None: the broker closed the connection."""
        data = b""
        wanted = 4
        while len(data) < wanted:
            try:
                piece = self.socket.recv(wanted - len(data))
            except ConnectionResetError:
                return None
            if not piece:
                return None
            data += piece
            if wanted == 4 and len(data) == 4:
                wanted += struct.unpack(">i", data)[0]
        return data[4:]

    def send(self, name, version, **given):
        self.send_bytes(frame(name, version, given))

    def hear(self, name, version):
        data = self.hear_bytes()
        if data is None:
            raise ConnectionError(f"{name} {version}: closed")
        return read_answer(name, version, data)

    def call(self, name, version, **given):
        self.send(name, version, **given)
        return self.hear(name, version)
