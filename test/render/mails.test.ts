import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMailRender } from '../../src/render/mails';

const folder = mkdtempSync(join(tmpdir(), 'xiaoyi-mail-templates-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'hello.txt'), '{{ brand }}的信\n\n您好，{{ name }}\n');
writeFileSync(
  join(folder, 'hello.html'),
  '<html lang="{{ lang }}"><p title="會員">會員{{ name }}</p></html>',
);
const { mail } = createMailRender(folder);

test('a mail: subject and text as they are, values escaped in its HTML, in her script', () => {
  const data = { brand: '小藝', name: '<b>張&李</b>' };
  expect(mail('hello', data, 'hant')).toEqual({
    subject: '小藝的信',
    text: '您好，<b>張&李</b>\n',
    html: '<html lang="zh-Hant"><p title="會員">會員&lt;b&gt;張&amp;李&lt;/b&gt;</p></html>',
  });
  expect(mail('hello', data, 'hans')).toMatchObject({
    subject: '小艺的信',
    html: '<html lang="zh-Hans"><p title="會員">会员&lt;b&gt;张&amp;李&lt;/b&gt;</p></html>',
  });
});

test('a missing value is an error, never a gap; so is a mail that is not there', () => {
  expect(() => mail('hello', { brand: '小藝' }, 'hant')).toThrow('undefined variable: name');
  expect(() => mail('bye', {}, 'hant')).toThrow('templates/mail/bye.txt');
});
