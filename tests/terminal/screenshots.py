"""Makes screenshots/ anew from real runs: tmux runs the program, pyte reads the screen, an SVG of it becomes a PNG.

usage: screenshots.py PROGRAM FOLDER (needs tmux, python3-pyte, librsvg2-bin, fonts-dejavu-core)
"""
import os
import subprocess
import sys
import tempfile
import time
from xml.sax.saxutils import escape

import pyte

CELL_WIDTH, CELL_HEIGHT, SIZE = 9.633, 18.625, 16  # metrics of DejaVu Sans Mono at 16 px
GROUND, TEXT = "10141a", "d7dde5"
NAMES = {"black": "000000", "red": "cd3131", "green": "0dbc79", "brown": "e5e510", "blue": "2472c8", "magenta": "bc3fbc", "cyan": "11a8cd",
         "white": "e5e5e5", "default": None}


def colour(name, otherwise):
    return NAMES.get(name, name if len(name) == 6 else None) or otherwise


def svg_of(screen):
    width, height = screen.columns * CELL_WIDTH, screen.lines * CELL_HEIGHT
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" font-family="DejaVu Sans Mono" '
             f'font-size="{SIZE}px" xml:space="preserve"><rect width="100%" height="100%" fill="#{GROUND}"/>']
    for y in range(screen.lines):
        for x in range(screen.columns):
            cell = screen.buffer[y][x]
            front, back = colour(cell.fg, TEXT), colour(cell.bg, GROUND)
            if cell.reverse:
                front, back = back, front
            if back != GROUND:
                parts.append(f'<rect x="{x * CELL_WIDTH:.2f}" y="{y * CELL_HEIGHT:.2f}" width="{CELL_WIDTH + 0.4:.2f}" '
                             f'height="{CELL_HEIGHT + 0.4:.2f}" fill="#{back}"/>')
            if cell.data.strip():
                weight = ' font-weight="bold"' if cell.bold else ""
                parts.append(f'<text x="{x * CELL_WIDTH:.2f}" y="{y * CELL_HEIGHT + 14.5:.2f}" fill="#{front}"{weight}>{escape(cell.data)}</text>')
    parts.append("</svg>")
    return "".join(parts)


def picture(program, columns, rows, keys, target):
    with tempfile.TemporaryDirectory() as home:
        environment = dict(os.environ, HOME=home, XDG_STATE_HOME=home + "/state", LC_ALL="C.UTF-8", TERM="xterm-256color", COLORTERM="")
        environment.pop("TMUX", None)

        def tmux(*arguments):
            return subprocess.run(["tmux", "-u", "-S", home + "/tmux", *arguments], env=environment, check=True, capture_output=True,
                                  text=True).stdout

        # the eleven steps up to the detector, so that the console finds a lab at work
        subprocess.run([program, "lab", "--data", home + "/d", "--seed", "7", "--until", "9", "--for", "10s"], env=environment, check=True,
                       capture_output=True)
        tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), program, "--data", home + "/d", "--seed", "7")
        for wait, key in keys:
            time.sleep(wait)
            if key:
                tmux("send-keys", *key.split(" "))
        captured = tmux("capture-pane", "-p", "-e", "-N")
        pid = tmux("display", "-p", "#{pane_pid}").strip()
        tmux("kill-server")
        while os.path.exists(f"/proc/{pid}"):  # it writes into its folder until it is gone
            time.sleep(0.05)
    screen = pyte.Screen(columns, rows)
    pyte.Stream(screen).feed(captured.rstrip("\n").replace("\n", "\r\n"))
    with tempfile.NamedTemporaryFile("w", suffix=".svg", encoding="utf-8") as svg:
        svg.write(svg_of(screen))
        svg.flush()
        subprocess.run(["rsvg-convert", "-o", target, svg.name], check=True)


def main():
    program, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    lab = [(2.0, "p p"), (0.5, "d d"), (0.5, "p +"), (0.5, "p +"), (0.5, "p +"), (15.0, "p b"), (6.0, None)]
    for letter, columns, rows in (("A", 120, 36), ("B", 80, 24), ("C", 200, 60)):
        picture(program, columns, rows, lab, f"{folder}/{letter}-dark-{columns}x{rows}.png")
        print(f"{folder}/{letter}-dark-{columns}x{rows}.png")


if __name__ == "__main__":
    main()
