import { fold } from '../../kit/text';
import { createProblems, type Problem, quoted, unreadable, valueOf } from '../../sheets/problems';
import {
  type Consent,
  type Question,
  type QuestionKind,
  questionKinds,
  type Starts,
  type Survey,
} from './survey';

const fieldsOf = {
  survey: ['id', 'title', 'keywords', 'starts', 'intro', 'consent', 'questions', 'points', 'thanks'],
  starts: ['scenes', 'afterQuiz'],
  consent: ['text', 'version', 'purpose'],
  questions: ['id', 'kind', 'text', 'options', 'least', 'most', 'optional', 'when', 'to'],
};
export const mostQuestions = 20;
const mostOptions = 12;
/** So much as a segment can name. */
const mostInAttribute = 40;
const ranges: { [Kind in QuestionKind]?: [least: number, most: number] } = {
  nps: [0, 10],
  csat: [1, 5],
  number: [0, 999_999_999],
  text: [1, 200],
};
const birthday = '生日';

type Object_ = Record<string, unknown>;

/** Which other survey is begun by this already. */
export type Claims = (what: keyof Starts, word: string, id: string) => string | undefined;

/**
 * A survey from JSON. Every fault is told by its place: `questions` 第 3 項 `options` 欄.
 *
 * @throws AppError Invalid import.unreadable when it is no object at all
 */
export function readSurvey(
  json: unknown,
  claims: Claims = () => undefined,
): { survey: Survey } | { problems: Problem[] } {
  if (!isObject(json)) throw unreadable('JSON 的最外層應是一份問卷（{…}，有 id、title、questions 等）。');
  const problems = createProblems();
  const read = readerOf(problems.add);
  const top = { sheet: 'survey' };
  read.known(json, fieldsOf.survey, top);
  const id = read.text(json, 'id', 40, top);
  if (id !== '' && !/^[a-z][a-z0-9-]*$/.test(id))
    problems.add({
      ...top,
      column: 'id',
      ...valueOf(id),
      message: '只能用小寫字母、數字和連字號，字母開頭',
    });
  const keywords = read.list(json, 'keywords', { least: 1, most: 5, longest: 20 }, top);
  if (new Set(keywords.map(fold)).size < keywords.length || keywords.some((one) => fold(one) === ''))
    problems.add({ ...top, column: 'keywords', message: '不能重複，也不能只有標點' });

  const survey: Survey = {
    id,
    title: read.text(json, 'title', 30, top),
    keywords,
    ...startsIn(json['starts'], { id, claims, read, add: problems.add }),
    intro: read.text(json, 'intro', 150, top),
    ...consentIn(json['consent'], read, problems.add),
    questions: questionsIn(json['questions'], read, problems.add),
    points: json['points'] === undefined ? 0 : read.whole(json, 'points', [0, 1_000], top),
    thanks: read.text(json, 'thanks', 200, top),
  };
  const private_ = survey.questions.findIndex(
    ({ kind, to }) => to !== undefined || kind === 'phone' || kind === 'birthday',
  );
  if (private_ >= 0 && json['consent'] === undefined)
    problems.add({
      ...top,
      column: 'consent',
      message: `第 ${private_ + 1} 題的答案會記在她名下，要先問同意：請寫 text（她同意的話）、version（版本）、purpose（用途）`,
    });
  return problems.total > 0
    ? { problems: problems.first(['survey', 'starts', 'consent', 'questions']) }
    : { survey };
}

type Add = (...more: Problem[]) => void;
type Reader = ReturnType<typeof readerOf>;

function startsIn(
  value: unknown,
  { id, claims, read, add }: { id: string; claims: Claims; read: Reader; add: Add },
): { starts?: Starts } {
  const place = { sheet: 'starts' };
  if (value === undefined) return {};
  if (!isObject(value)) {
    add({ ...place, message: '應是一個物件 {…}，有 scenes（二維碼的場景）或 afterQuiz（答題活動的編號）' });
    return {};
  }
  read.known(value, fieldsOf.starts, place);
  const scenes =
    value['scenes'] === undefined
      ? []
      : read.list(value, 'scenes', { least: 1, most: 20, longest: 64 }, place);
  const afterQuiz = value['afterQuiz'] === undefined ? undefined : read.text(value, 'afterQuiz', 40, place);
  if (new Set(scenes).size < scenes.length) add({ ...place, column: 'scenes', message: '不能重複' });
  const wanted = [
    ...scenes.map((scene) => ['scenes', scene] as const),
    ...(afterQuiz ? [['afterQuiz', afterQuiz] as const] : []),
  ];
  for (const [column, word] of wanted) {
    const holder = claims(column, word, id);
    if (holder)
      add({
        ...place,
        column,
        ...valueOf(word),
        message: `問卷「${holder}」已經用了，請換一個，或先停那一份`,
      });
  }
  return {
    starts: { ...(scenes.length > 0 ? { scenes } : {}), ...(afterQuiz ? { afterQuiz } : {}) },
  };
}

