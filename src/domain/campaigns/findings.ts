import type { ClientSession, Connection } from 'mongoose';
import { AppError } from '../../errors';
import { fold } from '../../kit/text';
import { maxTextBytes } from '../../wechat/protocol/reply';
import type { Award } from '../prizes/award';
import type { Counts, Tickets } from '../prizes/tickets';
import type { QuizContent } from '../quiz/definition';
import type { TakenBy } from '../quiz/play/taken-by';
import { type Render, tooLong } from '../quiz/rehearse/walk';
import { lostByShuffling } from '../quiz/shuffled';
import type { CampaignRow } from './campaign-row';
import { type Finding, judge } from './compliance';
import { isPublished } from './states';

/** Words with a meaning of their own while a campaign runs; none of them can start one. */
const reserved = [
  ...'排行|我的積分|獎品|規則|中獎名單|退出|繼續|改名|開賽提醒我|搶答|領獎'.split('|'),
  ...'ABCDEF123456'.split(''),
  ...'對|錯|取消'.split('|'),
];

/** What stands against publishing a campaign: the compliance list, and words that somebody else answers to. */
export function createFindings(given: {
  db: Connection;
  tickets: Pick<Tickets, 'codes' | 'counts'>;
  /** Which of these pids are nobody's. */
  strangers: (pids: string[]) => Promise<string[]>;
  render: Render;
}) {
  const { db, tickets, strangers, render } = given;
  const rows = db.collection<CampaignRow>('campaigns');

  /** Another published campaign with one of these keywords or the same menu key at an overlapping time. */
  async function rivals(content: QuizContent, session?: ClientSession): Promise<Finding[]> {
    const others = await rows
      .find(
        {
          _id: { $ne: content.id },
          state: { $in: ['scheduled', 'running', 'paused'] },
          startsAt: { $lte: content.endsAt },
          endsAt: { $gte: content.startsAt },
        },
        { projection: { keywords: 1, menuKey: 1, title: 1 }, ...(session ? { session } : {}) },
      )
      .toArray();
    const mine = new Set(content.keywords.map(fold));
    return others.flatMap((other) => [
      ...other.keywords
        .filter((word) => mine.has(fold(word)))
        .map((word) => taken('關鍵字', `關鍵字「${word}」在同一段時間屬於活動「${other.title}」，請換一個`)),
      ...(content.menuKey !== undefined && content.menuKey === other.menuKey
        ? [taken('菜單鍵', `菜單鍵 ${other.menuKey} 在同一段時間屬於活動「${other.title}」，請換一個`)]
        : []),
    ]);
  }

  /** The compliance list alone: what a timer asks, long after somebody looked at the words. */
  const rules = async (content: QuizContent): Promise<Finding[]> =>
    judge(content, {
      codes: await tickets.codes(content),
      tickets: sumsOf(await tickets.counts(content.id)),
      awards: await awarded(db, content.id),
    });

  /** Whom the staff list would not exclude. Of those in a published text some may have left since: nobody can take them out. */
  async function unknownStaff({ id, staff }: QuizContent): Promise<string[]> {
    if (staff.length === 0) return [];
    const row = await rows.findOne({ _id: id }, { projection: { staff: 1, state: 1 } });
    const published = row && isPublished(row.state) ? row.staff : [];
    return strangers(staff.filter((pid) => !published.includes(pid)));
  }

  return {
    rivals,
    rules,
    unknownStaff,
    all: async (content: QuizContent, takenBy: TakenBy): Promise<Finding[]> => [
      ...(await rules(content)),
      ...(await unknownStaff(content)).map((pid) => refusal('staff-unknown', '工作人員', noSuchStaff(pid))),
      ...tooLong(content, render).map(({ where, bytes }) =>
        refusal(
          'reply-length',
          where,
          `最長的一則回覆有 ${bytes} 位元組，平台一則最多 ${maxTextBytes}；請縮短`,
        ),
      ),
      ...lostByShuffling(content).map(({ where, reason }) => refusal('options-shuffled', where, reason)),
      ...takenWords(content, takenBy),
      ...(await rivals(content)),
    ],
  };
}

const sumsOf = (counts: Map<string, Counts>): Map<string, number> =>
  new Map([...counts].map(([prize, one]) => [prize, one.free + one.held + one.given + one.back]));

/** How many of each prize are somebody's. */
export async function awarded(db: Connection, campaign: string): Promise<Map<string, number>> {
  const found = await db
    .collection<Award>('awards')
    .aggregate<{ _id: string; n: number }>([
      { $match: { campaign, state: { $nin: ['pending', 'expired', 'void'] } } },
      { $group: { _id: '$prize', n: { $sum: 1 } } },
    ])
    .toArray();
  return new Map(found.map(({ _id, n }) => [_id, n]));
}

/** @throws AppError `Invalid` with all findings when one of them refuses. */
export function refuseOn(id: string, findings: Finding[]): void {
  const refusals = findings.filter(({ level }) => level === 'refuse');
  if (refusals.length === 0) return;
  const why = refusals.map(tellFinding).join('\n');
  throw new AppError('Invalid', 'campaign.refused', `活動「${id}」不能公布：\n${why}`, { details: findings });
}

export const tellFinding = ({ level, where, reason, rule }: Finding): string =>
  `${level === 'refuse' ? '不能公布' : '請留意'} [${rule}] ${where}：${reason}`;

function takenWords(content: QuizContent, takenBy: TakenBy): Finding[] {
  const own = new Set(reserved.map(fold));
  const found = content.keywords.flatMap((word) => {
    if (fold(word) === '') return [taken('關鍵字', `關鍵字「${word}」只有標點或空白，請換一個`)];
    if (own.has(fold(word))) return [taken('關鍵字', `「${word}」在答題時另有用處，請換一個`)];
    if (/[\p{P}\p{S}\s]/u.test(word.replace(/^[\p{P}\p{S}\s]+|[\p{P}\p{S}\s]+$/gu, '')))
      return [
        {
          level: 'warn' as const,
          rule: 'keyword-sign',
          where: '關鍵字',
          reason: `「${word}」中間有標點或空白：是一個詞嗎？若是兩個，請用 | 隔開；若是一個，粉絲要連標點一起打才對得上`,
        },
      ];
    const by = takenBy(word, 'says');
    return by ? [taken('關鍵字', `關鍵字「${word}」已由 ${by} 回答，請換一個`)] : [];
  });
  const by = content.menuKey === undefined ? undefined : takenBy(content.menuKey, 'clicks');
  return by ? [...found, taken('菜單鍵', `菜單鍵 ${content.menuKey} 已由 ${by} 回答，請換一個`)] : found;
}

/** The same at the import, where it can first be known. */
export const noSuchStaff = (pid: string): string =>
  `「${pid}」不是任何粉絲的編號，她不會被排除；請照導出檔案「玩家」一欄填，每人之間用 | 或換行隔開`;

const refusal = (rule: string, where: string, reason: string): Finding => ({
  level: 'refuse',
  rule,
  where,
  reason,
});
const taken = (where: string, reason: string) => refusal('keyword-taken', where, reason);
