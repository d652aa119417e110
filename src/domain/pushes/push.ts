import { z } from 'zod';
import { mostCounted } from '../rations';
import type { Rule } from '../segments/rule';

/**
 * What kind of words a push carries. `marketing`: what we want to tell; `service`: results, reminders, and what she asked for.
 * It decides which routes may carry it.
 */
export type PushClass = 'marketing' | 'service';
export const classNames: Record<PushClass, string> = { marketing: '營銷', service: '服務' };

export const routeNames = ['customer', 'mass', 'template', 'notice', 'sms', 'mail'] as const;
export type RouteName = (typeof routeNames)[number];
/** What they are called where people read them. */
export const routeWords: Record<RouteName, string> = {
  customer: '客服消息',
  mass: '群發',
  template: '模板消息',
  notice: '訂閱通知',
  sms: '短信',
  mail: '郵件',
};

const text = (most: number) => z.string().trim().min(1).max(most);
const web = z.url({ protocol: /^https?$/ }).max(500);
const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,23}$/, '編號只能用小寫字母、數字和連字號，最多 24 個字');
/** A media id of WeChat's, or a picture that was brought with the push. */
const media = z.union([z.strictObject({ mediaId: text(200) }), z.strictObject({ file: text(120) })]);
const miniProgram = z.strictObject({ appId: text(40), page: text(200) });
const fields = z.record(z.string().regex(/^[a-z_]+\d*$/, '欄位名像 thing1、time2'), text(200));

/** A customer message. Of its words each person's own variables and links may be part. */
export const customerContent = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: text(600) }),
  z.strictObject({ kind: z.literal('image'), image: media }),
  z.strictObject({ kind: z.literal('voice'), mediaId: text(200) }),
  z.strictObject({
    kind: z.literal('video'),
    mediaId: text(200),
    thumbMediaId: text(200),
    title: text(60).optional(),
    description: text(120).optional(),
  }),
  z.strictObject({
    kind: z.literal('article'),
    title: text(60),
    description: text(120).optional(),
    url: web,
    picUrl: web.optional(),
  }),
  z.strictObject({ kind: z.literal('published'), articleId: text(200) }),
  z.strictObject({
    kind: z.literal('miniProgram'),
    title: text(60),
    ...miniProgram.shape,
    thumbMediaId: text(200),
  }),
  z.strictObject({
    kind: z.literal('menu'),
    head: text(200).optional(),
    items: z
      .array(z.strictObject({ id: text(64), text: text(40) }))
      .min(1)
      .max(10),
    tail: text(200).optional(),
  }),
]);
/** The same for everybody: a mass message knows no person. */
export const massContent = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: text(600) }),
  z.strictObject({ kind: z.literal('image'), image: media }),
  /** A draft of the account's; once sent it is gone there. */
  z.strictObject({ kind: z.literal('article'), draftMediaId: text(200) }),
]);
/** A template message, or a subscription notice: typed fields, no marketing. */
export const noticeContent = z.strictObject({
  templateId: text(64),
  fields,
  url: web.optional(),
  miniProgram: miniProgram.optional(),
});
export const smsContent = z.strictObject({ text: text(400) });
export const mailContent = z.strictObject({ subject: text(80), text: text(5_000) });

const content = z.strictObject({
  customer: customerContent.optional(),
  mass: massContent.optional(),
  template: noticeContent.optional(),
  notice: noticeContent.optional(),
  sms: smsContent.optional(),
  mail: mailContent.optional(),
});
export type Content = z.infer<typeof content>;
export type ContentOf<Name extends RouteName> = NonNullable<Content[Name]>;

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, '時間像 22:00');

/** A push as a marketer writes it, in JSON or a workbook. */
export const definition = z.strictObject({
  id,
  name: text(40),
  class: z.enum(['marketing', 'service']),
  audience: z.strictObject({
    /** A segment's id, or a sentence. */
    to: text(2_000),
    /** Segments whose people get none. */
    except: z.array(text(60)).max(10).default([]),
  }),
  /** Tried in this order for each person; the first that is open to her carries it. */
  routes: z.array(z.enum(routeNames)).min(1).max(6),
  content,
  /** 「現在」, or a moment: 「2026-12-01 09:00」, 「國慶節 09:00」. */
  at: text(40).default('現在'),
  /** Between these Beijing times nothing goes out; it waits. */
  quiet: z.strictObject({ from: time, to: time }).default({ from: '22:00', to: '08:00' }),
  /** A person gets at most so many pushes in so many days, this one included. 0: no limit; more than ten are not counted. */
  cap: z
    .strictObject({ most: z.number().int().min(0).max(mostCounted), days: z.number().int().min(1).max(30) })
    .default({
      most: 3,
      days: 7,
    }),
  /** More than half an hour late, after an outage: ask a person, or send. */
  late: z.enum(['ask', 'send']).default('ask'),
  /** A/B: each part of the audience gets other words for the routes it names. */
  variants: z
    .array(z.strictObject({ name: text(20), share: z.number().int().min(1).max(100), content }))
    .max(5)
    .default([]),
});
export type Definition = z.infer<typeof definition>;

/** `finished` is never written: it is what a running push is when nobody is left (`statusOf`). */
export type PushState =
  | 'draft'
  | 'waiting'
  | 'scheduled'
  | 'late'
  | 'freezing'
  | 'running'
  | 'paused'
  | 'cancelled';
export const stateNames: Record<PushState | 'finished', string> = {
  draft: '草稿',
  waiting: '等第二個人同意',
  scheduled: '排定了',
  late: '誤了時間，等人決定',
  freezing: '正在圈定名單',
  running: '發送中',
  paused: '暫停',
  cancelled: '已取消',
  finished: '發完了',
};

export type LogEntry = { at: Date; by: string; what: string };

export type PushRow = Omit<Definition, 'id' | 'audience'> & {
  _id: string;
  /** Moves with every import of a draft. */
  version: number;
  /** As written; `rule` is what it meant when it was planned, with all segments it named. */
  audience: Definition['audience'] & { rule?: Rule };
  /** Or these people: what another push missed. */
  again?: { push: string; reasons?: string[] };
  /** Of this sequence: its audience grows as people come to its step. */
  sequence?: string;
  state: PushState;
  by: string;
  changedAt: Date;
  /** Business time for which it is set. */
  dueAt?: Date;
  /** Web addresses in its words; their tracked links name them by number. */
  links: string[];
  /** `solo`: one person, ten minutes of delay. */
  approved?: { by: string; at: Date; solo?: true };
  /** A frozen audience; `run` names it, a run that was killed leaves chunks of another one. */
  frozen?: { run: string; people: number; chunks: number; at: Date };
  startedAt?: Date;
  /** WeChat is out of order, or a quota is gone: nothing goes out before this moment (machine time), then one to see. */
  brake?: { until: Date; why: string; since: Date };
  /** Why it is paused. */
  paused?: { by: string; why: string; at: Date };
  log: LogEntry[];
};
