import { existsSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { AppError } from '../../errors';
import type { Log } from '../../kit/log';
import { privateFolder } from '../../kit/private-files';

/** `id`: of what it is sent for; the same mail again has the same Message-ID. */
export type MailMessage = {
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Where the reader ends them all; our own people's mails have none. */
  unsubscribeUrl?: string;
  /** A POST to `unsubscribeUrl` ends them, without another question (RFC 8058). */
  oneClick?: true;
  /** Whose it is, where her mails are not known by what they are sent for (`discardOf`). */
  of?: string;
  pictures?: readonly { name: string; cid: string; type: string; bytes: Buffer }[];
};

/** Sends mails. `refused`: they will not take it for this address; anything else that goes wrong is thrown and tried again. */
export type MailSender = {
  send(message: MailMessage): Promise<'sent' | 'refused'>;
  /** Of what was sent, and is kept here, nothing is to be left. */
  discard?(id: string): Promise<void>;
  discardOf?(of: string): Promise<void>;
};

/** By SMTP: `smtps://user:password@smtp.example.com`. What it throws names no address. */
export function createSmtpSender({ url, from }: { url: string; from: string }): MailSender {
  const transport = createTransport({
    url,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(message) {
      try {
        await transport.sendMail(written(message, from));
        return 'sent';
      } catch (error) {
        const { code, responseCode } = error as { code?: string; responseCode?: number };
        if (code === 'EENVELOPE' && (responseCode ?? 0) >= 500) return 'refused';
        // Its own message holds the address.
        throw new AppError(
          'Upstream',
          'mail.not-sent',
          `The mail server did not take the mail (${[code, responseCode].filter(Boolean).join(' ')}); check MAIL_URL and MAIL_FROM.`,
        );
      }
    },
  };
}

/** Sends nothing and keeps each mail as a file that mail programs open: for the simulator. */
export function createKeepingSender({ folder, from, log }: { folder: string; from: string; log: Log }) {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const plain = (id: string) => id.replaceAll(/[^\w-]/g, '');
  const beginningOf = (of: string) => `${plain(of)}~`;
  const fileOf = (id: string, of?: string) =>
    join(folder, `${of === undefined ? '' : beginningOf(of)}${plain(id)}.eml`);
  return {
    async send(message) {
      const { message: bytes } = await transport.sendMail(written(message, from));
      privateFolder(folder);
      const file = fileOf(message.id, message.of);
      writeFileSync(file, bytes as Buffer, { mode: 0o600 });
      log.info({ file }, 'a mail was written; nobody sends it without MAIL_URL');
      return 'sent';
    },
    discard: (id) => rm(fileOf(id), { force: true }),
    async discardOf(of) {
      if (!existsSync(folder)) return;
      const hers = (await readdir(folder)).filter((file) => file.startsWith(beginningOf(of)));
      for (const file of hers) await rm(join(folder, file), { force: true });
    },
  } satisfies MailSender;
}

function written(message: MailMessage, from: string): SendMailOptions {
  const { id, to, subject, text, html, unsubscribeUrl, oneClick, pictures = [] } = message;
  const host = /@([^\s>]+)/.exec(from)?.[1] ?? 'localhost';
  return {
    from,
    to,
    subject,
    text,
    html,
    messageId: `<${id.replaceAll(/[^\w-]/g, '_')}@${host}>`,
    headers: {
      ...(unsubscribeUrl === undefined ? {} : { 'List-Unsubscribe': `<${unsubscribeUrl}>` }),
      ...(oneClick ? { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : {}),
      'Auto-Submitted': 'auto-generated',
    },
    attachments: pictures.map(({ name, cid, type, bytes }) => ({
      filename: name,
      cid,
      contentType: type,
      content: bytes,
    })),
  };
}
