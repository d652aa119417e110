#!/usr/bin/env node
/*
 * node verify-draw.js PROOF.json [ENTRY]
 *
 * Works a draw out again from its published proof: needs Node.js and nothing else, and shares no code with the program.
 *   1. SHA-256(seed) must be the commitment that was published before the quiz began.
 *   2. SHA-256 of the list (terms and entries, a line each) must be the hash that was published before the value was known.
 *   3. key = HMAC-SHA256(seed, list hash ‖ value); entries sorted by HMAC-SHA256(key, entry): the first win.
 * Compare commitment, list hash and value with what was published then: on the account, and by drand or the lottery.
 */
'use strict';
const { createHash, createHmac } = require('node:crypto');
const { readFileSync } = require('node:fs');

const [file, mine] = process.argv.slice(2);
if (!file) {
  console.error('node verify-draw.js PROOF.json [ENTRY]');
  process.exit(2);
}
let proof;
try {
  proof = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  if (typeof proof.seed !== 'string' || !Array.isArray(proof.entries)) throw new TypeError();
} catch ({ code }) {
  console.error(
    code === 'ENOENT' ? `沒有這個檔案：${file}` : `讀不懂這個檔案，要的是導出的證明（JSON）：${file}`,
  );
  process.exit(2);
}
const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const hmac = (key, ...parts) => parts.reduce((mac, part) => mac.update(part), createHmac('sha256', key));

const { draw, winners, reserves, named, entries, value } = proof;
const seed = Buffer.from(proof.seed, 'hex');
const list = ['xiaoyi-draw/1', draw, winners, reserves, named, ...entries].join('\n');
const key = hmac(seed, Buffer.from(sha256(list), 'hex'), value).digest();
const ranked = entries
  .map((entry) => [hmac(key, entry).digest('hex'), entry])
  .sort((a, b) => (a[0] < b[0] ? -1 : 1))
  .map(([, entry]) => entry);
const won = ranked.slice(0, winners);
const reserve = ranked.slice(winners, winners + reserves);

const checks = [
  ['種子與開賽前公布的承諾相符', sha256(seed) === proof.commitment],
  ['名單由小到大，每個號碼只出現一次', entries.every((entry, i) => i === 0 || entries[i - 1] < entry)],
  ['名單與凍結時公布的雜湊相符', sha256(list) === proof.listHash],
  ['先凍結名單，後輸入公開數', Date.parse(proof.frozenAt) < Date.parse(proof.valuedAt)],
  ['中獎號碼與重新計算的相同', JSON.stringify(won) === JSON.stringify(proof.won)],
  ['候補號碼與重新計算的相同', JSON.stringify(reserve) === JSON.stringify(proof.reserve)],
];
console.log(`${draw}:${entries.length} 個號碼，抽 ${winners} 名，候補 ${reserves} 名`);
console.log(`承諾 ${proof.commitment}\n名單雜湊 ${proof.listHash}\n公開數「${named}」= ${value}`);
for (const [what, fits] of checks) console.log(`${fits ? '✓' : '✗'} ${what}`);
console.log(`中獎：${won.join(' ')}${reserve.length > 0 ? `\n候補：${reserve.join(' ')}` : ''}`);
if (mine) {
  const place = ranked.indexOf(mine) + 1;
  console.log(place === 0 ? `${mine} 不在名單上` : `${mine} 排在第 ${place} 位`);
}
process.exitCode = checks.every(([, fits]) => fits) ? 0 : 1;
