"""The lab without a screen: servers, topics, connector, producer and clean-up through the program itself."""
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest

from scene import PATIENCE, Scene


class Lab(Scene):
    def test_the_first_two_steps_hold_and_are_told_as_json(self):
        result = self.run_program("lab", "--json", "--until", "2", "--data", self.home.name + "/d")
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([(row["step"], row["ok"]) for row in rows[:-1]], [(1, True), (2, True)])
        self.assertTrue(rows[-1]["done"])
        self.assertEqual(rows[-1]["steps_passed"], 2)
        self.assertTrue(0 < rows[-1]["servers_ready_ms"] < PATIENCE * 1000)

    def test_all_nine_steps_hold_on_our_own_servers_and_the_tenth_cleans_up(self):
        result = self.run_program("lab", "--json", "--until", "10", "--rate", "5", "--data", self.home.name + "/d")
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([row for row in rows[:-1] if not row["ok"]], [], result.stderr)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(rows[-1]["steps_passed"], 10)

    def test_topics_connector_producer_and_clean_up_work_from_plain_lines(self):
        console = self.start("plain", "--data", self.home.name + "/d", "--seed", "7")
        self.read_until(console, "^Servers are up")
        self.say(console, "topic create customers 1")
        self.read_until(console, "^Topic customers created with 1 partition")
        self.say(console, "connector create")
        self.read_until(console, "^Connector CDC_Postgresql created")
        self.say(console, "topic create workshop")
        self.read_until(console, "^Subject fraudulent_transactions-value registered")
        self.say(console, "producer start 20")
        self.read_until(console, "^Producer started with 20 a second")
        self.say(console, "producer burst 4")
        self.read_until(console, "^Burst sent: 4 transactions of one card")
        until = time.monotonic() + PATIENCE
        for check in ("5", "7"):
            while True:
                self.say(console, f"check {check}; help quit")
                lines = self.read_until(console, "^quit : stops")
                if all("does not hold" not in line for line in lines):
                    break
                self.assertLess(time.monotonic(), until, lines)
                time.sleep(0.2)
        self.say(console, "producer stop")
        self.read_until(console, "^Producer stopped after")
        self.say(console, "cleanup")
        self.assertIn("Clean up embedded", self.read_until(console, "^Type embedded to go ahead"))
        self.say(console, "cleanup")  # no answer to that
        self.read_until(console, "^Nothing was done")
        self.say(console, "cleanup")
        self.read_until(console, "^Type embedded to go ahead")
        self.say(console, "embedded")
        self.read_until(console, r"^Clean-up: \d+ things of the lab are gone")
        self.say(console, "quit")
        self.assertEqual(console.wait(PATIENCE), 0)

    def test_what_deletes_is_asked_for_and_not_done_when_the_input_ends(self):
        data = self.home.name + "/d"
        result = self.run_program("plain", "--data", data, typed="topic create kept 1\ntopic delete kept\n")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("Type kept to go ahead", result.stdout)
        self.assertIn("error: `topic delete kept` was not confirmed: the input ended; `topic! delete kept` does not ask", result.stderr)
        self.assertRegex(self.run_program("topics", "--data", data).stdout, "kept +1 partition")
        self.assertEqual(self.run_program("plain", "--data", data, typed="topic delete kept\nkept\n").returncode, 0)
        self.assertNotIn("kept", self.run_program("topics", "--data", data).stdout)
        self.assertEqual(self.run_program("plain", "--data", data, typed="topic create more 1\ntopic! delete more\n").returncode, 0)
        self.assertNotIn("more", self.run_program("topics", "--data", data).stdout)

    def test_a_disk_that_takes_no_more_is_said_by_the_console(self):
        console = self.plain("--data", self.home.name + "/d", "--seed", "7")
        self.say(console, "topic create workshop")
        self.read_until(console, "^Subject fraudulent_transactions-value registered")
        subprocess.run(["prlimit", "--pid", str(console.pid), "--fsize=20000"], check=True)
        self.say(console, "producer start 100")
        told = r"(?m)^warning: cannot write to .*/transactions-0: File too large; clients are answered with an error until it works again$"
        self.eventually(lambda: re.search(told, self.errors_of(console)))
        self.say(console, "quit!")
        self.assertIn(console.wait(PATIENCE), (0, 1))

    def test_a_restart_goes_on_with_topics_and_connector(self):
        data = self.home.name + "/d"
        first = self.start("plain", "--data", data)
        self.read_until(first, "^Servers are up")
        self.say(first, "topic create kept 3; connector create")
        self.read_until(first, "^Connector CDC_Postgresql created")
        self.say(first, "quit")
        self.assertEqual(first.wait(PATIENCE), 0)
        second = self.run_program("topics", "--data", data)
        self.assertEqual(second.returncode, 0, second.stderr)
        self.assertRegex(second.stdout, r"kept +3 partitions")

    def test_a_second_program_joins_the_servers_of_the_first(self):
        data = self.home.name + "/d"
        first = self.start("serve", "--data", data)
        lines = self.read_until(first, "^ready$")
        addresses = dict(line.split("=", 1) for line in lines if "=" in line)
        self.assertIn("bootstrap.servers", addresses)
        self.assertIn("schema.registry.url", addresses)
        self.assertIn("ksqldb.url", addresses)
        self.assertIn("connect.url", addresses)
        self.assertEqual(os.stat(addresses["profile"]).st_mode & 0o777, 0o600)
        second = self.run_program("topics", "--data", data)
        self.assertEqual(second.returncode, 0, second.stderr)
        self.assertIn("Joined the servers of another fraudscope", second.stderr)
        first.send_signal(signal.SIGTERM)
        self.assertEqual(first.wait(PATIENCE), 0)
        self.assertFalse(os.path.exists(addresses["profile"]))

    @staticmethod
    def threads_of(process):
        names = []
        for task in os.listdir(f"/proc/{process.pid}/task"):
            with open(f"/proc/{process.pid}/task/{task}/comm", encoding="utf-8") as name:
                names.append(name.read().strip())
        return names

    def test_each_server_can_be_a_process_of_its_own(self):
        broker = self.start("serve", "broker", "--data", self.home.name + "/d")
        kafka = next(line for line in self.read_until(broker, "^ready$") if line.startswith("bootstrap"))
        self.assertFalse([name for name in self.threads_of(broker) if name.startswith("http")], "a broker alone needs no HTTP")
        profile = self.home.name + "/profile"
        os.mkdir(profile)
        with open(profile + "/client.properties", "w", encoding="utf-8") as out:
            out.write(kafka + "\n")
        registry = self.start("serve", "registry", "--data", self.home.name + "/d", "--profile", profile)
        address = self.read_until(registry, "^schema.registry.url=")[-1]
        self.read_until(registry, "^ready$")
        with open(profile + "/schema.properties", "w", encoding="utf-8") as out:
            out.write(address + "\n")
        ksqldb = self.start("serve", "ksqldb", "--data", self.home.name + "/d", "--profile", profile)
        self.read_until(ksqldb, "^ksqldb.url=")
        self.read_until(ksqldb, "^ready$")


