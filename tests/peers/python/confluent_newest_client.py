"""The newest confluent-kafka-python: the verbs of confluent_client.py, and of what came since."""
import asyncio
import inspect
import time

import client
import confluent_client
from client import PATIENCE
from confluent_client import properties
from confluent_kafka import Consumer, KafkaException, ShareConsumer
from confluent_kafka.aio import AIOConsumer, AIOProducer


def refusal(consumer, topic):
    """What a consumer hears instead of records."""
    consumer.subscribe([topic])
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for message in list_of(consumer.poll(1)):
            raise KafkaException(message.error())
    return {}


def list_of(polled):
    return polled if isinstance(polled, list) else [polled] if polled else []


def consumer_protocol(topic, group):
    return refusal(Consumer(properties(group_id=group, group_protocol="consumer")), topic)


def share_group(topic, group):
    return refusal(ShareConsumer(properties(group_id=group)), topic)


def asynchronous(topic, group, count):
    async def all_of_them():
        producer = AIOProducer(properties())
        sent = [await producer.produce(topic, value=str(number).encode()) for number in range(count)]
        await producer.flush()
        offsets = [(await one).offset() for one in sent]
        await producer.close()
        consumer = AIOConsumer(properties(group_id=group, auto_offset_reset="earliest", enable_auto_commit=False))
        await consumer.subscribe([topic])
        seen, end = set(), time.monotonic() + PATIENCE
        while len(seen) < len(offsets) and time.monotonic() < end:
            message = await consumer.poll(1)
            if message is not None and not message.error():
                seen.add(message.value())
        await consumer.commit(asynchronous=False)
        await consumer.close()
        return len(seen)

    return {"records": asyncio.run(all_of_them())}


if __name__ == "__main__":
    client.run(dict(inspect.getmembers(confluent_client, inspect.isfunction)) |
               {each.__name__: each for each in (consumer_protocol, share_group, asynchronous)})
