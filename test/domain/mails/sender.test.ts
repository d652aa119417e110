import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeepingSender, createSmtpSender } from '../../../src/domain/mails/sender';
import { createLog } from '../../../src/kit/log';
import { plainOf, startMailServer } from '../../support/mails';

let server: Awaited<ReturnType<typeof startMailServer>>;
beforeEach(async () => {
  server = await startMailServer();
});
afterEach(() => server.close());

const message = {
  id: 'ask-1',
  to: 'lin@example.com',
  subject: '確認綁定郵箱',
  text: '你好\n請打開連結',
  html: '<p>你好</p>',
  unsubscribeUrl: 'https://wx.example.com/mail/look/stop.a',
  pictures: [{ name: 'wechat-qrcode.jpg', cid: 'qrcode', type: 'image/jpeg', bytes: Buffer.from('picture') }],
};
const sender = () => createSmtpSender({ url: server.url, from: '小藝旅行 <mail@brand.example.com>' });

test('a mail goes out with its two bodies, its picture, a way out, and the same name each time', async () => {
  expect(await sender().send(message)).toBe('sent');
  expect(await sender().send(message)).toBe('sent');
  expect(server.mails).toHaveLength(2);
  const [first = '', second = ''] = server.mails;
  expect(plainOf(first)).toContain('你好\n請打開連結');
  for (const part of [
    'To: lin@example.com',
    '<mail@brand.example.com>',
    'List-Unsubscribe: <https://wx.example.com/mail/look/stop.a>',
    'Auto-Submitted: auto-generated',
    'Message-ID: <ask-1@brand.example.com>',
    'Content-Type: text/html',
    'Content-Type: image/jpeg',
    'Content-ID: <qrcode>',
  ])
    expect(first).toContain(part);
  expect(second).toContain('Message-ID: <ask-1@brand.example.com>');
});

test('what may be ended by one click says so; what our own people get has no way out', async () => {
  const { pictures: _, unsubscribeUrl, ...plain } = message;
  await sender().send({ ...plain, id: 'autumn/lin', unsubscribeUrl, oneClick: true });
  await sender().send(plain);
  const [push = '', own = ''] = server.mails;
  expect(push).toContain('List-Unsubscribe: <https://wx.example.com/mail/look/stop.a>');
  expect(push).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
  expect(push).toContain('Message-ID: <autumn_lin@brand.example.com>');
  expect(own).not.toContain('List-Unsubscribe');
});

test('of mails that are kept as files, hers go with her', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'xiaoyi-kept-mails-'));
  try {
    const log = createLog({ level: 'silent', name: 'mails' });
    const kept = createKeepingSender({ folder: join(folder, 'mails'), from: 'a@example.com', log });
    await kept.discardOf('lin');
    for (const pid of ['lin', 'linda']) await kept.send({ ...message, id: `autumn/${pid}`, of: pid });
    await kept.discardOf('lin');
    expect(readdirSync(join(folder, 'mails'))).toEqual(['linda~autumnlinda.eml']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('an address that the server will not have is refused, not tried again', async () => {
  server.says.recipient = '550 no such mailbox <lin@example.com>';
  expect(await sender().send(message)).toBe('refused');
});

test.each([
  ['recipient', '451 try later <lin@example.com>'],
  ['mail', '554 spam from <lin@example.com>'],
] as const)('what else goes wrong is thrown, without the address (%s)', async (step, answer) => {
  server.says[step] = answer;
  const error: unknown = await sender()
    .send(message)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'mail.not-sent', message: expect.stringMatching(/451|554/) });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('lin@');
});

test('a server that is not there is told as such', async () => {
  await server.close();
  await expect(sender().send(message)).rejects.toMatchObject({ code: 'mail.not-sent' });
  server = await startMailServer();
});
