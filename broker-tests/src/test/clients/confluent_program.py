"""What an ordinary user of confluent-kafka (librdkafka) does: confluent_program.py host:port. Ends with 1 when something is not as it must be."""
import sys
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition, libversion
from confluent_kafka.admin import AdminClient, NewTopic

BOOTSTRAP = sys.argv[1]
TOPIC = "confluent-python"
PARTITIONS = 3
RECORDS = 300
BASE_MS = int(time.time() * 1000) - 600_000


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def await_(what, condition, limit_s=20):
    deadline = time.time() + limit_s
    while not condition():
        check(time.time() < deadline, "not within %d s: %s" % (limit_s, what))
        time.sleep(0.05)


def key(i):
    return b"key %d" % (i % 11)


def value(i):
    return b"value %d some text that a codec can make shorter, some text that a codec can make shorter" % i


def produce(start, codec, idempotent):
    failed = []
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "compression.type": codec, "enable.idempotence": idempotent, "acks": "all", "linger.ms": 5})
    for i in range(start, start + RECORDS):
        producer.produce(TOPIC, value(i), key(i), partition=i % PARTITIONS, timestamp=BASE_MS + i, headers={"number": str(i)},
                         on_delivery=lambda error, message: failed.append(error) if error else None)
    check(producer.flush(30) == 0, "flush left records")
    check(not failed, "failed: %s" % failed)
    print("produced with", codec, "idempotent" if idempotent else "")


def consumer(group):
    return Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False,
                     "session.timeout.ms": 10000, "heartbeat.interval.ms": 500})


def check_message(message):
    check(not message.error(), message.error())
    i = int(dict(message.headers())["number"])
    check(message.key() == key(i) and message.value() == value(i), "content of record %d" % i)
    check(message.partition() == i % PARTITIONS and message.offset() == i // PARTITIONS, "place of record %d" % i)
    check(message.timestamp()[1] == BASE_MS + i, "timestamp of record %d" % i)
    return i


def consume_assigned(count):
    reader = consumer("confluent-assigned")
    reader.assign([TopicPartition(TOPIC, p, 0) for p in range(PARTITIONS)])
    seen = set()

    def all_seen():
        for message in reader.consume(500, 0.5):
            seen.add(check_message(message))
        return len(seen) == count

    await_("all records are consumed", all_seen, 60)
    found = reader.offsets_for_times([TopicPartition(TOPIC, 0, BASE_MS + 100)], timeout=10)
    check(found[0].offset == 34, "offset for a time: %s" % found[0])
    check(reader.get_watermark_offsets(TopicPartition(TOPIC, 1), timeout=10) == (0, count // PARTITIONS), "watermarks")
    reader.close()
    print("consumed", count, "by assignment; offsets for times")


def consume_as_group(count):
    seen, shared, errors = set(), set(), []

    def member(number):
        try:
            reader = consumer("confluent-group")
            reader.subscribe([TOPIC])
            deadline = time.time() + 60
            while (len(seen) < count or len(shared) < 2) and time.time() < deadline:
                messages = reader.consume(100, 0.2)
                for message in messages:
                    seen.add(check_message(message))
                if 0 < len(reader.assignment()) < PARTITIONS:
                    shared.add(number)
                if messages:
                    reader.commit(asynchronous=False)
            reader.close()
        except Exception as e:  # shown by the main thread
            errors.append(e)

    members = [threading.Thread(target=member, args=(n,)) for n in range(2)]
    for one in members:
        one.start()
    for one in members:
        one.join()
    check(not errors, errors)
    check(len(seen) == count, "the group consumed %d of %d" % (len(seen), count))
    check(len(shared) == 2, "not both members had partitions")
    reader = consumer("confluent-group")
    committed = reader.committed([TopicPartition(TOPIC, p) for p in range(PARTITIONS)], timeout=10)
    check(all(p.offset == count // PARTITIONS for p in committed), "committed: %s" % committed)
    reader.close()
    print("consumed", count, "as a group of two, committed")


def main():
    print("librdkafka", libversion()[0])
    admin = AdminClient({"bootstrap.servers": BOOTSTRAP})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result(20)
    await_("topic is listed", lambda: len(admin.list_topics(timeout=10).topics.get(TOPIC, NewTopic(TOPIC, 0, 1)).partitions or []) == PARTITIONS
           if TOPIC in admin.list_topics(timeout=10).topics else False)
    count = 0
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        for idempotent in (False, True):
            produce(count, codec, idempotent)
            count += RECORDS
    consume_assigned(count)
    consume_as_group(count)
    admin.delete_topics([TOPIC])[TOPIC].result(20)
    await_("topic is gone", lambda: TOPIC not in admin.list_topics(timeout=10).topics)
    print("topic deleted")


main()
