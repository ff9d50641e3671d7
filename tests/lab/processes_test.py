"""Four servers as four processes and a console with a profile of them: each is killed in turn, named, and comes back."""
import signal
import sys
import unittest

from pipeline import Pipeline
from ports import free_port
from scene import PATIENCE

SERVERS = {"broker": ("bootstrap.servers", "--kafka-port", "Kafka"),
           "registry": ("schema.registry.url", "--registry-port", "The schema registry"),
           "ksqldb": ("ksqldb.url", "--ksqldb-port", "ksqlDB"),
           "connect": ("connect.url", "--connect-port", "Connect")}


class Processes(Pipeline):
    def setUp(self):
        super().setUp()
        self.running, self.addresses = {}, {}
        self.ports = {name: free_port() for name in SERVERS}
        for name in SERVERS:
            self.start_server(name)
        self.console = self.plain("--profile", self.profile(**{key.replace(".", "_"): value for key, value in self.addresses.items()}),
                                  "--seed", "7")

    def start_server(self, name):
        """On the same port each time; it knows the servers before it."""
        address, option, _ = SERVERS[name]
        arguments = [name, "--data", f"{self.home.name}/{name}", option, self.ports[name]]
        if name != "broker":
            others = {key.replace(".", "_"): value for key, value in self.addresses.items() if key != address}
            arguments += ["--profile", self.profile(**others)]
        process, addresses = self.serve(*arguments)
        self.running[name] = process
        self.addresses[address] = addresses[address]

    @property
    def bootstrap(self):
        return self.addresses["bootstrap.servers"]

    def customers_by_file(self):
        """A profile is somebody else's servers: the connector is told what to play."""
        path = self.home.name + "/customers.properties"
        with open(path, "w", encoding="utf-8") as out:
            out.write("name=CDC_Postgresql\nconnector.class=datagen\nquickstart=customers\ntasks.max=1\n"
                      "kafka.topic=cdc.public.customers\nseed=7\ncount=100\n")
        return path

    def start_lab(self):
        console = self.console
        self.set_up_lab(console, self.bootstrap, f"connector create {self.customers_by_file()}")
        self.say(console, "detector start")
        self.read_until(console, "^Detector started")
        self.say(console, "producer start 20")
        self.read_until(console, "^Producer started")
        self.eventually(lambda: self.end_of(self.bootstrap, "FEATURE_SET") > 20)

    def kill(self, name):
        process = self.running[name]
        process.kill()
        process.wait()
        self.read_until(self.console, f"^{SERVERS[name][2]} is away: ")
        self.say(self.console, "help quit")
        self.read_until(self.console, "^quit : stops", patience=10)  # the console answers meanwhile
        self.start_server(name)
        self.read_until(self.console, f"^{SERVERS[name][2]} answers again")

    def counted_at_least(self, expected):
        """A killed server may count a row twice, never leave one out; the last rows come with the next commit."""
        def missing():
            found = self.feature_windows(self.bootstrap)
            nothing = (None, None, 0, 0)
            return {key: (found.get(key), wanted) for key, wanted in expected.items()
                    if found.get(key, nothing)[:2] != wanted[:2] or found[key][2] < wanted[2]}
        try:
            self.eventually(lambda: not missing())
        except AssertionError:
            self.assertEqual(missing(), {})
        self.assertEqual(self.feature_windows(self.bootstrap).keys(), expected.keys())

    def test_each_server_killed_is_named_and_recovers_and_the_lab_goes_on(self):
        self.start_lab()
        for name in SERVERS:
            with self.subTest(killed=name):
                self.kill(name)
                before = self.end_of(self.bootstrap, "FEATURE_SET")
                self.eventually(lambda: self.end_of(self.bootstrap, "FEATURE_SET") > before + 10)
                self.check_holds(self.console, 5)
                self.check_holds(self.console, 8)
        self.say(self.console, "producer stop")
        self.read_until(self.console, "^Producer stopped after")
        expected = self.expected_windows(self.bootstrap)
        self.counted_at_least(expected)
        self.eventually(lambda: self.alerted(self.bootstrap) >= self.rule_breakers(expected))
        self.say(self.console, "cleanup!")
        self.read_until(self.console, r"^Clean-up: \d+ things of the lab are gone")
        self.say(self.console, "quit")
        self.assertIn(self.console.wait(PATIENCE), (0, 1))  # 1: what failed meanwhile was said as an error
        for process in reversed(list(self.running.values())):
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(PATIENCE), 0, self.errors_of(process))

    def test_a_server_is_refused_without_the_kafka_that_it_stands_on(self):
        for name in ("registry", "ksqldb", "connect"):
            result = self.run_program("serve", name, "--data", self.home.name + "/alone")
            self.assertEqual(result.returncode, 2, name)
            self.assertIn("--profile must name a Kafka", result.stderr)


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
