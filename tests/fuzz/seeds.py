"""Writes the corpus anew where it is made by rule: python3 tests/fuzz/seeds.py [TARGET...]. Files that a fuzzer found (found-*) stay.
Needs nothing but the tests' own encoders."""
import gzip
import json
import base64
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../servers"), os.path.join(HERE, "../support")]
os.environ.setdefault("FRAUDSCOPE_BIN", "")
from broker_protocol_test import CASES  # noqa: E402
from broker_wire import MESSAGES, frame  # noqa: E402
from kafka_wire import batch, crc32c, sized, text as text_, varint  # noqa: E402

SECOND = 0x8000
LATEST = {"Produce": 11, "Fetch": 13, "ListOffsets": 6, "Metadata": 12, "OffsetCommit": 9, "OffsetFetch": 9, "FindCoordinator": 4, "JoinGroup": 9,
          "Heartbeat": 4, "LeaveGroup": 5, "SyncGroup": 5, "DescribeGroups": 5, "ListGroups": 5, "SaslHandshake": 1, "SaslAuthenticate": 2,
          "ApiVersions": 4, "CreateTopics": 7, "DeleteTopics": 6, "DeleteRecords": 2, "InitProducerId": 4, "DescribeConfigs": 4, "AlterConfigs": 2,
          "IncrementalAlterConfigs": 1, "CreatePartitions": 3, "DeleteGroups": 2, "OffsetDelete": 0, "OffsetForLeaderEpoch": 4,
          "DescribeCluster": 1, "DescribeLogDirs": 4, "DescribeProducers": 0}
OLDER = {"Produce": 3, "Fetch": 4, "ListOffsets": 1, "OffsetCommit": 2, "OffsetFetch": 1}


def put(target, name, data):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as out:
        out.write(data)


def framed(data, client=0):
    return struct.pack(">H", len(data) | client) + data


def stored(records, codec=0, packed=None, producer=(-1, -1, -1)):
    """A batch; packed: its records compressed."""
    plain = batch(records)
    head, body = plain[21:61], packed if packed is not None else plain[61:]
    head = struct.pack(">h", codec) + head[2:22] + struct.pack(">qhi", *producer) + head[36:]
    return struct.pack(">qiibI", 0, 9 + len(head) + len(body), -1, 2, crc32c(head + body)) + head + body


RECORDS = [(b"k", b"v", 1773500000000), (None, b"w", 1773500000001), (b"k", None, 1773500000005)]


def broker():
    for name, cases in CASES.items():
        for i, case in enumerate(cases):
            for version in {LATEST[name], OLDER.get(name, 0)}:
                put("broker", f"{name}-{version}-{i}", b"\0" + framed(frame(name, version, case)))
    login = [framed(frame("SaslHandshake", 1, {"mechanism": "PLAIN"})), framed(frame("SaslAuthenticate", 2, {"auth_bytes": b"\0user\0password"})),
             framed(frame("Metadata", 12, {}))]
    put("broker", "login", b"\1" + b"".join(login))
    put("broker", "login-raw", b"\1" + framed(frame("SaslHandshake", 0, {"mechanism": "PLAIN"})) + framed(b"\0user\0password") + login[2])
    for setting, version, codec in ((0, 8, 0), (2, 11, 0), (0, 7, 1)):
        packed = gzip.compress(batch(RECORDS)[61:], mtime=0) if codec else None
        data = stored(RECORDS, codec, packed, (7, 0, 0))
        topics = [{"name": name, "partition_data": [{"index": 0, "records": data}]} for name in ("t", "c")]
        fetch = {"max_wait_ms": 500, "min_bytes": 1, "max_bytes": 1 << 20,
                 "topics": [{"topic": "t", "partitions": [{"partition": 0, "fetch_offset": 3, "partition_max_bytes": 1 << 20}]}]}
        put("broker", f"produce-fetch-{setting}-{version}-{codec}", bytes([setting]) + framed(frame("Fetch", 11, fetch), SECOND) +
            framed(frame("Produce", version, {"acks": -1, "topic_data": topics})) * 2 +
            framed(frame("ListOffsets", 6, {"topics": [{"name": "t", "partitions": [{"partition_index": 0, "timestamp": 1773500000001}]}]})) +
            framed(frame("DescribeProducers", 0, {"topics": [{"name": "t", "partition_indexes": [0]}]})))
    join = {"group_id": "g", "session_timeout_ms": 10000, "rebalance_timeout_ms": 1000, "protocol_type": "consumer",
            "protocols": [{"name": "range", "metadata": b"\0\0\0\0\0\1\0\1t\0\0\0\0"}]}
    put("broker", "two-members", b"\0" + framed(frame("JoinGroup", 0, join)) + framed(frame("JoinGroup", 5, {**join, "group_instance_id": "i"}), SECOND) +
        framed(frame("SyncGroup", 3, {"group_id": "g", "generation_id": 1, "member_id": "wire-b3f2af6d0fc710c5853b559647364cea",
                                      "assignments": [{"member_id": "m", "assignment": b"a"}]})) +
        framed(frame("Heartbeat", 4, {"group_id": "g", "generation_id": 1, "member_id": "m"}), SECOND) +
        framed(frame("LeaveGroup", 5, {"group_id": "g", "members": [{"member_id": "", "group_instance_id": "i"}]})))
    put("broker", "topic-life", b"\0" + b"".join(framed(frame(name, version, fields)) for name, version, fields in (
        ("CreateTopics", 7, {"topics": [{"name": "n", "num_partitions": 2, "replication_factor": 3, "configs": [{"name": "cleanup.policy", "value": "compact"}]}]}),
        ("CreatePartitions", 3, {"topics": [{"name": "n", "count": 4}]}),
        ("IncrementalAlterConfigs", 1, {"resources": [{"resource_type": 2, "resource_name": "n", "configs": [{"name": "retention.ms", "value": "5"}]}]}),
        ("DescribeConfigs", 4, {"resources": [{"resource_type": 2, "resource_name": "n"}]}),
        ("DeleteRecords", 2, {"topics": [{"name": "t", "partitions": [{"partition_index": 0, "offset": 2}]}]}),
        ("DeleteTopics", 6, {"topics": [{"name": "n"}]}), ("Metadata", 12, {"topics": [{"name": "fresh"}], "allow_auto_topic_creation": 1}))))


