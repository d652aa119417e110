import { messageOf } from '../../errors';
import { type File, kindOf } from '../../sheets/file';
import { createProblems, type Problem, type Unit } from '../../sheets/problems';
import { parseJson } from '../../sheets/read-json';
import type { PushFiles } from './files';
import { type Definition, routeNames } from './push';
import { isKept, readPushBook } from './push-book';
import { type Fault, readPush } from './read-push';

/** All that is wrong with a file, and how its lines are counted. */
export type Faults = { problems: Problem[]; unit: Unit };

/** Pictures that a push names: where they are read, and where they are kept. */
export type Pictures = {
  /** A file that lies beside that of the push; undefined when there is none of this name. */
  beside: (name: string) => Promise<Buffer | undefined>;
  keep: PushFiles['keep'];
};

/**
 * A push from a workbook (sheets 「推送」 and 「內容」) or from JSON. Pictures that it names are kept; what they are called from then
 * on stands in the definition.
 *
 * @throws AppError Invalid when the file as a whole cannot be read
 */
export async function readPushFile(
  file: File,
  pictures: Pictures,
): Promise<{ push: Definition; remarks: Problem[] } | Faults> {
  if (kindOf(file, ['xlsx', 'json']) === 'json') {
    const read = readPush(parseJson(file.bytes));
    const faults = 'faults' in read ? read.faults : await keepPictures(read.push, pictures);
    if ('push' in read && faults.length === 0) return { push: read.push, remarks: [] };
    return { problems: faults.map(placeInJson), unit: '項' };
  }
  const { json, problems, remarks, place } = await readPushBook(file);
  const read = readPush(json);
  const all = createProblems(problems);
  if ('faults' in read) all.add(...read.faults.map(place));
  else if (problems.length === 0) all.add(...(await keepPictures(read.push, pictures)).map(place));
  if ('faults' in read || all.total > 0) return { problems: all.first(['推送', '內容']), unit: '行' };
  return { push: read.push, remarks };
}

/** 「variants 第 2 項 content.customer.text 欄」 */
function placeInJson({ path, value, message }: Fault): Problem {
  const [, n, rest] = /^variants\.(\d+)(?:\.(.+))?$/.exec(path) ?? [];
  const said = { ...(value === undefined ? {} : { value }), message };
  if (n !== undefined)
    return {
      sheet: 'variants',
      line: Number(n) + 1,
      ...(rest === undefined ? {} : { column: rest }),
      ...said,
    };
  return { ...(path === '' ? {} : { column: path }), ...said };
}

/** Puts the digests of kept pictures in the place of their names. */
export async function keepPictures(
  push: Pick<Definition, 'content' | 'variants'>,
  { beside, keep }: Pictures,
): Promise<Fault[]> {
  const faults: Fault[] = [];
  const contents = [
    { at: 'content', content: push.content },
    ...push.variants.map(({ content }, i) => ({ at: `variants.${i}.content`, content })),
  ];
  for (const { at, content } of contents)
    for (const name of routeNames) {
      const own = content[name];
      if (!own || !('image' in own) || !('file' in own.image)) continue;
      const { file } = own.image;
      const wrong = (message: string) => faults.push({ path: `${at}.${name}.image`, value: file, message });
      if (isKept(file)) {
        own.image.file = file.slice('kept:'.length);
        continue;
      }
      if (/[\\/]/.test(file)) {
        wrong('只寫檔名；圖片要和推送的檔案放在同一個資料夾');
        continue;
      }
      const bytes = await beside(file);
      if (!bytes) wrong('旁邊沒有這個圖片；請和推送的檔案放在同一個資料夾，檔名連 .png、.jpg 一起寫');
      else
        try {
          own.image.file = await keep(file, bytes);
        } catch (error) {
          wrong(messageOf(error));
        }
    }
  return faults;
}
