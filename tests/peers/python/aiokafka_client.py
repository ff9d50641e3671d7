"""aiokafka: a verb and its arguments in, what the client saw out (see peer_scene.py)."""
import asyncio
import functools
import time

import client
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
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


async def consume(topic, group, count, isolation="read_uncommitted"):
    consumer = AIOKafkaConsumer(topic, **properties(group_id=group, auto_offset_reset="earliest", enable_auto_commit=False,
                                                    isolation_level=isolation))
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


class Told(ConsumerRebalanceListener):
    def __init__(self, told):
        self.told = told

    def on_partitions_assigned(self, places):
        self.told.append(sorted(place.partition for place in places))

    on_partitions_revoked = on_partitions_assigned


async def static(topic, group):
    """Two members by name; the second ends and comes again, and has what it had. What the first was told meanwhile."""
    total, told = (await partitions(topic=topic))["partitions"], []

    async def named(name):
        consumer = AIOKafkaConsumer(**properties(group_id=group, group_instance_id=name, heartbeat_interval_ms=300))
        consumer.subscribe([topic], listener=Told(told if name == "a" else []))
        await consumer.start()
        return consumer

    first = await named("a")
    await hold([first], lambda held: len(held[0]) == total)
    second = await named("b")
    before = await hold([first, second], lambda held: all(held) and len(held[0]) + len(held[1]) == total)
    told.clear()
    await second.stop()  # which does not leave, since it has a name
    second = await named("b")
    after = await hold([first, second], lambda held: len(held[1]) == len(before[1]))
    await asyncio.sleep(1)  # some heartbeats
    answer = {"before": before, "after": after, "told": list(told)}
    await first.stop()
    await second.stop()
    return answer


async def commits_in_flight(topic, group):
    """What client.commit_in_flight does, for members that are tasks."""
    total = (await partitions(topic=topic))["partitions"]
    ends = {str(place.partition): end for place, end in
            (await ends_of(topic=topic, places=[TopicPartition(topic, number) for number in range(total)])).items()}
    errors, stored, counts, members = set(), {}, [0, 0], []

    async def work(number):
        consumer = AIOKafkaConsumer(topic, **properties(group_id=group, auto_offset_reset="earliest", enable_auto_commit=False,
                                                        heartbeat_interval_ms=300))
        await consumer.start()
        while stored != ends and (number == 0 or counts[1] <= 40):
            for records in (await consumer.getmany(timeout_ms=20, max_records=1)).values():
                (record,) = records
                try:
                    await consumer.commit({TopicPartition(topic, record.partition): record.offset + 1})
                    stored[str(record.partition)] = record.offset + 1
                    counts[number] += 1
                except Exception as problem:  # whatever it is called
                    errors.add(f"{type(problem).__name__}: {problem}")
                await asyncio.sleep(0.005)
            if number == 0 and len(members) == 1 and counts[0] > 20:
                members.append(asyncio.create_task(work(1)))
        await consumer.stop()

    members.append(asyncio.create_task(work(0)))
    await asyncio.wait_for(members[0], PATIENCE)
    await asyncio.gather(*members)
    return {"errors": sorted(errors), "stored": stored, "counts": counts}


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
async def ends_of(consumer, topic, places):
    return await consumer.end_offsets(places)


@with_admin
async def positions(admin, topic, group):
    committed = await admin.list_consumer_group_offsets(group)
    return {"committed": {str(place.partition): found.offset for place, found in committed.items()},
            "end": {str(place.partition): offset for place, offset in (await ends_of(topic=topic, places=list(committed))).items()}}


@with_reader
async def bounds(consumer, topic, partition):
    place = TopicPartition(topic, partition)
    return {"begin": (await consumer.beginning_offsets([place]))[place], "end": (await consumer.end_offsets([place]))[place]}


@with_reader
async def offset_at(consumer, topic, partition, timestamp):
    place = TopicPartition(topic, partition)
    found = (await consumer.offsets_for_times({place: timestamp}))[place]
    return {"offset": found.offset if found else None}


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
        create, topics, partitions, produce, consume, rebalance, static, commits_in_flight, positions, bounds, offset_at, settings, alter, add_partitions,
        delete_records, groups, describe_group, delete_topic, transaction)})