def xerial(block):
    return b"\x82SNAPPY\0" + struct.pack(">iii", 1, 1, len(block)) + block


def batches():
    plain = batch(RECORDS)[61:]
    snappy = varint(0)[:0] + bytes([len(plain), (len(plain) - 1) << 2]) + plain
    codecs = {0: plain, 1: gzip.compress(plain, mtime=0), 2: snappy}
    for codec, packed in codecs.items():
        put("batch", f"codec-{codec}", b"\0" + stored(RECORDS, codec, packed))
        if codec:
            put("batch", f"alone-{codec}", bytes([2 | codec << 2]) + packed)
    put("batch", "xerial", b"\0" + stored(RECORDS, 2, xerial(snappy)))
    put("batch", "keys", b"\4" + stored(RECORDS[:1]))
    put("batch", "append-time", b"\0" + stored(RECORDS, 8))
    put("batch", "wrong-checksum", b"\1" + stored(RECORDS)[:-1] + b"\1")
    put("batch", "old-format", b"\0" + bytes(16) + b"\1" + bytes(30))
    put("batch", "headers", b"\0" + stored([(b"k", b"v" * 20, 5)], 0, b"".join(
        varint(len(record)) + record for record in [b"\0" + varint(0) + varint(0) + sized(b"k") + sized(b"v") + varint(1) + sized(b"h") + sized(None)])))
    # frames of lz4 and zstd that hold the same records without compressing them
    put("batch", "alone-4-raw", bytes([2 | 4 << 2]) + b"\x28\xb5\x2f\xfd\x20" + bytes([len(plain)]) +
        struct.pack("<I", len(plain) << 3 | 1)[:3] + plain)
    put("batch", "codec-4", b"\0" + stored(RECORDS, 4, b"\x28\xb5\x2f\xfd\x20" + bytes([len(plain)]) + struct.pack("<I", len(plain) << 3 | 1)[:3] + plain))
    lz4 = b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", len(plain) | 1 << 31) + plain + bytes(4)
    put("batch", "alone-3-raw", bytes([2 | 3 << 2]) + lz4)
    put("batch", "codec-3", b"\0" + stored(RECORDS, 3, lz4))


def zigzag(number):
    return varint(number)


def record():
    """First byte: the format's place in `formats`; found by trying, so each text goes in for each of them."""
    flat = b'{"L":5,"S":"a\\u00e9\\n","D":1.5e3,"B":true,"Y":"AAEC","T":1773500000000,"M":12.345,"I":-7}'
    nested = flat[:-1] + b',"R":{"X":20526,"Y":{"a":1000,"b":null}},"A":[[1,2],[],null]}'
    frame1 = b"\0\0\0\0\1"
    avro = b"".join((b"\2", zigzag(5), b"\2", zigzag(1), b"a", b"\2", struct.pack("<d", 2.5), b"\2", b"\1", b"\2", zigzag(2), b"\0\1", b"\2",
                     zigzag(1773500000000), b"\2", zigzag(2), b"\x30\x39", b"\2", zigzag(-7)))
    texts = {"flat": flat, "nested": nested, "framed": frame1 + flat, "framed-nested": frame1 + nested, "avro": frame1 + avro,
             "delimited": b'5,"a""b",2.5,AAEC,1773500000000,12.345,-7', "bigint": struct.pack(">q", 5), "text": b"caf\xc3\xa9", "array": b'["a",null]'}
    for name, data in texts.items():
        for chosen in range(6):
            settings = {"nested": 4, "framed-nested": 4, "bigint": 2, "text": 2 | 1 << 3, "array": 6}.get(name, 0)
            put("record", f"{name}-{chosen}", bytes([chosen, settings]) + data)


AVRO = [b'"string"', b'{"type":"fixed","name":"F","size":4}',
        b'{"type":"record","name":"R","namespace":"n","aliases":["O"],"fields":[{"name":"A","type":["null","string"],"default":null},'
        b'{"name":"B","type":{"type":"array","items":"long"}},{"name":"C","type":{"type":"map","values":"R"}},'
        b'{"name":"E","type":{"type":"enum","name":"E","symbols":["X","Y"],"default":"X"}},'
        b'{"name":"D","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}},'
        b'{"name":"T","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"Q","type":"double","default":1.5,"aliases":["q"]}]}']
