"""kafka-python: a verb and its arguments in, what the client saw out (see peer_scene.py)."""
import functools
import time

import client
from client import PATIENCE
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, KafkaAdminClient, OffsetSpec


def properties(**more):
    result = {"bootstrap_servers": client.bootstrap}
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


def consume(topic, group, count):
    consumer, records, end = member(group, topic), [], time.monotonic() + PATIENCE
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
            each.poll(timeout_ms=50)
        held = [sorted(place.partition for place in each.assignment()) for each in members]
        if enough(held) or time.monotonic() > end:
            return held


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
        create, topics, partitions, produce, consume, rebalance, positions, bounds, offset_at, settings, alter, add_partitions,
        delete_records, groups, describe_group, delete_group, delete_topic, transaction)})
