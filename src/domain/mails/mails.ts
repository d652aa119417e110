import type { Connection } from 'mongoose';
import { AppError } from '../../errors';
import { hourMs } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { keyedHash } from '../../kit/ids';
import type { Log } from '../../kit/log';
import { maskMail } from '../../kit/mask';
import type { Script } from '../../kit/text';
import type { MailRender, WrittenMail } from '../../render/mails';
import { isDuplicate } from '../../store/duplicate';
import type { IndexSpec } from '../../store/indexes';
import type { Audience } from '../audience';
import { notAfter, rowsOf, type Upkeep } from '../upkeep';
import { createMailConsents } from './consents';
import { createMailLinks, unknownMail } from './links';
import { mailConfirm, mailUnbind } from './mails.jobs';
import { mailLeaves } from './mails.leaves';
import type { MailSender } from './sender';

/** `mailAsks{_id: cause}`: an address that she says is hers, until its link is over. */
type Ask = {
  _id: string;
  pid: string;
  address: string;
  hash: string;
  consent: string;
  at: Date;
  sentAt?: Date;
  confirmedAt?: Date;
};
type Filter = { pid?: string; hash?: string; at?: { $lt: Date } | { $not: { $gt: Date } } };
/** `mailBindings{_id: '<pid>/mail'}`: the address that she showed to be hers. An address is one person's. */
type Binding = {
  _id: string;
  pid: string;
  address: string;
  hash: string;
  confirmedAt: Date;
  source: 'link' | 'scan';
  consent: string;
};
/** `mailLimits{_id: '<day>/<whom>'}`: how many were asked for, by the causes. */
type Limit = { _id: string; causes: string[]; at: Date };
/** `mailStops{_id: hash}`: an address whose reader wants none from us. */
type Stop = { _id: string; at: Date };

export type MailAsked = 'asked' | 'bound' | 'tooMany' | 'stopped';
/** `taken`: the address is somebody else's here. */
export type MailDone = 'bound' | 'taken' | 'stopped' | 'pushStopped';
/** A personal QR code as a picture. */
export type MailQrcode = (scene: string, lastsMs: number) => Promise<{ type: string; bytes: Buffer }>;

/** A confirming link lasts so long, and so does the QR code beside it. */
const lastsMs = 48 * hourMs;
const stopLastsDays = 180;
/** A day, of one person and to one address. */
const mostAsks = 3;

const indexes: IndexSpec[] = [
  {
    collection: 'mailBindings',
    key: { hash: 1 },
    unique: true,
    invariant: true,
    why: 'an address is one person’s',
  },
  { collection: 'mailAsks', key: { pid: 1 }, why: 'what did she ask for (erasure, export)' },
  { collection: 'mailAsks', key: { at: 1 }, why: 'what is older than its retention' },
  { collection: 'mailConsents', key: { hash: 1 }, why: 'whose consent ends with this address' },
  { collection: 'mailLimits', key: { at: 1 }, why: 'what is older than its retention' },
];

/**
 * Shows by a link in a mail that an address is hers, and binds it to her; and knows who wants promotional mails there, which
 * is a consent of its own.
 */
