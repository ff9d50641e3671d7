"""confluent-kafka-python's Protobuf serializer: messages as protoc's generated code describes them, their schema registered as a
serialized descriptor, what they import as references."""
import client
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

Field = descriptor_pb2.FieldDescriptorProto


def registry():
    settings = {"url": client.registry}
    if client.username:
        settings["basic.auth.user.info"] = f"{client.username}:{client.password}"
    return SchemaRegistryClient(settings)


def messages(details):
    """What protoc would have generated for part.proto and alert.proto; `details` is the type of that field."""
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    part = descriptor_pb2.FileDescriptorProto(name="part.proto", package="n", syntax="proto3")
    part.message_type.add(name="Part").field.add(name="count", number=1, type=Field.TYPE_INT32, label=Field.LABEL_OPTIONAL)
    pool.Add(part)
    alert = descriptor_pb2.FileDescriptorProto(name="alert.proto", package="n", syntax="proto3",
                                               dependency=["part.proto", "google/protobuf/timestamp.proto"])
    message = alert.message_type.add(name="Alert")
    message.field.add(name="details", number=1, type=details, label=Field.LABEL_OPTIONAL)
    message.field.add(name="part", number=2, type=Field.TYPE_MESSAGE, type_name=".n.Part", label=Field.LABEL_OPTIONAL)
    message.field.add(name="at", number=3, type=Field.TYPE_MESSAGE, type_name=".google.protobuf.Timestamp", label=Field.LABEL_OPTIONAL)
    pool.Add(alert)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("n.Alert"))


def values(topic):
    kind, context = messages(Field.TYPE_STRING), SerializationContext(topic, MessageField.VALUE)
    value = kind(details="too much")
    value.part.count = 7
    value.at.seconds = 1773500000
    written = ProtobufSerializer(kind, registry(), {"use.deprecated.format": False})(value, context)
    read = ProtobufDeserializer(kind, {"use.deprecated.format": False})(written, context)
    found = registry().get_latest_version(topic + "-value")
    return {"framed": written[:1].hex(), "same": read == value, "type": found.schema.schema_type, "schema": found.schema.schema_str,
            "references": sorted(reference.name for reference in found.schema.references),
            "subjects": sorted(registry().get_subjects())}


def break_readers(topic):
    kind, context = messages(Field.TYPE_INT32), SerializationContext(topic, MessageField.VALUE)
    ProtobufSerializer(kind, registry(), {"use.deprecated.format": False})(kind(details=7), context)


if __name__ == "__main__":
    client.run({"values": values, "break_readers": break_readers})
