import { setTimeout as pause } from 'node:timers/promises';
import { leaseMs, type Outbox, type Taken } from '../domain/outbox/outbox';
import type { ReachLedger } from '../domain/reach/reach';
import type { Subscribers } from '../domain/subscribers/subscribers';
import { messageOf } from '../errors';
import { crashPoint } from '../kit/crash-point';
import type { AnyJob } from '../kit/define-job';
import type { Log } from '../kit/log';
import type { Services } from '../services';
import type { CustomerMessages } from '../wechat/api/customer-messages';
import { pagesOf, type Reply } from '../wechat/protocol/reply';

const mostTries = 5;
/** A job that takes longer hangs: it has failed, and what it held is free. */
const longestRunMs = 30 * 60_000;
/** A longer letter would wait for ever for a reply short enough to be said together with it. */
const letterBytes = 1_000;
/** 2 s, 8 s, 32 s, 2 min. */
const pauseAfter = (tries: number): number => 2_000 * 4 ** (tries - 1);

/** Carries out what lies in the outbox, one cause at a time, its rows in the order in which they were said. */
export function createRelay(given: {
  outbox: Outbox;
  subscribers: Subscribers;
  reach: ReachLedger;
  customerMessages: CustomerMessages;
  jobs: ReadonlyMap<string, AnyJob<Services>>;
  services: Services;
  log: Log;
}) {
  const { outbox, subscribers, reach, customerMessages, jobs, services, log } = given;
  const underWay = new Set<string>();

  async function relay(cause: string): Promise<void> {
    for (const { _id, state, dueAt, tries } of await outbox.of(cause)) {
      const waits = tries > 0 && dueAt.getTime() > Date.now();
      if (state === 'sending' || waits) return; // the rest is said after it
      const row = await outbox.take(_id);
      if (!row) return; // somebody else is at it
      crashPoint('outbox-taken');
      const done = row.effect?.kind === 'tell' ? await tell(row, row.effect.reply) : await run(row);
      if (!done) return; // what was said after it waits for it
    }
  }

  /** A customer message, if her ration allows; a late reply goes to her mailbox when it does not. True: on with the next. */
  async function tell(row: Taken, reply: Reply): Promise<boolean> {
    const openid = row.fan && (await subscribers.load(row.fan))?.openid;
    if (!row.fan || !openid) {
      await outbox.finish(row, 'cancelled', 'she left');
      return true;
    }
    if (!(await reach.spend(row.fan, row._id))) return post(row, reply, 'no window is open');
    crashPoint('ration-spent');
    const outcome = await customerMessages.send(openid, reply);
    crashPoint('message-sent');
    switch (outcome.kind) {
      case 'sent':
        await outbox.finish(row, 'done');
        crashPoint('message-noted');
        return true;
      case 'refused':
        if (outcome.errcode !== null)
          await reach.correct(row.fan, { code: outcome.errcode, at: row.at.getTime() });
        return post(row, reply, outcome.reason);
      case 'later':
        await reach.refund([row.fan], row._id);
        crashPoint('ration-refunded');
        if (row.tries >= mostTries) return post(row, reply, 'WeChat was busy five times');
        await outbox.retry(row, outcome.afterMs, 'WeChat is busy');
        crashPoint('message-put-off');
        return false;
      case 'unknown':
        await outbox.finish(row, 'unknown', 'the answer of WeChat was lost');
        return true;
    }
  }

  /** Words wait in her mailbox for her next reply. */
  async function post(row: Taken, reply: Reply, reason: string): Promise<boolean> {
    const text = reply.kind === 'text' ? reply.text : reply.kind === 'news' ? cardAsText(reply) : undefined;
    if (text === undefined || !row.fan) {
      await outbox.finish(row, 'failed', reason);
      return true;
    }
    for (const [i, piece] of pagesOf(text, letterBytes).entries())
      await subscribers.post(row.fan, { id: i === 0 ? row._id : `${row._id}/${i}`, text: piece });
    crashPoint('letter-posted');
    await outbox.finish(row, 'posted', reason);
    crashPoint('letter-noted');
    return true;
  }

  async function run(row: Taken): Promise<boolean> {
    const { effect } = row;
    if (effect?.kind !== 'later') return true;
    const job = jobs.get(effect.job);
    const what = `${effect.job} ${row._id}`;
    underWay.add(what);
    // What stands still, or is dead, does not hold it.
    const holding = setInterval(() => void outbox.hold(row).catch(() => {}), leaseMs / 3);
    holding.unref();
    try {
      if (!job) throw new Error(`there is no job «${effect.job}»`);
      await within(longestRunMs, job.run(services, job.data.parse(effect.data)));
      crashPoint('job-done');
      await outbox.finish(row, 'done');
      crashPoint('job-noted');
      return true;
    } catch (err) {
      if (row.tries >= mostTries) {
        log.error(
          { err, outbox: row._id, job: effect.job },
          `a job failed five times and was put aside; mend the cause, then: npm run replay -- outbox ${row._id} --yes`,
        );
        await outbox.finish(row, 'failed', messageOf(err));
        return true;
      }
      log.warn(
        { err, outbox: row._id, job: effect.job, tries: row.tries },
        'a job failed and will be tried again',
      );
      await outbox.retry(row, pauseAfter(row.tries), messageOf(err));
      return false;
    } finally {
      clearInterval(holding);
      underWay.delete(what);
    }
  }

  return {
    relay,
    /** The jobs that run here now, each with its outbox row. */
    underWay: (): string[] => [...underWay],
  };
}

export type Relay = ReturnType<typeof createRelay>;

async function within(ms: number, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  const tooLong = pause(ms, undefined, { signal: over.signal, ref: false }).then(() => {
    throw new Error(`it did not end within ${ms / 60_000} minutes`);
  });
  await Promise.race([work, tooLong]).finally(() => {
    tooLong.catch(() => {});
    over.abort();
  });
}

const cardAsText = (reply: Extract<Reply, { kind: 'news' }>): string =>
  reply.articles
    .map(({ title, description, url }) => [title, description, url].filter(Boolean).join('\n'))
    .join('\n');
