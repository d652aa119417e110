import {
  type Content,
  classNames,
  type PushRow,
  type PushState,
  type RouteName,
  routeNames,
  routeWords,
  stateNames,
} from '../../src/domain/pushes/push';
import { kindWords } from '../../src/domain/pushes/read-push';
import type { Status } from '../../src/domain/pushes/report';
import { figure } from '../../src/domain/pushes/tell-plan';
import { shareOfRest } from '../../src/domain/pushes/ways';
import { afterQuiet, tellDue, tellWait } from '../../src/domain/pushes/when';
import { beijingMoment } from '../../src/kit/beijing';
import { call } from './command';

export const tellState = (state: PushState | 'finished'): string => stateNames[state];

/** 「weekend「周末」營銷，客服消息、群發；草稿」 */
export const tellPush = (row: PushRow, state: PushState | 'finished' = row.state): string =>
  `${row._id}「${row.name}」${classNames[row.class]}，${row.routes.map((name) => routeWords[name]).join('→')}；${stateNames[state]}${
    row.dueAt && (state === 'scheduled' || state === 'waiting' || state === 'late')
      ? `，${tellDue(row.quiet, row.dueAt.getTime())}`
      : ''
  }`;

/** What it says by each route, variants after the push's own. */
export function tellContents({ content, variants }: Pick<PushRow, 'content' | 'variants'>): string[] {
  return [
    ...tellContent(content, (route) => {
      const own = variants.filter((one) => one.content[route]);
      return own.length > 0 ? `其餘 ${shareOfRest(own)}%　` : '';
    }),
    ...variants.flatMap((one) => tellContent(one.content, () => `「${one.name}」${one.share}%　`)),
  ];
}

const tellContent = (content: Content, versionOn: (route: RouteName) => string): string[] =>
  routeNames.flatMap((name) => {
    const version = versionOn(name);
    const own = content[name];
    if (!own) return [];
    const { kind, ...words } = own as Record<string, unknown> & { kind?: string };
    const head = `${version}${routeWords[name]}${kind === undefined ? '' : `（${kindWords[name]?.[kind] ?? kind}）`}：`;
    const only = Object.keys(words).length === 1 ? words['text'] : undefined;
    if (typeof only === 'string') return [`${head}${indented(only)}`];
    return [
      head,
      ...Object.entries(words).map(
        ([field, value]) => `  ${fieldWords[field] ?? field}：${indented(written(value))}`,
      ),
    ];
  });

/** As the columns of the workbook are called. */
const fieldWords: Record<string, string> = {
  text: '文字',
  image: '圖片',
  mediaId: '素材',
  thumbMediaId: '縮圖',
  title: '標題',
  subject: '標題',
  head: '標題',
  description: '說明',
  tail: '說明',
  url: '網址',
  picUrl: '圖片',
  articleId: '素材',
  draftMediaId: '素材',
  appId: '小程序',
  miniProgram: '小程序',
  page: '頁面',
  items: '選項',
  templateId: '模板',
  fields: '模板欄位',
};

function written(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value))
    return (value as { id: string; text: string }[]).map(({ id, text }) => `${id}=${text}`).join('｜');
  return Object.entries(value as Record<string, string>)
    .map(([field, one]) =>
      ['file', 'mediaId'].includes(field) ? one : `${fieldWords[field] ?? field}＝${one}`,
    )
    .join('　');
}
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

/** What became of a push that was called off before anybody was in it. */
export const tellNobody = '還沒有圈定名單就取消了，誰也沒收到。要發就換個編號再 import。';

/** What can be done with it now. `known`: how far it is, where that was asked. */
export function nextSteps(
  push: PushRow,
  now: number,
  known: Partial<Pick<Status, 'state' | 'waiting'>> = {},
): string[] {
  const { _id, state, dueAt, approved, quiet, paused } = push;
  if (known.state === 'finished')
    return [`結果：${call(`report ${_id}`)}；沒收到的人：${call(`missed ${_id}`)}`];
  switch (state) {
    case 'draft':
      return [`先看會發給誰：${call(`plan ${_id}`)}；先給自己看：${call(`test ${_id} --to 人`)}`];
    case 'waiting':
      return [
        `要第二個人看過再同意：${call(`approve ${_id} --by 她的名字`)}；不發了：${call(`cancel ${_id}`)}`,
      ];
    case 'scheduled': {
      const due = Math.max(now, dueAt?.getTime() ?? now);
      const at = afterQuiet(quiet, due);
      const why = [
        ...(at > due ? [`${quiet.from}–${quiet.to} 免打擾`] : []),
        ...(approved?.solo && due > now ? ['一個人的團隊，留十分鐘想一想'] : []),
      ];
      const told = why.length > 0 ? `（${why.join('；')}）` : '';
      return [
        `${at > now ? `${beijingMoment(at)} 發，還有 ${tellWait(at - now)}${told}` : '馬上發'}；看著：${call(`watch ${_id}`)}；不發了：${call(`cancel ${_id}`)}`,
      ];
    }
    case 'late':
      return [`仍然要發：${call(`start ${_id} --yes`)}；不發了：${call(`cancel ${_id}`)}`];
    case 'freezing':
    case 'running':
      return [`看著：${call(`watch ${_id}`)}；先停住：${call(`pause ${_id}`)}`];
    case 'paused':
      return [
        ...(paused?.why ? [`暫停的原因：${paused.why}`] : []),
        known.waiting === 0
          ? `都試過了，沒有人等著發。沒收到的人：${call(`missed ${_id}`)}；改好內容補發：${call(`again ${_id} 新編號`)}`
          : `接著發：${call(`resume ${_id}`)}；剩下的不發了：${call(`cancel ${_id}`)}`,
      ];
    case 'cancelled':
      if (!push.frozen) return [tellNobody];
      return [`沒收到的人：${call(`missed ${_id}`)}；要補發：${call(`again ${_id} 新編號`)}`];
  }
}
