import { isQuiet } from '../../src/domain/pushes/gate';
import {
  type Content,
  classNames,
  type PushRow,
  type PushState,
  routeNames,
  routeWords,
  stateNames,
} from '../../src/domain/pushes/push';
import { kindWords } from '../../src/domain/pushes/read-push';
import type { Status } from '../../src/domain/pushes/report';
import { figure } from '../../src/domain/pushes/tell-plan';
import { tellWhen } from '../../src/domain/pushes/when';
import { beijingMoment, minuteMs } from '../../src/kit/beijing';
import { call } from './command';

export const tellState = (state: PushState | 'finished'): string => stateNames[state];

/** 「weekend「周末」營銷，客服消息、群發；草稿」 */
export const tellPush = (row: PushRow, state: PushState | 'finished' = row.state): string =>
  `${row._id}「${row.name}」${classNames[row.class]}，${row.routes.map((name) => routeWords[name]).join('→')}；${stateNames[state]}${
    row.dueAt && (state === 'scheduled' || state === 'waiting' || state === 'late')
      ? `，${beijingMoment(row.dueAt.getTime())}`
      : ''
  }`;

/** What it says by each route, variants after the push's own. */
export function tellContents({ content, variants }: Pick<PushRow, 'content' | 'variants'>): string[] {
  const rest = 100 - variants.reduce((sum, { share }) => sum + share, 0);
  return [
    ...tellContent(content, variants.length > 0 ? `其餘 ${rest}%　` : ''),
    ...variants.flatMap((one) => tellContent(one.content, `「${one.name}」${one.share}%　`)),
  ];
}

const tellContent = (content: Content, version: string): string[] =>
  routeNames.flatMap((name) => {
    const own = content[name];
    if (!own) return [];
    const { kind, ...words } = own as Record<string, unknown> & { kind?: string };
    const head = `${version}${routeWords[name]}${kind === undefined ? '' : `（${kindWords[name]?.[kind] ?? kind}）`}：`;
    const only = Object.keys(words).length === 1 ? words['text'] : undefined;
    if (typeof only === 'string') return [`${head}${indented(only)}`];
    return [
      head,
      ...Object.entries(words).map(([field, value]) => `  ${field}：${indented(written(value))}`),
    ];
  });

const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const indented = (text: string): string => text.replaceAll('\n', '\n    ');

/** How far it is, in one line. */
export function tellProgress({ people, done, counts, state, push }: Status): string {
  const { sent, handed, failed, unknown, skipped } = counts;
  const share = people === 0 ? 1 : done / people;
  const bar = '█'.repeat(Math.floor(share * 20)).padEnd(20, '░');
  const parts = [
    ['發出', sent],
    ['交給群發', handed],
    ['沒發', skipped],
    ['失敗', failed],
    ['不明', unknown],
  ] as const;
  const told = parts.flatMap(([word, n]) => (n > 0 ? [`${word} ${figure(n)}`] : []));
  const brake = push.brake && state === 'running' ? `　停了一停：${push.brake.why}` : '';
  return `${bar} ${Math.floor(share * 100)}%　${figure(done)}/${figure(people)}　${told.join('、')}${brake}`;
}

/** What can be done with it now. */
export function nextSteps(push: PushRow, now: number, isFinished = false): string[] {
  const { _id, state, dueAt, approved, quiet } = push;
  if (isFinished) return [`結果：${call(`report ${_id}`)}；沒收到的人：${call(`missed ${_id}`)}`];
  switch (state) {
    case 'draft':
      return [
        ...tellWhen(push.at, now),
        `先看會發給誰：${call(`plan ${_id}`)}；先給自己看：${call(`test ${_id} --to 人`)}`,
      ];
    case 'waiting':
      return [
        `要第二個人看過再同意：${call(`approve ${_id} --by 她的名字`)}；不發了：${call(`cancel ${_id}`)}`,
      ];
    case 'scheduled': {
      const going = isQuiet(push, now) ? `現在免打擾，${quiet.to} 再發` : '馬上發';
      const wait = Math.ceil(((dueAt?.getTime() ?? now) - now) / minuteMs);
      return [
        `${wait > 0 ? `${wait} 分鐘後發${approved?.solo ? '（一個人的團隊，留十分鐘想一想）' : ''}` : going}；看著：${call(`watch ${_id}`)}；不發了：${call(`cancel ${_id}`)}`,
      ];
    }
    case 'late':
      return [`仍然要發：${call(`start ${_id} --yes`)}；不發了：${call(`cancel ${_id}`)}`];
    case 'freezing':
    case 'running':
      return [`看著：${call(`watch ${_id}`)}；先停住：${call(`pause ${_id}`)}`];
    case 'paused':
      return [`接著發：${call(`resume ${_id}`)}；剩下的不發了：${call(`cancel ${_id}`)}`];
    case 'cancelled':
      return [`沒收到的人：${call(`missed ${_id}`)}；要補發：${call(`again ${_id} 新編號`)}`];
  }
}
