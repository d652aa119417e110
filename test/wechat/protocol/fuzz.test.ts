import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMessage } from '../../../src/wechat/protocol/inbound';
import { fuzzReader } from './fuzz';
import { asJson, asXml, createRandom, makeMessage, shapeNames } from './grammar';

type Recorded = { text: string; message: unknown };

const corpus = readFileSync(join(__dirname, 'corpus/messages.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line): Recorded => JSON.parse(line));

test('each of the 280 recorded messages, of every type and event, reads as it was recorded', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(200);
  for (const { text, message } of corpus) expect(readMessage(text)).toEqual(message);
});

test('only types that nobody knows read as unknown', () => {
  const unknown = corpus.map(({ text }) => readMessage(text)).filter((message) => message.kind === 'unknown');
  expect(new Set(unknown.map((message) => message.type))).toEqual(
    new Set(['miniprogrampage', 'event:something_new']),
  );
});

test('a message says the same in XML and in JSON', () => {
  const random = createRandom(20261122);
  for (const shape of shapeNames) {
    const fields = makeMessage(random, shape);
    const { identity: _inXml, ...fromXml } = readMessage(asXml(fields, random));
    const { identity: _inJson, ...fromJson } = readMessage(asJson(fields));
    expect(fromJson).toEqual(fromXml);
  }
});

test('3,000 mangled messages each give a typed message or a typed refusal, the same both ways of reading', () => {
  const seed = 20261121;
  const result = fuzzReader({ corpus: corpus.map(({ text }) => text), cases: 3000, seed });
  expect(result.read + result.refused).toBe(3000);
  expect(result.read).toBeGreaterThan(300); // or the mutations would be too wild to test anything
  expect(result.refused).toBeGreaterThan(300);
});
