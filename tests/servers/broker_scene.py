"""A broker in a process of its own, in a temporary folder on a free port, for the scripts of this suite."""
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from ports import free_port

PROGRAM = os.path.join(os.environ["FRAUDSCOPE_BIN"], "fraudscope")
SANITIZED = bool(os.environ.get("FRAUDSCOPE_SANITIZE"))
PATIENCE = 60 if SANITIZED else 20


class Scene(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.data = self.home + "/d"
        self.broker = None
        self.port = free_port()
        self.said = None
        self.start()
        self.create("t", 1)

    def tearDown(self):
        if self.broker and self.broker.poll() is None:
            self.stop()
        shutil.rmtree(self.home)

    def start(self, *more, environment=None):
        """What it says on stderr is in the file self.said."""
        arguments = [PROGRAM, "serve", "broker", "--data", self.data, "--kafka-port", self.port, *more]
        self.said = self.home + "/stderr"
        with open(self.said, "w", encoding="utf-8") as errors:
            self.broker = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=errors, text=True,
                                           env=dict(os.environ, **(environment or {})))
        address = self.broker.stdout.readline().strip()
        self.assertEqual(address, "bootstrap.servers=" + self.address())
        while self.broker.stdout.readline().strip() != "ready":
            pass

    def end(self, how):
        self.broker.send_signal(how)
        code = self.broker.wait(PATIENCE)
        self.broker.stdout.close()
        return code

    def stop(self):
        self.assertEqual(self.end(signal.SIGTERM), 0)

    def stderr(self):
        with open(self.said, encoding="utf-8") as text:
            return text.read()

    def refused(self, *more):
        """Exit status and stderr of a start that must fail."""
        result = subprocess.run([PROGRAM, "serve", "broker", "--data", self.data, *more], capture_output=True, text=True, timeout=PATIENCE)
        return result.returncode, result.stderr

    def address(self):
        return "127.0.0.1:" + self.port

    def create(self, topic, partitions):
        profile = self.home + "/profile"
        os.makedirs(profile, exist_ok=True)
        with open(profile + "/client.properties", "w", encoding="utf-8") as out:
            out.write(f"bootstrap.servers={self.address()}\n")
        result = subprocess.run([PROGRAM, "topics", "create", topic, str(partitions), "--profile", profile], capture_output=True, text=True,
                                timeout=PATIENCE, env=dict(os.environ, HOME=self.home, XDG_STATE_HOME=self.home))
        self.assertIn(f"Topic {topic} created", result.stdout, result.stderr)

    def kcat(self, *arguments, text=None):
        result = subprocess.run(["kcat", "-b", self.address(), *arguments], input=text, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def consume(self, topic, *more):
        return self.kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", *more)
