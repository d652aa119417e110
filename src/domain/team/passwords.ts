import { hash, verify } from '@node-rs/argon2';
import { AppError } from '../../errors';
import { createGate } from '../../kit/gate';
import { fold } from '../../kit/text';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane; about 50 ms. */
export const argon2id = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Of nobody: a sign-in with an unknown name works as long as one with a wrong password. */
const nobodys =
  '$argon2id$v=19$m=19456,t=2,p=1$gz17LIe106/sT/Z//fdcVQ$VGP6MNrtjiZjZ1EZhg5IZwFoBd2u+bkuLcSknDzABFA';

/** A hash takes 19 MiB and a core: so many at once, whatever comes. */
const gate = createGate({ atOnce: 2, maxWaiting: 100 });

export const hashPassword = (password: string): Promise<string> => gate(() => hash(password, argon2id));

/** Also where there is no hash: the same work, and no. */
export const isPassword = (password: string, hashed: string | undefined): Promise<boolean> =>
  gate(async () => {
    const right = await verify(hashed ?? nobodys, password).catch(() => false);
    return right && hashed !== undefined;
  });

const least = 12;
const most = 128;

/**
 * What a password must be (ASVS 6.2): 12 to 128 characters of any kind, and nothing that is guessed first: none of the 49,000
 * commonest, no repetition or run of a few signs, nothing made only of the names around it.
 * @throws AppError `Invalid`
 */
export async function checkPassword(password: string, around: string[]): Promise<void> {
  const length = [...password].length;
  if (length < least) throw weak(`密碼至少 ${least} 個字元，現在是 ${length} 個；可以用一句話。`);
  if (length > most) throw weak(`密碼最多 ${most} 個字元。`);
  if (await isGuessedFirst(password, around))
    throw weak('這個密碼太容易猜到：常見的密碼、重複的字或和名字有關的都不行。試試幾個不相干的詞連在一起。');
}

const weak = (message: string) =>
  new AppError('Invalid', 'team.password', message, { details: { fields: { password: message } } });

/** Around everybody here. */
const everywhere = [
  'xiaoyi',
  '小藝',
  'wechat',
  'weixin',
  '微信',
  'admin',
  'administrator',
  'travel',
  'console',
];

async function isGuessedFirst(password: string, around: string[]): Promise<boolean> {
  const common = await commonPasswords();
  const plain = fold(password).toLowerCase();
  const letters = plain.replace(/[\d\s\p{P}\p{S}]+/gu, '');
  if (new Set(plain).size < 5 || common.has(plain)) return true;
  // 「password2026!!」: what is left of it without its tail is common.
  const stem = plain.replace(/^[\d\p{P}\p{S}\s]+|[\d\p{P}\p{S}\s]+$/gu, '');
  if (stem.length < least && (stem === '' || common.has(stem)) && plain.length < 20) return true;
  if (repeats(plain) || isRun(plain) || offKeyboard(plain).length < 4) return true;
  const names = [...everywhere, ...around]
    .map((name) => fold(name).toLowerCase())
    .filter((name) => name.length > 1);
  const rest = names
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, name) => left.replaceAll(name, ''), letters);
  return rest.length < 3 && letters.length - rest.length > 0;
}

/** What is left without what lies side by side on a keyboard, four keys or more. */
function offKeyboard(text: string): string {
  const rows = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm', '1234567890'];
  const ways = [...rows, ...rows.map((row) => [...row].toReversed().join(''))].join(' ');
  let left = '';
  for (let i = 0; i < text.length; ) {
    let n = 0;
    while (i + n < text.length && ways.includes(text.slice(i, i + n + 1))) n++;
    if (n < 4) left += text[i];
    i += n < 4 ? 1 : n;
  }
  return left;
}

/** 「abcabcabcabc」: one part again and again. */
const repeats = (text: string): boolean => {
  for (let size = 1; size <= text.length / 2; size++)
    if (
      text ===
      text
        .slice(0, size)
        .repeat(Math.ceil(text.length / size))
        .slice(0, text.length)
    )
      return true;
  return false;
};

/** 「abcdefghijkl」「987654321098」: each sign one further than the one before. */
function isRun(text: string): boolean {
  const codes = [...text].map((sign) => sign.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, i) => code - (codes[i] as number));
  const alike = Math.max(
    ...[1, -1].map((step) => steps.filter((one) => one === step || one === -9 * step).length),
  );
  return alike >= steps.length - 1;
}

let known: Promise<Set<string>> | undefined;
/** Loaded when somebody first chooses one. */
const commonPasswords = (): Promise<Set<string>> =>
  (known ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common'] as Iterable<string>),
  ));
