// What an application does with ioredis. Usage: node ioredis.js PORT RESP2-OR-3 [PASSWORD]
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Redis } from 'ioredis';

const [port, protocol, password] = process.argv.slice(2);
const complaints = [];
process.on('warning', warning => complaints.push(`warning: ${warning}`));
console.warn = (...words) => complaints.push(`console.warn: ${words.join(' ')}`);
console.error = (...words) => complaints.push(`console.error: ${words.join(' ')}`);

function connect() {
  const client = new Redis({ port: Number(port), password, protocol: Number(protocol), connectionName: 'ioredis' });
  client.on('error', error => complaints.push(`error: ${error}`));
  return client;
}

const client = connect();
await client.flushall();

// Strings, binary values and what is not there.
assert.equal(await client.set('greeting', 'grüße'), 'OK');
assert.equal(await client.get('greeting'), 'grüße');
assert.equal(await client.get('missing'), null);
const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
await client.set(bytes, bytes);
assert.deepEqual(await client.getBuffer(bytes), bytes);
assert.equal(await client.incrby('n', 41), 41);
assert.equal(await client.incrbyfloat('f', 0.5), '0.5');
assert.deepEqual(await client.mget('n', 'missing', 'f'), ['41', null, '0.5']);
await assert.rejects(client.incr('greeting'), /ERR value is not an integer/);

// Times to live.
await client.set('short', 'v', 'PX', 60_000);
assert.ok(await client.pttl('short') > 50_000);
assert.equal(await client.expire('short', 0), 1);
assert.equal(await client.exists('short'), 0);

// Pipelines and transactions, also one that is broken by another client.
const pipeline = client.pipeline();
for (let i = 0; i < 1000; i++)
  pipeline.set(`p:${i}`, i);
assert.ok((await pipeline.exec()).every(([error, reply]) => error === null && reply === 'OK'));
assert.deepEqual(await client.multi().incr('n').get('n').exec(), [[null, 42], [null, '42']]);
const [first, second] = await client.multi().set('t', '1').incr('greeting').exec();
assert.deepEqual(first, [null, 'OK']);
assert.match(String(second[0]), /not an integer/);
const other = connect();
await client.watch('n');
await other.incr('n');
assert.equal(await client.multi().get('n').exec(), null);

// Scans.
const seen = new Set();
for await (const keys of client.scanStream({ match: 'p:*', count: 100 }))
  keys.forEach(key => seen.add(key));
assert.equal(seen.size, 1000);

// Messages.
const subscriber = connect();
assert.equal(await subscriber.subscribe('news'), 1);
assert.equal(await subscriber.psubscribe('ne*'), 2);
const heard = [];
subscriber.on('message', (channel, message) => heard.push([channel, message]));
subscriber.on('pmessage', (pattern, channel, message) => heard.push([pattern, channel, message]));
assert.equal(await client.publish('news', 'hello'), 2);
while (heard.length < 2)
  await new Promise(resolve => setImmediate(resolve));
assert.deepEqual(heard, [['news', 'hello'], ['ne*', 'news', 'hello']]);
assert.equal(await subscriber.unsubscribe('news'), 1);
assert.equal(await subscriber.punsubscribe(), 0);
assert.equal(await subscriber.get('greeting'), 'grüße');

// A large value.
const large = 'x'.repeat(20_000_000);
await client.set('large', large);
assert.equal((await client.get('large')).length, large.length);
await client.del('large');

// What tools ask for.
assert.match(await client.info(), /redis_version:7\.0\.15/);
assert.match(await client.client('LIST'), /name=ioredis/);
assert.deepEqual(await client.config('GET', 'databases'), ['databases', '1']);

// A connection that is lost is made again, and what was sent meanwhile is answered.
const id = await other.client('ID');
const closed = once(other, 'close');
assert.equal(await client.client('KILL', 'ID', id), 1);
await closed;
assert.equal(await other.get('greeting'), 'grüße');

await Promise.all([client.quit(), other.quit(), subscriber.quit()]);
assert.deepEqual(complaints, []);
console.log('passed');
