import type { ClientSession, Connection } from 'mongoose';
import { AppError } from '../../errors';
import { dayMs, startOfBeijingDay } from '../../kit/beijing';
import type { Clock } from '../../kit/clock';
import { crashPoint } from '../../kit/crash-point';
import { fold } from '../../kit/text';
import type { Render } from '../../render/render';
import type { File } from '../../sheets/file';
import { type Problem, tellProblem } from '../../sheets/problems';
import type { IndexSpec } from '../../store/indexes';
import { bumpVersion } from '../../store/versions';
import type { Attributes } from '../attributes/attributes';
import type { Audience, Facts } from '../audience';
import type { Points } from '../points/points';
import { rowsOf, type Upkeep } from '../upkeep';
import { type Bubble, previewOf } from './preview';
import { readSurvey } from './read-survey';
import { type Faults, readSurveyFile } from './read-survey-file';
import { createTally } from './results';
import { type Answers, answersTo, type Consent, isAsked, type Starts, type Survey, wordsOf } from './survey';
import { formOf, jsonOf } from './survey-form';
import { answeredToken, markToken, surveyLeaves } from './surveys.leaves';
import { surveyOut } from './surveys.tasks';

export const surveyStates = { draft: '草稿', started: '進行中', stopped: '已停止' } as const;

/** `surveys{_id}`. `version` moves with every import: a half-filled one of another version is not gone on with. */
export type SurveyRow = {
  _id: string;
  survey: Survey;
  state: keyof typeof surveyStates;
  version: number;
  at: Date;
  by: string;
};

/** `surveyAnswers{_id: '<survey>/<pid>'}`: what she answered last. */
export type SurveyAnswers = {
  _id: string;
  pid: string;
  survey: string;
  answers: Answers;
  /** Tokens for segments, from the survey as it was then. */
  marks: string[];
  at: Date;
  consent?: Consent;
};

/** A survey that can be answered now; `form` is the name of its form in chat. */
export type Open = Survey & { form: string };

/** Whose a word is already, by name. */
export type TakenBy = (what: string, how: 'says') => string | undefined;

/** `remarks`: what of a workbook was not read. */
export type Brought = { row: SurveyRow; remarks: Problem[] } | Faults;

const indexes: IndexSpec[] = [
  {
    collection: 'surveyAnswers',
    key: { survey: 1, at: 1 },
    why: 'what was answered (results, export, who answered so)',
  },
  { collection: 'surveyAnswers', key: { pid: 1 }, why: 'what did she answer (segments, erasure)' },
];

const again = '重填';

/** What somebody answered to a question, as words; on which Beijing day she ended it. */
export type Said = { question?: string | undefined; value?: string | undefined; day?: string | undefined };

function saying(survey: string, { question, value, day }: Said): Record<string, unknown> {
  const from = day === undefined ? undefined : startOfBeijingDay(day);
  return {
    survey,
    ...(from === undefined ? {} : { at: { $gte: new Date(from), $lt: new Date(from + dayMs) } }),
    // An id of a question holds no dot and no dollar sign (`readSurvey`): whoever names another names nothing.
    ...(question === undefined || !/^[a-z][a-z0-9]*$/.test(question)
      ? {}
      : {
          [`answers.${question}`]:
            value === undefined
              ? { $exists: true }
              : { $in: [value, ...(/^\d{1,9}$/.test(value) ? [Number(value)] : [])] },
        }),
  };
}