function consentIn(value: unknown, read: Reader, add: Add): { consent?: Consent } {
  const place = { sheet: 'consent' };
  if (value === undefined) return {};
  if (!isObject(value)) {
    add({ ...place, message: '應是一個物件 {…}，有 text、version、purpose' });
    return {};
  }
  read.known(value, fieldsOf.consent, place);
  const text = read.text(value, 'text', 150, place);
  return {
    consent: {
      text,
      version: read.text(value, 'version', 20, place),
      purpose: read.text(value, 'purpose', 40, place),
    },
  };
}

function questionsIn(value: unknown, read: Reader, add: Add): Question[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > mostQuestions) {
    add({ sheet: 'questions', message: `應是一個列表，1 到 ${mostQuestions} 題` });
    return [];
  }
  const before: Question[] = [];
  for (const [i, item] of value.entries()) {
    const place = { sheet: 'questions', line: i + 1 };
    if (!isObject(item)) add({ ...place, message: '應是一個物件 {…}' });
    else before.push(questionIn(item, { place, before, read, add }));
  }
  return before;
}

type Place = Pick<Problem, 'sheet' | 'line'>;

function questionIn(
  item: Object_,
  { place, before, read, add }: { place: Place; before: readonly Question[]; read: Reader; add: Add },
): Question {
  const wrong = (column: string, message: string) =>
    add({ ...place, column, ...valueOf(item[column]), message });
  read.known(item, fieldsOf.questions, place);
  const id = read.text(item, 'id', 20, place);
  if (id !== '' && !/^[a-z][a-z0-9]*$/.test(id)) wrong('id', '只能用小寫字母和數字，字母開頭');
  if (before.some((one) => one.id === id)) wrong('id', '和前面的一題重複');
  const kind = kindIn(item['kind']);
  if (kind === undefined)
    wrong(
      'kind',
      `只能是：${Object.entries(questionKinds)
        .map(([name, words]) => `${name}（${words}）`)
        .join('、')}`,
    );
  const isChoice = kind === 'choice' || kind === 'multi';
  if (item['options'] !== undefined && kind !== undefined && !isChoice)
    wrong('options', '只有單選和多選有選項');
  const options = isChoice
    ? read.list(item, 'options', { least: 2, most: mostOptions, longest: 20 }, place)
    : [];
  if (new Set(options.map(fold)).size < options.length || options.some((one) => fold(one) === ''))
    wrong('options', '不能重複，也不能只有標點');
  if (options.some((one) => /[「」（）；]/.test(one))) wrong('options', '不能有引號、括號、分號');
  if (item['optional'] !== undefined && typeof item['optional'] !== 'boolean')
    wrong('optional', '應是 true 或 false');

  const question: Question = {
    id,
    kind: kind ?? 'text',
    text: read.text(item, 'text', 150, place),
    options,
    ...rangeIn(item, kind, { place, read, wrong }),
    optional: item['optional'] === true,
    ...whenIn(item['when'], before, wrong),
    ...toIn(item['to'], kind, wrong),
  };
  const isAttribute = question.to !== undefined && 'attribute' in question.to;
  if (kind !== 'text' || !isAttribute) return question;
  if (item['most'] !== undefined && question.most > mostInAttribute)
    wrong('most', `答案要記成屬性，最多 ${mostInAttribute} 個字`);
  return { ...question, most: Math.min(question.most, mostInAttribute) };
}

type Wrong = (column: string, message: string) => void;

function rangeIn(
  item: Object_,
  kind: QuestionKind | undefined,
  { place, read, wrong }: { place: Place; read: Reader; wrong: Wrong },
): { least: number; most: number } {
  const range: [number, number] = (kind && ranges[kind]) ?? [0, 0];
  let [least, most] = range;
  const mayHave = kind === 'number' ? ['least', 'most'] : kind === 'text' ? ['most'] : [];
  for (const column of ['least', 'most'] as const) {
    if (item[column] === undefined) continue;
    if (!mayHave.includes(column)) {
      if (kind !== undefined) wrong(column, `${questionKinds[kind]}題不能有這個欄位`);
    } else if (column === 'least') least = read.whole(item, column, range, place);
    else most = read.whole(item, column, range, place);
  }
  if (least > most) wrong('least', '不能大於 most');
  return { least, most };
}

