/** What follows from a birthday. Nothing is guessed: without a year there is no age. */
export const ageBands = [
  '17 歲以下',
  '18 到 24 歲',
  '25 到 34 歲',
  '35 到 44 歲',
  '45 到 54 歲',
  '55 到 64 歲',
  '65 歲以上',
] as const;
const upTo = [17, 24, 34, 44, 54, 64, 200];

/** Each sign with the day, month × 100 + date, on which it begins. */
export const signs = [
  ['摩羯座', 1222],
  ['射手座', 1123],
  ['天蠍座', 1024],
  ['天秤座', 923],
  ['處女座', 823],
  ['獅子座', 723],
  ['巨蟹座', 622],
  ['雙子座', 521],
  ['金牛座', 420],
  ['牡羊座', 321],
  ['雙魚座', 219],
  ['水瓶座', 120],
] as const;

/** Month and date, `05-03`, as a token: the year stays what she told us. */
export const birthdayToken = (monthAndDate: string): string => `birthday:${monthAndDate}`;

/** Whose birthday is kept on a day: who was born on 29 February has it on the 28th where there is no 29th. */
export function birthdaysOn(day: string): string[] {
  const on = day.slice(5);
  const year = Number(day.slice(0, 4));
  const isLeap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
  return on === '02-28' && !isLeap ? [on, '02-29'] : [on];
}

/** `birthday`: `1990-05-03`, or `05-03` where the year is not known; `today` a Beijing day. `on`: `05-03`. */
export function fromBirthday(birthday: string, today: string): { age?: string; sign?: string; on?: string } {
  const [, year, month, date] = /^(?:(\d{4})-)?(\d{2})-(\d{2})$/.exec(birthday) ?? [];
  if (month === undefined || date === undefined) return {};
  const place = Number(month) * 100 + Number(date);
  const sign = signs.find(([, from]) => place >= from)?.[0] ?? '摩羯座';
  const on = `${month}-${date}`;
  if (year === undefined) return { sign, on };
  const years = Number(today.slice(0, 4)) - Number(year) - (today.slice(5) < `${month}-${date}` ? 1 : 0);
  const age = years < 0 ? undefined : ageBands[upTo.findIndex((most) => years <= most)];
  return { sign, on, ...(age ? { age } : {}) };
}
