import type { Order, Range, Wish } from './things';
import type { Topic } from './topics';

const orders: Record<Order, string> = {
  cheapest: '最便宜',
  dearest: '最貴',
  best: '最好',
  nearest: '近一點',
  earliest: '最早',
  latest: '最晚',
  fastest: '最快',
};

/** A wish in words that are read as the same wish: what 「更多」, a list and a guess say in her place. */
export function writeWish({ name, takes }: Pick<Topic, 'name' | 'takes'>, wish: Wish): string {
  const has = <Name extends keyof Wish>(thing: Name): Wish[Name] | undefined =>
    (takes as readonly string[]).includes(thing) ? wish[thing] : undefined;
  const [from, to, near] = [has('from'), has('to'), has('near')];
  const trip =
    from && to ? `${from.name}到${to.name}` : from ? `從${from.name}出發` : to ? `去${to.name}` : '';
  const place =
    near === 'me' ? '我附近' : near ? `${near.name}附近` : (has('hotel')?.name ?? has('sight')?.name);
  const city = trip === '' ? (has('city')?.name ?? '') : '';
  const order = has('order');
  const page = has('page');
  return [
    trip,
    place === undefined ? city : place,
    daysIn(has('days')),
    timeIn(has('time')),
    rangeIn(has('stars'), '星'),
    rangeIn(has('yuan'), '元'),
    order ? orders[order] : '',
    has('kind') ?? '',
    has('number') ?? '',
    name,
    page !== undefined && page > 1 ? `第${page}頁` : '',
  ].reduce((text, part) => text + (/\d$/.test(text) && /^\d/.test(part) ? '，' : '') + part, '');
}

const daysIn = (days: Wish['days']): string => {
  if (!days) return '';
  return days.on === days.until ? days.on : `${days.on}到${days.until}`;
};
const timeIn = (time: Wish['time']): string => (time ? `${time.from}到${time.to}` : '');

function rangeIn(range: Range | undefined, unit: string): string {
  if (!range) return '';
  const { min, max } = range;
  if (min !== undefined && min === max && unit === '星') return `${min}${unit}`;
  if (min !== undefined && max !== undefined) return `${min}到${max}${unit}`;
  return min === undefined ? `${max}${unit}以下` : `${min}${unit}以上`;
}
