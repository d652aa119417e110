import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fuzzReader } from '../wechat/protocol/fuzz';

const corpus = readFileSync(join(__dirname, '../wechat/protocol/corpus/messages.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line): string => JSON.parse(line).text);

test('200,000 mangled messages each give a typed message or a typed refusal', () => {
  const seed = Math.floor(Date.now() / 1000);
  const result = fuzzReader({ corpus, cases: 200_000, seed });
  console.log(`fuzz: seed ${seed}, ${JSON.stringify(result)}`);
  expect(result.read + result.refused).toBe(200_000);
}, 300_000);
