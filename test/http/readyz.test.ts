import supertest from 'supertest';
import { createHttp } from '../../src/http/server';
import { createLog } from '../../src/kit/log';
import { createPages } from '../../src/render/pages';

test('however often somebody asks whether it is ready, the database is asked once a second', async () => {
  let asked = 0;
  const ready = async () => {
    asked++;
    return [];
  };
  const log = createLog({ level: 'silent', name: 'http' });
  const { handler } = createHttp({
    callback: () => {},
    pages: [],
    services: {},
    fill: createPages().page,
    verifyFolder: '',
    ready,
    script: 'hant',
    log,
  });
  const now = jest.spyOn(performance, 'now').mockReturnValue(5_000);
  const askOften = () =>
    Promise.all(Array.from({ length: 20 }, () => supertest(handler).get('/readyz').expect(200)));
  await askOften();
  await askOften();
  expect(asked).toBe(1);
  now.mockReturnValue(6_001);
  await askOften();
  expect(asked).toBe(2);
  now.mockRestore();
});
