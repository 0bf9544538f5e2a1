"""Writes or reads one payload with the Python client of AWS Glue Schema Registry."""

import json
import sys

import boto3
from aws_schema_registry import DataAndSchema, KafkaDeserializer, KafkaSerializer, SchemaRegistryClient
from aws_schema_registry.avro import AvroSchema
from aws_schema_registry.jsonschema import JsonSchema

endpoint, region, command, topic, given = sys.argv[1:]
client = SchemaRegistryClient(
    boto3.client(
        "glue",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
)
asked = json.loads(given)
if command == "write":
    # The name that the Java client gives: that of the topic.
    serializer = KafkaSerializer(client, schema_naming_strategy=lambda topic, is_key, schema: topic)
    kind = AvroSchema if asked["type"] == "AVRO" else JsonSchema
    data = DataAndSchema(asked["data"], kind(asked["schema"]))
    print(json.dumps({"result": serializer.serialize(topic, data).hex()}))
else:
    read = KafkaDeserializer(client).deserialize(topic, bytes.fromhex(asked["bytes"]))
    print(json.dumps({"result": read.data}))
