import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { keepPlaces } from '../../src/http/places';

let server: Server;
let waiting: ServerResponse[];
const opened: Socket[] = [];

beforeEach(async () => {
  waiting = [];
  server = createServer((request, response) => {
    if (request.url === '/slow') waiting.push(response);
    else response.end('ok');
  });
  keepPlaces(server, 3);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A connection from an address of ours, once the server has seen it. */
async function open(from = '127.0.0.1'): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const seen = once(server, 'connection');
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => {});
  opened.push(socket);
  await seen;
  return socket;
}
const ask = (socket: Socket, path = '/', body = ''): void =>
  void socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n${body}\r\n`);
const answered = async (socket: Socket): Promise<string> => {
  ask(socket);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString();
};
const closed = (socket: Socket) => once(socket, 'close');

test('with all places taken by idle connections a new one is served, and the longest idle goes', async () => {
  const [first, second, third] = [await open(), await open(), await open()];
  await answered(first); // it moved last
  const gone = closed(second);
  expect(await answered(await open())).toContain('200 OK');
  await gone;
  expect(await answered(first)).toContain('200 OK');
  expect(await answered(third)).toContain('200 OK');
});

test('the address that holds most gives way, not the one that has been idle longest', async () => {
  const wechat = await open('127.0.0.2');
  const greedy = await open('127.0.0.3');
  await open('127.0.0.3');
  const gone = closed(greedy);
  await open('127.0.0.4');
  await gone;
  expect(await answered(wechat)).toContain('200 OK');
});

test('whoever waits for an answer keeps the place; a request that never becomes whole does not', async () => {
  const slow = await open();
  ask(slow, '/slow');
  const half = await open();
  const halfSeen = once(server, 'request');
  ask(half, '/slow', 'Content-Length: 100\r\n');
  await halfSeen;
  const other = await open();
  ask(other, '/slow');
  while (waiting.length < 3) await once(server, 'request');
  const gone = closed(half);
  const last = await open();
  await gone;
  ask(last, '/slow');
  while (waiting.length < 4) await once(server, 'request');
  await closed(await open()); // nobody has a place to give
  for (const response of waiting) response.end('done');
  const [data] = (await once(slow, 'data')) as [Buffer];
  expect(data.toString()).toContain('done');
});