JSON_SCHEMA = [b'{"type":"string"}', b'true',
               b'{"$schema":"http://json-schema.org/draft-07/schema#","title":"t","type":"object","additionalProperties":false,"required":["A"],'
               b'"definitions":{"X":{"type":"integer","minimum":0}},"properties":{"A":{"oneOf":[{"type":"null"},{"type":"string","maxLength":5}]},'
               b'"B":{"type":"array","items":{"$ref":"#/definitions/X"}},"C":{"type":"object","additionalProperties":{"type":"number"}},'
               b'"D":{"enum":["x",1,null]},"E":{"type":"number","title":"org.apache.kafka.connect.data.Decimal","connect.type":"bytes",'
               b'"connect.parameters":{"scale":"2"}},"F":{"allOf":[{"type":"integer"},{"maximum":9}]}}}']


def schemas():
    for kind, texts in enumerate((AVRO, JSON_SCHEMA)):
        for i, text in enumerate(texts):
            put("schema", f"{kind}-{i}", bytes([kind]) + text + b"\0" + text.replace(b'"A"', b'"Z"'))
            put("schema", f"{kind}-{i}-back", bytes([kind | 2]) + text.replace(b"long", b"int") + b"\0" + text)


PROTO = (b'''syntax = "proto3";

package shop.v1;

import "google/protobuf/timestamp.proto";

option java_package = "org.shop";
option java_multiple_files = true;

message Order {
  reserved 20, 30 to 35, 40 to max;
  reserved "old", "older";

  option deprecated = true;

  int64 id = 1;
  optional string note = 2 [json_name = "remark"];
  repeated Item items = 3;
  map<string, Item> by_name = 4;
  google.protobuf.Timestamp made_at = 5;
  State state = 6;
  repeated int32 some_numbers = 7 [packed = false];

  oneof payment {
    string card = 8;
    Cash cash = 9;
  }

  message Item {
    string name = 1;
    double price = 2 [deprecated = true];
  }
  message Cash {
    uint32 cents = 1;
  }
  enum State {
    option allow_alias = true;

    NEW = 0;
    OPEN = 0;
    PAID = 1 [deprecated = true];
    LOST = -1;
  }
}

service Shop {
  rpc Buy (Order) returns (stream Order) {
    option idempotency_level = IDEMPOTENT;
  }
}
''', b'''syntax = "proto2";
package old;

message Thing {
  required string name = 1 [default = "a\\"b\\n"];
  optional int32 count = 2 [default = -5];
  optional Kind kind = 3 [default = SECOND];
  repeated group Part = 4 {
    optional bool whole = 1;
  }

  extensions 100 to 199;

  enum Kind {
    FIRST = 1;
    SECOND = 2;
  }
}

extend Thing {
  optional sint64 more = 100;
}
''', b'''edition = "2023"; import public "o"; option (my.o).x = { a: [1, -2] b: "c" };
message A { reserved gone; extensions 4 to max [verification = UNVERIFIED]; o.B b = 1; map<int32, o.B> c = 2; }\0o\0package o; message B {}''')
PROTO_DESCRIPTORS = [base64.b64decode(text) for text in (
    "CgdhLnByb3RvEgdzaG9wLnYxGh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvIvoECgVPcmRlchIOCgJpZBgBIAEoA1ICaWQSGQoEbm90ZRgCIAEoCUgBUgZyZW1hcmuIAQES"
    "KQoFaXRlbXMYAyADKAsyEy5zaG9wLnYxLk9yZGVyLkl0ZW1SBWl0ZW1zEjMKB2J5X25hbWUYBCADKAsyGi5zaG9wLnYxLk9yZGVyLkJ5TmFtZUVudHJ5UgZieU5hbWUSMwoHbWFkZV9h"
    "dBgFIAEoCzIaLmdvb2dsZS5wcm90b2J1Zi5UaW1lc3RhbXBSBm1hZGVBdBIqCgVzdGF0ZRgGIAEoDjIULnNob3AudjEuT3JkZXIuU3RhdGVSBXN0YXRlEiUKDHNvbWVfbnVtYmVycxgH"
    "IAMoBUICEABSC3NvbWVOdW1iZXJzEhQKBGNhcmQYCCABKAlIAFIEY2FyZBIpCgRjYXNoGAkgASgLMhMuc2hvcC52MS5PcmRlci5DYXNoSABSBGNhc2gaTgoLQnlOYW1lRW50cnkSEAoD"
    "a2V5GAEgASgJUgNrZXkSKQoFdmFsdWUYAiABKAsyEy5zaG9wLnYxLk9yZGVyLkl0ZW1SBXZhbHVlOgI4ARo0CgRJdGVtEhIKBG5hbWUYASABKAlSBG5hbWUSGAoFcHJpY2UYAiABKAFC"
    "AhgBUgVwcmljZRocCgRDYXNoEhQKBWNlbnRzGAEgASgNUgVjZW50cyI/CgVTdGF0ZRIHCgNORVcQABIICgRPUEVOEAASDAoEUEFJRBABGgIIARIRCgRMT1NUEP///////////wEaAhAB"
    "OgIYAUIJCgdwYXltZW50QgcKBV9ub3RlSgQIFBAVSgQIHhAkSggIKBCAgICAAlIDb2xkUgVvbGRlcjI0CgRTaG9wEiwKA0J1eRIOLnNob3AudjEuT3JkZXIaDi5zaG9wLnYxLk9yZGVy"
    "IgOQAgIwAUIMCghvcmcuc2hvcFABYgZwcm90bzM=",
    "CgdiLnByb3RvEgNvbGQi0QEKBVRoaW5nEhgKBG5hbWUYASACKAk6BGEiYgpSBG5hbWUSGAoFY291bnQYAiABKAU6Ai01UgVjb3VudBIrCgRraW5kGAMgASgOMg8ub2xkLlRoaW5nLktp"
    "bmQ6BlNFQ09ORFIEa2luZBIjCgRwYXJ0GAQgAygKMg8ub2xkLlRoaW5nLlBhcnRSBHBhcnQaHAoEUGFydBIUCgV3aG9sZRgBIAEoCFIFd2hvbGUiHQoES2luZBIJCgVGSVJTVBABEgoK"
    "BlNFQ09ORBACKgUIZBDIAToeCgRtb3JlEgoub2xkLlRoaW5nGGQgASgSUgRtb3Jl")]


