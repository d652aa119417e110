import type { Connection } from 'mongoose';
import { AppError } from '../../../errors';
import { beijingMoment, dayMs, hourMs, minuteMs } from '../../../kit/beijing';
import { createClock, type TurnableClock } from '../../../kit/clock';
import { type Message, readMessage } from '../../../wechat/protocol/inbound';
import { type Reply, xmlOf } from '../../../wechat/protocol/reply';
import type { Draws } from '../../draws/draws';
import type { Tickets } from '../../prizes/tickets';
import type { QuizContent } from '../definition';
import type { AnswerLog } from '../log/answers';
import type { Projector } from '../log/projector';
import { crowd, curtain, stageRehearsal } from './rehearsal';

/** The whole program on an empty database that is thrown away, as far as a rehearsal needs it. */
export type Stage = {
  db: Connection;
  services: {
    tickets: Pick<Tickets, 'stock' | 'addCodes'>;
    draws: Pick<Draws, 'commit'>;
    answerLog: Pick<AnswerLog, 'append'>;
    projector: Pick<Projector, 'catchUp' | 'close'>;
  };
  answering: { answer(message: Message, body: string): Promise<Reply | null> };
  prepare(): Promise<void>;
  close(): Promise<void>;
};
export type OpenStage = (clock: TurnableClock) => Promise<{
  stage: Stage;
  /** Of the account that fans write to there. */
  account: string;
  /** Takes down what was put up for it. */
  drop(): Promise<void>;
}>;

export type Rehearsal = {
  /** Business time on the stage. */
  now(): number;
  /** What she is told at the beginning, before she says anything. */
  welcome: string;
  /** Says something as one fan; 「+1天」, 「+187樓」 move the rehearsal on. Five seconds pass with each. */
  says(text: string): Promise<string>;
  close(): Promise<void>;
};

/** So many passers-by at once. */
const mostPassing = 10_000;
const stepMs = 5_000;

/** A quiz on the stage, from the first moment at which a question can be opened. */
export async function openRehearsal(content: QuizContent, open: OpenStage): Promise<Rehearsal> {
  const clock = createClock(curtain(content) - Date.now());
  const { stage, account, drop } = await open(clock);
  const { tickets, draws, answerLog, projector } = stage.services;
  async function close(): Promise<void> {
    await projector.close();
    await drop().catch(() => {});
    await stage.close();
  }
  try {
    await stageRehearsal({ db: stage.db, tickets, draws, content }).catch(mayNot);
    await stage.prepare();
    const say = speaker(stage, clock, account);
    const welcome = await say({ MsgType: 'event', Event: 'subscribe', EventKey: '' });

    async function moveOn([, count = '', unit = '']: RegExpExecArray): Promise<string> {
      const ms = units[unit];
      if (ms === undefined) {
        const passing = Math.min(Number(count), mostPassing);
        await crowd(answerLog, { quiz: content, count: passing, on: clock.day() });
        return `【彩排】${passing} 個路人各答了一題。`;
      }
      clock.setOffset(clock.offset() + Number(count) * ms);
      return `【彩排】現在是 ${beijingMoment(clock.now())}。`;
    }

    return {
      now: clock.now,
      welcome,
      async says(text) {
        clock.setOffset(clock.offset() + stepMs);
        const moved = /^\+(\d{1,5})(天|小時|小时|分|樓|楼)$/.exec(text);
        const told = moved ? await moveOn(moved) : await say({ MsgType: 'text', Content: text });
        await projector.catchUp(content.id);
        return told;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const units: Record<string, number> = { 天: dayMs, 小時: hourMs, 小时: hourMs, 分: minuteMs };

/** Says something as one fan, through the whole path of a callback from its XML on. */
function speaker({ answering }: Stage, clock: TurnableClock, account: string) {
  let n = 0;
  return async (content: Record<string, string>): Promise<string> => {
    const envelope = {
      ToUserName: account,
      FromUserName: 'oRehearsal',
      CreateTime: Math.floor(clock.now() / 1_000),
      ...(content['MsgType'] === 'event' ? {} : { MsgId: String(++n) }),
    };
    const body = `<xml>${xmlOf({ ...envelope, ...content })}</xml>`;
    return told(await answering.answer(readMessage(body), body));
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

const notAuthorized = 13;

function mayNot(error: unknown): never {
  if ((error as { code?: unknown }).code !== notAuthorized) throw error;
  throw new AppError(
    'Forbidden',
    'rehearsal.database',
    '這個 MongoDB 賬號不能開暫時的數據庫；請換一個可以的，或在自己的電腦上不設 MONGODB_URI，用文件彩排：npm run quiz -- rehearse 文件.xlsx',
    { cause: error },
  );
}
