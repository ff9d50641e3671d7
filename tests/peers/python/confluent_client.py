"""confluent-kafka-python: a verb and its arguments in, what the client saw out (see peer_scene.py)."""
import functools
import time

import client
from client import PATIENCE
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic,
                                   OffsetSpec)


def properties(**more):
    result = {"bootstrap.servers": client.bootstrap}
    if client.username:
        result.update({"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": client.username,
                       "sasl.password": client.password})
    return result | {name.replace("_", "."): value for name, value in more.items()}


@functools.cache
def admin():
    """Kept: calls that it has not answered die with it."""
    return AdminClient(properties())


def result(futures):
    """What became of a call about one thing."""
    (future,) = futures.values()
    return future.result(PATIENCE)


def create(topic, partitions, replicas=-1, settings=None):
    result(admin().create_topics([NewTopic(topic, partitions, replicas, config=settings or {})]))
    return {}


def topics():
    """Why nobody serves us is told to the callback; the call only knows that its time is over."""
    reasons = []
    asking = AdminClient(properties() | {"error_cb": reasons.append})
    try:
        return {"topics": sorted(asking.list_topics(timeout=15).topics)}
    except KafkaException as problem:
        asking.poll(1)
        raise KafkaException(reasons[0]) if reasons else problem


def partitions(topic):
    described = result(admin().describe_topics(TopicCollection([topic])))
    return {"partitions": len(described.partitions)}


def produce(topic, records, compression="none", limit=None):
    more = {"message_max_bytes": limit} if limit else {}
    producer = Producer(properties(compression_type=compression, linger_ms=50, enable_idempotence=True, **more))
    offsets, errors = [], []

    def delivered(error, message):
        errors.append(error) if error else offsets.append(message.offset())

    for record in records:
        place = {name: record[name] for name in ("partition", "timestamp") if name in record}
        headers = [(name, client.body(content)) for name, content in record.get("headers", [])]
        producer.produce(topic, key=client.body(record.get("key")), value=client.body(record["value"]), headers=headers,
                         on_delivery=delivered, **place)
    if producer.flush(PATIENCE):
        raise TimeoutError("not all was delivered")
    if errors:
        raise KafkaException(errors[0])
    return {"offsets": offsets}


def member(group, topic, **more):
    consumer = Consumer(properties(group_id=group, auto_offset_reset="earliest", enable_auto_commit=False, **more))
    consumer.subscribe([topic])
    return consumer


def consume(topic, group, count, isolation="read_uncommitted"):
    consumer, records, end = member(group, topic, isolation_level=isolation), [], time.monotonic() + PATIENCE
    while len(records) < count and time.monotonic() < end:
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        records.append(client.record(message.partition(), message.offset(), message.key(), message.value(), message.headers()))
    consumer.commit(asynchronous=False)
    consumer.close()
    return {"records": records}


def rebalance(topic, group, strategy=None):
    """A member alone, then two, then the second alone."""
    more = {"heartbeat_interval_ms": 300}
    if strategy:
        more["partition_assignment_strategy"] = strategy
    total = partitions(topic)["partitions"]
    members = [member(group, topic, **more)]
    shares = [hold(members, lambda held: len(held[0]) == total)]
    members.append(member(group, topic, **more))
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
            each.poll(0.05)
        held = [sorted(place.partition for place in each.assignment()) for each in members]
        if enough(held) or time.monotonic() > end:
            return held


def static(topic, group):
    """Two members by name; the second ends and comes again, and has what it had. What the first was told meanwhile."""
    total, told = partitions(topic)["partitions"], []

    def named(name, tell=lambda *_: None):
        consumer = Consumer(properties(group_id=group, group_instance_id=name, heartbeat_interval_ms=300))
        consumer.subscribe([topic], on_assign=tell, on_revoke=tell)
        return consumer

    first = named("a", lambda _, places: told.append([place.partition for place in places]))
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
    ends = {str(number): bounds(topic, number)["end"] for number in range(partitions(topic)["partitions"])}

    def step(each):
        message = each.poll(0.02)
        if message is None or message.error():
            return None
        return message.partition(), message.offset() + 1, lambda: each.commit(message, asynchronous=False)

    return client.commit_in_flight(ends, lambda: member(group, topic, heartbeat_interval_ms=300), step, lambda each: each.close())


def positions(topic, group):
    places = [TopicPartition(topic, number) for number in range(partitions(topic)["partitions"])]
    committed = result(admin().list_consumer_group_offsets([ConsumerGroupTopicPartitions(group, places)]))
    ends = admin().list_offsets({place: OffsetSpec.latest() for place in places})
    return {"committed": {str(place.partition): place.offset for place in committed.topic_partitions},
            "end": {str(place.partition): future.result(PATIENCE).offset for place, future in ends.items()}}


def bounds(topic, partition):
    place = TopicPartition(topic, partition)
    return {"begin": result(admin().list_offsets({place: OffsetSpec.earliest()})).offset,
            "end": result(admin().list_offsets({place: OffsetSpec.latest()})).offset}


def offset_at(topic, partition, timestamp):
    return {"offset": result(admin().list_offsets({TopicPartition(topic, partition): OffsetSpec.for_timestamp(timestamp)})).offset}


def settings(topic):
    entries = result(admin().describe_configs([ConfigResource("topic", topic)]))
    return {"settings": {name: entry.value for name, entry in entries.items()}}


def alter(topic, name, value):
    change = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    result(admin().incremental_alter_configs([ConfigResource("topic", topic, incremental_configs=[change])]))
    return {}


def add_partitions(topic, total):
    result(admin().create_partitions([NewPartitions(topic, total)]))
    return {}


def delete_records(topic, partition, before):
    return {"begin": result(admin().delete_records([TopicPartition(topic, partition, before)])).low_watermark}


def groups():
    return {"groups": sorted(group.group_id for group in admin().list_consumer_groups().result(PATIENCE).valid)}


def describe_group(group):
    described = result(admin().describe_consumer_groups([group]))
    return {"state": described.state.name, "members": len(described.members)}


def delete_group(group):
    result(admin().delete_consumer_groups([group]))
    return {}


def delete_topic(topic):
    result(admin().delete_topics([topic]))
    return {}


def transaction(topic):
    producer = Producer(properties(transactional_id="t"))
    producer.init_transactions(PATIENCE)
    return {}


if __name__ == "__main__":
    client.run({each.__name__: each for each in (
        create, topics, partitions, produce, consume, rebalance, static, commits_in_flight, positions, bounds, offset_at, settings, alter, add_partitions,
        delete_records, groups, describe_group, delete_group, delete_topic, transaction)})