def proto():
    for i, text in enumerate(PROTO):
        put("proto", f"text-{i}", b"\0" + text)
    for i, bytes_ in enumerate(PROTO_DESCRIPTORS):
        put("proto", f"descriptor-{i}", b"\1" + bytes_)
    put("proto", "record-0", b"\2\0" + bytes.fromhex("08ffffffffffffffffff01100318ffffffffffffffffff0121000000000000f83f2dcdcccc3d30013a026869420"
                                                     "1ff480152020102500 35a050a016b10076202080 56a0c08c0eed6cd061080cab5ee0172030a01777d09000000".replace(" ", "")))
    put("proto", "record-1", b"\2\4\0\0" + bytes.fromhex("a00607a206017a"))


def writer():
    record = b"".join((b"\2", zigzag(1), b"a", zigzag(1), zigzag(7), b"\0", b"\0", b"\2", zigzag(1), b"\5", zigzag(1773500000000), struct.pack("<d", 2.5)))
    put("writer", "record", b"\0" + AVRO[2] + b"\0" + record)
    put("writer", "string", b"\0" + AVRO[0] + b"\0" + zigzag(2) + b"ab")
    put("writer", "fixed", b"\0" + AVRO[1] + b"\0abcd")
    put("writer", "object", b"\1" + JSON_SCHEMA[2] + b'\0{"A":"a","B":[1],"C":{"k":1.5},"D":"x","E":12.34,"F":3}')
    put("writer", "text", b"\1" + JSON_SCHEMA[0] + b'\0"a\\u00e9"')


SCRIPTS = [
    "SELECT *, ROWTIME FROM S EMIT CHANGES LIMIT 3;", "CREATE TABLE W AS SELECT K, COUNT(*) AS N, SUM(C) AS C, COLLECT_LIST(I) AS L FROM S"
    " WINDOW TUMBLING (SIZE 5 MINUTES, GRACE PERIOD 1 DAY) GROUP BY K HAVING COUNT(*) > 0 EMIT CHANGES; SELECT * FROM W WHERE K = 'k';",
    "CREATE STREAM J WITH (VALUE_FORMAT='AVRO', PARTITIONS=2) AS SELECT S.K, S.I + 1 AS I, U.N FROM S LEFT JOIN U ON S.K = U.K"
    " WHERE S.I IS NOT NULL PARTITION BY S.K EMIT CHANGES;",
    "SELECT CASE WHEN I BETWEEN 1 AND 5 THEN 'low' ELSE 'high' END, R->X, M['x'], A[1], A[-1], TRANSFORM(A, X => UCASE(X)),"
    " REDUCE(A, '', (A, B) => A + B), FILTER(M, (K, V) => V > 0) FROM S EMIT CHANGES;",
    "SELECT SUBSTRING(K, 1, 2), LPAD(K, 5, '*'), REPLACE(K, 'k', 'kk'), SPLIT('a,b', ','), REGEXP_EXTRACT('(.)(.)', 'ab', 2), K LIKE 'a%\\_' ESCAPE"
    " '\\', CONCAT_WS('-', K, 'x'), INSTR(K, 'k', -1), MASK(K), INITCAP(K), TRIM(K) FROM S EMIT CHANGES;",
    "SELECT FORMAT_TIMESTAMP(T, 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), PARSE_DATE('2026-03-14', 'yyyy-MM-dd'), DATEADD(DAYS, 1, T),"
    " CAST(T AS DATE), STRINGTOTIMESTAMP('2026', 'yyyy'), FROM_UNIXTIME(L), CONVERT_TZ(T, 'UTC', '+02:00') FROM S EMIT CHANGES;",
    "SELECT ROUND(C, 1), ABS(I), I / 0, L * L, D % 2, SQRT(D), CAST(D AS DECIMAL(10, 2)), CAST('1e5' AS DOUBLE), GREATEST(I, 5), C * C FROM S EMIT CHANGES;",
    "SELECT EXTRACTJSONFIELD('{\"a\":[1,{\"b\":2}]}', '$.a[1].b'), JSON_RECORDS('{\"a\":1}'), JSON_ITEMS('[1,2]'), IS_JSON_STRING('{'),"
    " TO_JSON_STRING(R), JSON_CONCAT('[1]', '[2]') FROM S EMIT CHANGES;",
    "SELECT ENCODE('a', 'ascii', 'base64'), TO_BYTES('AA==', 'base64'), FROM_BYTES(Y, 'hex'), LEN(Y), SUBSTRING(Y, 1, 1), URL_EXTRACT_PARAMETER"
    "('http://a/?b=c', 'b'), URL_DECODE_PARAM('%41'), CHR(65), GENERATE_SERIES(1, 5), ENTRIES(M, true), SLICE(A, 1, 1) FROM S EMIT CHANGES;",
    "SELECT FORMAT_TIMESTAMP(FROM_UNIXTIME(L), 'yyyy HH', 'Asia/Tokyo'), CAST(FROM_UNIXTIME(-L - 1) AS TIME), CAST(FROM_UNIXTIME(-L - 1) AS DATE),"
    " FORMAT_TIMESTAMP(FROM_UNIXTIME(-L - 1), 'yyyy-MM-dd', 'America/Lima'), TIMESTAMPTOSTRING(L, 'D w e') FROM S EMIT CHANGES;",
    "INSERT INTO S (K, I, A, M, R, Y) VALUES ('k', 5, ARRAY['a'], MAP('x' := 1), STRUCT(X := 1, Z := 'q'), TO_BYTES('00', 'hex'));",
    "CREATE TYPE ADDRESS AS STRUCT<A INTEGER, B ARRAY<STRING>>; CREATE OR REPLACE STREAM X (A ADDRESS, H BYTES HEADER('h')) WITH"
    " (kafka_topic='s', value_format='JSON', TIMESTAMP='A'); DROP STREAM IF EXISTS X DELETE TOPIC; ALTER STREAM S ADD COLUMN Q STRING;",
    "/* a */ SELECT * FROM S s1 JOIN S s2 WITHIN (1 HOUR, 5 MINUTES) GRACE PERIOD 1 DAY ON s1.K = s2.K EMIT CHANGES; -- b\nSELECT K, COUNT(*) FROM S"
    " WINDOW SESSION (5 SECONDS) GROUP BY K EMIT FINAL; TERMINATE ALL; PAUSE ALL; DEFINE a = 'b'; SET 'x'='y';",
    "A + B * (C - -1) / 2 >= 5 AND NOT X IS NULL OR Y NOT IN (1, 'b', 2.5e1) AND CAST(`q` AS MAP<STRING, ARRAY<INT>>)['k'][1] <> DATE '2026-03-14'",
]


