"""Members of a group, each in a thread: confluent_members.py topic members keys-of-a-partition log-file [name=value ...]; a value's # is the
number of the member. What was processed is in the log file before it is committed: B partition from to ms member. SIGTERM makes all leave."""
import os
import signal
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

TOPIC, MEMBERS, KEYS, FILE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
LOG = os.open(FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
leaves = threading.Event()


def say(what, number):
    os.write(LOG, ("%s %d %d\n" % (what, int(time.time() * 1000), number)).encode())


def process(partition, messages, number):
    first = following = messages[0].offset()
    for message in messages:
        if (message.offset() != following or message.key() != b"%d-%d" % (partition, following % KEYS)
                or message.value() != b"%d" % (following // KEYS)):
            say("E expected offset %d of partition %d, got %d" % (following, partition, message.offset()), number)
        following += 1
    say("B %d %d %d" % (partition, first, following - 1), number)


def some(consumer, number):
    """One by one: consume() drops what it has already taken for partitions that a rebalance inside of it touches (librdkafka 2.0)."""
    messages = []
    message = consumer.poll(0.2)
    while message is not None:
        if message.error():
            say("C %s" % message.error().name(), number)
        else:
            messages.append(message)
        message = consumer.poll(0) if len(messages) < 500 else None
    return messages


def member(number):
    settings = dict(setting.replace("#", str(number)).split("=", 1) for setting in sys.argv[5:])
    consumer = Consumer(settings)
    consumer.subscribe([TOPIC], on_assign=lambda _, given: say("G assigned %d" % len(given), number),
                       on_revoke=lambda _, taken: say("G revoked %d" % len(taken), number))
    while not leaves.is_set():
        by_partition = {}
        for message in some(consumer, number):
            by_partition.setdefault(message.partition(), []).append(message)
        for partition, messages in by_partition.items():
            process(partition, messages, number)
        if by_partition:
            try:
                consumer.commit(offsets=[TopicPartition(TOPIC, partition, messages[-1].offset() + 1)
                                         for partition, messages in by_partition.items()], asynchronous=False)
            except KafkaException as e:  # out of the group, or its rebalance is under way
                say("C %s" % e.args[0].name(), number)
    consumer.close()


signal.signal(signal.SIGTERM, lambda *_: leaves.set())
threads = [threading.Thread(target=member, args=(n,)) for n in range(MEMBERS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