/** Surveys: forms that are data. Each process holds those that are started; every change raises `versions{_id: 'surveys'}`. */
export function createSurveys(given: {
  db: Connection;
  clock: Clock;
  setAttribute: Attributes['set'];
  givePoints: Points['give'];
  /** Who else answers to a word, 「活動「秋日一戰」」. */
  holderOf: (word: string) => string | undefined;
  /** Whether there is a campaign of this id. */
  isCampaign: (id: string) => Promise<boolean>;
  /** Whose surveys nobody is asked. */
  notBy: string | undefined;
  render: Render;
}) {
  const { db, clock, setAttribute, givePoints, holderOf, isCampaign, notBy, render } = given;
  const rows = db.collection<SurveyRow>('surveys');
  const answered = db.collection<SurveyAnswers>('surveyAnswers');
  let held = compile([]);

  async function load(): Promise<void> {
    const started = await rows.find({ state: 'started' }, { sort: { _id: 1 } }).toArray();
    held = compile(started.filter(({ by }) => notBy === undefined || by !== notBy));
  }

  /** The change and the new number of `versions`, both or neither. */
  async function changing(change: (session: ClientSession) => Promise<number>): Promise<boolean> {
    const changed = await db.transaction(async (session) => {
      const count = await change(session);
      if (count > 0) await bumpVersion(db, 'surveys', session);
      return count > 0;
    });
    if (changed) await load();
    return changed;
  }

  async function row(id: string): Promise<SurveyRow> {
    const found = await rows.findOne({ _id: id });
    if (found) return found;
    const all = (await rows.find({}, { limit: 20, sort: { _id: 1 } }).toArray())
      .map(({ _id, survey }) => `${_id}「${survey.title}」`)
      .join('、');
    throw new AppError(
      'NotFound',
      'survey.unknown',
      `沒有問卷「${id.slice(0, 60)}」；${all === '' ? '還沒有任何問卷，請先 import' : `有的是：${all}`}。`,
    );
  }

  const claims = async () => claimedBy(await rows.find({ state: 'started' }).toArray());

  async function bring(file: File, by: string): Promise<Brought> {
    const read = await readSurveyFile(file, await claims());
    return 'problems' in read ? read : { ...(await keep(read.survey, { by })), remarks: read.remarks };
  }

  /** Becomes a draft. `expects`: the version that was changed; 0: there was none. */
  async function keep(
    survey: Survey,
    { by, expects }: { by: string; expects?: number },
  ): Promise<{ row: SurveyRow }> {
    const before = await rows.findOne({ _id: survey.id });
    if (expects === 0 && before)
      throw new AppError('Conflict', 'survey.taken', `已經有問卷「${survey.id}」了，請換一個編號。`, {
        details: { fields: { id: `「${before.survey.title}」已經用了這個編號` } },
      });
    if (expects !== undefined && (before?.version ?? 0) !== expects) throw busy(survey.id);
    if (before?.state === 'started')
      throw new AppError(
        'Conflict',
        'survey.started',
        `問卷「${survey.id}」正在進行，不能改；請先停止，改好再開始。`,
      );
    const next = { survey, state: 'draft' as const, by, at: new Date(clock.now()) };
    const version = (before?.version ?? 0) + 1;
    const changed = await changing(async (session) => {
      if (!before) return rows.insertOne({ _id: survey.id, ...next, version }, { session }).then(() => 1);
      const same = { _id: survey.id, version: before.version, state: before.state };
      return (await rows.updateOne(same, { $set: { ...next, version } }, { session })).modifiedCount;
    });
    if (!changed) throw busy(survey.id);
    return { row: { _id: survey.id, ...next, version } };
  }

  /** What stands against starting it: words, codes, a quiz's end that are somebody else's; a quiz that is none. */
  async function findings({ _id, survey }: SurveyRow, takenBy: TakenBy): Promise<string[]> {
    const others = await rows.find({ state: 'started', _id: { $ne: _id } }).toArray();
    const words = survey.keywords.flatMap((word) => {
      const other = others.find((one) => one.survey.keywords.some((its) => fold(its) === fold(word)));
      const holder = takenBy(word, 'says') ?? holderOf(word) ?? (other && `問卷「${other._id}」`);
      return holder ? [`關鍵字「${word}」已經由 ${holder} 回答，請換一個。`] : [];
    });
    const { scenes = [], afterQuiz } = survey.starts ?? {};
    const claimed = claimedBy(others);
    const holders = scenes.flatMap((scene) => {
      const holder = claimed('scenes', scene, _id);
      return holder ? [`二維碼「${scene}」已經由問卷「${holder}」接著，請換一個。`] : [];
    });
    if (afterQuiz === undefined) return [...words, ...holders];
    const holder = claimed('afterQuiz', afterQuiz, _id);
    if (holder) holders.push(`答題活動「${afterQuiz}」之後已經有問卷「${holder}」，請先停那一份。`);
    if (!(await isCampaign(afterQuiz))) holders.push(`沒有答題活動「${afterQuiz}」，請先導入它，或改編號。`);
    return [...words, ...holders];
  }

  async function start(id: string, takenBy: TakenBy): Promise<SurveyRow> {
    const found = await row(id);
    if (found.state === 'started') return found;
    const against = await findings(found, takenBy);
    if (against.length > 0)
      throw new AppError('Invalid', 'survey.refused', `問卷「${id}」不能開始：\n${against.join('\n')}`);
    const { version, state } = found;
    const started = await changing(async (session) => {
      const same = { _id: id, version, state };
      return (await rows.updateOne(same, { $set: { state: 'started' } }, { session })).modifiedCount;
    });
    if (!started) throw busy(id);
    return { ...found, state: 'started' };
  }

  /** Everything of it, in an order in which a repeat after a kill changes nothing. */
  async function finish(done: {
    survey: Survey;
    pid: string;
    answers: Readonly<Record<string, unknown>>;
    at: number;
    /** She never had the points of it. */
    earns: boolean;
  }): Promise<void> {
    const { survey, pid, at } = done;
    const { consent } = survey;
    const answers = answersTo(survey, done.answers);
    const toWhere = survey.questions.flatMap(({ id, to }) =>
      to ? wordsOf(Object.hasOwn(answers, id) ? answers[id] : undefined).map((word) => ({ to, word })) : [],
    );
    await answered.replaceOne(
      { _id: `${survey.id}/${pid}` },
      {
        pid,
        survey: survey.id,
        answers,
        marks: toWhere.flatMap(({ to, word }) => ('mark' in to ? [markToken(to.mark, word)] : [])),
        at: new Date(at),
        ...(consent ? { consent } : {}),
      },
      { upsert: true },
    );
    crashPoint('survey-kept');
    for (const { to, word } of toWhere)
      if ('attribute' in to && consent)
        await setAttribute({
          ...{ pid, name: to.attribute, value: word },
          ...{ source: `survey:${survey.id}`, consent: consent.text },
        });
    if (done.earns && survey.points > 0)
      await givePoints('survey', { id: `${survey.id}/${pid}`, pid, points: survey.points });
  }

  return {
    upkeep: {
      indexes,
      tasks: [surveyOut],
      follows: { surveys: load },
      erase: async (her) => void (her.pid !== undefined && (await answered.deleteMany(rowsOf(her)))),
      copy: async ({ pid }) => ({ surveys: await answered.find({ pid }).toArray() }),
    } satisfies Upkeep,
    audience: {
      from: { group: '她說的', how: '問卷的答案' },
      leaves: surveyLeaves,
      async facts(people) {
        const found = new Map<string, Facts>();
        for (const { pid, survey, marks } of await answered
          .find(
            { pid: { $in: people.map((one) => one.pid) } },
            { projection: { pid: 1, survey: 1, marks: 1 } },
          )
          .toArray())
          found.set(pid, { tokens: [...(found.get(pid)?.tokens ?? []), answeredToken(survey), ...marks] });
        return found;
      },
    } satisfies Audience,

    /** A workbook or a JSON file becomes a draft, or its faults are told. @throws AppError Conflict while it is started */
    bring,
    /** The same, with what is wrong and what was not read in words. */
    async bringTold(
      file: File,
      by: string,
    ): Promise<{ row: SurveyRow; remarks: string[] } | { faults: string[] }> {
      const brought = await bring(file, by);
      if ('problems' in brought)
        return { faults: brought.problems.map((one) => tellProblem(one, brought.unit)) };
      return { row: brought.row, remarks: brought.remarks.map((one) => tellProblem(one)) };
    },
    /** As JSON that can be brought again: only what was said of it. */
    written: (survey: Survey): string => `${JSON.stringify(jsonOf(formOf(survey)), undefined, 2)}\n`,
    /** The same from JSON, as a form has it; what is wrong is told by its place. */
    async save(
      json: unknown,
      how: { by: string; expects: number },
    ): Promise<{ row: SurveyRow } | { problems: Problem[] }> {
      const read = readSurvey(json, await claims());
      return 'problems' in read ? read : keep(read.survey, how);
    },
    /** What somebody who fills it in would read. */
    preview: (survey: Survey): Bubble[] => previewOf(survey, render),
    findings,
    row,
    list: (): Promise<SurveyRow[]> => rows.find({}, { sort: { _id: 1 }, limit: 1_000 }).toArray(),
    /** A page of them, in the order of their ids. */
    async browse(asked: {
      words?: string | undefined;
      state?: SurveyRow['state'] | undefined;
      after?: string | undefined;
      most: number;
    }): Promise<{ rows: SurveyRow[]; next?: string }> {
      const wanted = fold(asked.words ?? '');
      // There are at most a thousand: a person made each of them.
      const all = (await rows.find({}, { sort: { _id: 1 }, limit: 1_000 }).toArray()).filter(
        ({ _id, state, survey }) =>
          (asked.state === undefined || state === asked.state) &&
          fold(`${_id} ${survey.title} ${survey.keywords.join(' ')}`).includes(wanted) &&
          (asked.after === undefined || _id > asked.after),
      );
      const page = all.slice(0, asked.most);
      const last = page.at(-1);
      return { rows: page, ...(all.length > page.length && last ? { next: last._id } : {}) };
    },
    /** @throws AppError Invalid survey.refused, with the words that are somebody else's */
    start,
    async stop(id: string): Promise<void> {
      await row(id);
      await changing(
        async (session) =>
          (await rows.updateOne({ _id: id, state: 'started' }, { $set: { state: 'stopped' } }, { session }))
            .modifiedCount,
      );
    },

    load,
    /** Those that can be answered now. */
    open: (): readonly Open[] => held.all,
    /** The survey that her words open; `again`: she asks to begin anew. */
    opened: (said: string): { survey: Open; again: boolean } | undefined => {
      const folded = fold(said);
      const survey = held.byWord.get(folded);
      if (survey) return { survey, again: false };
      const anew = held.byAgain.get(folded);
      return anew && { survey: anew, again: true };
    },
    isAsked,
    /** The survey that a code of this scene opens. */
    byScene: (scene: string): Open | undefined => held.byScene.get(scene),
    /** The survey that follows on a day of this quiz. */
    afterQuiz: (quiz: string): Open | undefined => held.byQuiz.get(quiz),
    byForm: (form: string): Open | undefined => held.byForm.get(form),
    /** What one says to begin anew. */
    againWord: ({ keywords }: Survey): string => `${again}${keywords[0]}`,

    finish,
    answersOf: (survey: string, pid: string): Promise<SurveyAnswers | null> =>
      answered.findOne({ _id: `${survey}/${pid}` }),
    /** All answers to one, or those that say this, oldest first. */
    answers: (survey: string, said: Said = {}): AsyncIterable<SurveyAnswers> =>
      answered.find(saying(survey, said), { sort: { at: 1 }, batchSize: 1_000 }),
    /** A page of them, newest first, from behind `after` on. */
    async answersPage(
      survey: string,
      { after, most, ...said }: Said & { after?: string | undefined; most: number },
    ): Promise<{ rows: SurveyAnswers[]; next?: string }> {
      const [, ms = '', id = ''] = /^(\d+)~(.+)$/.exec(after ?? '') ?? [];
      const at = new Date(Number(ms));
      const behind = id === '' ? [] : [{ $or: [{ at: { $lt: at } }, { at, _id: { $lt: id } }] }];
      const found = await answered
        .find(
          { $and: [saying(survey, said), ...behind] },
          { sort: { at: -1, _id: -1 }, limit: most + 1, maxTimeMS: 8_000 },
        )
        .toArray();
      const page = found.slice(0, most);
      const last = page.at(-1);
      return {
        rows: page,
        ...(found.length > most && last ? { next: `${last.at.getTime()}~${last._id}` } : {}),
      };
    },
    async results(id: string) {
      const { survey } = await row(id);
      const tally = createTally(survey);
      for await (const { answers, at } of answered.find(
        { survey: id },
        { projection: { answers: 1, at: 1 } },
      ))
        tally.add(answers, at);
      return { survey, ...tally.read() };
    },
  };
}

