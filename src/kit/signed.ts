import { fold } from './text';

/**
 * Who did something, as it is kept and shown: the name that was said, and the login of the machine beside it. Until people
 * sign in, a name is what somebody typed; the login tells whose keyboard it was.
 */
export function signed(name: string, login: string): string {
  const said = nameIn(name.replace(/\p{DI}/gu, '')).trim();
  return said === '' || said === login ? login : `${said}（登入 ${login}）`;
}

/** Two who are asked for must have two names, however they are written; a login alone makes no second person. */
export const isSamePerson = (a: string, b: string): boolean => fold(nameIn(a)) === fold(nameIn(b));

export const isSameLogin = (a: string, b: string): boolean => loginIn(a) === loginIn(b);

/** Said wherever two are asked for. */
export const namesAreSaid = '姓名是各人自己報的，程式核實不了；登入這台機器的名字一併留在記錄裡';

const beside = /（登入 ([^（）]*)）\s*$/;
const nameIn = (by: string): string => by.replace(beside, '');
const loginIn = (by: string): string => beside.exec(by)?.[1] ?? by;
