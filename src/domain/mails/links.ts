import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../errors';

/** `confirm` an address that somebody said is hers; `stop` all mails to an address; `push`: only what advertises. */
export type Purpose = 'confirm' | 'stop' | 'push';
/** A mail leads to what is asked; only the button there does it, as programs open what lies in a mail. */
export type Step = 'look' | 'do';
type Named = { purpose: Purpose; id: string; until: number };

/** Addresses that only a mail, or a page that it led to, has told: what for, and until when, signed. Nothing is written for them. */
export function createMailLinks({ key, publicUrl }: { key: string; publicUrl: string }) {
  const sign = (what: string, name: string): Buffer =>
    createHmac('sha256', key).update(`mail\n${what}\n${name}`).digest().subarray(0, 18);
  const isSigned = (what: string, name: string, signature: string): boolean => {
    const [ours, theirs] = [sign(what, name), Buffer.from(signature, 'base64url')];
    return theirs.length === ours.length && timingSafeEqual(theirs, ours);
  };
  const base = publicUrl.replace(/\/$/, '');

  return {
    linkFor(step: Step, { purpose, id, until }: Named): string {
      const name = `${purpose}.${id}.${until.toString(36)}`;
      return `${base}/mail/${step}/${name}.${sign(step, name).toString('base64url')}`;
    },
    /** Undefined: not ours, or not for this step. Whether it is over is for others to say. */
    read(step: Step, token: string): Named | undefined {
      const [, name = '', purpose, id = '', until = '', signature = ''] =
        /^((confirm|stop|push)\.([\w-]{1,40})\.([0-9a-z]{1,12}))\.([\w-]{24})$/.exec(token) ?? [];
      if (!isSigned(step, name, signature)) return undefined;
      return { purpose: purpose as Purpose, id, until: Number.parseInt(until, 36) };
    },
    /** What the personal QR code in a mail stands for: `mail:…`, at most 64 characters. */
    sceneFor: (id: string): string => `mail:${id}.${sign('scan', id).toString('base64url')}`,
    readScene(scene: string): string | undefined {
      const [, id = '', signature = ''] = /^mail:([\w-]{1,32})\.([\w-]{24})$/.exec(scene) ?? [];
      return isSigned('scan', id, signature) ? id : undefined;
    },
  };
}

export type MailLinks = ReturnType<typeof createMailLinks>;

export const unknownMail = () =>
  new AppError('NotFound', 'mail.unknown', '這個連結已經失效。回到微信，再回覆一次「綁定郵箱」，就有新的。', {
    for: 'fan',
  });