export function createMails(given: {
  db: Connection;
  clock: Clock;
  log: Log;
  key: string;
  publicUrl: string;
  /** Whose mails they are: 「小藝旅行」. */
  account: string;
  render: MailRender;
  /** Undefined: nobody has connected a mail server. */
  sender: MailSender | undefined;
  /** Undefined: this account may not have any. */
  qrcode?: MailQrcode | undefined;
  /** Who is here, what boards call her, and her script. */
  her: (pid: string) => Promise<{ name: string; script: Script } | undefined>;
  /** The mail server would not take it for the address; tells her, once for each `cause`. */
  undelivered: (pid: string, cause: string) => Promise<void>;
  /** Of these people something is known now that was not before. */
  changed: (pids: string[]) => Promise<void>;
}) {
  const { db, clock, log, key, account, render, sender, qrcode, her, undelivered, changed } = given;
  const asks = db.collection<Ask>('mailAsks');
  const bindings = db.collection<Binding>('mailBindings');
  const limits = db.collection<Limit>('mailLimits');
  const stops = db.collection<Stop>('mailStops');
  const links = createMailLinks(given);
  const consents = createMailConsents({ db });
  const endOf = ({ at }: Ask): number => at.getTime() + lastsMs;

  /** The link does without it, so whatever is wrong with it keeps no mail back. */
  async function pictureOf(id: string, forMs: number) {
    try {
      return await qrcode?.(links.sceneFor(id), forMs);
    } catch (err) {
      log.warn({ err }, 'no QR code could be had; the mail goes without one');
      return undefined;
    }
  }

  /** Counts one more, the same cause once. False: it was the last already. */
  async function isAllowed(whom: string, cause: string): Promise<boolean> {
    const at = new Date(clock.now());
    const _id = `${clock.day(clock.now())}/${whom}`;
    await limits.updateOne({ _id }, { $setOnInsert: { causes: [], at } }, { upsert: true });
    const { matchedCount } = await limits.updateOne(
      { _id, $or: [{ causes: cause }, { [`causes.${mostAsks - 1}`]: { $exists: false } }] },
      { $addToSet: { causes: cause } },
    );
    return matchedCount === 1;
  }

  async function bind(pid: string, ask: Ask, source: Binding['source']): Promise<'bound' | 'taken'> {
    const { address, hash, consent } = ask;
    const confirmedAt = new Date(clock.now());
    try {
      await bindings.updateOne(
        { _id: `${pid}/mail` },
        { $set: { pid, address, hash, confirmedAt, source, consent } },
        { upsert: true },
      );
    } catch (error) {
      if (isDuplicate(error)) return 'taken';
      throw error;
    }
    await consents.moved(pid, hash);
    await changed([pid]);
    await asks.updateOne({ _id: ask._id }, { $set: { confirmedAt } });
    return 'bound';
  }

  async function confirm(ask: Ask): Promise<'bound' | 'taken'> {
    if (!ask.confirmedAt) return bind(ask.pid, ask, 'link');
    // A second look at what was done; what she let go since is not bound again.
    if (await bindings.findOne({ hash: ask.hash })) return 'bound';
    throw unknownMail();
  }

  /** With the mails to them that are kept here. */
  async function dropAsks(which: Filter): Promise<void> {
    for (const { _id } of await asks.find(which, { projection: { _id: 1 } }).toArray())
      await sender?.discard?.(_id);
    await asks.deleteMany(which);
  }

  async function stop(hash: string): Promise<'stopped'> {
    const at = new Date(clock.now());
    await stops.updateOne({ _id: hash }, { $set: { at } }, { upsert: true });
    await dropAsks({ hash });
    await consents.endOf(hash);
    const gone = await bindings.findOneAndDelete({ hash });
    if (gone) await changed([gone.pid]);
    return 'stopped';
  }

  async function stopPush(hash: string): Promise<'pushStopped'> {
    await changed(await consents.endOf(hash));
    return 'pushStopped';
  }

  /** @throws AppError NotFound when it is not ours, is over, or nobody waits for it any more */
  async function readLink(step: 'look' | 'do', token: string) {
    const named = links.read(step, token);
    if (!named || clock.now() > named.until) throw unknownMail();
    if (named.purpose !== 'confirm') return { ...named, purpose: named.purpose };
    const ask = await asks.findOne({ _id: named.id });
    const asker = ask && (await her(ask.pid));
    if (!asker) throw unknownMail();
    return { ...named, purpose: named.purpose, ask, asker };
  }

  return {
    upkeep: {
      indexes,
      jobs: [mailConfirm, mailUnbind],
      async erase(whom) {
        const { pid, upTo } = whom;
        if (pid === undefined) return;
        await dropAsks(rowsOf(whom));
        await sender?.discardOf?.(pid);
        await consents.erase(whom);
        await bindings.deleteMany({ _id: `${pid}/mail`, confirmedAt: notAfter(upTo) });
      },
      async copy({ pid }) {
        const projection = { hash: 0 };
        return {
          mailAsks: await asks.find({ pid }, { projection }).toArray(),
          mailBindings: await bindings.find({ _id: `${pid}/mail` }, { projection }).toArray(),
          mailConsents: await consents.copy(pid),
        };
      },
      async forget(ago) {
        await dropAsks({ at: { $lt: ago(3) } });
        await limits.deleteMany({ at: { $lt: ago(1) } });
        await stops.deleteMany({ at: { $lt: ago(stopLastsDays) } });
      },
    } satisfies Upkeep,
    audience: {
      from: { group: '她訂閱的', how: '綁定郵箱、訂閱郵件' },
      leaves: mailLeaves,
      async facts(people) {
        const ids = people.map(({ pid }) => `${pid}/mail`);
        const bound = await bindings.find({ _id: { $in: ids } }, { projection: { pid: 1 } }).toArray();
        const wanting = await consents.addressesOf(bound.map(({ pid }) => pid));
        return new Map(
          bound.map(({ pid }) => [pid, { tokens: ['mail', ...(wanting.has(pid) ? ['mail:yes'] : [])] }]),
        );
      },
    } satisfies Audience,

    /** Whether mails can be sent at all. */
    connected: sender !== undefined,

    /**
     * Keeps that she says an address is hers. `asked`: the job `mail-confirm` is to send it the link. `cause` (an inbox id):
     * the same again is the same ask.
     */
    async ask(asked: { pid: string; address: string; cause: string; consent: string }): Promise<MailAsked> {
      const { pid, address, cause, consent } = asked;
      if (await asks.findOne({ _id: cause })) return 'asked';
      const hash = keyedHash(key, 'mail', address);
      if (await bindings.findOne({ _id: `${pid}/mail`, hash })) return 'bound';
      if (await stops.findOne({ _id: hash })) return 'stopped';
      for (const one of [pid, hash]) if (!(await isAllowed(one, cause))) return 'tooMany';
      await asks.updateOne(
        { _id: cause },
        { $setOnInsert: { pid, address, hash, consent, at: new Date(clock.now()) } },
        { upsert: true },
      );
      return 'asked';
    },

    /** Sends the confirming link, once; after a kill between sending and noting it, the same mail twice. */
    async send(id: string): Promise<void> {
      const ask = await asks.findOne({ _id: id });
      const asker = ask && (await her(ask.pid));
      if (!sender || !asker || ask.sentAt || clock.now() > endOf(ask)) return;
      const until = endOf(ask);
      const stopUntil = ask.at.getTime() + stopLastsDays * 24 * hourMs;
      const unsubscribeUrl = links.linkFor('look', { purpose: 'stop', id: ask.hash, until: stopUntil });
      const picture = await pictureOf(id, until - clock.now());
      const written = render(
        'confirm',
        {
          name: asker.name,
          link: links.linkFor('look', { purpose: 'confirm', id, until }),
          until,
          consent: ask.consent,
          qrcode: picture !== undefined,
          unsubscribe: unsubscribeUrl,
        },
        asker.script,
      );
      const answer = await sender.send({
        id,
        to: ask.address,
        ...written,
        unsubscribeUrl,
        ...(picture
          ? { pictures: [{ name: `wechat-qrcode.${endingOf(picture)}`, cid: 'qrcode', ...picture }] }
          : {}),
      });
      if (answer === 'refused') await undelivered(ask.pid, id);
      await asks.updateOne({ _id: id }, { $set: { sentAt: new Date(clock.now()) } });
    },

    /**
     * What a link in a mail asks, with the address that does it.
     * @throws AppError NotFound for a link that is not ours, is over, or whose asker left
     */
    async look(token: string) {
      const found = await readLink('look', token);
      const { purpose, id } = found;
      const until = Math.min(found.until, clock.now() + hourMs);
      const doIt = links.linkFor('do', { purpose, id, until });
      return found.purpose === 'confirm'
        ? {
            purpose,
            doIt,
            address: maskMail(found.ask.address),
            name: found.asker.name,
            script: found.asker.script,
          }
        : { purpose, doIt, address: '', name: '', script: 'hant' as const };
    },

    /** Does what the page asked; again is the same. @throws AppError NotFound as `look` */
    async carryOut(token: string): Promise<{ done: MailDone; address: string; script: Script }> {
      const found = await readLink('do', token);
      return found.purpose === 'confirm'
        ? {
            done: await confirm(found.ask),
            address: maskMail(found.ask.address),
            script: found.asker.script,
          }
        : {
            done: await (found.purpose === 'stop' ? stop(found.id) : stopPush(found.id)),
            address: '',
            script: 'hant',
          };
    },

    /** Her mail program ends promotional mails to an address, by the link in one (RFC 8058). @throws AppError NotFound as `look` */
    async oneClick(token: string): Promise<void> {
      const found = await readLink('look', token);
      if (found.purpose !== 'push') throw unknownMail();
      await stopPush(found.id);
    },

    /**
     * She scanned the QR code of a mail: its address is hers, also where somebody else had it, as whoever reads the mail holds
     * this very account. Undefined: not ours, or over.
     */
    async scanned(pid: string, scene: string): Promise<{ address: string } | undefined> {
      const id = links.readScene(scene);
      const ask = id === undefined ? null : await asks.findOne({ _id: id });
      if (!ask || clock.now() > endOf(ask)) return undefined;
      const before = await bindings.findOneAndDelete({ hash: ask.hash, pid: { $ne: pid } });
      const bound = await bind(pid, ask, 'scan');
      if (before) await changed([before.pid]);
      return bound === 'bound' ? { address: maskMail(ask.address) } : undefined;
    },

    /** Her address, not to be read by others: `l***@example.com`. */
    async of(pid: string): Promise<{ address: string } | undefined> {
      const binding = await bindings.findOne({ _id: `${pid}/mail` }, { projection: { address: 1 } });
      return binding ? { address: maskMail(binding.address) } : undefined;
    },

    /** Lets go of the address that she bound up to then, and of what still waits to be confirmed. */
    async unbind(pid: string, upTo: Date): Promise<void> {
      await dropAsks({ pid, at: notAfter(upTo) });
      await bindings.deleteMany({ _id: `${pid}/mail`, confirmedAt: { $lte: upTo } });
      await consents.end(pid, upTo);
      await changed([pid]);
    },

    /** Whether she wants promotional mails, and they would reach her. */
    wantsPush: async (pid: string): Promise<boolean> => (await consents.addressesOf([pid])).has(pid),

    /** She wants promotional mails and read `consent`; said again it is the same. False: she has bound no address. */
    async subscribe({ pid, ...how }: { pid: string; at: Date; consent: string }): Promise<boolean> {
      if (!(await consents.give(pid, how))) return false;
      await changed([pid]);
      return true;
    },

    /** She wants none (any more); what she said up to then ends. */
    async unsubscribe(pid: string, upTo: Date): Promise<void> {
      await consents.end(pid, upTo);
      await changed([pid]);
    },

    /** Where those are who want promotional mails; who is missing gets none. Of at most some thousands at once. */
    forPush: (pids: readonly string[]): Promise<Map<string, { address: string; hash: string }>> =>
      consents.addressesOf(pids),

    /** A promotional mail to one address, with the way out of them; `words`: a blank line begins a paragraph. */
    writePush(mail: { address: string; subject: string; words: string; script: Script }): WrittenMail {
      const { address, words, script } = mail;
      const paragraphs = words.split(/\n\s*\n/u).map((one) => one.trim());
      const data = {
        account,
        subject: mail.subject.replace(/\s+/gu, ' ').trim(),
        paragraphs: paragraphs.filter((one) => one !== ''),
        unsubscribe: pushStopFor(address),
      };
      return render('push', data, script);
    },

    /**
     * Sends what `writePush` wrote. `id`: the same again is the same Message-ID. `withdrawn`: she wants none at this address by now,
     * nothing went out.
     * @throws AppError when it may or may not have gone out, or there is no mail server
     */
    async sendPush(
      mail: { id: string; pid: string; address: string } & WrittenMail,
    ): Promise<'sent' | 'refused' | 'withdrawn'> {
      const { id, pid, address, subject, text, html } = mail;
      if (!sender)
        throw new AppError('Conflict', 'mail.not-connected', '還寄不了信：設定 MAIL_URL 和 MAIL_FROM。');
      if ((await consents.addressesOf([pid])).get(pid)?.address !== address) return 'withdrawn';
      const unsubscribeUrl = pushStopFor(address);
      return sender.send({ id, of: pid, to: address, subject, text, html, unsubscribeUrl, oneClick: true });
    },
  };

  function pushStopFor(address: string): string {
    const until = clock.now() + stopLastsDays * 24 * hourMs;
    return links.linkFor('look', { purpose: 'push', id: keyedHash(key, 'mail', address), until });
  }
}

export type Mails = ReturnType<typeof createMails>;

const endingOf = ({ type }: { type: string }): string => /^image\/(\w+)/.exec(type)?.[1] ?? 'img';
