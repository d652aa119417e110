import supertest from 'supertest';
import { createHttp } from '../../src/http/server';
import { createLog } from '../../src/kit/log';
import { testDatabase } from '../support/database';
import { createTalk } from '../support/talk';

const database = testDatabase();
afterAll(() => database.drop());

test('however often somebody asks whether it is ready, the database is asked once a second', async () => {
  const { links, questionPages } = (await createTalk(database)).services;
  let asked = 0;
  const ready = async () => {
    asked++;
    return [];
  };
  const log = createLog({ level: 'silent', name: 'http' });
  const { handler } = createHttp({ callback: () => {}, links, questionPages, ready, script: 'hant', log });
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
