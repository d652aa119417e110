import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createShownSms, problemsOfSms, promotionalText } from '../../../src/domain/phones/sms';
import { createLog } from '../../../src/kit/log';

test('a promotional text says who sends it and how to end it', () => {
  expect(promotionalText('小藝旅行', ' 週末杭州酒店八折。\n')).toBe(
    '【小藝旅行】週末杭州酒店八折。拒收請回覆R',
  );
  expect(problemsOfSms('週末杭州酒店八折，500 元起（至 11/30）。')).toEqual([]);
});

test.each([
  ['  ', '沒有內容'],
  ['好'.repeat(481), '有 481 字，最多 480 字'],
  ['【小藝旅行】八折', '不能有【】'],
  ['八折，拒收請回覆R', '不用寫怎麼退訂'],
  ['八折，退订回T', '不用寫怎麼退訂'],
  ['第一行\n第二行', '只能是一段話'],
  ['八折\u200b', '看不見的字元'],
  ['八折🎉', '表情符號'],
])('「%s」 is no text to send', (words, told) => {
  expect(problemsOfSms(words).join()).toContain(told);
});

test('with the longest signature the longest words still fit', () => {
  const words = '好'.repeat(480);
  expect(problemsOfSms(words)).toEqual([]);
  expect([...promotionalText('一二三四五六七八九十百千', words)]).toHaveLength(500);
});

test('in the simulator a promotional text lies as a file, once for the same, without the phone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'xiaoyi-sms-'));
  try {
    const sms = createShownSms({ folder, log: createLog({ level: 'silent', name: 'sms' }) });
    const text = promotionalText('小藝旅行', '八折');
    const message = { id: 'autumn/lin', phone: '13800001111', text, values: ['八折'] };
    for (const _ of [1, 2]) expect(await sms.push(message)).toBe('sent');
    expect(readdirSync(folder)).toEqual(['autumn_lin.txt']);
    expect(readFileSync(join(folder, 'autumn_lin.txt'), 'utf8')).toBe(`發給 138****1111\n${text}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