def sql():
    for i, script in enumerate(SCRIPTS):
        put("sql", f"script-{i:02}", script.encode())


def files():
    put("files", "properties", b"\0# c\nbootstrap.servers = a:1,b:2\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required "
        b"username=\"u\" password='p';\nschema.registry.url: http://x:1\nbasic.auth.user.info=a:b\nx = a\\\n  b\\u00e9\n")
    put("files", "keys", b"\1global C-x quit # leave\np Up next 5\nlist F1 help ## all\nd S-Tab x\n")
    put("files", "theme", b"\2inherit = daylight\nbackground = #101418 233 black\ntitle = #ff8800 208 yellow bold on blue\nalert = red reverse\n")


def asked(*requests):
    """Each (line, body or None, headers...)."""
    return b"\0".join("\n".join([line, *headers, "", body or ""]).encode() for line, body, *headers in requests)


def kept(*records):
    return b"".join(f"={place} {key}\n{value}".encode() + b"\0" for place, key, value in records)


def registry():
    def schema(text, **more):
        return json.dumps({"schema": text.decode(), **more})
    put("registry", "register", asked(
        ("POST /subjects/a-value/versions", schema(AVRO[0])), ("POST /subjects/a-value/versions?normalize=true", schema(AVRO[2])),
        ("POST /subjects/j%2Fx/versions", schema(JSON_SCHEMA[2], schemaType="JSON")), ("POST /subjects/a-value", schema(AVRO[0])),
        ("GET /subjects?subjectPrefix=a&deleted=true", None), ("GET /subjects/a-value/versions", None), ("GET /subjects/a-value/versions/latest", None),
        ("GET /subjects/a-value/versions/1/schema", None), ("GET /subjects/a-value/versions/-1/referencedby", None),
        ("GET /schemas/ids/1", None), ("GET /schemas/ids/1/schema", None), ("GET /schemas/ids/1/versions?deleted=true", None),
        ("POST /compatibility/subjects/a-value/versions/latest?verbose=true", schema(AVRO[1])),
        ("DELETE /subjects/a-value/versions/1", None), ("DELETE /subjects/a-value?permanent=true", None), ("DELETE /subjects/a-value", None)))
    put("registry", "settings", asked(
        ("GET /config", None), ("PUT /config", '{"compatibility":"FULL_TRANSITIVE"}'), ("PUT /config/a", '{"compatibility":"NONE"}'),
        ("GET /config/a?defaultToGlobal=true", None), ("DELETE /config/a", None), ("PUT /mode?force=true", '{"mode":"IMPORT"}'),
        ("POST /subjects/a/versions", schema(AVRO[0], id=7, version=3)), ("PUT /mode/a", '{"mode":"READONLY"}'), ("GET /mode/a", None),
        ("POST /subjects/a/versions", schema(AVRO[1])), ("DELETE /mode/a", None), ("DELETE /mode", None), ("GET /schemas/types", None), ("PATCH /config", "{}")))
    put("registry", "references", asked(
        ("POST /subjects/f/versions", schema(b'{"type":"record","name":"F","fields":[]}')),
        ("POST /subjects/r/versions", schema(b'{"type":"record","name":"R","fields":[{"name":"f","type":"F"}]}',
                                             references=[{"name": "F", "subject": "f", "version": 1}])),
        ("GET /subjects/f/versions/1/referencedby", None), ("DELETE /subjects/f/versions/1", None), ("GET /subjects/r/versions/1", None),
        ("POST /subjects/p/versions", schema(b'syntax = "proto3"; message M { int32 a = 1; }', schemaType="PROTOBUF")), ("GET /subjects/%ff%00/versions", None)))
    put("registry", "kept", kept(
        (0, '{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}', json.dumps({"subject": "s", "version": 1, "id": 1, "schema": '"int"', "deleted": False})),
        (0, '{"keytype":"SCHEMA","subject":"s","version":2,"magic":1}', json.dumps({"subject": "s", "version": 2, "id": 9, "schemaType": "JSON", "schema": "{}",
                                                                                    "references": [{"name": "n", "subject": "s", "version": 1}], "deleted": True})),
        (0, '{"keytype":"CONFIG","subject":"s","magic":0}', '{"compatibilityLevel":"FORWARD"}'), (0, '{"keytype":"MODE","subject":null,"magic":0}', '{"mode":"READWRITE"}'),
        (0, '{"keytype":"DELETE_SUBJECT","subject":"t","magic":0}', '{"subject":"t","version":1}'), (0, '{"keytype":"CLEAR_SUBJECT","subject":"t","magic":0}', ""),
        (0, '{"keytype":"SCHEMA","subject":"s","version":3,"magic":1}', ""), (0, '{"keytype":"NOOP","magic":0}', "{}")) +
        asked(("GET /subjects/s/versions/latest", None), ("POST /subjects/s/versions", schema(AVRO[0]))))


    # these once broke it
    put("registry", "empty-reference", asked(
        ("POST /subjects/e/versions", schema(b'{"properties":{"a":{"$ref":""}}}', schemaType="JSON")),
        ("POST /subjects/r/versions", schema(b'{"$ref":"e"}', schemaType="JSON", references=[{"name": "e", "subject": "e", "version": 1}]))))
    put("registry", "last-numbers", asked(
        ("PUT /mode", '{"mode":"IMPORT"}'), ("POST /subjects/a/versions", schema(AVRO[0], id=2147483647, version=2147483647)),
        ("PUT /mode", '{"mode":"READWRITE"}'), ("POST /subjects/a/versions", schema(AVRO[1])), ("POST /subjects/b/versions", schema(AVRO[1])),
        ("POST /subjects/b/versions", schema(AVRO[1], id=4294967303))))
    put("registry", "kept-nonsense", kept(
        (0, '{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}', json.dumps({"id": 1, "schema": "no", "schemaType": 'a"b', "references": [{"version": 1}, 5]})),
        (0, '{"keytype":"CONFIG","subject":"s","magic":0}', json.dumps({"compatibilityLevel": 'x"y'}))) + asked(
        ("GET /subjects/s/versions/1", None), ("GET /subjects/s/versions/1/referencedby", None), ("GET /config/s", None), ("DELETE /config/s", None),
        ("POST /subjects/s/versions", schema(AVRO[0], references=[{"name": "n", "subject": "s", "version": 1}]))))


