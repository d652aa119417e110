/*
 * Days and clock times as people in China count them. Asia/Shanghai has had no summer time since 1991, so that UTC+8 is all
 * there is to know. Moments are ms since 1970, UTC.
 */

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

const isoOf = (at: number): string => new Date(at + 8 * hourMs).toISOString();

/** `2026-11-21`. */
export const beijingDay = (at: number): string => isoOf(at).slice(0, 10);
/** `14:05`. */
export const beijingTime = (at: number): string => isoOf(at).slice(11, 16);
/** `2026-11-21 14:05`. */
export const beijingMoment = (at: number): string => `${beijingDay(at)} ${beijingTime(at)}`;
/** `2026-11-21T14:05:09.120+08:00`. */
export const beijingIso = (at: number): string => isoOf(at).replace('Z', '+08:00');

/** The moment of a Beijing time like `2026-11-21 14:05` or `2026-11-21T14:05:09`; NaN when it is none. */
export const momentAt = (text: string): number => Date.parse(`${text.replace(' ', 'T')}+08:00`);
/** The moment a day like `2026-11-21` begins. */
export const startOfBeijingDay = (day: string): number => momentAt(`${day} 00:00`);
/** From one day to another: 1 from today to tomorrow. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((startOfBeijingDay(to) - startOfBeijingDay(from)) / dayMs);
/** How many days a period touches. */
export const beijingDays = (from: number, to: number): number =>
  daysBetween(beijingDay(from), beijingDay(to)) + 1;

/** A Beijing day as a number: days since 1970. */
export const dayNumber = (day: string): number => Math.round(Date.parse(`${day}T00:00:00Z`) / dayMs);
/** The Beijing day of such a number. */
export const dayOfNumber = (n: number): string => new Date(n * dayMs).toISOString().slice(0, 10);