export type Surveys = ReturnType<typeof createSurveys>;

/** By whom of these survey rows something is begun. */
const claimedBy =
  (others: readonly SurveyRow[]) =>
  (what: keyof Starts, word: string, id: string): string | undefined =>
    others.find(({ _id, survey: { starts } }) => _id !== id && [starts?.[what] ?? []].flat().includes(word))
      ?._id;

const busy = (id: string) =>
  new AppError('Conflict', 'survey.busy', `問卷「${id}」剛剛被別人改了，請再試一次。`);

function compile(started: readonly SurveyRow[]) {
  const all = started.map(
    ({ _id, survey, version }): Open => ({ ...survey, form: `survey:${_id}:${version}` }),
  );
  const words = (before: string) =>
    new Map(
      all.toReversed().flatMap((one) => one.keywords.map((word) => [fold(`${before}${word}`), one] as const)),
    );
  return {
    all,
    byForm: new Map(all.map((one) => [one.form, one])),
    byScene: new Map(
      all.toReversed().flatMap((one) => (one.starts?.scenes ?? []).map((scene) => [scene, one] as const)),
    ),
    byQuiz: new Map(
      all
        .toReversed()
        .flatMap((one) => (one.starts?.afterQuiz ? [[one.starts.afterQuiz, one] as const] : [])),
    ),
    byWord: words(''),
    byAgain: words(again),
  };
}
