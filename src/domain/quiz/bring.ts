import { crashPoint } from '../../kit/crash-point';
import type { Tickets } from '../prizes/tickets';
import type { Campaigns } from './campaigns';
import type { Change } from './changes';
import type { Claims } from './claims';
import { isPublished } from './states';
import { type Problem, readQuizFile } from './workbook';

export type Brought =
  | { kind: 'refused'; problems: Problem[]; total: number }
  | { kind: 'saved'; id: string; title: string; how: 'new' | 'replaced' | 'same'; codes: number }
  /** It is published already: the change waits for a second person. Without changes there is nothing to wait for. */
  | { kind: 'proposed'; id: string; title: string; changes: Change[]; codes: number };

/**
 * Reads a file and keeps it as a draft, or, when that quiz is published, as a proposed change. Its codes go into stock; one
 * that lies there already is not added twice. A refused file leaves nothing behind.
 */
export async function bringQuiz(given: {
  campaigns: Campaigns;
  tickets: Pick<Tickets, 'addCodes'>;
  claims: Claims;
  by: string;
  file: { name: string; bytes: Buffer };
}): Promise<Brought> {
  const { campaigns, tickets, claims, by, file } = given;
  const reading = await readQuizFile(file);
  if (reading.kind === 'refused') return reading;
  const { content, codes } = reading;
  const { id, title } = content;
  const before = await campaigns.find(id);

  async function addCodes(): Promise<number> {
    let added = 0;
    for (const [prize, list] of codes) {
      const lines = list.map((code, i) => ({ line: i + 1, code }));
      added += (await tickets.addCodes({ quiz: id, prize }, lines)).added;
    }
    return added;
  }

  if (!before || !isPublished(before.state)) {
    const how = await campaigns.save({ content, by });
    crashPoint('quiz-saved');
    return { kind: 'saved', id, title, how, codes: await addCodes() };
  }
  // Codes first: the gate counts them. More codes than promised harm nobody.
  const added = await addCodes();
  crashPoint('quiz-codes-added');
  return {
    kind: 'proposed',
    id,
    title,
    changes: await campaigns.propose({ content, by, claims }),
    codes: added,
  };
}
