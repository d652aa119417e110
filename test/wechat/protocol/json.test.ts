import * as fc from 'fast-check';
import { parseJson } from '../../../src/wechat/protocol/json';

test('numbers and booleans stay as they were written, and null is empty', () => {
  expect(parseJson('{"MsgId":9007199254740993,"a":-1.50,"b":1e5,"c":true,"d":null,"e":{},"f":[]}')).toEqual({
    MsgId: '9007199254740993',
    a: '-1.50',
    b: '1e5',
    c: 'true',
    d: '',
    e: {},
    f: [],
  });
});

test.each([
  ['nothing', ''],
  ['a list', '[]'],
  ['a text', '"a"'],
  ['an end that is missing', '{"a":1'],
  ['something after the end', '{"a":1}{}'],
  ['a name twice', '{"FromUserName":"a","FromUserName":"b"}'],
  ['a name twice, once escaped', '{"a":"1","\\u0061":"2"}'],
  ['__proto__', '{"__proto__":{"x":"1"}}'],
  ['constructor', '{"constructor":"1"}'],
  ['a number with a leading zero', '{"a":01}'],
  ['a number as a name', '{1:2}'],
  ['a comma too many', '{"a":1,}'],
  ['a comma too few', '{"a":1 "b":2}'],
  ['a bare word', '{"a":yes}'],
  ['NaN', '{"a":NaN}'],
  ['a bad escape', '{"a":"\\x"}'],
  ['a line end inside a text', '{"a":"\n"}'],
  ['NUL', '{"a":"\0"}'],
  ['lists of lists', '{"a":[[1]]}'],
  ['a depth of 30,000', `{"a":${'['.repeat(30_000)}`],
  ['a depth of 10', '{"a":'.repeat(10) + '1' + '}'.repeat(10)],
  ['20,000 numbers', `{"a":[${'1,'.repeat(20_000)}1]}`],
])('refuses %s', (_, text) => {
  expect(() => parseJson(text)).toThrow(expect.objectContaining({ kind: 'Invalid', code: 'json.malformed' }));
});

test('more than 64 KB is refused before it is read', () => {
  expect(() => parseJson(`{"a":"${'x'.repeat(64 * 1024)}"}`)).toThrow(
    expect.objectContaining({ code: 'body.too-large' }),
  );
});

test('any flat JSON object of texts reads as JSON.parse reads it', () => {
  const names = fc.string({ unit: 'grapheme' }).filter((name) => !(name in {}) && name !== 'prototype');
  fc.assert(
    fc.property(
      fc.dictionary(names, fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
      fc.nat(4),
      (object, indent) => {
        expect(parseJson(JSON.stringify(object, null, indent))).toEqual(object);
      },
    ),
    { numRuns: 300 },
  );
});
