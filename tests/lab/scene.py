"""A stage for tests of the whole program: a home of its own, programs that are stopped afterwards, profiles."""
import json
import os
import re
import select
import subprocess
import tempfile
import threading
import time
import unittest

PROGRAM = os.path.join(os.environ["FRAUDSCOPE_BIN"], "fraudscope")
PATIENCE = 120 if os.environ.get("FRAUDSCOPE_SANITIZE") else 60


class Scene(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.environment = dict(os.environ, HOME=self.home.name, XDG_STATE_HOME=self.home.name + "/state",
                                XDG_CONFIG_HOME=self.home.name + "/config")
        self.processes = []

    def tearDown(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
        self.home.cleanup()

    def run_program(self, *arguments, typed=None):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, env=self.environment,
                              timeout=PATIENCE * 3, input=typed)

    def start(self, *arguments):
        """Errors go to a file: a pipe that nobody reads would stop the program."""
        errors = tempfile.TemporaryFile(mode="w+", encoding="utf-8")
        process = subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                   env=self.environment)
        process.errors = errors
        process.pending = b""
        self.processes.append(process)
        self.addCleanup(errors.close)
        return process

    def errors_of(self, process):
        process.errors.seek(0)
        return process.errors.read()

    def read_line(self, process, until):
        while b"\n" not in process.pending:
            left = until - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                return None
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                return None
            process.pending += piece
        line, process.pending = process.pending.split(b"\n", 1)
        return line.decode("utf-8", "replace")

    def read_until(self, process, pattern, patience=PATIENCE):
        lines, until = [], time.monotonic() + patience
        while True:
            line = self.read_line(process, until)
            if line is None:
                break
            lines.append(line)
            if re.search(pattern, line):
                return lines
        self.fail(f"no line matches {pattern!r} in {lines[-40:]}; status {process.poll()}; errors: {self.errors_of(process)}")

    def say(self, process, line):
        process.stdin.write(line.encode() + b"\n")
        process.stdin.flush()

    def eventually(self, holds, patience=PATIENCE):
        """The first true value; a look costs what it costs, nothing depends on a fast machine."""
        until = time.monotonic() + patience
        while True:
            found = holds()
            if found:
                return found
            if time.monotonic() > until:
                self.fail("it never came true")
            time.sleep(0.1)

    def profile(self, **properties):
        """A profile folder; names with _ for . ."""
        folder = tempfile.mkdtemp(dir=self.home.name)
        names = {name.replace("_", "."): value for name, value in properties.items()}
        kafka = {"bootstrap.servers"}
        for file, chosen in (("client", True), ("schema", False)):
            with open(f"{folder}/{file}.properties", "w", encoding="utf-8") as out:
                for name, value in names.items():
                    if (name in kafka) == chosen:
                        out.write(f"{name}={value}\n")
        return folder

    def serve(self, *arguments):
        """A program that serves, and the addresses it printed."""
        process = self.start("serve", *arguments)
        lines = self.read_until(process, "^ready$")
        return process, dict(line.split("=", 1) for line in lines if "=" in line)

    def plain(self, *arguments):
        """The console without a screen: say() lines to it, read_until() its sentences."""
        console = self.start("plain", *arguments)
        self.read_until(console, "^(Servers are up|Joined|Profile)")
        return console

    def quit(self, console):
        self.say(console, "quit")
        self.assertEqual(console.wait(PATIENCE), 0, self.errors_of(console))

    def check_holds(self, console, number, patience=PATIENCE):
        def holds():
            self.say(console, f"check {number}; help quit")
            lines = self.read_until(console, "^quit : stops")
            return all("does not hold" not in line for line in lines)
        self.eventually(holds, patience)

    def end_of(self, bootstrap, topic):
        """The end offset of partition 0; 0 for a topic that is not there yet."""
        result = subprocess.run(["kcat", "-Q", "-b", bootstrap, "-t", f"{topic}:0:-1"], capture_output=True, text=True,
                                timeout=PATIENCE, check=False)
        match = re.search(r"offset (\d+)", result.stdout)
        return int(match.group(1)) if match else 0

    def records(self, bootstrap, topic):
        """Every record of partition 0 that is there now, read by somebody else's client. The topic may go on growing."""
        end, found = self.end_of(bootstrap, topic), []
        if end == 0:
            return found
        with subprocess.Popen(["kcat", "-C", "-b", bootstrap, "-t", topic, "-p", "0", "-o", "beginning", "-q", "-u",
                               "-f", "%o %T %K %S\n%k%s\n"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as kcat:
            watchdog = threading.Timer(PATIENCE, kcat.kill)
            watchdog.start()
            while not found or found[-1].offset < end - 1:
                head = kcat.stdout.readline()
                if not head:
                    self.fail(f"{topic} could not be read up to {end}: {len(found)} records came")
                offset, timestamp, key_size, size = (int(word) for word in head.split())
                key = None if key_size < 0 else kcat.stdout.read(key_size)
                value = None if size < 0 else kcat.stdout.read(size)
                kcat.stdout.readline()
                found.append(Record(offset, timestamp, key, value))
            watchdog.cancel()
            kcat.kill()
        return found


class Record:
    def __init__(self, offset, timestamp, key, value):
        self.offset, self.timestamp, self.key, self.value = offset, timestamp, key, value

    def json(self):
        return json.loads(self.value[5:])  # behind the schema id


class Avro:
    """Just enough of a reader: strings, ints, and unions with null in front."""

    def __init__(self, data):
        self.data = data

    def number(self):
        result = shift = 0
        while True:
            byte, self.data = self.data[0], self.data[1:]
            result |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return (result >> 1) ^ -(result & 1)

    def text(self):
        size = self.number()
        piece, self.data = self.data[:size], self.data[size:]
        return piece.decode()

    def maybe(self, read):
        return read() if self.number() else None
