import { isWechatError, type WechatError } from '../../wechat/api/errors';

export type Person = { pid: string; openid: string };
/** Why WeChat did not do it for one person; it is tried again with the next synchronisation. */
export type Failure = { pid: string; errcode: number; reason: string; gone: boolean };

/** Codes that are about somebody in the list, not about the call. */
const gone = new Set([40003, 43004, 46004, 49003, 50005]);
const ofPerson = new Set([...gone, 45059, 45169, 45171]);

/**
 * One call for all of them. Where WeChat refuses because of somebody, whoever it names is asked for alone, or, where it names
 * nobody, the halves are; so the others have it, and of each who has not it is known why. Never two calls at once.
 */
export async function hand(
  people: readonly Person[],
  call: (openids: string[]) => Promise<void>,
): Promise<{ done: string[]; failures: Failure[] }> {
  const done: string[] = [];
  const failures: Failure[] = [];

  async function some(few: readonly Person[]): Promise<void> {
    if (few.length === 0) return;
    try {
      await call(few.map(({ openid }) => openid));
      done.push(...few.map(({ pid }) => pid));
    } catch (error) {
      if (!isOfPerson(error)) throw error;
      const [one] = few;
      if (few.length === 1 && one) return void failures.push(failureOf(one, error));
      const failed = new Set(error.failedOpenids);
      const bad = few.filter(({ openid }) => failed.has(openid));
      if (bad.length > 0) {
        done.push(...few.filter(({ openid }) => !failed.has(openid)).map(({ pid }) => pid));
        for (const person of bad) await some([person]);
        return;
      }
      const middle = Math.ceil(few.length / 2);
      await some(few.slice(0, middle));
      await some(few.slice(middle));
    }
  }

  await some(people);
  return { done, failures };
}

const isOfPerson = (error: unknown): error is WechatError =>
  isWechatError(error) && error.details.errcode !== null && ofPerson.has(error.details.errcode);

function failureOf({ pid }: Person, { details: { errcode, reason } }: WechatError): Failure {
  const code = errcode ?? 0;
  return { pid, errcode: code, reason: gone.has(code) ? '已經不關注了' : reason, gone: gone.has(code) };
}
