import { z } from 'zod';
import { type WayRow, type What, wayWords, whats } from '../../domain/pushes/push-form';
import { lines, upload } from './form';

/*
 * A row that says what goes by which route, as the forms of pushes and of sequences have it: `_way.html`. What its kind does not
 * ask for is hidden by the style sheet, and does not count.
 */

type Word = (typeof wayWords)[number];
const labels: Record<Word, { label: string; most: number; help?: string; lines?: true }> = {
  title: { label: '標題', most: 200 },
  text: {
    label: '文字',
    most: 5_000,
    lines: true,
    help: '{名字|朋友} 會換成她的名字，豎線後面是沒有時說的；還有 {城市|杭州}、{積分|0} 和任何屬性。鏈接寫成 [看看](https://…)。',
  },
  about: { label: '說明', most: 200 },
  url: { label: '網址', most: 500 },
  picture: {
    label: '圖片的素材編號或網址',
    most: 500,
    help: '圖文卡片寫封面的網址；圖片可以在下面上傳，就不用寫。',
  },
  media: { label: '素材編號（media id）', most: 200 },
  thumb: { label: '縮圖的素材編號', most: 200 },
  items: { label: '選項', most: 600, lines: true, help: '一行一個，寫成 a=想去' },
  template: { label: '模板編號', most: 64 },
  fields: { label: '模板欄位', most: 2_000, lines: true, help: '一行一個，寫成 thing1=杭州一日' },
  app: { label: '小程序的 appid', most: 40 },
  page: { label: '小程序的頁面', most: 200 },
};

const groups: { label: string; whats: What[] }[] = [
  { label: '客服消息：48 小時裡說過話的', whats: byRoute('customer') },
  { label: '群發：所有關注的人，一個月四條', whats: byRoute('mass') },
  { label: '同意過的人', whats: ['sms', 'mail'] },
  { label: '只能發通知、提醒', whats: ['template', 'notice'] },
];
function byRoute(route: string): What[] {
  return (Object.keys(whats) as What[]).filter((one) => one.startsWith(`${route}.`));
}
const labelOf = (what: What): string =>
  what.startsWith('customer.')
    ? `客服消息 · ${whats[what]}`
    : what.startsWith('mass.')
      ? `群發 · ${whats[what]}`
      : whats[what];

/** For `_way.html`. `base`: what stands before the names of its fields, 「ways.0.」, 「steps.0.a」. */
export const wayOf = (row: WayRow, base: string, more: { versions: boolean; maybe?: boolean }) => ({
  base,
  versions: more.versions,
  maybe: more.maybe ?? false,
  what: row.what,
  variant: row.variant,
  share: row.share,
  groups: groups.map(({ label, whats: some }) => ({
    label,
    options: some.map((value) => ({ value, label: labelOf(value), chosen: row.what === value })),
  })),
  fields: (Object.keys(labels) as Word[]).map((name) => ({
    heading: name,
    name: `${base}${name}`,
    value: row[name] ?? '',
    label: labels[name].label,
    most: labels[name].most,
    help: labels[name].help ?? '',
    lines: labels[name].lines ?? false,
  })),
});

const text = lines(5_000).optional();
/** A row of words and files; each is asked for by its name, and what it may be is for the domain to say, at the field. */
export const plainRow = z.record(
  z.string().regex(/^[a-z][A-Za-z0-9]{0,40}$/),
  z.union([lines(5_000), upload]),
);

/** One way out of a row; `prefix`: a letter before the names of its fields. Undefined: nothing was chosen. */
export function wayIn(row: Record<string, unknown>, prefix = ''): WayRow | undefined {
  const read = (name: string): string => text.parse(row[prefix + name] ?? '') ?? '';
  const what = read('what');
  if (what === '') return undefined;
  const file = upload.safeParse(row[`${prefix}file`]);
  return {
    what: Object.hasOwn(whats, what) ? what : 'customer.text',
    variant: read('variant'),
    share: read('share'),
    ...(Object.fromEntries(wayWords.map((name) => [name, read(name)])) as { [Name in Word]: string }),
    ...(file.success ? { file: file.data } : {}),
  };
}
