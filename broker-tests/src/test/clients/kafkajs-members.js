// Members of a group: node kafkajs-members.js host:port group topic members keys-of-a-partition log-file. What was processed is in the log
// file before it is committed: "B partition from to ms member". SIGTERM makes all leave.
const { Kafka, logLevel } = require('kafkajs');
const fs = require('fs');

const [bootstrap, groupId, topic, members, keys, file] = process.argv.slice(2);
const log = fs.openSync(file, 'a');
const kafka = new Kafka({ clientId: 'kafkajs', brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 100, retries: 20 } });
const say = (what, number) => fs.writeSync(log, what + ' ' + Date.now() + ' ' + number + '\n');
const consumers = [];

async function member(number) {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 1000, rebalanceTimeout: 10000, maxWaitTimeInMs: 200 });
  consumers.push(consumer);
  consumer.on(consumer.events.GROUP_JOIN, event => say('G assigned ' + (event.payload.memberAssignment[topic] || []).length, number));
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: 1,
    eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
      if (!isRunning() || isStale() || batch.messages.length === 0) return;
      const { partition } = batch;
      let next = Number(batch.messages[0].offset);
      const first = next;
      for (const message of batch.messages) {
        if (Number(message.offset) !== next || message.key.toString() !== partition + '-' + next % keys
            || message.value.toString() !== String(Math.floor(next / keys))) {
          say('E expected offset ' + next + ' of partition ' + partition + ', got ' + message.offset, number);
        }
        next++;
      }
      say('B ' + partition + ' ' + first + ' ' + (next - 1), number);
      resolveOffset(String(next - 1));
      try {
        await consumer.commitOffsets([{ topic, partition, offset: String(next) }]);
      } catch (error) {
        say('C ' + error.type, number);
        throw error;
      }
      await heartbeat();
    },
  });
}

process.on('SIGTERM', () => Promise.all(consumers.map(consumer => consumer.disconnect())).then(() => process.exit(0), () => process.exit(1)));
for (let number = 0; number < Number(members); number++) {
  member(number).catch(error => say('E ' + error, number));
}
