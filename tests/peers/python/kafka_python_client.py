"""kafka-python: a verb and its arguments in, what the client saw out (see peer_scene.py)."""
import functools
import time

import client
from client import PATIENCE
from kafka import ConsumerRebalanceListener, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, KafkaAdminClient, OffsetSpec
from kafka.structs import OffsetAndMetadata

# Milliseconds of a poll. One that ends between SyncGroup and its answer forgets the assignment for good (3.0.12).
JOINING = 1000


def properties(**more):
    result = {"bootstrap_servers": client.bootstrap, "bootstrap_timeout_ms": 10000}
    if client.username:
        result.update(security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN", sasl_plain_username=client.username,
                      sasl_plain_password=client.password)
    return result | more


@functools.cache
def admin():
    return KafkaAdminClient(**properties())


def create(topic, partitions, replicas=-1, settings=None):
    admin().create_topics({topic: {"num_partitions": partitions, "replication_factor": replicas, "configs": settings or {}}})
    return {}


def topics():
    return {"topics": sorted(admin().list_topics())}


def partitions(topic):
    (described,) = admin().describe_topics([topic])
    return {"partitions": len(described["partitions"])}


def produce(topic, records, compression="none", limit=None):
    more = {"max_request_size": limit} if limit else {}
    producer = KafkaProducer(**properties(compression_type=None if compression == "none" else compression, linger_ms=50,
                                          enable_idempotence=True, acks="all", **more))
    futures = []
    for record in records:
        headers = [(name, client.body(content)) for name, content in record.get("headers", [])]
        key = record.get("key")
        futures.append(producer.send(topic, key=None if key is None else key.encode(), value=client.body(record["value"]), headers=headers,
                                     partition=record.get("partition"), timestamp_ms=record.get("timestamp")))
    offsets = [future.get(PATIENCE).offset for future in futures]
    producer.close()
    return {"offsets": offsets}


def member(group, topic, **more):
    return KafkaConsumer(topic, **properties(group_id=group, auto_offset_reset="earliest", enable_auto_commit=False, **more))


def consume(topic, group, count, isolation="read_uncommitted"):
    consumer, records, end = member(group, topic, isolation_level=isolation), [], time.monotonic() + PATIENCE
    while len(records) < count and time.monotonic() < end:
        for batch in consumer.poll(timeout_ms=1000).values():
            records += [client.record(each.partition, each.offset, each.key, each.value, each.headers) for each in batch]
    consumer.commit()
    consumer.close()
    return {"records": records}


def rebalance(topic, group, strategy=None):
    """A member alone, then two, then the second alone."""
    total = partitions(topic)["partitions"]
    members = [member(group, topic, heartbeat_interval_ms=300)]
    shares = [hold(members, lambda held: len(held[0]) == total)]
    members.append(member(group, topic, heartbeat_interval_ms=300))
    shares.append(hold(members, lambda held: all(held) and len(held[0]) + len(held[1]) == total))
    members.pop(0).close()
    shares.append(hold(members, lambda held: len(held[0]) == total))
    members[0].close()
    return {"shares": shares}


def hold(members, enough):
    """Polls until the members hold what is expected; gives what they hold."""
    end = time.monotonic() + PATIENCE
    while True:
        for each in members:
            each.poll(timeout_ms=JOINING)
        held = [sorted(place.partition for place in each.assignment()) for each in members]
        if enough(held) or time.monotonic() > end:
            return held


class Told(ConsumerRebalanceListener):
    def __init__(self, told):
        self.told = told

    def on_partitions_assigned(self, places):
        self.told.append(sorted(place.partition for place in places))

    on_partitions_revoked = on_partitions_assigned


def static(topic, group):
    """Two members by name; the second ends and comes again, and has what it had. What the first was told meanwhile."""
    total, told = partitions(topic)["partitions"], []

    def named(name):
        consumer = KafkaConsumer(**properties(group_id=group, group_instance_id=name, heartbeat_interval_ms=300))
        consumer.subscribe([topic], listener=Told(told if name == "a" else []))
        return consumer

    first = named("a")
    hold([first], lambda held: len(held[0]) == total)
    second = named("b")
    before = hold([first, second], lambda held: all(held) and len(held[0]) + len(held[1]) == total)
    told.clear()
    second.close()  # which does not leave, since it has a name
    second = named("b")
    after = hold([first, second], lambda held: len(held[1]) == len(before[1]))
    quiet = time.monotonic() + 1  # some heartbeats
    hold([first, second], lambda _: time.monotonic() > quiet)
    answer = {"before": before, "after": after, "told": list(told)}
    first.close()
    second.close()
    return answer


def commits_in_flight(topic, group):
    ends = {str(number): offset_by(topic, number, OffsetSpec.LATEST) for number in range(partitions(topic)["partitions"])}

    def step(each):
        found = [record for batch in each.poll(timeout_ms=JOINING, max_records=1).values() for record in batch]
        if not found:
            return None
        (record,) = found
        place = {TopicPartition(topic, record.partition): OffsetAndMetadata(record.offset + 1, "", -1)}
        return record.partition, record.offset + 1, lambda: each.commit(place)

    return client.commit_in_flight(ends, lambda: member(group, topic, heartbeat_interval_ms=300), step, lambda each: each.close())


def offset_by(topic, partition, moment):
    place = TopicPartition(topic, partition)
    return admin().list_partition_offsets({place: moment})[place].offset


def positions(topic, group):
    committed = admin().list_group_offsets(group)[group]
    return {"committed": {str(place.partition): found.offset for place, found in committed.items()},
            "end": {str(place.partition): offset_by(topic, place.partition, OffsetSpec.LATEST) for place in committed}}


def bounds(topic, partition):
    return {"begin": offset_by(topic, partition, OffsetSpec.EARLIEST), "end": offset_by(topic, partition, OffsetSpec.LATEST)}


def offset_at(topic, partition, timestamp):
    return {"offset": offset_by(topic, partition, timestamp)}


def settings(topic):
    (entries,) = admin().describe_configs([ConfigResource("TOPIC", topic)], config_filter="all").values()
    return {"settings": {name: entry["value"] for name, entry in entries[topic].items()}}


def alter(topic, name, value):
    ((outcome,),) = [found.values() for found in admin().alter_configs([ConfigResource("TOPIC", topic, {name: value})]).values()]
    return {} if outcome in (None, "OK") else {"error": str(outcome)}


def add_partitions(topic, total):
    admin().create_partitions({topic: total})
    return {}


def delete_records(topic, partition, before):
    place = TopicPartition(topic, partition)
    return {"begin": admin().delete_records({place: before})[place]["low_watermark"]}


def groups():
    return {"groups": sorted(group["group_id"] for group in admin().list_groups())}


def describe_group(group):
    described = admin().describe_groups([group])[group]
    return {"state": described["group_state"].upper(), "members": len(described["members"])}


def delete_group(group):
    outcome = admin().delete_groups([group])[group]
    return {} if outcome == "OK" else {"error": outcome}


def delete_topic(topic):
    admin().delete_topics([topic])
    return {}


def transaction(topic):
    producer = KafkaProducer(**properties(transactional_id="t"))
    producer.init_transactions()
    return {}


if __name__ == "__main__":
    client.run({each.__name__: each for each in (
        create, topics, partitions, produce, consume, rebalance, static, commits_in_flight, positions, bounds, offset_at, settings, alter, add_partitions,
        delete_records, groups, describe_group, delete_group, delete_topic, transaction)})
