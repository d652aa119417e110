import { fold } from './text';

/**
 * Who did something, as it is kept and shown: her name, and her login beside it. In the console both are known; of a command the
 * name is what somebody typed, and the login of the machine tells whose keyboard it was.
 */
export function signed(name: string, login: string): string {
  const said = nameIn(name.replace(/\p{DI}/gu, '')).trim();
  return said === '' || said === login ? login : `${said}（登錄 ${login}）`;
}

/** Two who are asked for must have two names, however they are written; a login alone makes no second person. */
export const isSamePerson = (a: string, b: string): boolean => fold(nameIn(a)) === fold(nameIn(b));

export const isSameLogin = (a: string, b: string): boolean => loginIn(a) === loginIn(b);

const beside = /（登[錄入] ([^（）]*)）\s*$/;
const nameIn = (by: string): string => by.replace(beside, '');
export const loginIn = (by: string): string => beside.exec(by)?.[1] ?? by;
