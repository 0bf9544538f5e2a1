"""What Microsoft's Python client sees: one command from the arguments, one line of JSON to standard output."""

import base64
import datetime
import json
import sys

from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.exceptions import EventHubError

connection, hub, command, arguments = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])


def producer():
    return EventHubProducerClient.from_connection_string(connection, eventhub_name=hub, retry_total=0)


def consumer(group="$Default"):
    return EventHubConsumerClient.from_connection_string(
        connection, consumer_group=group, eventhub_name=hub, retry_total=0
    )


def plain(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, datetime.datetime):
        return round(value.timestamp() * 1000)
    if isinstance(value, dict):
        return {plain(key): plain(entry) for key, entry in value.items()}
    return value


def event(text):
    data = EventData(base64.b64decode(text["body"]))
    data.properties = text.get("properties", {})
    if "message_id" in text:
        data.message_id = text["message_id"]
    if "content_type" in text:
        data.content_type = text["content_type"]
    return data


def describe():
    with producer() as client:
        return {
            "hub": plain(client.get_eventhub_properties()),
            "partition": plain(client.get_partition_properties(arguments["partition"])),
        }


def send():
    with producer() as client:
        for events in arguments["batches"]:
            client.send_batch([event(text) for text in events], **arguments.get("target", {}))


def send_one():
    with producer() as client:
        client.send_event(event(arguments["event"]), **arguments.get("target", {}))


def fill_batch():
    with producer() as client:
        batch = client.create_batch(**arguments.get("target", {}))
        count = 0
        try:
            while True:
                batch.add(EventData(b"x" * arguments["size"]))
                count += 1
        except ValueError:
            client.send_batch(batch)
        return {"limit": batch.max_size_in_bytes, "count": count}


def receive():
    start = arguments.get("start", "-1")
    if arguments.get("time"):
        start = datetime.datetime.fromtimestamp(start / 1000, datetime.timezone.utc)
    client = consumer(arguments.get("group", "$Default"))
    received = []

    def on_event(context, data):
        received.append(
            {
                "partition": context.partition_id,
                "sequence": data.sequence_number,
                "offset": data.offset,
                "enqueued": plain(data.enqueued_time),
                "key": plain(data.partition_key),
                "body": base64.b64encode(b"".join(data.body)).decode(),
                "properties": plain(data.properties),
                "message_id": data.message_id,
                "content_type": data.content_type,
                "last": plain(context.last_enqueued_event_properties),
            }
        )
        if len(received) >= arguments["count"]:
            client.close()

    client.receive(
        on_event=on_event,
        starting_position=start,
        starting_position_inclusive=arguments.get("inclusive", False),
        partition_id=arguments.get("partition"),
        owner_level=arguments.get("owner_level"),
        track_last_enqueued_event_properties=True,
    )
    return received


def displaced():
    """Reads with one client until another takes its place, and says how it learns that."""
    import threading

    first, second = consumer(), consumer()
    reading, gone, errors = threading.Event(), threading.Event(), []

    def on_error(_, error):
        errors.append(str(error))
        gone.set()

    def read(client, level, on_event, on_failure):
        client.receive(
            on_event=on_event,
            on_error=on_failure,
            partition_id="0",
            owner_level=level,
            starting_position="-1",
        )

    one = threading.Thread(target=read, args=(first, 1, lambda *_: reading.set(), on_error), daemon=True)
    one.start()
    reading.wait(20)
    two = threading.Thread(target=read, args=(second, 2, lambda *_: None, lambda *_: None), daemon=True)
    two.start()
    gone.wait(20)
    first.close()
    second.close()
    return errors


try:
    result = {"result": globals()[command]()}
except EventHubError as error:
    result = {"error": type(error).__name__, "message": str(error)}
print(json.dumps(result))
