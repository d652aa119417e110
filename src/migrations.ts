import type { Connection } from 'mongoose';
import { freeWords } from './migrations/free-words';
import { playsByCampaign } from './migrations/plays';
import { windowsIntoReach } from './migrations/reach';
import type { Migration } from './store/migrations';

/**
 * Add at the end, never change one that has run anywhere. Indexes need none: each start builds those that are missing, but
 * on big collections `npm run migrate` does.
 */
export const migrations: Migration[] = [
  { n: 4, name: 'imported codes in lists, and no more tickets than promised', run: codesIntoLists },
  { n: 5, name: 'answers, floors and campaigns by their new names', run: freeWords },
  { n: 6, name: 'where she stands, by campaign', run: playsByCampaign },
  { n: 7, name: 'what may still be sent to her, in a collection of its own', run: windowsIntoReach },
];

type Prize = { id: string; quantity: number; codes?: { list: string; count: number } };
type QuizRow = { _id: string; state: string; prizes: Prize[]; proposal?: { content: { prizes: Prize[] } } };
type TicketRow = { _id: string; state: string; code?: string };

/** Codes were tickets, as many as were imported, those of drafts too. */
async function codesIntoLists(db: Connection): Promise<void> {
  const tickets = db.collection<TicketRow>('tickets');
  const lists = db.collection<{ _id: string }>('codeLists');
  const quizzes = db.collection<QuizRow>('quizzes');
  for (const { _id: quiz, state, prizes, proposal } of await quizzes.find().toArray()) {
    const draft = state === 'draft' || state === 'checked';
    for (const [i, { id: prize, quantity, codes: has }] of prizes.entries()) {
      const all = await tickets.find({ quiz, prize }, { sort: { _id: 1 } }).toArray();
      const codes = all.flatMap(({ code = [] }) => code);
      if (codes.length > 0 && !has) {
        const list = { list: `${quiz}/${prize}/first`, count: codes.length };
        await lists.updateOne(
          { _id: list.list },
          { $setOnInsert: { quiz, prize, codes, out: [] } },
          { upsert: true },
        );
        const proposed = proposal?.content.prizes.findIndex(({ id }) => id === prize) ?? -1;
        await quizzes.updateOne(
          { _id: quiz, [`prizes.${i}.id`]: prize },
          {
            $set: {
              [`prizes.${i}.codes`]: list,
              ...(proposed < 0 ? {} : { [`proposal.content.prizes.${proposed}.codes`]: list }),
            },
            $inc: { rev: 1 },
          },
        );
      }
      const free = all.filter((ticket) => ticket.state === 'free');
      for (const { _id } of free.slice(0, Math.max(0, all.length - (draft ? 0 : quantity))))
        await tickets.deleteOne({ _id, state: 'free' });
    }
  }
}
