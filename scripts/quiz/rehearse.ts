import { createInterface } from 'node:readline';
import { type App, createApp } from '../../src/app';
import type { Config } from '../../src/config';
import { contentOf } from '../../src/domain/campaigns/campaign-row';
import { laidFlat, type QuizContent } from '../../src/domain/quiz/definition';
import { letters } from '../../src/domain/quiz/play/questions';
import { habits, milestones, type Odds, oddsOf, type PrizeOdds } from '../../src/domain/quiz/rehearse/odds';
import { crowd, curtain, stageRehearsal } from '../../src/domain/quiz/rehearse/rehearsal';
import { type Walked, walk } from '../../src/domain/quiz/rehearse/walk';
import { readQuizFile } from '../../src/domain/quiz/workbook/workbook';
import { AppError } from '../../src/errors';
import { beijingMoment, dayMs, hourMs } from '../../src/kit/beijing';
import { createClock, type TurnableClock } from '../../src/kit/clock';
import { createLog } from '../../src/kit/log';
import { createRender } from '../../src/render/render';
import { fileAt } from '../../src/sheets/named-files';
import { tellProblem } from '../../src/sheets/problems';
import { simulatedAccount } from '../../src/simulator/account';
import { dropScratch, scratchName } from '../../src/store/scratch';
import { readMessage } from '../../src/wechat/protocol/inbound';
import { maxTextBytes, type Reply, xmlOf } from '../../src/wechat/protocol/reply';
import { Misuse, only } from '../command-line';
import { type Asked, type Command } from './command';

const mostPlayers = 10_000;

type Stage = Pick<Asked, 'config' | 'mongoUri' | 'redisUrl' | 'redis' | 'db'>;
type Input = NodeJS.ReadableStream & { isTTY?: boolean };

export const rehearse: Command = {
  args: '編號|檔案 [--walk] [--players 人數]',
  help: '彩排：在終端機裡像粉絲一樣玩一遍；--walk 列出每一題和每種獎品的機會',
  async run(asked) {
    const { args, values } = asked;
    const content = await contentFor(asked, only(args));
    if (!content) return 1;
    if (values.walk) return walkThrough(content, Number(values.players));
    await perform(asked, content, process.stdin);
    return 0;
  },
};

/** The quiz as kept, in any state; or as a file says, before it is imported. */
async function contentFor({ services }: Asked, what: string): Promise<QuizContent | undefined> {
  if (!/\.(xlsx|json)$/i.test(what)) return laidFlat(contentOf(await services.campaigns.row(what)));
  const reading = await readQuizFile(await fileAt(what));
  if (reading.kind === 'read') return reading.content;
  for (const problem of reading.problems) console.error(tellProblem(problem));
  console.error(`共 ${reading.total} 處要改，改好才能彩排。`);
  return undefined;
}

// -- played as a fan ---------------------------------------------------------------------------------------------

/** What she types comes from `input`, line by line. */
export async function perform(
  { config, mongoUri, redisUrl, redis, db }: Stage,
  content: QuizContent,
  input: Input,
): Promise<void> {
  const begin = curtain(content);
  const clock = createClock(begin - Date.now());
  const app = await createApp(away(config), {
    mongoUri,
    redisUrl,
    database: scratchName(db.name),
    role: 'rehearsal',
    clock,
    log: createLog({ level: 'error', name: 'rehearsal' }),
  });
  try {
    const { tickets, draws } = app.services;
    await stageRehearsal({ db: app.db, tickets, draws, content }).catch(mayNot);
    await app.prepare();
    console.log(opening(content, begin));
    await talk(app, clock, content, input);
    console.log('【彩排】結束，什麼都沒有留下。');
  } finally {
    await app.services.projector.close();
    await dropScratch(app.db, redis).catch(() => {});
    await app.close();
  }
}

const notAuthorized = 13;

