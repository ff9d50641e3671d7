"""The console in a real terminal: start, keys, paste, resize, suspension, ends of every kind, and the terminal clean afterwards."""
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.path.join(os.environ["FRAUDSCOPE_BIN"], "fraudscope")
PATIENCE = 90 if os.environ.get("FRAUDSCOPE_SANITIZE") else 30


class Terminal(unittest.TestCase):
    size, arguments, variables, files = (120, 36), "", {}, {}

    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.home.name, "tmux")
        self.environment = dict(os.environ, HOME=self.home.name, XDG_STATE_HOME=self.home.name + "/state", LC_ALL="C.UTF-8", TERM="xterm-256color",
                                ENV="/dev/null")
        for name in ("TMUX", "COLUMNS", "LINES", "XDG_CONFIG_HOME", "NO_COLOR", "COLORTERM"):
            self.environment.pop(name, None)
        for name, text in self.files.items():
            path = os.path.join(self.home.name, ".config/fraudscope", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
        self.tmux("new-session", "-d", "-x", str(self.size[0]), "-y", str(self.size[1]), "env", "PS1=$ ", "sh", "-m")
        self.start()

    def start(self):
        settings = "".join(f"{name}={value} " for name, value in self.variables.items())
        self.type(f"{settings}{PROGRAM} --data {self.home.name}/d {self.arguments}; echo left $?")

    def tearDown(self):
        for pid in self.programs():
            subprocess.run(["kill", "-KILL", pid], capture_output=True)
            self.gone(pid)
        subprocess.run(["tmux", "-u", "-S", self.socket, "kill-server"], capture_output=True, env=self.environment)
        self.home.cleanup()

    @staticmethod
    def gone(pid):
        """A killed program's threads may still write for a moment."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                    if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                        return
            except OSError:
                return
            time.sleep(0.01)

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-u", "-S", self.socket, *arguments], capture_output=True, text=True, env=self.environment, check=True,
                              timeout=30).stdout

    def programs(self):
        shell = subprocess.run(["tmux", "-u", "-S", self.socket, "display", "-p", "#{pane_pid}"], capture_output=True, text=True,
                               env=self.environment).stdout.strip()
        return subprocess.run(["pgrep", "-P", shell, "-x", "fraudscope"], capture_output=True, text=True).stdout.split() if shell else []

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def wait(self, text, absent=False):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if (text in self.screen()) != absent:
                return
            time.sleep(0.05)
        self.fail(f"{text!r} {'still there' if absent else 'never came'} in\n{self.screen()}")

    def state(self):
        return self.tmux("display", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}").strip()

    def kill(self, signal):
        pids = self.programs()
        self.assertEqual(len(pids), 1)
        subprocess.run(["kill", signal, pids[0]], check=True)


class Ends(Terminal):
    def test_the_dashboard_appears_and_q_leaves_a_clean_terminal(self):
        self.wait("FRAUD WORKSHOP")
        self.wait("● live")
        self.assertEqual(self.state()[0], "1")
        self.keys("Q")
        self.wait("left 0")
        self.assertEqual(self.state(), "0 1 0")
        self.type("stty -a | tr ' ;' '\\n\\n' | grep -xE 'icanon|echo|isig' | tr '\\n' +")
        self.wait("isig+icanon+echo+")

    def test_quitting_asks_while_the_producer_runs(self):
        self.wait("● live")
        self.keys("t", "c")
        self.wait("transactions")
        self.keys("p", "p")
        self.wait("producer ●")
        self.keys("Q")
        self.wait("[s] stop it and quit  [c] cancel")
        self.keys("c")
        self.wait("[c] cancel", absent=True)
        self.keys("C-c", "C-c")
        self.wait("[s] stop it and quit")
        self.keys("s")
        self.wait("left 0")
        self.assertEqual(self.state(), "0 1 0")

    def test_a_terminating_signal_ends_in_order_without_asking(self):
        for signal, status in (("-TERM", 4), ("-HUP", 4)):
            self.wait("● live")
            self.keys("t", "c")
            self.wait("transactions")
            self.keys("p", "p")
            self.wait("producer ●")
            self.kill(signal)
            self.wait(f"left {status}")
            self.assertEqual(self.state(), "0 1 0")
            self.type("clear")
            self.wait("left", absent=True)
            self.start()
        self.wait("● live")
        self.wait("transactions")

    def test_suspending_names_what_pauses_and_coming_back_paints_anew(self):
        self.wait("● live")
        self.keys("t", "c")
        self.wait("transactions")
        self.keys("p", "p")
        self.wait("producer ●")
        self.keys("C-z")
        self.wait("fraudscope is suspended")
        self.wait("the producer")
        self.assertEqual(self.state(), "0 1 0")
        self.type("echo shell $((20 + 3))")
        self.wait("shell 23")
        self.type("fg")
        self.wait("FRAUD WORKSHOP")
        self.wait("Back after")
        self.keys("?")
        self.wait("type to search")
        self.assertEqual(self.state()[0], "1")

    def test_suspending_asks_while_another_program_is_attached(self):
        self.wait("● live")
        self.keys("t", "c")
        self.wait("transactions")
        with open(os.path.join(self.home.name, "d/servers.properties"), encoding="utf-8") as lines:
            address = next(line.split("=", 1)[1].strip() for line in lines if line.startswith("bootstrap.servers="))
        guest = subprocess.Popen(["kcat", "-b", address, "-C", "-t", "transactions", "-X", "client.id=guest"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + PATIENCE
            while "  guest (" not in self.screen():  # who is connected is told a moment later
                self.assertLess(time.monotonic(), until, self.screen())
                self.keys("Escape")
                self.type(":room")
                self.keys("!")
                time.sleep(0.5)
            self.keys("Escape")
            self.keys("C-z")
            self.wait("of other programs")
            self.keys("n")
            self.wait("Nothing was done.")
            self.keys("C-z", "y")
            self.wait("fraudscope is suspended")
            self.type("fg")
            self.wait("Back after")
        finally:
            guest.kill()
            guest.wait()


class Crash(Terminal):
    def test_a_crash_puts_the_terminal_back_and_names_the_log(self):
        for name in ("-SEGV", "-ABRT"):
            self.wait("● live")
            self.kill(name)
            self.wait("left 1")
            self.assertEqual(self.state(), "0 1 0")
            self.assertIn("fraudscope crashed", self.screen())
            self.assertIn("fraudscope.log", self.screen().replace("\n", ""))
            self.type("clear")
            self.wait("left", absent=True)
            self.start()

    def test_so_does_a_crash_of_another_thread(self):
        self.wait("● live")
        process = int(self.programs()[0])
        threads = {}
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/comm", encoding="ascii") as name:
                threads[name.read().strip()] = int(thread)
        self.assertEqual(ctypes.CDLL(None).tgkill(process, threads["broker"], signal.SIGSEGV), 0)
        self.wait("left 1")
        self.assertEqual(self.state(), "0 1 0")
        self.assertIn("fraudscope crashed", self.screen())


class Work(Terminal):
    def test_keys_run_commands_and_a_resize_keeps_the_picture(self):
        self.wait("● live")
        self.keys("t", "c")
        self.wait("transactions")
        self.keys("p", "p")
        self.wait("producer ●")
        for columns, rows, shown in ((80, 24, "P ●"), (60, 20, "needed 80x24"), (200, 60, "step"), (120, 36, "producer ●")):
            self.tmux("resize-window", "-x", str(columns), "-y", str(rows))
            self.wait(shown)
            self.wait("producer" if columns == 60 else "FRAUD WORKSHOP")

    def test_pasted_text_never_runs_by_itself(self):
        self.wait("● live")
        self.tmux("set-buffer", "Qp p\nproducer start\n")
        self.tmux("paste-buffer", "-p")
        self.wait("Pasted text ignored: press : or s s first")
        self.keys(":")
        self.wait("Tab complete")
        self.tmux("paste-buffer", "-p")
        self.wait(":Qp p producer start")
        self.keys("Escape")
        self.wait(":Qp p", absent=True)
        self.assertIn("producer ○", self.screen())

    def test_the_command_line_completes_and_remembers_over_runs(self):
        self.wait("● live")
        self.keys(":")
        self.tmux("send-keys", "-l", "topic create wor")
        self.keys("Tab")
        self.wait(":topic create workshop")
        self.keys("Enter")
        self.wait("fraudulent_transactions-value")
        self.type(":set fraud-chance password")
        self.wait("percentage")
        self.keys("Q")
        self.wait("left 0")
        self.type("clear")
        self.wait("left", absent=True)
        self.start()
        self.wait("● live")
        self.keys(":", "Up")
        self.wait(":topic create workshop")
        with open(f"{self.home.name}/d/history", encoding="utf-8") as history:
            self.assertEqual(history.read(), "topic create workshop\n")
        self.assertEqual(os.stat(f"{self.home.name}/d/history").st_mode & 0o777, 0o600)

    def test_files_complete_and_a_picture_is_written(self):
        self.wait("● live")
        os.makedirs(f"{self.home.name}/pictures")
        self.keys(":")
        self.tmux("send-keys", "-l", f"picture {self.home.name}/pict")
        self.wait("pictures/")
        self.keys("Tab")
        self.wait(f"{self.home.name}/pictures/")
        self.type("one.txt")
        self.wait("Written")
        with open(f"{self.home.name}/pictures/one.txt", encoding="utf-8") as picture:
            text = picture.read()
        self.assertIn("FRAUD WORKSHOP", text)
        self.assertIn("\033[0;38;5;", text)

    def test_copied_rows_reach_the_terminals_clipboard(self):
        self.wait("● live")
        self.tmux("set-option", "-s", "set-clipboard", "on")
        self.keys("t", "c")
        self.wait("registered")
        self.keys("1", "y")
        self.wait("Copied to the clipboard: transactions")
        self.assertEqual(self.tmux("show-buffer").strip(), "transactions")


class Walk(Terminal):
    size = (80, 24)

    def enter_twice(self):
        self.keys("Enter")
        self.wait("Enter runs part")
        self.keys("Enter")
        self.wait("Enter runs part", absent=True)

    def test_all_steps_are_walked_by_showing_and_running(self):
        self.wait("● live")
        self.keys("6")
        self.wait("step 4 of 11")
        self.enter_twice()
        self.wait("step 5 of 11")
        self.enter_twice()
        self.wait("step 6 of 11")
        self.enter_twice()
        self.wait("step 7 of 11")
        self.enter_twice()
        self.wait("Enter shows part 2 of 2")
        self.enter_twice()
        self.wait("step 8 of 11")
        for part in range(6):
            self.enter_twice()
            self.wait(f"Enter shows part {part + 2} of 6" if part < 5 else "step 9 of 11")
        for part in range(4):
            self.enter_twice()
            self.wait(f"Enter shows part {part + 2} of 4" if part < 3 else "step 10 of 11")
        self.wait(" (+")  # some were raised, none was seen
        self.enter_twice()
        self.wait("Type embedded and Enter")
        self.type("embedded")
        self.wait("step 11 of 11")
        self.keys("Q")
        self.wait("left 0")


class Mono(Terminal):
    variables = {"NO_COLOR": "1"}

    def test_no_color_leaves_attributes_alone(self):
        self.wait("● live")
        picture = self.screen("-e")
        self.assertIn("\033[7m", picture)
        self.assertNotIn("\033[38", picture)
        self.assertNotIn("48;5", picture)


class Colours(Terminal):
    def test_colours_and_themes_change_while_it_runs(self):
        self.wait("● live")
        self.assertIn("38;5;", self.screen("-e"))
        self.type(":colour mono")
        self.wait_look("38;5;", absent=True)
        self.type(":colour 16")
        self.wait_look("\033[97m")
        self.type(":colour auto")
        self.wait_look("48;5;233")
        self.keys("T")
        self.wait_look("48;5;231")
        self.type(":theme nonsense")
        self.wait("there is no theme 'nonsense'; there are dark, light")
        self.type(":glyphs ascii")
        self.wait("| live")

    def wait_look(self, text, absent=False):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if (text in self.screen("-e")) != absent:
                return
            time.sleep(0.05)
        self.fail(f"{text!r} {'still there' if absent else 'never came'} in {self.screen('-e')!r}")


class Ascii(Terminal):
    variables = {"LC_ALL": "C"}

    def test_a_locale_without_utf_8_gets_ascii(self):
        self.wait("| live")
        self.assertTrue(self.screen().isascii())


class Own(Terminal):
    arguments = "--theme mine"
    files = {"themes/mine.theme": "inherit = dark\nglow = red\nalert = 300\n", "keys": "global F5 topics  # topics\nglobal Foo quit\n",
             "settings": "set high 100\nset nonsense 1\nwhat\n"}

    def test_own_themes_keys_and_settings_are_read_and_their_faults_named_by_line(self):
        self.wait("● live")
        self.keys("!")
        for fault in ("mine.theme:2: unknown role `glow`", "mine.theme:3: `300` is no colour", "keys:2: unknown key `Foo`", "settings:2: ",
                      "settings:3: "):
            self.wait(fault)
        self.keys("Escape", "F5")
        self.wait("0 records")


class Dumb(Terminal):
    variables = {"TERM": "dumb"}

    def test_a_dumb_terminal_gets_plain_mode(self):
        self.wait("Commands one a line")
        self.type("quit")
        self.wait("left 0")


if __name__ == "__main__":
    if os.environ.get("FRAUDSCOPE_SANITIZE"):  # the sanitizer has its own idea of what a crash prints
        del Crash
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
