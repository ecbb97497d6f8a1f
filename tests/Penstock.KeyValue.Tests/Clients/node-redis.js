// What an application does with node-redis. Usage: node node-redis.js PORT RESP2-OR-3 [PASSWORD]
import assert from 'node:assert/strict';
import { createClient, RESP_TYPES, WatchError } from 'redis';

const [port, protocol, password] = process.argv.slice(2);
const complaints = [];
process.on('warning', warning => complaints.push(`warning: ${warning}`));
console.warn = (...words) => complaints.push(`console.warn: ${words.join(' ')}`);
console.error = (...words) => complaints.push(`console.error: ${words.join(' ')}`);

function make() {
  const client = createClient({
    socket: { port: Number(port) }, password, name: 'node-redis', RESP: Number(protocol) });
  client.on('error', error => complaints.push(`error: ${error}`));
  return client;
}

const client = await make().connect();
await client.flushAll();

// Strings, binary values and what is not there.
assert.equal(await client.set('greeting', 'grüße'), 'OK');
assert.equal(await client.get('greeting'), 'grüße');
assert.equal(await client.get('missing'), null);
const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
await client.set(bytes, bytes);
const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
assert.deepEqual(await binary.get(bytes), bytes);
assert.equal(await client.incrBy('n', 41), 41);
assert.equal(String(await client.incrByFloat('f', 0.5)), '0.5');
assert.deepEqual(await client.mGet(['n', 'missing', 'f']), ['41', null, '0.5']);
await assert.rejects(client.incr('greeting'), /ERR value is not an integer/);

// Times to live.
await client.set('short', 'v', { expiration: { type: 'PX', value: 60_000 } });
assert.ok(await client.pTTL('short') > 50_000);
assert.equal(Number(await client.expire('short', 0)), 1);
assert.equal(await client.exists('short'), 0);

// Commands of one turn are pipelined; transactions, also one that is broken by another client.
const replies = await Promise.all(Array.from({ length: 1000 }, (_, i) => client.set(`p:${i}`, String(i))));
assert.ok(replies.every(reply => reply === 'OK'));
assert.deepEqual(await client.multi().incr('n').get('n').exec(), [42, '42']);
const other = await make().connect();
await client.watch('n');
await other.incr('n');
await assert.rejects(client.multi().get('n').exec(), WatchError);

// Scans.
const seen = new Set();
for await (const keys of client.scanIterator({ MATCH: 'p:*', COUNT: 100 }))
  keys.forEach(key => seen.add(key));
assert.equal(seen.size, 1000);

// Messages.
const subscriber = await make().connect();
const heard = [];
await subscriber.subscribe('news', (message, channel) => heard.push([channel, message]));
await subscriber.pSubscribe('ne*', (message, channel) => heard.push(['ne*', channel, message]));
assert.equal(await client.publish('news', 'hello'), 2);
while (heard.length < 2)
  await new Promise(resolve => setImmediate(resolve));
assert.deepEqual(heard, [['news', 'hello'], ['ne*', 'news', 'hello']]);
await subscriber.unsubscribe('news');
await subscriber.pUnsubscribe();
// With RESP2, node-redis gives bytes to a client that has subscribed, whatever the server.
assert.equal(String(await subscriber.get('greeting')), 'grüße');

// A large value.
const large = 'x'.repeat(20_000_000);
await client.set('large', large);
assert.equal((await client.get('large')).length, large.length);
await client.del('large');

// What tools ask for.
assert.match(await client.info(), /redis_version:7\.0\.15/);
const clients = await client.clientList();
assert.ok(clients.some(entry => entry.name === 'node-redis'));
assert.equal((await client.configGet('databases')).databases, '1');

// A connection that is lost is made again; the loss itself is told.
const id = await other.clientId();
const lost = new Promise(resolve => other.once('error', resolve));
assert.equal(await client.clientKill({ filter: 'ID', id }), 1);
assert.match(String(await lost), /Socket closed unexpectedly/);
assert.match(complaints.pop(), /Socket closed unexpectedly/);
assert.equal(await other.get('greeting'), 'grüße');

await Promise.all([client.close(), other.close(), subscriber.close()]);
assert.deepEqual(complaints, []);
console.log('passed');
