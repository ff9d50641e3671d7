"""The console in a real terminal: start, keys, resize, quit, and the terminal clean afterwards."""
import os
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.path.join(os.environ["FRAUDSCOPE_BIN"], "fraudscope")
PATIENCE = 60 if os.environ.get("FRAUDSCOPE_SANITIZE") else 20


class Terminal(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.home.name, "tmux")
        environment = dict(os.environ, HOME=self.home.name, XDG_STATE_HOME=self.home.name + "/state", LC_ALL="C.UTF-8", TERM="xterm-256color")
        for name in ("TMUX", "COLUMNS", "LINES"):
            environment.pop(name, None)
        self.environment = environment
        self.tmux("new-session", "-d", "-x", "120", "-y", "36", "env", "PS1=$ ", "sh")
        self.keys(f"{PROGRAM} --data {self.home.name}/d; echo left $?", "Enter")

    def tearDown(self):
        subprocess.run(["tmux", "-u", "-S", self.socket, "kill-server"], capture_output=True, env=self.environment)
        self.home.cleanup()

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-u", "-S", self.socket, *arguments], capture_output=True, text=True, env=self.environment, check=True,
                              timeout=30).stdout

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def wait(self, text, absent=False):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if (text in self.screen()) != absent:
                return
            time.sleep(0.05)
        self.fail(f"{text!r} {'still there' if absent else 'never came'} in\n{self.screen()}")

    def test_the_dashboard_appears_and_q_leaves_a_clean_terminal(self):
        self.wait("FRAUD WORKSHOP")
        self.wait("● live")
        self.assertEqual(self.tmux("display", "-p", "#{alternate_on}").strip(), "1")
        self.keys("Q")
        self.wait("left 0")
        self.assertEqual(self.tmux("display", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}").strip(), "0 1 0")

    def test_keys_run_commands_and_a_resize_keeps_the_picture(self):
        self.wait("● live")
        self.keys("t", "c")
        self.wait("transactions")
        self.keys("p", "p")
        self.wait("producer ●")
        self.tmux("resize-window", "-x", "80", "-y", "24")
        self.wait("FRAUD WORKSHOP")
        self.wait("P ●")
        self.tmux("resize-window", "-x", "60", "-y", "20")
        self.wait("needed 80x24")
        self.tmux("resize-window", "-x", "200", "-y", "60")
        self.wait("transactions")

    def test_a_crash_puts_the_terminal_back(self):
        self.wait("● live")
        pid = self.tmux("display", "-p", "#{pane_pid}").strip()
        child = subprocess.run(["pgrep", "-P", pid, "-x", "fraudscope"], capture_output=True, text=True).stdout.split()[0]
        subprocess.run(["kill", "-SEGV", child], check=True)
        self.wait("left 139")
        self.assertEqual(self.tmux("display", "-p", "#{alternate_on} #{cursor_flag}").strip(), "0 1")


if __name__ == "__main__":
    if os.environ.get("FRAUDSCOPE_SANITIZE"):  # the sanitizer has its own idea of what a crash prints
        del Terminal.test_a_crash_puts_the_terminal_back
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
