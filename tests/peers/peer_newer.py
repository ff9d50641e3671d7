"""Installs the clients of newer kinds beside those of peer_install.py, each from a list of its own."""
import glob
import os
import shutil

from peer_install import HERE, left_out, once, run, tool


def python(peer, requirements, program):
    """A Python of its own: two versions of a package do not live in one."""
    def make(folder):
        run(peer, [tool(peer, "python3", "python3"), "-m", "venv", folder])
        run(peer, [folder + "/bin/pip", "install", "--disable-pip-version-check", "-r", f"{HERE}/python/{requirements}"])

    folder = once("python-" + peer, ["python/" + requirements], make)
    return [folder + "/bin/python", f"{HERE}/python/{program}"]


def javascript(peer, program):
    """A folder of JavaScript with its own list."""
    node = tool(peer, "node", "nodejs")
    lists = [f"{peer}/package.json", f"{peer}/package-lock.json"]

    def make(folder):
        for name in lists:
            shutil.copy(f"{HERE}/{name}", folder)
        run(peer, [tool(peer, "npm", "npm"), "ci", "--no-audit", "--no-fund"], cwd=folder)

    folder = once(peer, lists, make)
    shutil.copy(f"{HERE}/{peer}/{program}", folder)  # modules are looked for beside the program
    return [node, f"{folder}/{program}"]


def java(peer, program):
    """The jars of a list and a program of one class, compiled against them."""
    machine = tool(peer, "java", "default-jdk-headless")

    def make(folder):
        run(peer, [tool(peer, "mvn", "maven"), "-B", "-q", "-f", f"{HERE}/{peer}/pom.xml", "dependency:copy-dependencies",
                   "-DincludeScope=runtime", "-DoutputDirectory=" + folder])
        if not glob.glob(folder + "/kafka-clients-*.jar"):
            raise left_out(peer, "Maven brought no kafka-clients")
        run(peer, [tool(peer, "javac", "default-jdk-headless"), "-cp", folder + "/*", "-d", folder, f"{HERE}/{peer}/{program}.java"])

    folder = once(peer, [f"{peer}/pom.xml", f"{peer}/{program}.java"], make)
    return [machine, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp",
            os.pathsep.join((folder, folder + "/*"))]
