"""The stage of this suite: our servers on free ports in a temporary folder, the foreign clients of PEERS, and how they are asked.

A client program takes a verb and a JSON object of arguments, and prints one JSON object: what it saw, or {"error": "what the
client said"}. Where the servers are is in its environment: PEER_BOOTSTRAP, PEER_REGISTRY, and PEER_USERNAME with PEER_PASSWORD
when they ask for them. So the same sentences (peer_cases.py) are tried with every client.
"""
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["FRAUDSCOPE_SOURCE"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from ports import free_port  # noqa: E402
from recorder import Recorder  # noqa: E402

PROGRAM = os.path.join(os.environ["FRAUDSCOPE_BIN"], "fraudscope")
RECORD = os.environ.get("PEER_RECORD")  # a file to keep the clients' requests in
PATIENCE = 120  # seconds for what takes one; only to end a test that hangs


class Stage:
    """Servers of their own. `listen` serves others than this machine, so a password is made and required."""

    def __init__(self, servers=("broker", "registry"), listen=None):
        self.home = tempfile.mkdtemp()
        self.data = self.home + "/d"
        self.servers, self.listen = servers, listen
        self.ports = [word for name in servers for word in (f"--{'kafka' if name == 'broker' else name}-port", free_port())]
        self.process = None
        self.start()

    def start(self):
        command = [PROGRAM, "serve", *self.servers, "--data", self.data, *self.ports]
        if self.listen:
            command += ["--listen", self.listen]
        self.said = self.home + "/stderr"
        with open(self.said, "a", encoding="utf-8") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True,
                                            env=dict(os.environ, HOME=self.home, XDG_STATE_HOME=self.home))
        self.addresses = {}
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError("the servers did not start: " + self.stderr())
            if line.strip() == "ready":
                break
            name, _, value = line.strip().partition("=")
            self.addresses[name] = value
        self.bootstrap = self.addresses["bootstrap.servers"]
        self.registry = self.addresses.get("schema.registry.url")
        with open(self.data + "/servers.properties", encoding="utf-8") as lines:
            self.properties = dict(line.strip().split("=", 1) for line in lines if "=" in line)

    def environment(self, password=None):
        """What a client program finds there; a wrong `password` can be given."""
        environment = dict(os.environ, PEER_BOOTSTRAP=self.bootstrap, PEER_REGISTRY=self.registry or "")
        if self.listen:
            environment["PEER_USERNAME"] = self.properties["sasl.username"]
            environment["PEER_PASSWORD"] = password or self.properties["sasl.password"]
        return environment

    def basic(self):
        """The header that its HTTP servers ask for."""
        pair = f"{self.properties['sasl.username']}:{self.properties['sasl.password']}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def profile(self):
        """A profile of these servers for our own program."""
        with open(self.home + "/client.properties", "w", encoding="utf-8") as out:
            out.writelines(f"{name}={value}\n" for name, value in self.properties.items() if not name.startswith("schema."))
        return self.home

    def stop(self):
        """Ends the servers and gives their exit status."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return code

    def close(self):
        code = self.stop() if self.process.poll() is None else self.process.returncode
        said = self.stderr()
        shutil.rmtree(self.home)
        if code != 0:
            raise AssertionError(f"the servers ended with {code}: {said[-4000:]}")

    def stderr(self):
        with open(self.said, encoding="utf-8") as text:
            return text.read()


class PeerScene(unittest.TestCase):
    """One stage a class: clients take seconds to start, and topics keep the tests apart."""

    PEER = None          # its name in PEERS
    INSTALL = None       # a staticmethod of peer_install: makes the client, gives the command
    ARGUMENTS = ()       # of that function
    SERVERS = ("broker", "registry")
    LISTEN = None

    @classmethod
    def setUpClass(cls):
        if cls.PEER is None:
            raise unittest.SkipTest("the sentences; clients are in the other files")
        wanted = os.environ.get("PEERS", "").split()
        if wanted and cls.PEER not in wanted:
            raise unittest.SkipTest(f"{cls.PEER} is not among PEERS='{' '.join(wanted)}'")
        cls.command = cls.INSTALL(*cls.ARGUMENTS)
        cls.stage = Stage(cls.SERVERS, cls.LISTEN)
        cls.addClassCleanup(cls.stage.close)
        if RECORD:
            recorder = Recorder(cls.PEER, cls.stage.bootstrap)
            cls.stage.bootstrap = recorder.address
            cls.addClassCleanup(recorder.close, RECORD)

    def topic(self):
        """A name for this test alone."""
        return self.id().rsplit(".", 1)[1].replace("test_", "").replace("_", "-")[:200]

    def run_program(self, *command, text=None, environment=None, status=0):
        """The command's whole standard output; its errors are told when it ends with another status."""
        result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=PATIENCE,
                                env=environment or self.stage.environment())
        self.assertEqual(result.returncode, status, f"{' '.join(command)[:400]}\n{result.stdout[-4000:]}\n{result.stderr[-8000:]}")
        return result.stdout

    def ask(self, verb, environment=None, **arguments):
        """What the client program saw."""
        said = self.run_program(*self.command, verb, json.dumps(arguments), environment=environment)
        return json.loads(said.splitlines()[-1])

    def must(self, verb, environment=None, **arguments):
        """The same, and it was no error."""
        answer = self.ask(verb, environment, **arguments)
        self.assertNotIn("error", answer, f"{verb} {arguments}")
        return answer
