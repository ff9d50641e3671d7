"""The servers that the benches compare: ours, Apache Kafka, Apicurio's registry. All as programs, started and stopped here, in temporary
folders, on free ports of the loopback."""
import atexit
import glob
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "servers"), os.path.join(HERE, "..", "support")]
from broker_wire import Wire  # noqa: E402
from ports import free_port  # noqa: E402

BIN = os.environ.get("FRAUDSCOPE_BIN", os.path.join(HERE, "..", "..", "build", "bin"))
PATIENCE = 120
# Kinder to Kafka's start and memory than its own scripts' settings (G1, 1 GB of heap), which BENCH_JAVA can set.
JAVA = os.environ.get("BENCH_JAVA", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xms128m -Xmx256m").split()
KAFKA_SETTINGS = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{control}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{control}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={home}/data
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
background.threads=2
log.cleaner.dedupe.buffer.size=16777216
"""


class Process:
    """A server's process, its processor time and its memory."""
    name = "ours"

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="servers-bench-")
        self.process = None
        atexit.register(self.close)  # whatever ends a bench leaves nothing running

    def launch(self, command, environment=None):
        self.began = time.monotonic()
        with open(self.home + "/said", "ab") as said:
            self.process = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL, cwd=self.home, env=environment)

    def wait_until(self, answers):
        """Seconds since `launch`."""
        while not answers():
            if self.process.poll() is not None or time.monotonic() > self.began + PATIENCE:
                with open(self.home + "/said", encoding="utf-8", errors="replace") as said:
                    raise SystemExit(f"{self.name} does not start:\n{said.read()[-3000:]}")
            time.sleep(0.002)
        return time.monotonic() - self.began

    def end(self, kill=False):
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(PATIENCE)

    def close(self):
        if self.process and self.process.poll() is None:
            self.end()
        shutil.rmtree(self.home, ignore_errors=True)

    def cpu(self):
        """Seconds, of threads that have ended too."""
        return time.clock_gettime(~self.process.pid << 3 | 2)  # what clock_getcpuclockid gives

    def memory_mb(self):
        """(resident, its own): the latter leaves out pages of files, which programs share or the system can drop."""
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as status:
            sizes = {line.split(":")[0]: int(line.split()[1]) / 1000 for line in status if line.startswith(("VmRSS", "RssAnon"))}
        return sizes["VmRSS"] * 1.024, sizes["RssAnon"] * 1.024


class Broker(Process):
    def __init__(self):
        super().__init__()
        self.port = free_port()
        self.address = "127.0.0.1:" + self.port
        self.first_start = self.start()

    def start(self):
        self.launch(self.command())
        return self.wait_until(self.answers)

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", int(self.port))).close()
            with self.wire() as wire:
                return len(wire.call("Metadata", 8, topics=[])["brokers"]) > 0
        except OSError:
            return False

    def wire(self):
        return Wire(self.address, PATIENCE)

    def create(self, topic, partitions):
        with self.wire() as wire:
            answer = wire.call("CreateTopics", 2, timeout_ms=10000,
                               topics=[{"name": topic, "num_partitions": partitions, "replication_factor": 1, "configs": []}])
            assert answer["topics"][0]["error_code"] == 0, answer
            wanted = [{"name": topic}]
            while any(at["error_code"] for each in wire.call("Metadata", 8, topics=wanted)["topics"]
                      for at in [each] + (each["partitions"] or [])):
                time.sleep(0.05)

    def end_offsets(self, topic, partitions):
        """None while some partition has no leader yet."""
        with self.wire() as wire:
            answer = wire.call("ListOffsets", 1, replica_id=-1, topics=[{"name": topic, "partitions": [
                {"partition_index": at, "timestamp": -1} for at in range(partitions)]}])
        places = answer["topics"][0]["partitions"]
        return None if any(at["error_code"] for at in places) else [at["offset"] for at in places]


