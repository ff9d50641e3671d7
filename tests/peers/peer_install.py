"""Installs the foreign clients by their languages' package managers, from whatever registry these are set to, into the build
folder. What is installed is kept until its list changes. A client that cannot be had is told by name, and its test fails."""
import fcntl
import glob
import hashlib
import os
import shutil
import subprocess

HERE = os.path.join(os.environ["FRAUDSCOPE_SOURCE"], "tests", "peers")
FOLDER = os.path.join(os.path.dirname(os.environ["FRAUDSCOPE_BIN"]), "peers")
PATIENCE = 1200  # seconds for a download


class LeftOut(AssertionError):
    pass


def left_out(peer, why):
    return LeftOut(f"{peer} was left out: {why}. PEERS='...' names the clients that are wanted.")


def tool(peer, name, package):
    path = shutil.which(name)
    if not path:
        raise left_out(peer, f"there is no {name} (Debian: {package})")
    return path


def run(peer, command, **more):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, **more)
    if result.returncode != 0:
        raise left_out(peer, f"'{' '.join(command)}' ended with {result.returncode}:\n{result.stdout[-3000:]}")


def once(folder, lists, make):
    """Calls `make` in an empty folder of the build unless it has been made from the same lists."""
    folder = os.path.join(FOLDER, folder)
    os.makedirs(FOLDER, exist_ok=True)
    digest = hashlib.sha256()
    for name in lists:
        with open(os.path.join(HERE, name), "rb") as content:
            digest.update(content.read())
    stamp = folder + "/installed-from"
    with open(folder + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(stamp):
            with open(stamp, encoding="utf-8") as had:
                if had.read() == digest.hexdigest():
                    return folder
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        make(folder)
        with open(stamp, "w", encoding="utf-8") as now:
            now.write(digest.hexdigest())
    return folder


def python(peer, program):
    def make(folder):
        run(peer, [tool(peer, "python3", "python3"), "-m", "venv", folder])
        run(peer, [folder + "/bin/pip", "install", "--disable-pip-version-check", "-r", HERE + "/python/requirements.txt"])

    folder = once("python", ["python/requirements.txt"], make)
    return [folder + "/bin/python", f"{HERE}/python/{program}"]


def javascript(peer, program):
    node = tool(peer, "node", "nodejs")

    def make(folder):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(f"{HERE}/javascript/{name}", folder)
        run(peer, [tool(peer, "npm", "npm"), "ci", "--no-audit", "--no-fund"], cwd=folder)

    folder = once("javascript", ["javascript/package.json", "javascript/package-lock.json"], make)
    return ["env", f"NODE_PATH={folder}/node_modules", node, f"{HERE}/javascript/{program}"]


def go(peer, program):
    """Go keeps what it has built itself."""
    os.makedirs(FOLDER + "/go", exist_ok=True)
    binary = f"{FOLDER}/go/{program}"
    run(peer, [tool(peer, "go", "golang"), "build", "-o", binary, "./" + program], cwd=HERE + "/go")
    return [binary]


def java(peer):
    machine = tool(peer, "java", "default-jre-headless")

    def make(folder):
        run(peer, [tool(peer, "mvn", "maven"), "-B", "-q", "-f", HERE + "/java/pom.xml", "dependency:copy-dependencies",
                   "-DincludeScope=runtime", "-DoutputDirectory=" + folder])
        if not glob.glob(folder + "/kafka-tools-*.jar"):
            raise left_out(peer, "Maven brought no kafka-tools")

    folder = once("java", ["java/pom.xml"], make)
    return [machine, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:disable", "-XX:SharedArchiveFile=" + java_archive(),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", folder + "/*"]


def java_archive():
    """The tools' classes as the machine has read them once (java_test.py makes it): a start takes half of the time. It is not asked for
    when it is missing or another machine's."""
    return FOLDER + "/java.jsa"


def kcat(peer):
    return [tool(peer, "kcat", "kcat")]
