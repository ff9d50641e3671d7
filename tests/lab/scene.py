"""A stage for tests of the whole program: a home of its own, programs that are stopped afterwards, profiles."""
import os
import re
import select
import subprocess
import tempfile
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
        self.fail(f"no line matches {pattern!r} in {lines[-40:]}; errors: {self.errors_of(process)}")

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
