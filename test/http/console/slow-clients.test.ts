import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { teammate } from '../../support/teammate';
import { createTown, type Town } from '../../support/town';

let town: Town;
beforeAll(async () => {
  town = await createTown({ sample: false });
});
afterAll(() => town.close());

test('K23: while 500 connections send a request that never becomes whole, pages open and fans are answered', async () => {
  const inside = town.app.console();
  const port = await inside.listen(0, '127.0.0.1');
  const { session } = await teammate(town.services.team, { login: 'lin', name: '林梅', roles: ['marketer'] });
  const slow: Socket[] = [];
  try {
    for (let n = 0; n < 500; n++) {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.on('error', () => {});
      slow.push(socket);
      await once(socket, 'connect');
      socket.write(
        n % 2
          ? 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: '
          : 'POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\r\nlogin=',
      );
    }
    const drip = () => {
      for (const socket of slow) socket.write('a');
    };
    for (const path of ['/', '/segments', '/pushes', '/subscribers']) {
      drip();
      const page = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { cookie: `xiaoyi=${session}` },
      });
      expect([path, page.status]).toEqual([path, 200]);
    }
    const lin = await town.follower('Lin');
    for (let n = 0; n < 20; n++) {
      drip();
      expect(await lin.says('你好')).not.toEqual([]);
    }
    expect(slow.filter(({ destroyed }) => destroyed)).toEqual([]);
  } finally {
    for (const socket of slow) socket.destroy();
    await inside.close();
  }
});
