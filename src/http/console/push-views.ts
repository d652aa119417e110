import type { Shown } from '../../domain/pushes/preview';
import { type PushRow, type PushState, routeWords, stateNames } from '../../domain/pushes/push';
import type { Status } from '../../domain/pushes/report';
import { figure } from '../../domain/pushes/tell-plan';
import { tellDue, tellWhen } from '../../domain/pushes/when';
import { AppError } from '../../errors';
import type { Services } from '../../services';
import type { Option, Tone } from './parts';

export const toneOf: Record<PushState | 'finished', Tone> = {
  draft: 'grey',
  waiting: 'yellow',
  scheduled: 'blue',
  late: 'red',
  freezing: 'blue',
  running: 'blue',
  paused: 'yellow',
  cancelled: 'grey',
  finished: 'green',
};
export const stateWord = (state: PushState | 'finished'): string => stateNames[state];

export const routesTold = ({ routes }: Pick<PushRow, 'routes'>): string =>
  routes.map((name) => routeWords[name]).join(' → ');

/** When it goes, or went. */
export const whenTold = (row: PushRow, now: number): string =>
  row.dueAt ? tellDue(row.quiet, row.dueAt.getTime()) : tellWhen(row, now);

/** 「發出 12 · 沒發 3」 */
export function countsTold({ counts, waiting }: Pick<Status, 'counts' | 'waiting'>): string {
  const { sent, handed, failed, skipped, unknown } = counts;
  const parts: [string, number][] = [
    ['發出', sent],
    ['交給群發', handed],
    ['失敗', failed],
    ['不明', unknown],
    ['沒發', skipped],
    ['還沒輪到', waiting],
  ];
  return parts.flatMap(([word, n]) => (n > 0 ? [`${word} ${figure(n)}`] : [])).join(' · ');
}

/** Messages as `push-preview.html` shows them, kept pictures in them. */
export async function previewsOf({ pushFiles }: Pick<Services, 'pushFiles'>, shown: readonly Shown[]) {
  const told = [];
  for (const one of shown) {
    const picture = one.picture === undefined ? undefined : await pushFiles.picture(one.picture);
    told.push({
      says: one.says,
      version: one.version,
      share: one.share ?? '',
      title: one.title ?? '',
      pieces: one.pieces,
      lines: one.lines,
      what: one.what ?? (one.picture !== undefined && !picture ? '圖片不在了，請重新上傳' : ''),
      picture: picture ? `data:${picture.type};base64,${picture.bytes.toString('base64')}` : '',
      missing: one.missing.join('」「'),
      isSms: one.route === 'sms',
      isMail: one.route === 'mail',
    });
  }
  return told;
}

/** Whom one may write to: everybody, each segment, or a rule in words. */
export async function audienceOptions({ segments }: Pick<Services, 'segments'>): Promise<Option[]> {
  const list = await segments.list();
  return [
    { value: '所有人', label: '所有關注的人' },
    ...list.map(({ _id, name }) => ({ value: _id, label: `${name}（${_id}）` })),
    { value: '', label: '寫一句規則…' },
  ];
}

/** Test-sends and what came of them, newest first. */
export function testsOf(row: PushRow) {
  return row.log
    .filter(({ what }) => what.startsWith('試發'))
    .toReversed()
    .slice(0, 20)
    .map(({ at, by, what }) => ({ at: at.getTime(), by, what: what.replace(/^試發結果 \S+　/, '結果　') }));
}

/** Refused, and told at the field. */
export const atField = (name: string, message: string): AppError =>
  new AppError('Invalid', 'push.field', message, { details: { fields: { [name]: message } } });