def connect():
    config = {"connector.class": "datagen", "quickstart": "customers", "kafka.topic": "t", "count": "3", "tasks.max": "1"}
    with_name = json.dumps({"name": "c", "config": config})
    put("connect", "life", asked(
        ("GET /", None), ("POST /connectors", with_name), ("GET /connectors?expand=status&expand=info", None), ("GET /connectors/c/status", None),
        ("PUT /connectors/c/pause", None), ("PUT /connectors/c/resume", None), ("POST /connectors/c/restart?includeTasks=true&onlyFailed=false", None),
        ("PUT /connectors/c/stop", None), ("GET /connectors/c/offsets", None),
        ("PATCH /connectors/c/offsets", '{"offsets":[{"partition":{},"offset":{"changes":5}}]}'), ("DELETE /connectors/c/offsets", None),
        ("GET /connectors/c/tasks", None), ("GET /connectors/c/tasks/0/status", None), ("GET /connectors/c/topics", None),
        ("PATCH /connectors/c/config", '{"count":null,"seed":7}'), ("DELETE /connectors/c", None)))
    put("connect", "config", asked(
        ("PUT /connectors/x%20y/config", json.dumps(config)), ("GET /connectors/x%20y/config", None), ("PUT /connectors/x%20y/config", json.dumps({**config, "max.interval": 5})),
        ("GET /connector-plugins", None), ("PUT /connector-plugins/datagen/config/validate", json.dumps({**config, "count": "many", "unknown": True})),
        ("GET /admin/loggers/root", None), ("POST /connectors", '{"name":"","config":{}}'), ("POST /connectors/x%20y/tasks/0/restart", None)))
    put("connect", "kept", kept(
        (0, "connector-c", json.dumps({"properties": config})), (0, "target-state-c", '{"state":"PAUSED","state.v2":"STOPPED"}'),
        (1, '["c",{}]', '{"changes":4}'), (2, "status-topic-t:connector-c", '{"topic":{"name":"t","connector":"c","task":0}}'),
        (0, "connector-d", json.dumps({"properties": {"connector.class": "io.debezium.connector.postgresql.PostgresConnector", "database.password": "s"}})),
        (0, "connector-e", "")) + asked(("GET /connectors?expand=info", None), ("GET /connectors/c/offsets", None), ("GET /connectors/d/config", None)))