function mayNot(error: unknown): never {
  if ((error as { code?: unknown }).code !== notAuthorized) throw error;
  throw new AppError(
    'Forbidden',
    'rehearsal.database',
    '這個 MongoDB 帳號不能開暫時的資料庫；請換一個可以的，或在自己的電腦上不設 MONGODB_URI，用檔案彩排：npm run quiz -- rehearse 檔案.xlsx',
    { cause: error },
  );
}

/** An account of its own: nothing can reach the real one, or leave the machine. */
const away = (config: Config): Config => ({
  ...config,
  WECHAT_APP_ID: simulatedAccount.appId,
  WECHAT_APP_SECRET: simulatedAccount.appSecret,
  WECHAT_TOKEN: simulatedAccount.token,
  WECHAT_ENCODING_AES_KEY: simulatedAccount.encodingAesKey,
  WECHAT_API_URL: 'http://127.0.0.1:1',
});

const opening = (content: QuizContent, begin: number): string =>
  [
    `【彩排】「${content.title}」：這裡的分數、樓層和獎品都不算數，不會動到真的活動和庫存。`,
    `現在是彩排的 ${beijingMoment(begin)}；每說一句，時鐘走 5 秒。`,
    `直接打字就是粉絲說的話，先試「${content.keywords[0]}」。另外：`,
    '  +1天、+2小時、+30分　時鐘往前走　　+187樓　來了 187 個路人作答　　離開　結束',
  ].join('\n');

/** Every line is what she says, or moves the rehearsal on. */
async function talk(app: App, clock: TurnableClock, content: QuizContent, input: Input): Promise<void> {
  const say = speaker(app, clock);
  const tell = (line: string) => console.log(`\n${line}`);
  tell(await say({ MsgType: 'event', Event: 'subscribe', EventKey: '' }));
  const lines = createInterface({ input, terminal: false });
  const prompt = () => input.isTTY && process.stdout.write(`\n彩排 ${beijingMoment(clock.now())} > `);
  // Ctrl-C ends it as 離開 does: what was put up for it is taken down.
  process.once('SIGINT', () => lines.close());
  prompt();
  for await (const line of lines) {
    const text = line.trim();
    if (text === '離開' || text === '离开') break;
    if (text !== '') {
      if (!input.isTTY) tell(`> ${text}`);
      clock.setOffset(clock.offset() + 5_000);
      const moved = /^\+(\d{1,5})(天|小時|小时|分|樓|楼)$/.exec(text);
      tell(moved ? await moveOn(app, clock, content, moved) : await say({ MsgType: 'text', Content: text }));
      await app.services.projector.catchUp(content.id);
    }
    prompt();
  }
  lines.close();
}

const units: Record<string, number> = { 天: dayMs, 小時: hourMs, 小时: hourMs, 分: 60_000 };

async function moveOn(
  app: App,
  clock: TurnableClock,
  quiz: QuizContent,
  [, count = '', unit = '']: RegExpExecArray,
): Promise<string> {
  const ms = units[unit];
  if (ms === undefined) {
    const on = clock.day();
    await crowd(app.services.answerLog, { quiz, count: Math.min(Number(count), mostPlayers), on });
    return `【彩排】${Math.min(Number(count), mostPlayers)} 個路人各答了一題。`;
  }
  clock.setOffset(clock.offset() + Number(count) * ms);
  return `【彩排】現在是 ${beijingMoment(clock.now())}。`;
}

/** Says something as one fan, through the whole path of a callback from its XML on. */
function speaker(app: App, clock: TurnableClock) {
  let n = 0;
  return async (content: Record<string, string>): Promise<string> => {
    const envelope = {
      ToUserName: simulatedAccount.originalId,
      FromUserName: 'oRehearsal',
      CreateTime: Math.floor(clock.now() / 1_000),
      ...(content['MsgType'] === 'event' ? {} : { MsgId: String(++n) }),
    };
    const body = `<xml>${xmlOf({ ...envelope, ...content })}</xml>`;
    return told(await app.answering.answer(readMessage(body), body));
  };
}