class Ours(Broker):
    def __init__(self, *what):
        self.what, self.more = what or ("broker",), {each: free_port() for each in what if each != "broker"}
        super().__init__()

    def command(self):
        ports = [word for each, port in self.more.items() for word in (f"--{each}-port", port)]
        return [os.path.join(BIN, "fraudscope"), "serve", *self.what, "--data", self.home + "/d", "--kafka-port", self.port, *ports]

    def forget_boot(self):
        """As after the machine went down: everything is checked."""
        boot = self.home + "/d/log/boot"
        if os.path.exists(boot):
            os.unlink(boot)


def kafka_jars():
    """KAFKA_HOME: Kafka's distribution or a folder of its jars; without it, what ./check peers has installed. None: there are none."""
    for folder in [os.environ.get("KAFKA_HOME", os.path.join(BIN, "..", "peers", "java")), os.environ.get("KAFKA_HOME", "") + "/libs"]:
        if glob.glob(folder + "/kafka_2*.jar") and shutil.which("java"):
            return os.path.abspath(folder)
    return None


def java(program, *arguments, options=()):
    return ["java", *options, "-cp", kafka_jars() + "/*", program, *arguments]


class Kafka(Broker):
    name = "Apache Kafka"

    def __init__(self):
        self.archive = None
        super().__init__()
        self.end()  # which writes an archive of its classes, with which it starts in half the time
        self.archive = self.home + "/classes.jsa"
        self.first_start = self.start()

    def command(self):
        settings = self.home + "/settings"
        if not os.path.exists(settings):
            with open(settings, "w", encoding="utf-8") as out:
                out.write(KAFKA_SETTINGS.format(port=self.port, control=free_port(), home=self.home))
            subprocess.run(java("kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", settings), check=True,
                           stdout=subprocess.DEVNULL)
        archive = f"-XX:SharedArchiveFile={self.archive}" if self.archive else f"-XX:ArchiveClassesAtExit={self.home}/classes.jsa"
        return java("kafka.Kafka", settings, options=[*JAVA, archive])


class Registry:
    """What both have over HTTP."""

    def answers(self):
        return ask_http(self.host, "GET", self.path + "/subjects")[0] == 200

    def register(self, subject, schema):
        status, said = ask_http(self.host, "POST", f"{self.path}/subjects/{subject}/versions", schema)
        if status != 200:
            raise SystemExit(f"{self.name} answers {status} to a schema: {said}")
        return json.loads(said)["id"]


class Apicurio(Registry, Process):
    """APICURIO_HOME: what its tar file of the name apicurio-registry-app holds. It keeps its schemas in memory."""
    name = "Apicurio"
    path = "/apis/ccompat/v7"

    def __init__(self):
        super().__init__()
        jars = [jar for name in ("quarkus-run.jar", "apicurio-registry-app-*-runner.jar")
                for jar in glob.glob(f"{os.environ['APICURIO_HOME']}/{name}")]
        if not jars:
            raise SystemExit("APICURIO_HOME has no quarkus-run.jar and no apicurio-registry-app-*-runner.jar")
        self.port = free_port()
        self.host = "127.0.0.1:" + self.port
        self.launch(["java", *JAVA, "-jar", os.path.abspath(jars[0])],
                    os.environ | {"QUARKUS_HTTP_HOST": "127.0.0.1", "QUARKUS_HTTP_PORT": self.port, "QUARKUS_MANAGEMENT_HOST": "127.0.0.1",
                                  "QUARKUS_MANAGEMENT_PORT": free_port()})
        self.first_start = self.wait_until(self.answers)


class OurRegistry(Registry, Ours):
    path = ""

    def __init__(self):
        Ours.__init__(self, "broker", "registry")

    @property
    def host(self):
        return "127.0.0.1:" + self.more["registry"]


def ask_http(host, method, path, body=None):
    """(status, text); 0 while nobody answers."""
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {"Content-Type": "application/vnd.schemaregistry.v1+json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
