import type { Message } from '../../wechat/protocol/inbound';
import { readMessage } from '../../wechat/protocol/inbound';
import type { Reply } from '../../wechat/protocol/reply';
import type { ConversationWords } from './conversation';

/** One bubble. `who`: an id of the team where one of us said it; `missed`: nobody in the program understood it. */
export type Line = {
  at: number;
  from: 'her' | 'bot' | 'agent';
  text: string;
  who?: string | undefined;
  note: string;
  missed: boolean;
};

type Told = {
  _id: string;
  cause: string;
  state: string;
  at: Date;
  late?: boolean;
  words: string | undefined;
};

/** The talk out of what was kept of it: her rows of the inbox with their replies, our words, and what else went out to her. */
export async function linesOf(given: {
  messages: { at: Date; body?: string; reply?: Reply | null; late?: boolean }[];
  ours: ConversationWords[];
  told: Told[];
  /** Letters that still lie in her mailbox. */
  waiting: Set<string>;
  missed: (texts: string[]) => Promise<Set<string>>;
}): Promise<Line[]> {
  const { messages, ours, told, waiting } = given;
  const stateOf = new Map(told.map((one) => [one.cause, one.state]));
  const own = new Set(ours.map(({ _id }) => _id));
  const heard = messages.map((row) => ({
    ...row,
    message: row.body === undefined ? undefined : read(row.body),
  }));
  const missed = await given.missed(
    heard.flatMap(({ message }) => (message?.kind === 'text' ? [message.content] : [])),
  );

  const talk = heard.flatMap(({ at, message, reply, late }): Line[] => {
    const text = message && saidBy(message);
    const hers: Line[] =
      text === undefined
        ? []
        : [
            {
              at: at.getTime(),
              from: 'her',
              text,
              note: '',
              missed: message?.kind === 'text' && missed.has(message.content),
            },
          ];
    const answer = reply && saidIn(reply);
    return answer
      ? [
          ...hers,
          { at: at.getTime(), from: 'bot', text: answer, note: late ? '晚了一會兒' : '', missed: false },
        ]
      : hers;
  });
  const spoken = ours.map(
    ({ _id, words, at, agent, kept }): Line => ({
      at: at.getTime(),
      from: agent === undefined ? 'bot' : 'agent',
      who: agent,
      text: words,
      note: kept
        ? waiting.has(_id)
          ? '等她開口'
          : '隨她的話帶到了'
        : noteOf(stateOf.get(_id), waiting.has(`${_id}_01`)),
      missed: false,
    }),
  );
  const beside = told
    .filter(({ cause, late }) => !own.has(cause) && !late)
    .map(
      ({ at, state, words }): Line => ({
        at: at.getTime(),
        from: 'bot',
        text: words ?? '〔另外發給她的消息，內容不留〕',
        note: noteOf(state, false),
        missed: false,
      }),
    );
  return [...talk, ...spoken, ...beside].toSorted((a, b) => a.at - b.at);
}

function noteOf(state: string | undefined, waits: boolean): string {
  switch (state) {
    case 'pending':
    case 'sending':
      return '正在發';
    case 'posted':
      return waits ? '現在發不了，等她開口' : '隨她的話帶到了';
    case 'unknown':
      return '微信沒有回答，不知道她收到沒有';
    case 'failed':
    case 'cancelled':
      return '沒有發出去';
    default:
      return '';
  }
}

function read(body: string): Message | undefined {
  try {
    return readMessage(body);
  } catch {
    return undefined; // kept before it could be read: nothing to show
  }
}

/** What she said or did, in words; undefined: nothing that belongs into a talk. */
function saidBy(message: Message): string | undefined {
  switch (message.kind) {
    case 'text':
      return message.content;
    case 'sticker':
      return '〔表情〕';
    case 'image':
      return '〔圖片：請到微信後台的「消息管理」看〕';
    case 'voice':
      return message.recognition
        ? `〔語音〕${message.recognition}`
        : '〔語音：請到微信後台的「消息管理」聽〕';
    case 'video':
    case 'shortvideo':
      return '〔視頻：請到微信後台的「消息管理」看〕';
    case 'location':
      return `〔位置〕${message.label}`;
    case 'link':
      return `〔鏈接〕${message.title}`;
    case 'file':
      return `〔文件〕${message.title}`;
    case 'click':
      return `〔點了菜單 ${message.key}〕`;
    case 'scan':
      return `〔掃了碼 ${message.scene}〕`;
    case 'follow':
      return '〔關注了〕';
    default:
      return undefined;
  }
}

function saidIn(reply: Reply): string {
  switch (reply.kind) {
    case 'text':
      return reply.text;
    case 'news':
      return reply.articles.map(({ title }) => `〔圖文〕${title}`).join('\n');
    case 'transfer':
      return '〔轉給微信自己的客服〕';
    default:
      return '〔圖片、語音或視頻〕';
  }
}