function told(reply: Reply | null): string {
  if (reply === null) return '（沒有回覆）';
  if (reply.kind === 'text') return reply.text;
  if (reply.kind !== 'news') return `（${reply.kind}）`;
  return reply.articles
    .map(({ title, description, picUrl }) => `【圖文】${title}\n圖：${picUrl ?? ''}\n${description ?? ''}`)
    .join('\n');
}

// -- everything at a glance --------------------------------------------------------------------------------------

async function walkThrough(content: QuizContent, players: number): Promise<number> {
  if (!Number.isInteger(players) || players < 1 || players > mostPlayers) throw new Misuse();
  const { render } = createRender();
  const walked = walk(content, render);
  for (const [i, one] of walked.entries()) console.log(tellQuestion(one, i + 1));
  const long = walked.filter(({ fits }) => !fits).map(({ question }) => question.id);
  console.log(
    long.length === 0
      ? `\n${walked.length} 題都在平台的長度以內（一則 ${maxTextBytes} 位元組，約 680 個字）。`
      : `\n${long.length} 題太長，會被截斷，請縮短題目、選項或解釋：${long.join('、')}`,
  );
  console.log(`\n${tellOdds(await oddsOf(content, players))}`);
  return long.length === 0 ? 0 : 1;
}

const kinds = { single: '單選', truefalse: '判斷', profile: '屬性' };
const levels = { 1: '易', 2: '中', 3: '難' };

function tellQuestion({ question, flashFor, bytes, fits }: Walked, n: number): string {
  const { id, kind, text, options, right, explanation, difficulty, picture } = question;
  return [
    `\n${n}. [${id}] ${kinds[kind]} · ${levels[difficulty]}${flashFor ? ` · 搶答題，獎品「${flashFor}」` : ''}`,
    `   ${text}`,
    ...options.map((option, i) => ` ${i === right ? '✓' : ' '} ${letters[i]}. ${option}`),
    ...(explanation ? [`   解釋：${explanation}`] : []),
    ...(picture ? [`   圖片：${picture}`] : []),
    `   最長 ${bytes} / ${maxTextBytes} 位元組${fits ? '' : '　太長！'}`,
  ].join('\n');
}

function tellOdds({ players, days, cut, answers, finished, prizes }: Odds): string {
  const here = `假想 ${players} 人、${days} 天：每天 ${habits.comes * 100}% 的人來，每題 ${habits.knows * 100}% 的人答對。`;
  return [
    '獎品的機會',
    `${here}一共 ${answers} 個答案${cut ? '（只演到一百萬個，後面的日子沒有算）' : ''}，${finished} 人通關。`,
    ...prizes.map(
      (one) =>
        `\n${one.prize.id}「${one.prize.name}」共 ${one.prize.quantity} 份\n  ${tellPrize(one, players)}`,
    ),
  ].join('\n');
}

function tellPrize({ prize, reached, lastFloor, given, entered }: PrizeOdds, players: number): string {
  const { way, quantity } = prize;
  const out = given >= quantity ? '，發完' : `，剩 ${quantity - given} 份`;
  switch (way.kind) {
    case 'floor': {
      const steps = milestones.map((milestone, i) => `${milestone} 個答案發到第 ${reached[i]} 份`).join('，');
      const last = lastFloor === undefined ? '一百萬個答案也發不完' : `第 ${lastFloor} 樓發完`;
      return `幸運樓層：${steps}；${last}。假想的人得 ${given} 份${out}。`;
    }
    case 'first':
      return `搶答：第一個答對的人得；假想的人得 ${given} 份${out}。`;
    case 'ranking':
      return `${way.board === 'daily' ? '日榜' : '總榜'}第 ${way.from} 到 ${way.to} 名：發 ${given} 份${out}。`;
    case 'participation':
      return `參與：發 ${given} 份${out}；每人機會約 ${percent(given / players)}。`;
    case 'draw':
      return `抽獎：${entered} 人有資格，抽 ${given} 份；有資格的人每人機會約 ${percent(entered ? given / entered : 0)}。`;
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.01 ? 2 : 0)}%`;
