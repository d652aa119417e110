import type { ClientSession, Connection } from 'mongoose';
import { AppError } from '../../../errors';
import { fold } from '../../../kit/text';
import type { Award } from '../../prizes/award';
import type { Tickets } from '../../prizes/tickets';
import type { Counts } from '../../prizes/tickets/rows';
import type { Content } from '../campaign';
import type { CampaignRow } from '../campaign-row';
import type { Finding, Kind } from '../kind';
import { isPublished } from '../states';
import { judge, refusal } from './compliance';

/** Who answers a text or a menu key already, by name. */
export type TakenBy = (what: string, how: 'says' | 'clicks') => string | undefined;

/** What stands against publishing a campaign: the compliance list, and words that somebody else answers to. */
export function createFindings(given: {
  db: Connection;
  tickets: Pick<Tickets, 'codes' | 'counts'>;
  /** Which of these pids are nobody's. */
  strangers: (pids: string[]) => Promise<string[]>;
  kindOf: (content: Content) => Kind;
}) {
  const { db, tickets, strangers, kindOf } = given;
  const rows = db.collection<CampaignRow>('campaigns');

  /** Another published campaign with one of these keywords or the same menu key at an overlapping time. */
  async function rivals(content: Content, session?: ClientSession): Promise<Finding[]> {
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
  const rules = async (content: Content): Promise<Finding[]> =>
    judge(content, kindOf(content), {
      codes: await tickets.codes(content),
      tickets: sumsOf(await tickets.counts(content.id)),
      awards: await awarded(db, content.id),
    });

  /** Whom the staff list would not exclude. Of those in a published text some may have left since: nobody can take them out. */
  async function unknownStaff({ id, staff }: Content): Promise<{ pid: string; reason: string }[]> {
    if (staff.length === 0) return [];
    const row = await rows.findOne({ _id: id }, { projection: { staff: 1, state: 1 } });
    const published = row && isPublished(row.state) ? row.staff : [];
    const unknown = await strangers(staff.filter((pid) => !published.includes(pid)));
    return unknown.map((pid) => ({
      pid,
      reason: `「${pid}」不是任何粉絲的編號，她不會被排除；請照導出檔案「玩家」一欄填，每人之間用 | 或換行隔開`,
    }));
  }

  return {
    rivals,
    rules,
    unknownStaff,
    all: async (content: Content, takenBy: TakenBy): Promise<Finding[]> => [
      ...(await rules(content)),
      ...(await unknownStaff(content)).map(({ reason }) => refusal('staff-unknown', '工作人員', reason)),
      ...kindOf(content).findings(content),
      ...takenWords(content, { reserved: kindOf(content).reserved, takenBy }),
      ...(await rivals(content)),
    ],
  };
}

export type Findings = ReturnType<typeof createFindings>;

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

function takenWords(
  content: Content,
  { reserved, takenBy }: { reserved: readonly string[]; takenBy: TakenBy },
): Finding[] {
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

const taken = (where: string, reason: string) => refusal('keyword-taken', where, reason);
