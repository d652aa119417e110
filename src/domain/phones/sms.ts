import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../kit/log';
import { maskPhone } from '../../kit/mask';
import { privateFolder } from '../../kit/private-files';

/** `text` is the whole message; `values` are what differs in it, for providers that keep the words themselves. */
export type SmsMessage = { id: string; phone: string; text: string; values: readonly string[] };
/** A promotional one (`promotionalText`), to somebody who wants them. */
export type SmsPush = SmsMessage;

/** Sends text messages to phones. `refused`: the provider will not send to this phone; of anything else that goes wrong it throws. */
export type SmsSender = {
  /** Nothing leaves the house: who asked is shown the message in chat. */
  shows?: true;
  /** `id`: the cause; a provider that knows it sends it once. */
  send(message: SmsMessage): Promise<'sent' | 'refused'>;
  /** As `send`, of what advertises. Undefined: no such texts have been approved. */
  push?(message: SmsPush): Promise<'sent' | 'refused'>;
};

const optOut = '拒收請回覆R';
/** Of a whole text, signature (12 at most) and way out included. */
const mostChars = 500;
const mostWords = mostChars - '【】'.length - 12 - optOut.length;

/** The whole of a promotional text: who sends it stands in front, and how to end it behind (工信部《通信短信息服務管理規定》). */
export const promotionalText = (signature: string, words: string): string =>
  `【${signature}】${words.trim()}${optOut}`;

/** What is wrong with the words of a promotional text, for whoever wrote them; none: it may be sent. */
export function problemsOfSms(words: string): string[] {
  const length = [...words.trim()].length;
  return [
    ...(length === 0 ? ['短信沒有內容，請寫要發的話。'] : []),
    ...(length > mostWords
      ? [`短信有 ${length} 字，最多 ${mostWords} 字（連簽名和退訂語一共 ${mostChars} 字），請縮短。`]
      : []),
    ...(/[【】]/.test(words) ? ['短信裡不能有【】：簽名會自動加在最前面，請去掉。'] : []),
    ...(/拒收|退[訂订]回/.test(words) ? [`短信裡不用寫怎麼退訂：「${optOut}」會自動加在最後，請去掉。`] : []),
    ...(/[\p{Cc}\p{Cf}]/u.test(words.trim()) ? ['短信只能是一段話，請去掉換行和看不見的字元。'] : []),
    ...(/\p{Extended_Pictographic}/u.test(words) ? ['短信裡不能有表情符號，很多手機收不到，請去掉。'] : []),
  ];
}

/**
 * For the simulator, whose fans have no other phone. Codes are shown in chat, to who asked; nobody asked for a promotional
 * text, so each lies as a file in `folder`, and the log says where.
 */
export function createShownSms({ folder, log }: { folder: string; log: Log }) {
  return {
    shows: true,
    send: async () => 'sent',
    async push({ id, phone, text }) {
      privateFolder(folder);
      const file = join(folder, `${id.replaceAll(/[^\w-]/g, '_')}.txt`);
      writeFileSync(file, `發給 ${maskPhone(phone)}\n${text}\n`, { mode: 0o600 });
      log.info({ file }, 'a promotional text was written; nobody sends it without SMS_…');
      return 'sent';
    },
  } satisfies SmsSender;
}

/** Sends nothing and remembers the last of it: for tests. */
export function createRecordingSms(most = 100) {
  const keep = (all: SmsMessage[], message: SmsMessage): 'sent' => {
    if (all.every(({ id }) => id !== message.id)) all.push(message);
    if (all.length > most) all.shift();
    return 'sent';
  };
  const sent: SmsMessage[] = [];
  const pushed: SmsPush[] = [];
  return {
    sent: (): readonly SmsMessage[] => sent,
    pushed: (): readonly SmsPush[] => pushed,
    send: async (message) => keep(sent, message),
    push: async (message) => keep(pushed, message),
  } satisfies SmsSender & Record<string, unknown>;
}
