import type { Connection } from 'mongoose';
import { crashPoint } from '../kit/crash-point';

/*
 * An *order* will be a purchase and a *quiz* is one kind of campaign, so what was called so has another name, and what
 * only a quiz has lies apart. Old and new
 * programs cannot run side by side over this one. Every step finds what an earlier run has done and leaves it.
 */

const collections = {
  orders: 'answers',
  folds: 'floors',
  quizzes: 'campaigns',
  quizVersions: 'campaignVersions',
};

/** In which collections a field has another name. */
const fields: { field: string; name: string; of: string[] }[] = [
  {
    field: 'quiz',
    name: 'campaign',
    of: ['awards', 'tickets', 'codeLists', 'draws', 'ledger', 'holds', 'passings', 'campaignVersions'],
  },
  { field: 'filter.quiz', name: 'filter.campaign', of: ['exports'] },
  { field: 'order', name: 'floor', of: ['awards', 'passings'] },
  { field: 'firstOrder', name: 'firstFloor', of: ['scores', 'rounds'] },
  { field: 'lastOrder', name: 'lastFloor', of: ['scores', 'rounds'] },
  { field: 'fold', name: 'floors', of: ['projections'] },
];

/** The same within lists. */
const listed = [
  { of: 'floors', list: 'wins', field: 'order', name: 'floor' },
  { of: 'balances', list: 'recent', field: 'quiz', name: 'campaign' },
  { of: 'campaigns', list: 'prizes', field: 'perQuiz', name: 'perPerson' },
  { of: 'campaigns', list: 'proposal.content.prizes', field: 'perQuiz', name: 'perPerson' },
  { of: 'campaignVersions', list: 'content.prizes', field: 'perQuiz', name: 'perPerson' },
];

/** What is a quiz's own lies in `game`. */
const gameFields = [
  ...['opensAt', 'closesAt', 'perDay', 'pointsPerAnswer', 'firstBonus'],
  ...['levels', 'timerSeconds', 'mix', 'questions'],
];
const games = [
  { of: 'campaigns', path: '' },
  { of: 'campaigns', path: 'proposal.content.' },
  { of: 'campaignVersions', path: 'content.' },
];

export async function freeWords(db: Connection): Promise<void> {
  await renameCollections(db);
  for (const { field, name, of } of fields)
    for (const collection of of) {
      // First: a unique index on a field that is gone would take all campaigns for one.
      await dropIndexesOn(db, collection, field);
      await db
        .collection(collection)
        .updateMany({ [field]: { $exists: true } }, { $rename: { [field]: name } });
      crashPoint('words-freed');
    }
  for (const { of, list, field, name } of listed) {
    const renamed = {
      $mergeObjects: [{ $unsetField: { field, input: '$$this' } }, { [name]: `$$this.${field}` }],
    };
    await db
      .collection(of)
      .updateMany({ [`${list}.${field}`]: { $exists: true } }, [
        { $set: { [list]: { $map: { input: `$${list}`, in: renamed } } } },
      ]);
    crashPoint('words-freed');
  }
  for (const { of, path } of games) {
    const at = (name: string) => `${path}${name}`;
    const game = Object.fromEntries(gameFields.map((name) => [name, `$${at(name)}`]));
    await db
      .collection(of)
      .updateMany({ [at('questions')]: { $exists: true } }, [
        { $set: { [at('kind')]: 'quiz', [at('game')]: game } },
        { $unset: gameFields.map(at) },
      ]);
    crashPoint('words-freed');
  }
  await renameJobs(db);
  await db.collection<{ _id: string }>('versions').deleteOne({ _id: 'quiz' });
}

async function renameCollections(db: Connection): Promise<void> {
  const present = new Set((await db.listCollections()).map(({ name }) => name));
  for (const [from, to] of Object.entries(collections)) {
    if (!present.has(from)) continue;
    const empty = (await db.collection(to).estimatedDocumentCount()) === 0;
    await db.collection(from).rename(to, { dropTarget: empty });
    crashPoint('words-freed');
  }
}

async function dropIndexesOn(db: Connection, collection: string, field: string): Promise<void> {
  const rows = db.collection(collection);
  const present = await rows
    .listIndexes()
    .toArray()
    .catch(() => []);
  for (const { name, key } of present as { name: string; key: Record<string, unknown> }[])
    if (field in key) await rows.dropIndex(name);
}

type TimerRow = { _id: string; job: string; data: { quiz?: string; campaign?: string } };
type OutboxRow = { _id: string; cause: string; effect?: { job?: string; data?: TimerRow['data'] } };

const job = /^quiz-(start|end|settle|remind)(?=$|[:_])/;
const newWord = (id: string): string => id.replace(job, 'campaign-$1');
const renamedData = ({ quiz, ...data }: TimerRow['data']) => ({
  ...data,
  ...(quiz ? { campaign: quiz } : {}),
});

/** Timers and what they left in the outbox: an occurrence that fired stays fired, whatever it is called. */
async function renameJobs(db: Connection): Promise<void> {
  const timers = db.collection<TimerRow>('timers');
  for (const row of await timers.find({ _id: job }).toArray())
    await replace(timers, row, {
      ...row,
      _id: newWord(row._id),
      job: newWord(row.job),
      data: renamedData(row.data),
    });
  const outbox = db.collection<OutboxRow>('outbox');
  for (const row of await outbox.find({ _id: job }).toArray()) {
    const { effect } = row;
    const renamed = effect?.job && {
      effect: { ...effect, job: newWord(effect.job), data: renamedData(effect.data ?? {}) },
    };
    await replace(outbox, row, { ...row, _id: newWord(row._id), cause: newWord(row.cause), ...renamed });
  }
}

type Rows<Row extends { _id: string }> = ReturnType<typeof Connection.prototype.collection<Row>>;

async function replace<Row extends { _id: string }>(
  rows: Rows<Row>,
  old: Row,
  { _id, ...row }: Row,
): Promise<void> {
  await rows.updateOne({ _id } as never, { $setOnInsert: row } as never, { upsert: true });
  crashPoint('words-freed');
  await rows.deleteOne({ _id: old._id } as never);
}
