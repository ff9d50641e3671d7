"""The console without a terminal, on servers of its own: scripts of keys, waits and pictures; time moves by `advance` alone."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.join(os.environ["FRAUDSCOPE_BIN"], "fraudscope")
SIZES = ("80x24", "120x36", "200x60")

WALK = """
# All eleven steps, each command shown first and run second.
wait live
key 6 :
type step 1
key Enter
key Enter Enter
wait step 2 of 11
key Enter Enter
wait step 3 of 11
key Enter Enter
wait step 4 of 11
key Enter Enter
wait step 5 of 11
key Enter
wait :connector create
key Enter
wait step 6 of 11
key Enter Enter
wait step 7 of 11
key Enter Enter
wait Enter shows part 2 of 2
wait registered
key Enter Enter
wait Producer started
advance 3s
wait step 8 of 11
key Enter
wait CREATE STREAM TRANSACTIONS
key Enter
wait Enter shows part 2 of 6
key Enter Enter
wait Enter shows part 3 of 6
key Enter Enter
wait Enter shows part 4 of 6
key Enter Enter
wait Enter shows part 5 of 6
key Enter Enter
wait Enter shows part 6 of 6
key Enter Enter
advance 2s
wait step 9 of 11
key Enter Enter
wait Detector started
advance 1s
key Enter Enter
wait alerts 1
key Enter Enter
wait Enter shows part 4 of 4
key Enter Enter
key 5
wait SELECT DETAILS
wait Possible fraud
key C-c
wait stopped
key 6
wait step 10 of 11
picture walked.txt
key Enter
wait :cleanup
key Enter
wait Type embedded and Enter
type embedded
key Enter
wait things of the lab are gone
advance 6s
wait step 11 of 11
"""

PRODUCE = """
wait live
key t c
wait fraudulent_transactions-value registered
key c c
wait cdc.public.c
key 2 z p p
wait 0:0
advance 1s
wait 0:1
advance 1s
wait 0:2
advance 5s
wait 0:7
picture first.txt
resize 120x36
key j j Enter 3
picture second.txt
"""


class Script(unittest.TestCase):
    world = ("--seed", "7", "--clock", "2026-03-14T12:04:31Z")

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.environment = dict(os.environ, HOME=self.folder.name, LC_ALL="C.UTF-8")
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "NO_COLOR"):
            self.environment.pop(name, None)

    def tearDown(self):
        self.folder.cleanup()

    def run_script(self, script, *arguments):
        path = os.path.join(self.folder.name, "script")
        with open(path, "w", encoding="utf-8") as out:
            out.write(script)
        return subprocess.run([PROGRAM, "--memory", *self.world, "--script", path, *arguments],
                              capture_output=True, text=True, timeout=280, env=self.environment, cwd=self.folder.name)

    def picture(self, name):
        with open(os.path.join(self.folder.name, name), encoding="utf-8") as text:
            return text.read()

    def lines(self, name):
        return re.sub("\033\\[[0-9;]*m", "", self.picture(name)).splitlines()

    def walk(self, size):
        result = self.run_script(WALK, "--size", size, "--picture", "last.txt")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        columns, rows = map(int, size.split("x"))
        for name in ("walked.txt", "last.txt"):
            self.assertEqual({len(line) for line in self.lines(name)}, {columns})
            self.assertEqual(len(self.lines(name)), rows)
        self.assertIn("[√] 9  Detect fraud", "\n".join(self.lines("walked.txt")))
        self.assertIn("[√] 10 Clean up", "\n".join(self.lines("last.txt")))

    def test_all_steps_are_walked_at_80x24(self):
        self.walk("80x24")

    def test_all_steps_are_walked_at_120x36(self):
        self.walk("120x36")

    def test_all_steps_are_walked_at_200x60(self):
        self.walk("200x60")

    def taken(self, *arguments):
        """Whole screens, colours and all."""
        result = self.run_script(PRODUCE, *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return [self.picture(name).splitlines() for name in ("first.txt", "second.txt")]

    def test_the_same_script_seed_and_clock_give_the_same_pictures(self):
        first, second = self.taken()
        self.assertEqual([first, second], self.taken())
        self.assertIn("12:04:38.000", "\n".join(first))
        self.assertRegex("\n".join(first), r"P ● 1\.\d/s")
        self.assertEqual(len(second), 36)
        self.assertIn("••", "\n".join(second))

    def test_a_script_without_seed_and_clock_has_its_own_and_gives_the_same_pictures(self):
        self.world = ()
        first = self.taken()
        self.assertEqual(first, self.taken())
        self.assertIn("12:00:07.000", "\n".join(first[0]))

    def test_a_picture_has_the_colours_asked_for(self):
        for colour, present, absent in (("mono", "\033[0;7m", "38;"), ("16", "\033[0;30;47m", "38;"), ("256", "38;5;254;48;5;236", "38;2;"),
                                        ("24", "38;2;228;233;238", "38;5;")):
            result = self.run_script("wait FRAUD", "--colour", colour, "--picture", "p.txt")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn(present, self.picture("p.txt"))
            self.assertNotIn(absent, self.picture("p.txt"))
        self.run_script("wait FRAUD", "--theme", "light", "--colour", "256", "--glyphs", "ascii", "--picture", "p.txt")
        self.assertIn("48;5;254", self.picture("p.txt"))
        self.assertTrue(self.picture("p.txt").isascii())

    def test_wrong_scripts_and_options_are_refused_with_their_place(self):
        for script, arguments, said in (
                ("key p\ndance\n", (), "script:2: `dance` is no line of a script"),
                ("advance soon\n", (), "script:1: `soon` is no time"),
                ("# fine\n\nresize big\n", (), "script:3: `big` is no size"),
                ("key averyverylongnameofakey\n", (), "script:1: "),
                ("wait live", ("--size", "80"), "--size wants CxR, not '80'"),
                ("wait live", ("--size", "0x5"), "--size wants CxR"),
                ("wait live", ("--colour", "many"), "--colour wants"),
                ("wait live", ("--theme", "none"), "there is no theme 'none'; there are dark, light")):
            result = self.run_script(script, *arguments)
            self.assertEqual(result.returncode, 2, (script, result.stderr))
            self.assertIn(said, result.stderr)
        result = self.run_script("picture no/such/folder/p.txt")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no/such/folder", result.stderr)

    def test_quit_ends_a_script(self):
        result = self.run_script("wait live\nkey Q\nwait something that never comes\n", "--picture", "p.txt")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("FRAUD WORKSHOP", self.picture("p.txt"))


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1)