def ksqldb():
    accept = b"application/vnd.ksql.v1+json; q=0.9, */*;q=0.1\0"
    body = {"ksql": "CREATE STREAM ${n} AS SELECT * FROM S; LIST STREAMS;", "streamsProperties": {"ksql.streams.auto.offset.reset": "earliest", "x": 1},
            "sessionVariables": {"n": "X"}, "commandSequenceNumber": 4}
    stream = {"sql": "SELECT * FROM S WHERE A = '${n}' EMIT CHANGES;", "properties": {"auto.offset.reset": "latest"}, "sessionVariables": {"n": "'"}}
    for kind, given in enumerate((body, stream, {"queryId": "transient_S_1"}, {"deleteTopicList": ["a.*", "b"]})):
        put("ksqldb", f"endpoint-{kind}", bytes([kind]) + accept + json.dumps(given).encode())


def ksqldb_rest():
    def ksql(text, path="/ksql", **more):
        return (f"POST {path}", json.dumps({"ksql": text, **more}), "Accept: application/vnd.ksql.v1+json")

    def stream(text, accept="application/vnd.ksqlapi.delimited.v1", **more):
        return ("POST /query-stream", json.dumps({"sql": text, **more}), f"Accept: {accept}")
    earliest = {"properties": {"auto.offset.reset": "earliest"}}
    s = "CREATE STREAM S (K STRING KEY, I INT, T STRING) WITH (kafka_topic='s', value_format='JSON');"
    u = "CREATE TABLE U (K STRING PRIMARY KEY, N STRING) WITH (kafka_topic='u', value_format='JSON');"
    records = kept((1, "a", '{"I":1,"T":"x"}'), (2, "b", '{"I":2,"T":null}'), (2, "a", '{"I":"no"}'), (3, "a", '{"N":"n"}'), (1, "", "nonsense"), (3, "a", ""))
    put("ksqldb_rest", "get", asked(*((f"GET {path}", None) for path in (
        "/", "/info", "/healthcheck", "/chc/ready", "/v1/metadata", "/v1/metadata/id", "/clusterStatus", "/status", "/status/stream/S/create",
        "/is_valid_property/auto.offset.reset", "/ws/query", "/nothing", "/is_valid_property/ksql.%22"))))
    put("ksqldb_rest", "statements", asked(
        ksql(s + u), ksql("CREATE TABLE C WITH (partitions=1) AS SELECT K, COUNT(*) AS N FROM S GROUP BY K EMIT CHANGES;",
                          streamsProperties={"ksql.streams.auto.offset.reset": "earliest"}),
        ksql("LIST STREAMS EXTENDED; LIST TABLES; LIST QUERIES EXTENDED; LIST ALL TOPICS EXTENDED; LIST PROPERTIES; LIST FUNCTIONS; LIST TYPES; LIST VARIABLES;"),
        ksql("DESCRIBE S EXTENDED; DESCRIBE C EXTENDED; EXPLAIN CTAS_C_5; DESCRIBE FUNCTION ABS; DESCRIBE STREAMS;"),
        ksql("INSERT INTO S (K, I) VALUES ('k', 5);", commandSequenceNumber=4), ksql("DEFINE x = 'S'; DROP STREAM ${x};", sessionVariables={"x": "T"}),
        ksql("PAUSE CTAS_C_5; RESUME CTAS_C_5; TERMINATE CTAS_C_5; DROP TABLE C DELETE TOPIC; DROP STREAM S;"), ("GET /status", None),
        ksql("SHOW CONNECTORS; CREATE TYPE A AS STRUCT<B INT>;"), ("POST /ksql/terminate", '{"deleteTopicList":["C.*"]}'), ("GET /info", None)))
    put("ksqldb_rest", "push", records + asked(
        ksql(s), stream("SELECT * FROM S EMIT CHANGES;", **earliest), ("POST /inserts-stream", "{}"), ksql("INSERT INTO S VALUES ('k', 7, 'y');"),
        ("POST /close-query", '{"queryId":"transient_S_1"}'), ksql("SELECT I, T FROM S EMIT CHANGES LIMIT 2;", "/query", streamsProperties={"auto.offset.reset": "earliest"}),
        stream("SELECT K, I FROM S;", "application/vnd.ksqlapi.protobuf.v1"), stream("SELECT K, COUNT(*) FROM S GROUP BY K EMIT CHANGES;", "application/json"),
    ) + b"\0-\0" + asked(("GET /healthcheck", None), ksql("DROP STREAM S;"), ksql("LIST QUERIES;")))
    put("ksqldb_rest", "pull", records + asked(
        ksql(u), ksql("CREATE TABLE W AS SELECT K, COUNT(*) AS N FROM U GROUP BY K EMIT CHANGES;"),
        ksql("CREATE TABLE M WITH (value_format='DELIMITED') AS SELECT K, N FROM U EMIT CHANGES;", streamsProperties={"auto.offset.reset": "earliest"}),
        ksql("SELECT * FROM M WHERE K = 'a';", "/query"), stream("SELECT * FROM M WHERE K IN ('a', 'b') LIMIT 1;"), stream("SELECT N FROM M;", sessionVariables={"a": "b"})))
    put("ksqldb_rest", "print", records + asked(
        ksql("PRINT 's' FROM BEGINNING LIMIT 2;", "/query"), stream("PRINT u FROM BEGINNING INTERVAL 2 LIMIT 1;"), stream("PRINT 's' FROM BEGINNING;"), stream("PRINT 'S';")) + b"\0-\0" +
        asked(("GET /info", None)))
    command = json.dumps({"statement": s, "streamsProperties": {"auto.offset.reset": "earliest"}, "plan": None, "queryNumber": 1})
    put("ksqldb_rest", "kept", kept(
        (0, "stream/`S`/create", command),
        (0, "stream/`X`/create", json.dumps({"statement": "CREATE STREAM X AS SELECT K, I * 2 AS I FROM S WHERE I > 0 EMIT CHANGES;", "queryNumber": 3})),
        (0, "table/`B`/create", json.dumps({"statement": "CREATE TABLE B AS SELECT nothing;"})), (0, "", '{"failedOffset":2}')) + records + asked(
        ksql("DESCRIBE X EXTENDED;"), ("GET /status/table/B/create", None), ksql("LIST QUERIES;"), ksql("SELECT * FROM X EMIT CHANGES LIMIT 1;", "/query")))