/** An earlier question whose answers are known beforehand. */
function whenIn(value: unknown, before: readonly Question[], wrong: Wrong): Pick<Question, 'when'> {
  if (value === undefined) return {};
  const shape = '應是 {"question": 前面一題的 id, "is": ["…"]}';
  if (!isObject(value) || Object.keys(value).some((name) => name !== 'question' && name !== 'is')) {
    wrong('when', shape);
    return {};
  }
  const { question, is } = value;
  const asked = before.find(({ id }) => id === question);
  if (!asked || !Array.isArray(is) || is.length === 0 || is.length > mostOptions) {
    wrong('when', asked ? shape : `沒有前面的題叫「${quoted(question)}」；${shape}`);
    return {};
  }
  const words = is.map(String);
  const { options, least, most } = asked;
  if (asked.kind !== 'number' && asked.kind !== 'nps' && asked.kind !== 'csat' && options.length === 0) {
    wrong('when', `「${asked.id}」是${questionKinds[asked.kind]}題，只能看單選、多選和數字的答案`);
    return {};
  }
  const fits = (word: string) =>
    options.length > 0
      ? options.includes(word)
      : /^\d{1,9}$/.test(word) && Number(word) >= least && Number(word) <= most;
  const unfit = words.find((word) => !fits(word));
  if (unfit !== undefined) wrong('when', `「${quoted(unfit)}」不會是「${asked.id}」的答案`);
  return { when: { question: asked.id, is: words } };
}

function toIn(value: unknown, kind: QuestionKind | undefined, wrong: Wrong): Pick<Question, 'to'> {
  if (value === undefined || value === null || kind === undefined) return {};
  const [where, ...more] = isObject(value) ? Object.keys(value) : [];
  const name = isObject(value) && where !== undefined ? value[where] : undefined;
  if ((where !== 'attribute' && where !== 'mark') || more.length > 0 || !isName(name)) {
    wrong(
      'to',
      '應是 {"attribute": 屬性名} 或 {"mark": 標記名}，名字最多 20 個字，不能有引號、括號、分號、等號',
    );
    return {};
  }
  if (kind === 'phone') wrong('to', '手機號只留在答案裡，不能記成屬性或標記');
  else if (where === 'mark' && !['choice', 'multi', 'nps', 'csat'].includes(kind))
    wrong('to', `${questionKinds[kind]}題不能記成標記，請用 attribute`);
  else if (where === 'attribute' && kind === 'multi') wrong('to', '多選題不能記成屬性，請用 mark');
  else if (where === 'attribute' && (kind === 'birthday') !== (name === birthday))
    wrong('to', `生日題記成屬性「${birthday}」，別的題不用這個名字`);
  return { to: where === 'mark' ? { mark: name } : { attribute: name } };
}

const kindIn = (value: unknown): QuestionKind | undefined =>
  typeof value === 'string' && Object.hasOwn(questionKinds, value) ? (value as QuestionKind) : undefined;

const isName = (value: unknown): value is string =>
  typeof value === 'string' &&
  value === value.trim() &&
  value !== '' &&
  [...value].length <= 20 &&
  !/[「」（）；=\p{C}]/u.test(value);

const isObject = (value: unknown): value is Object_ =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads one field at a time and tells what is wrong with it. */
function readerOf(add: Add) {
  function sound(value: unknown, longest: number): value is string {
    return (
      typeof value === 'string' &&
      value.trim() !== '' &&
      [...value].length <= longest &&
      !/[\p{Cc}\p{Cs}]/u.test(value.replaceAll('\n', ''))
    );
  }
  return {
    known(item: Object_, fields: readonly string[], place: Place): void {
      for (const name of Object.keys(item))
        if (!fields.includes(name))
          add({ ...place, column: quoted(name), message: `不認得這個欄位；可用的：${fields.join('、')}` });
    },
    text(item: Object_, column: string, longest: number, place: Place): string {
      const value = item[column];
      if (sound(value, longest)) return value.trim();
      add({ ...place, column, ...valueOf(value), message: `要寫 1 到 ${longest} 個字` });
      return '';
    },
    list(
      item: Object_,
      column: string,
      { least, most, longest }: { least: number; most: number; longest: number },
      place: Place,
    ): string[] {
      const value = item[column];
      if (
        Array.isArray(value) &&
        value.length >= least &&
        value.length <= most &&
        value.every((one) => sound(one, longest))
      )
        return value.map((one: string) => one.trim());
      const message = `應是 ${least} 到 ${most} 項的列表，每項 1 到 ${longest} 個字`;
      add({ ...place, column, ...valueOf(value), message });
      return [];
    },
    whole(item: Object_, column: string, [least, most]: [number, number], place: Place): number {
      const value = item[column];
      if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most)
        return value;
      add({ ...place, column, ...valueOf(value), message: `應是 ${least} 到 ${most} 的整數` });
      return least;
    },
  };
}
