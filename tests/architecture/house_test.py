"""The house stands: arrows point down, libraries stay in their rooms, headers compile alone, nothing banned, few mutable statics."""
import os
import re
import subprocess
import sys
import tempfile

SOURCE = os.environ["FRAUDSCOPE_SOURCE"]
LIBRARY_HEADERS = {
    "jansson.h": "jansson", "avro.h": "avro", "avro/": "avro", "librdkafka/": "rdkafka", "curl/": "curl",
    "microhttpd.h": "microhttpd", "ncurses.h": "ncurses", "curses.h": "ncurses", "ncursesw/": "ncurses", "term.h": "ncurses",
    "readline/": "readline", "zlib.h": "zlib", "lz4": "lz4", "zstd.h": "zstd", "snappy": "snappy", "libpq-fe.h": "pq",
}
# ncurses and readline: one file each.
ONE_FILE = {"ncurses": "src/console/ui/screen.c", "readline": "src/console/ui/line.c"}
# The only files with mutable statics, each with its reason.
MUTABLE_STATICS = {
    "src/console/ui/line.c": "readline's callbacks carry no context",
    "src/console/ui/screen.c": "a signal handler restores the terminal from prepared bytes",
    "src/foundation/base/memory.c": "the fatal hook",
    "src/foundation/base/log.c": "one log sink a process, written from any thread",
}
BANNED = ["strcpy", "strcat", "strncpy", "strncat", "sprintf", "vsprintf", "gets", "strtok", "atoi", "atol", "atof", "alloca", "tmpnam", "mktemp", "asctime", "localtime", "gmtime", "setlocale_"]
TALK = ["TODO", "FIXME", "XXX"]

failures = []


def fail(text):
    failures.append(text)
    print("FAIL", text)


def house():
    table = {}
    for line in open(os.path.join(SOURCE, "src/house.txt"), encoding="utf-8"):
        if line.startswith("#") or not line.strip():
            continue
        parts = [part.strip() for part in line.split("|")] + ["", ""]
        table[parts[0]] = (parts[1].split(), parts[2].split())
    return table


def reachable(table, folder, seen=None):
    seen = set() if seen is None else seen
    for below in table[folder][0]:
        if below not in table:
            fail(f"house.txt: {folder} stands on unknown {below}")
        elif below not in seen:
            seen.add(below)
            reachable(table, below, seen)
    return seen


def room_of(table, path):
    """src/ksql/operator/x.c, include/ksql/operator/y.h or include/client/kafka.h belong to a folder of the table."""
    parts = os.path.splitext(path.split("/", 1)[1])[0].split("/")
    for size in range(len(parts), 0, -1):
        folder = "/".join(parts[:size])
        if folder in table:
            return folder
    return None


def files(*tops):
    for top in tops:
        for folder, _, names in os.walk(os.path.join(SOURCE, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), SOURCE)


def strip_comments_and_strings(text):
    pattern = r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'"
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)


def check_arrows(table):
    order = list(table)
    for folder, (below, _) in table.items():
        for other in below:
            if other in table and order.index(other) > order.index(folder):
                fail(f"house.txt: {folder} stands on {other}, which is above it")
    closure = {folder: reachable(table, folder) | {folder} for folder in table}
    # Libraries may be used where the table names them only, and are used where it names them.
    unused = {(folder, library) for folder, (_, libraries) in table.items() for library in libraries}
    for path in files("src", "include"):
        room = room_of(table, path)
        if room is None:
            fail(f"{path}: lies in no folder of src/house.txt")
            continue
        for number, line in enumerate(open(os.path.join(SOURCE, path), encoding="utf-8"), 1):
            found = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if not found:
                continue
            kind, name = found.groups()
            if kind == '"':
                if not os.path.exists(os.path.join(SOURCE, "include", name)) and not os.path.exists(os.path.join(SOURCE, "src", name)):
                    if not os.path.exists(os.path.join(SOURCE, os.path.dirname(path), name)):
                        fail(f"{path}:{number}: {name} is not in the house")
                    continue
                target = room_of(table, "include/" + name)
                private = not os.path.exists(os.path.join(SOURCE, "include", name))
                if target not in closure[room]:
                    fail(f"{path}:{number}: arrow from {room} to {target} ({name}) points the wrong way")
                elif private and target != room:
                    fail(f"{path}:{number}: {name} is private to {target}")
            else:
                for prefix, library in LIBRARY_HEADERS.items():
                    if name == prefix or (prefix[-1] == "/" and name.startswith(prefix)) or (prefix in ("lz4", "snappy") and name.startswith(prefix)):
                        unused.discard((room, library))
                        if library not in table[room][1]:
                            fail(f"{path}:{number}: library {library} outside its rooms")
                        elif library in ONE_FILE and path != ONE_FILE[library]:
                            fail(f"{path}:{number}: library {library} belongs to {ONE_FILE[library]} alone")
                        elif path.startswith("include/"):
                            fail(f"{path}:{number}: library {library} in a public header")
    for folder, library in sorted(unused):
        fail(f"house.txt: nothing in {folder} includes {library}")