def http():
    """The first byte is the settings: 2 waits for answers. Then steps."""
    def send(data):
        return b"\1" + struct.pack(">H", len(data)) + data

    def request(line, body=b"", *headers):
        return ("\r\n".join([line + " HTTP/1.1", "Host: x", *headers, f"Content-Length: {len(body)}"]) + "\r\n\r\n").encode() + body
    choose, end_side, leave, read, answer, write, end = (lambda n: b"\0" + bytes([n])), b"\2", b"\3", b"\4", b"\5", b"\6", b"\7"
    now, later, stream = request("POST /now/a%2Fb?q=x%26", b"body", "X-Word: w"), request("GET /later?q"), request("POST /stream")
    chunked = b"POST /now/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n"
    put("http", "pieces", b"\2" + send(now[:10]) + send(now[10:70]) + send(now[70:]) + read + send(now + now) + read + read + end_side + read)
    put("http", "later", b"\2" + send(later + now) + read + answer + read + send(request("PUT /later/x", b"{}")) + end_side + read + answer + read)
    put("http", "stream", b"\2" + send(stream) + read + write + write + read + end + read + send(stream) + read + write + leave + write + end)
    put("http", "leavers", b"\0" + send(later) + leave + send(later) + choose(1) + send(stream) + leave + choose(2) + send(now[:-2]) + end_side + choose(0) + answer)
    put("http", "password", b"\3" + send(now) + read + send(request("GET /now/x", b"", "Authorization: Basic dXNlcjp1c2Vy")) + read + send(request("DELETE /later")) + read)
    put("http", "bodies", b"\2" + send(chunked) + read + send(request("PUT /later/a", b"x" * 2100)) + read + choose(1) +
        send(b"POST /now/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n") + read + send(b"abc") + read + send(b"GET / HTTP/9\r\n\r\n") + read)


def log():
    def at(offset, data):
        return struct.pack(">q", offset) + data[8:]
    batches_ = at(0, stored(RECORDS, 0, None, (7, 0, 0))) + at(3, stored(RECORDS)) + at(6, stored(RECORDS[:1], 0, None, (7, 0, 3)))
    index, times = struct.pack(">ii", 2, 0), struct.pack(">qi", 1773500000005, 2)
    producers = struct.pack(">iqhqbiiq", 1, 7, 0, 1773500000000, 1, 0, 2, 0)
    snapshot = struct.pack(">I", crc32c(producers)) + producers
    for trust in range(3):
        put("log", f"whole-{trust}", bytes([trust]) + struct.pack(">HHHH", len(index), len(times), len(snapshot), 2) + index + times + snapshot + b"1\n" + batches_)
    put("log", "torn", b"\1" + struct.pack(">HHHH", 0, 0, 0, 0) + batches_[:-5])
    put("log", "offsets", b"\10" + struct.pack(">HHHH", 0, 0, 0, 0) + stored([(struct.pack(">h", 1) + text_("g") + text_("t") + struct.pack(">i", 0),
        struct.pack(">hqi", 3, 5, -1) + text_("m") + struct.pack(">q", 1773500000000), 5), (struct.pack(">hh", 2, 1) + b"g", b"x", 6)]))


TARGETS = {"broker": broker, "batch": batches, "record": record, "schema": schemas, "proto": proto, "writer": writer, "sql": sql, "files": files,
           "log": log, "registry": registry, "connect": connect, "ksqldb": ksqldb, "http": http,
           "ksqldb_rest": ksqldb_rest}

for target in sys.argv[1:] or TARGETS:
    folder = os.path.join(HERE, "corpus", target)
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if not name.startswith("found-"):
            os.remove(os.path.join(folder, name))
    TARGETS[target]()
