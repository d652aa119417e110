import type { Connection } from 'mongoose';
import { beijingDay, startOfBeijingDay } from '../../../kit/beijing';
import type { CampaignRow, CampaignVersion } from '../../campaigns/campaign-row';
import type { Draws } from '../../draws/draws';
import type { Prize } from '../../prizes/prize';
import type { Tickets } from '../../prizes/tickets';
import { asContent, type QuizContent } from '../definition';
import type { AnswerLog } from '../log/answers';
import type { Entry } from '../log/floors';
import { roundOf } from '../play/standing';

/** So many tickets of each prize are made: nobody wins more in a rehearsal. */
const mostTickets = 2_000;

/**
 * Puts a quiz on the stage of an empty database as if it had been published and begun, whatever its author left it in. Its
 * codes are invented, so that a real one is never seen before it is won.
 */
export async function stageRehearsal(given: {
  db: Connection;
  tickets: Pick<Tickets, 'stock' | 'addCodes'>;
  draws: Pick<Draws, 'commit'>;
  content: QuizContent;
}): Promise<void> {
  const { db, tickets, draws, content } = given;
  const { id } = content;
  const by = '彩排';
  const prizes: Prize[] = [];
  for (const { codes: _real, ...prize } of content.prizes) {
    const quantity = Math.min(prize.quantity, mostTickets);
    const codes = Array.from({ length: quantity }, (_, i) => `彩排-${prize.id}-${i + 1}`);
    const item = { campaign: id, prize: prize.id };
    const invented = prize.kind === 'code' ? { codes: (await tickets.addCodes(item, codes)).codes } : {};
    await tickets.stock(id, { ...prize, ...invented, quantity });
    prizes.push({ ...prize, ...invented });
  }
  const staged = asContent({ ...content, prizes });
  const { id: _id, ...rest } = staged;
  await db.collection<CampaignRow>('campaigns').insertOne({
    _id,
    ...rest,
    ...{ state: 'running', version: 1, pauses: [], rev: 1, author: by, log: [] },
  });
  await db.collection<CampaignVersion>('campaignVersions').insertOne({
    _id: `${id}/1`,
    campaign: id,
    version: 1,
    at: 0,
    by,
    changes: [],
    findings: [],
    content: staged,
  });
  await draws.commit(content);
}

/** The first moment of a quiz at which a question can be opened. */
export function curtain({ startsAt, opensAt }: Pick<QuizContent, 'startsAt' | 'opensAt'>): number {
  const day = startOfBeijingDay(beijingDay(startsAt));
  const [hours = 0, minutes = 0] = opensAt.split(':').map(Number);
  return Math.max(startsAt, day + (hours * 60 + minutes) * 60_000);
}

/** So many answers by invented fans, through the one log that judges: the floors after hers are near. */
export async function crowd(
  answerLog: Pick<AnswerLog, 'append'>,
  { quiz, count, on }: { quiz: QuizContent; count: number; on: string },
): Promise<void> {
  const [question] = quiz.questions.filter(({ right }) => right !== undefined);
  if (!question) return;
  const mark = Date.now().toString(36);
  const entries = Array.from({ length: count }, (_, i): Entry => {
    const pid = `路人-${mark}-${i}`;
    const ok = i % 5 < 3;
    return {
      k: `${roundOf(quiz.id, pid, on)}:${question.id}`,
      pid,
      on,
      q: question.id,
      choice: ok ? (question.right ?? 0) : 0,
      ok,
      points: ok ? quiz.pointsPerAnswer : 0,
      by: pid,
      took: 5_000,
      level: 1,
    };
  });
  for (let i = 0; i < count; i += 500)
    await Promise.all(entries.slice(i, i + 500).map((entry) => answerLog.append(quiz.id, entry)));
}
