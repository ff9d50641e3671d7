"""What the workshop's three scripts do, with confluent-kafka-python and its serializers: the admin script's topics, the producer
with a flush a record, the detector. Settings come from one client.properties for all three, consumer settings among them."""
import random
import time
from datetime import datetime, timedelta

import client
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

CARDS = ("4000 0000 0000 0001", "4000 0000 0000 0002")
TRANSACTION = """{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Transaction",
  "type": "object",
  "properties": {
    "transaction_id": {"type": "integer", "connect.index": 0, "connect.type": "int32"},
    "transaction_timestamp": {"type": "string", "connect.index": 1},
    "credit_card_number": {"type": "string", "connect.index": 2},
    "amount": {"type": "integer", "connect.index": 3, "connect.type": "int32"},
    "location": {"type": "string", "connect.index": 4}
  }
}"""
CUSTOMER = """{"type": "record", "name": "Value", "namespace": "cdc.public.customers", "fields": [
  {"name": "credit_card_number", "type": "string"}, {"name": "customer_id", "type": "string"}, {"name": "customer_email", "type": "string"},
  {"name": "avg_spending_amount", "type": "int"}, {"name": "__deleted", "type": ["null", "string"], "default": null}]}"""
FEATURE_KEY = """{"type": "record", "name": "FeatureSetKey", "namespace": "io.confluent.ksql.avro_schemas", "fields": [
  {"name": "CREDIT_CARD_NUMBER", "type": ["null", "string"], "default": null},
  {"name": "CUSTOMER_EMAIL", "type": ["null", "string"], "default": null},
  {"name": "AVERAGE_SPENDING_AMOUNT", "type": ["null", "int"], "default": null}]}"""
FEATURE_VALUE = """{"$schema": "http://json-schema.org/draft-07/schema#", "title": "Feature", "type": "object", "properties": {
  "TRANSACTION_COUNT": {"type": "number"}, "TOTAL_AMOUNT": {"type": "number"}, "WINDOW_START": {"type": "string"},
  "WINDOW_END": {"type": "string"}}}"""
ALERT = """{
  "connect.name": "workshop.fraudulenttrans",
  "fields": [{"name": "details", "type": "string"}],
  "name": "FraudulentTransactions",
  "namespace": "workshop",
  "type": "record"
}"""


def properties():
    result = {"bootstrap.servers": client.bootstrap, "group.id": "FraudDetectorApplication", "session.timeout.ms": "45000",
              "auto.offset.reset": "earliest", "enable.auto.commit": "false", "client.id": "workshop-client"}
    if client.username:
        result.update({"security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "PLAIN", "sasl.username": client.username,
                       "sasl.password": client.password})
    return result


def registry():
    result = {"url": client.registry}
    if client.username:
        result["basic.auth.user.info"] = f"{client.username}:{client.password}"
    return SchemaRegistryClient(result)


def create(*names):
    admin = AdminClient(properties())
    for future in admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=3) for name in names]).values():
        future.result(client.PATIENCE)
    return sorted(admin.list_topics(timeout=client.PATIENCE).topics)


def make_topics():
    return {"topics": create("transactions", "fraudulent_transactions")}


def send(producer, topic, key, value):
    errors = []
    producer.produce(topic=topic, key=key, value=value, on_delivery=lambda error, _: error and errors.append(error))
    producer.flush()
    if errors:
        raise KafkaException(errors[0])


def customers():
    """In place of the CDC connector: the key is what Connect's StringConverter writes."""
    create("cdc.public.customers")
    producer, serializer = Producer(properties()), AvroSerializer(registry(), CUSTOMER)
    for number, card in enumerate(CARDS):
        row = {"credit_card_number": card, "customer_id": f"C{number}", "customer_email": f"c{number}@example.com",
               "avg_spending_amount": 1000 * (number + 1), "__deleted": "false"}
        send(producer, "cdc.public.customers", f"Struct{{credit_card_number={card}}}",
             serializer(row, SerializationContext("cdc.public.customers", MessageField.VALUE)))
    return {}


def produce(amounts):
    """Transactions of each card: [[amounts of the first], [amounts of the second]]."""
    serializer = JSONSerializer(TRANSACTION, registry(), lambda transaction, _: transaction)
    producer, sent = Producer(properties()), []
    for card, each in zip(CARDS, amounts):
        for amount in each:
            later = datetime.now() + timedelta(hours=random.randint(1, 10), minutes=random.randint(1, 59))
            transaction = {"transaction_id": random.randint(1000000, 9999999),
                           "transaction_timestamp": later.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3], "credit_card_number": card,
                           "amount": amount, "location": "Berlin"}
            send(producer, "transactions", str(transaction["transaction_id"]),
                 serializer(transaction, SerializationContext("transactions", MessageField.VALUE)))
            sent.append(transaction)
    return {"sent": sent}


def detect(total):
    """Reads windows until one of them has this total; raises an alert for each that meets the rule."""
    schemas = registry()
    key_of, value_of = AvroDeserializer(schemas, FEATURE_KEY), JSONDeserializer(FEATURE_VALUE, from_dict=lambda value, _: value)
    serializer = AvroSerializer(schemas, ALERT)
    consumer, producer, seen, end = Consumer(properties()), Producer(properties()), [], time.monotonic() + client.PATIENCE
    consumer.subscribe(["FEATURE_SET"])
    while time.monotonic() < end and not (seen and seen[-1]["TOTAL_AMOUNT"] == total):
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        key = key_of(message.key(), SerializationContext("FEATURE_SET", MessageField.KEY))
        value = value_of(message.value(), SerializationContext("FEATURE_SET", MessageField.VALUE))
        seen.append(dict(key, **value))
        if value["TRANSACTION_COUNT"] >= 2 and value["TOTAL_AMOUNT"] > key["AVERAGE_SPENDING_AMOUNT"]:
            details = (f"credit card number {key['CREDIT_CARD_NUMBER']} customer {key['CUSTOMER_EMAIL']} total spend {value['TOTAL_AMOUNT']} "
                       f"average spend {key['AVERAGE_SPENDING_AMOUNT']} total number of transactions {value['TRANSACTION_COUNT']} "
                       f"time period {value['WINDOW_START']} to {value['WINDOW_END']}")
            send(producer, "fraudulent_transactions", None,
                 serializer({"details": details}, SerializationContext("fraudulent_transactions", MessageField.VALUE)))
        consumer.commit(message, asynchronous=False)
    consumer.close()
    return {"windows": seen}


def alerts(count):
    value_of = AvroDeserializer(registry())
    consumer, found, end = Consumer(properties() | {"group.id": "reader"}), [], time.monotonic() + client.PATIENCE
    consumer.subscribe(["fraudulent_transactions"])
    while len(found) < count and time.monotonic() < end:
        message = consumer.poll(1)
        if message is not None and not message.error():
            found.append(value_of(message.value(), SerializationContext("fraudulent_transactions", MessageField.VALUE))["details"])
    consumer.close()
    return {"alerts": found}


def end_of(topic):
    return {"end": Consumer(properties()).get_watermark_offsets(TopicPartition(topic, 0), client.PATIENCE)[1]}


def subjects():
    schemas = registry()
    return {name: schemas.get_latest_version(name).schema.schema_type for name in schemas.get_subjects()}


if __name__ == "__main__":
    client.run({each.__name__: each for each in (make_topics, customers, produce, detect, alerts, end_of, subjects)})
