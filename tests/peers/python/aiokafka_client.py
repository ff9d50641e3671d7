"""aiokafka: a verb and its arguments in, what the client saw out (see peer_scene.py)."""
import asyncio
import functools
import time

import client
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import for_code
from client import PATIENCE

STRATEGIES = {"range": RangePartitionAssignor, "roundrobin": RoundRobinPartitionAssignor, "sticky": StickyPartitionAssignor}


def properties(**more):
    result = {"bootstrap_servers": client.bootstrap}
    if client.username:
        result.update(security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN", sasl_plain_username=client.username,
                      sasl_plain_password=client.password)
    return result | more


def with_admin(verb):
    @functools.wraps(verb)
    async def work(**arguments):
        admin = AIOKafkaAdminClient(**properties())
        await admin.start()
        try:
            return await verb(admin, **arguments)
        finally:
            await admin.close()
    return work


def check(code, words=None):
    """aiokafka's admin client leaves the errors of an answer to its caller."""
    if code:
        raise for_code(code)(words or "")


@with_admin
async def create(admin, topic, partitions, replicas=-1, settings=None):
    answer = await admin.create_topics([NewTopic(topic, partitions, replicas, topic_configs=settings or {})])
    for _, code, *words in answer.topic_errors:
        check(code, words[0] if words else None)
    return {}


@with_admin
async def topics(admin):
    return {"topics": sorted(await admin.list_topics())}


@with_admin
async def partitions(admin, topic):
    (described,) = await admin.describe_topics([topic])
    check(described["error_code"])
    return {"partitions": len(described["partitions"])}


async def produce(topic, records, compression="none", limit=None):
    more = {"max_request_size": limit} if limit else {}
    producer = AIOKafkaProducer(**properties(compression_type=None if compression == "none" else compression, linger_ms=50,
                                             enable_idempotence=True, **more))
    await producer.start()
    try:
        futures = []
        for record in records:
            headers = [(name, client.body(content)) for name, content in record.get("headers", [])]
            key = record.get("key")
            futures.append(await producer.send(topic, key=None if key is None else key.encode(), value=client.body(record["value"]),
                                               headers=headers, partition=record.get("partition"), timestamp_ms=record.get("timestamp")))
        return {"offsets": [(await future).offset for future in futures]}
    finally:
        await producer.stop()


async def consume(topic, group, count):
    consumer = AIOKafkaConsumer(topic, **properties(group_id=group, auto_offset_reset="earliest", enable_auto_commit=False))
    records, end = [], time.monotonic() + PATIENCE
    await consumer.start()
    while len(records) < count and time.monotonic() < end:
        for batch in (await consumer.getmany(timeout_ms=1000)).values():
            records += [client.record(each.partition, each.offset, each.key, each.value, each.headers) for each in batch]
    await consumer.commit()
    await consumer.stop()
    return {"records": records}


async def member(topic, group, strategy):
    more = {"partition_assignment_strategy": (STRATEGIES[strategy],)} if strategy else {}
    consumer = AIOKafkaConsumer(**properties(group_id=group, heartbeat_interval_ms=300, **more))
    consumer.subscribe([topic])
    await consumer.start()
    return consumer


async def hold(members, enough):
    """Waits until the members hold what is expected; gives what they hold."""
    end = time.monotonic() + PATIENCE
    while True:
        await asyncio.sleep(0.05)
        held = [sorted(place.partition for place in each.assignment()) for each in members]
        if enough(held) or time.monotonic() > end:
            return held


async def rebalance(topic, group, strategy=None):
    """A member alone, then two, then the second alone."""
    total = (await partitions(topic=topic))["partitions"]
    members = [await member(topic, group, strategy)]
    shares = [await hold(members, lambda held: len(held[0]) == total)]
    members.append(await member(topic, group, strategy))
    shares.append(await hold(members, lambda held: all(held) and len(held[0]) + len(held[1]) == total))
    await members.pop(0).stop()
    shares.append(await hold(members, lambda held: len(held[0]) == total))
    await members[0].stop()
    return {"shares": shares}


def with_reader(verb):
    @functools.wraps(verb)
    async def work(**arguments):
        consumer = AIOKafkaConsumer(**properties())
        await consumer.start()
        try:
            return await verb(consumer, **arguments)
        finally:
            await consumer.stop()
    return work


@with_reader
async def ends(consumer, topic, places):
    return await consumer.end_offsets(places)


@with_admin
async def positions(admin, topic, group):
    committed = await admin.list_consumer_group_offsets(group)
    return {"committed": {str(place.partition): found.offset for place, found in committed.items()},
            "end": {str(place.partition): offset for place, offset in (await ends(topic=topic, places=list(committed))).items()}}


@with_reader
async def bounds(consumer, topic, partition):
    place = TopicPartition(topic, partition)
    return {"begin": (await consumer.beginning_offsets([place]))[place], "end": (await consumer.end_offsets([place]))[place]}


@with_reader
async def offset_at(consumer, topic, partition, timestamp):
    place = TopicPartition(topic, partition)
    return {"offset": (await consumer.offsets_for_times({place: timestamp}))[place].offset}


@with_admin
async def settings(admin, topic):
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    (resource,) = answer.to_object()["resources"]
    check(resource["error_code"], resource["error_message"])
    return {"settings": {entry["config_names"]: entry["config_value"] for entry in resource["config_entries"]}}


@with_admin
async def alter(admin, topic, name, value):
    (answer,) = await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})])
    (resource,) = answer.to_object()["resources"]
    check(resource["error_code"], resource["error_message"])
    return {}


@with_admin
async def add_partitions(admin, topic, total):
    answer = await admin.create_partitions({topic: NewPartitions(total)})
    for _, code, *words in answer.topic_errors:
        check(code, words[0] if words else None)
    return {}


@with_admin
async def delete_records(admin, topic, partition, before):
    place = TopicPartition(topic, partition)
    return {"begin": (await admin.delete_records({place: RecordsToDelete(before)}))[place]}


@with_admin
async def groups(admin):
    return {"groups": sorted(name for name, *_ in await admin.list_consumer_groups())}


@with_admin
async def describe_group(admin, group):
    (answer,) = await admin.describe_consumer_groups([group])
    (described,) = answer.to_object()["groups"]
    check(described["error_code"])
    return {"state": described["state"].upper(), "members": len(described["members"])}


@with_admin
async def delete_topic(admin, topic):
    answer = await admin.delete_topics([topic])
    for _, code in answer.topic_error_codes:
        check(code)
    return {}


async def transaction(topic):
    producer = AIOKafkaProducer(**properties(transactional_id="t"))
    try:
        await producer.start()
    finally:
        await producer.stop()
    return {}


def now(verb):
    return lambda **arguments: asyncio.run(verb(**arguments))


if __name__ == "__main__":
    client.run({each.__name__: now(each) for each in (
        create, topics, partitions, produce, consume, rebalance, positions, bounds, offset_at, settings, alter, add_partitions,
        delete_records, groups, describe_group, delete_topic, transaction)})
