import { createServer, type Socket } from 'node:net';

/** The plain words of a mail as it goes over the line. */
export function plainOf(mail: string): string {
  const [, headers = '', body = ''] = /(content-type: text\/plain.*?)\r\n\r\n(.*?)\r\n--/is.exec(mail) ?? [];
  if (/base64/i.test(headers)) return Buffer.from(body, 'base64').toString('utf8');
  const bytes = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Where a mail leads: to confirming, to ending them all, to ending what advertises. */
export function linksIn(mail: string): { confirm: string; stop: string; push: string } {
  const text = plainOf(mail);
  const find = (purpose: string) => new RegExp(`http\\S+/mail/look/${purpose}\\S+`).exec(text)?.[0] ?? '';
  return { confirm: find('confirm'), stop: find('stop'), push: find('push') };
}

export const buttonOf = (html: string): string => /class="button" href="([^"]+)"/.exec(html)?.[1] ?? '';

/** The smallest SMTP server there is: keeps what it takes, and answers `RCPT` and the mail itself as told. */
export async function startMailServer() {
  const mails: string[] = [];
  const says = { recipient: '250 ok', mail: '250 kept' };
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    let heard = '';
    let inMail = false;
    const say = (line: string) => socket.write(`${line}\r\n`);
    say('220 mail.test');
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      for (;;) {
        const end = inMail ? '\r\n.\r\n' : '\r\n';
        const at = heard.indexOf(end);
        if (at < 0) return;
        const said = heard.slice(0, at);
        heard = heard.slice(at + end.length);
        if (inMail) {
          inMail = false;
          if (says.mail.startsWith('2')) mails.push(`${said}\r\n`);
          say(says.mail);
        } else if (/^RCPT/i.test(said)) say(says.recipient);
        else if (/^DATA/i.test(said)) {
          inMail = true;
          say('354 go on');
        } else if (/^QUIT/i.test(said)) socket.end('221 bye\r\n');
        else say('250 ok');
      }
    });
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const address = server.address();
  return {
    url: `smtp://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`,
    mails,
    says,
    async close(): Promise<void> {
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
