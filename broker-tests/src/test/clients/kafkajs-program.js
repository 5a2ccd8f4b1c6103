// What an ordinary user of kafkajs does: node kafkajs-program.js host:port. Ends with 1 when something is not as it must be.
const { Kafka, CompressionTypes, logLevel } = require('kafkajs');
const assert = require('assert');

const topic = 'kafkajs';
const partitions = 3;
const records = 300;
const baseMs = Date.now() - 600000;
const kafka = new Kafka({ clientId: 'kafkajs', brokers: [process.argv[2]], logLevel: logLevel.ERROR });

const until = async (what, condition) => {
  const deadline = Date.now() + 60000;
  while (!(await condition())) {
    assert(Date.now() < deadline, 'not within 60 s: ' + what);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
};

const checkMessage = ({ partition, message }) => {
  const i = parseInt(message.headers.number.toString(), 10);
  assert.strictEqual(partition, i % partitions);
  assert.strictEqual(message.offset, String(Math.floor(i / partitions)));
  assert.strictEqual(message.key.toString(), 'key ' + i % 11);
  assert.strictEqual(message.value.toString(), 'value ' + i);
  assert.strictEqual(message.timestamp, String(baseMs + i));
  return i;
};

async function produce(start, compression, idempotent) {
  const producer = kafka.producer({ idempotent });
  await producer.connect();
  const messages = Array.from({ length: records }, (_, n) => start + n).map(i => ({
    partition: i % partitions, key: 'key ' + i % 11, value: 'value ' + i, timestamp: String(baseMs + i), headers: { number: String(i) } }));
  await producer.send({ topic, compression, acks: -1, messages });
  await producer.disconnect();
}

async function consumeAsGroup(count) {
  const seen = new Set();
  const shared = new Set();
  const errors = [];
  const members = [0, 1].map(() => kafka.consumer({ groupId: 'kafkajs-group', heartbeatInterval: 500, sessionTimeout: 10000, rebalanceTimeout: 10000 }));
  await Promise.all(members.map(async (consumer, n) => {
    consumer.on(consumer.events.GROUP_JOIN, event => {
      const mine = (event.payload.memberAssignment[topic] || []).length;
      if (mine > 0 && mine < partitions) shared.add(n);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ eachMessage: async message => {
      try { seen.add(checkMessage(message)); } catch (e) { errors.push(e); }
    } });
  }));
  await until('the group has consumed all, shared by two', () => errors.length > 0 || (seen.size === count && shared.size === 2));
  await Promise.all(members.map(consumer => consumer.disconnect()));
  if (errors.length > 0) throw errors[0];
}

async function main() {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }], waitForLeaders: true });
  assert((await admin.listTopics()).includes(topic));
  assert.strictEqual((await admin.describeCluster()).brokers.length, 1);
  const configs = await admin.describeConfigs({ resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }] });
  assert.strictEqual(configs.resources[0].configEntries[0].configValue, '604800000');
  console.log('topic created, listed, configs described');
  let count = 0;
  for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
    for (const idempotent of [false, true]) {
      await produce(count, compression, idempotent);
      count += records;
    }
  }
  console.log('produced', count);
  const high = await admin.fetchTopicOffsets(topic);
  assert(high.every(p => p.high === String(count / partitions)), JSON.stringify(high));
  const byTime = await admin.fetchTopicOffsetsByTimestamp(topic, baseMs + 100);
  assert.strictEqual(byTime.find(p => p.partition === 0).offset, '34');
  await consumeAsGroup(count);
  console.log('consumed', count, 'as a group of two');
  await until('the group is empty', async () => (await admin.describeGroups(['kafkajs-group'])).groups[0].state === 'Empty');
  const committed = await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: [topic] });
  assert(committed[0].partitions.every(p => p.offset === String(count / partitions)), JSON.stringify(committed));
  await admin.deleteGroups(['kafkajs-group']);
  await admin.deleteTopics({ topics: [topic] });
  await until('topic is gone', async () => !(await admin.listTopics()).includes(topic));
  console.log('group and topic deleted');
  await admin.disconnect();
}

main().then(() => process.exit(0), error => { console.error(error); process.exit(1); });