def check_layout():
    """clang-format decides; other versions than Debian 12's decide otherwise in places."""
    version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True).stdout
    if not re.search(r"version 14\.", version):
        print(f"layout not looked at: it is that of clang-format 14, here is '{version.strip()}'")
        return
    result = subprocess.run(["clang-format", "--dry-run", *files("src", "include", "tests")], cwd=SOURCE, capture_output=True, text=True)
    for path in sorted(set(re.findall(r"^([^:\n]+):\d+:\d+: warning: code should be clang-formatted", result.stderr, re.M))):
        fail(f"{path}: not as clang-format lays it out; clang-format -i {path} mends it")


def check_headers_alone():
    compiler = os.environ.get("CC", "cc")
    with tempfile.TemporaryDirectory() as folder:
        lines = []
        for path in files("include"):
            source = os.path.join(folder, path.replace("/", "_") + ".c")
            with open(source, "w", encoding="utf-8") as out:
                out.write(f'#include "{path[len("include/"):]}"\nextern int nothing_else;\n')
            lines.append((path, source))
        for path, source in lines:
            command = [compiler, "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wstrict-prototypes", "-Werror", "-fsyntax-only", "-I", os.path.join(SOURCE, "include"), source]
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode:
                fail(f"{path} does not compile alone:\n{result.stderr}")


def check_words():
    banned = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    static = re.compile(r"^\s*static\s+(?!inline|_Noreturn|_Thread_local const)(?!.*\bconst\b[^*=;]*(=|\[|;))([^()=;]*)(=|;|\[[^\]]*\]\s*(=|;))")
    file_scope = re.compile(r"^(?!static|typedef|extern|struct\s+\w+\s*;|enum|union|return|#|const\b|\}|_Static_assert)[A-Za-z_][\w\s\*]*\s\**\w+(\[[^\]]*\])?\s*(=[^=].*|;)\s*$")
    for path in files("src", "include"):
        raw = open(os.path.join(SOURCE, path), encoding="utf-8").read()
        code = strip_comments_and_strings(raw)
        for number, line in enumerate(code.split("\n"), 1):
            found = banned.search(line)
            if found:
                fail(f"{path}:{number}: {found.group(1)} is banned")
            if path.startswith("src/") and path not in MUTABLE_STATICS:
                if static.match(line) and "const" not in line.split("=")[0].replace("const char *", "").replace("const struct", ""):
                    fail(f"{path}:{number}: mutable static: {line.strip()}")
                elif file_scope.match(line) and "const" not in line.split("=")[0].replace("const char *", ""):
                    fail(f"{path}:{number}: mutable global: {line.strip()}")
        for number, line in enumerate(raw.split("\n"), 1):
            for word in TALK:
                if re.search(r"\b" + word + r"\b", line):
                    fail(f"{path}:{number}: {word}")


def check_exact_statics():
    """Every file with writable data in its object code is on the list (read from the objects, so no pattern can miss one)."""
    build = os.getcwd()
    found = set()
    for folder, _, names in os.walk(os.path.join(build, "CMakeFiles")):
        for name in names:
            if not name.endswith(".c.o"):
                continue
            path = os.path.join(folder, name)
            relative = path.split(".dir/", 1)[1][: -len(".o")]
            if not relative.startswith("src/"):
                continue
            listing = subprocess.run(["nm", "--defined-only", "-f", "posix", path], capture_output=True, text=True).stdout
            for line in listing.splitlines():
                symbol, kind = line.split()[:2]
                if kind in "bBdDC" and not symbol.startswith((".", "__", "_GLOBAL_")):
                    # constant tables with addresses in position independent code are "d" in .data.rel.ro
                    sections = subprocess.run(["objdump", "-t", path], capture_output=True, text=True).stdout
                    for entry in sections.splitlines():
                        if entry.endswith(" " + symbol) and ".data.rel.ro" not in entry:
                            found.add((relative, symbol))
    for relative, symbol in sorted(found):
        if relative not in MUTABLE_STATICS:
            fail(f"{relative}: mutable data '{symbol}'")


def main():
    table = house()
    check_arrows(table)
    check_headers_alone()
    check_layout()
    check_words()
    if os.environ.get("FRAUDSCOPE_SANITIZE", "") == "":
        check_exact_statics()
    count = len(list(files("src", "include")))
    print(f"{count} files looked at, {len(failures)} failures")
    sys.exit(1 if failures or count == 0 else 0)


main()