class WrongUse(Scene):
    def test_an_unknown_command_or_option_is_wrong_use(self):
        self.assertEqual(self.run_program("nonsense").returncode, 2)
        result = self.run_program("--nonsense")
        self.assertEqual(result.returncode, 2)
        self.assertIn("there is no option --nonsense", result.stderr)

    def test_an_unreadable_profile_says_so(self):
        result = self.run_program("topics", "--profile", self.home.name + "/nowhere")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("nowhere", result.stderr)

    def test_a_profile_whose_kafka_is_down_is_not_reachable(self):
        profile = self.home.name + "/profile"
        os.mkdir(profile)
        with open(profile + "/client.properties", "w", encoding="utf-8") as out:
            out.write("bootstrap.servers=127.0.0.1:1\n")
        result = self.run_program("topics", "--profile", profile)
        self.assertEqual(result.returncode, 3, result.stderr)

    def test_an_explicit_port_that_is_taken_is_an_error(self):
        first = self.start("serve", "--data", self.home.name + "/a")
        line = next(line for line in self.read_until(first, "^ready$") if line.startswith("bootstrap"))
        port = line.rsplit(":", 1)[1]
        result = self.run_program("serve", "--data", self.home.name + "/b", "--kafka-port", port)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"port {port} on 127.0.0.1 is taken", result.stderr)

    def test_help_and_manual_are_printed_from_the_tables(self):
        self.assertIn("fraudscope serve", self.run_program("--help").stdout)
        self.assertIn(".TH FRAUDSCOPE 1", self.run_program("man").stdout)


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
