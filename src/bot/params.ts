import type { City } from '../domain/cities/city';
import type { Found, Split } from '../domain/cities/gazetteer';
import { fold } from '../kit/text';
import type { Render } from '../render/render';
import type { Services } from '../services';
import type { Lists } from './lists';
import type { Slot } from './patterns';
import type { Turn } from './turn';

/** What the placeholders of a pattern stand for, or what she is asked back. */
type Params = { params: Record<string, unknown> } | { asked: string };

const mostChoices = 9;
/** No list is longer, and the database counts no further than it can. */
const mostPages = 10_000;

/** Reads typed placeholders: `{city}` is a City, `{page}` a number, anything else her words. */
export function createParams(given: {
  services: Pick<Services, 'cities' | 'offers'>;
  render: Render;
  choose: Lists['choose'];
}) {
  const { cities, offers } = given.services;
  const { render, choose } = given;

  return (turn: Turn, slots: Slot[]): Params => {
    const params: Record<string, unknown> = {};
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as Slot;
      const next = slots[i + 1];
      const shared = next?.joined && (slot.kind === 'city') !== (next.kind === 'city');
      if (!shared && slot.kind !== 'city') {
        params[slot.name] = slot.kind === 'page' ? pageIn(slot.raw) : slot.raw;
        continue;
      }
      let place = slot;
      let found: Found | Split;
      if (shared) {
        const [city, other] = slot.kind === 'city' ? [slot, next] : [next, slot];
        place = { ...city, from: slot.from, to: next.to };
        const split = cities.split(wordsIn(turn, place.from, place.to));
        params[other.name] = split.rest;
        found = split;
        i++;
      } else found = cityIn(slot.raw);
      const city = theCity(found, place);
      if (city === 'unclear') return { asked: askBack(turn, found, place) };
      params[place.name] = city;
    }
    return { params };
  };

  /** A city's name, else the name within her words: 「今天杭州」. */
  function cityIn(words: string): Found {
    const found = cities.find(words);
    if (found.kind !== 'none') return found;
    const split = cities.split(words);
    return split.kind === 'none' ? found : split;
  }

  /** Which city she could mean, as a list; what she chooses is her own text with that city in it. */
  function askBack(turn: Turn, found: Found | Split, { from, to }: Pick<Slot, 'from' | 'to'>): string {
    const rest = found.kind === 'several' && 'rest' in found ? found.rest : '';
    const words = wordsIn(turn, from, to);
    const typed = rest === '' ? words : words.replace(rest, '').trim();
    const [before, after] = [wordsIn(turn, 0, from), wordsIn(turn, to, Infinity)];
    const options = meant(found)
      .slice(0, mostChoices)
      .map((city) => ({
        label: cities.fullName(city),
        says: `${before}${city.name}${rest}${after}`,
      }));
    const prompt = render(found.kind === 'several' ? 'which-city' : 'unknown-city', {
      typed,
      near: options.length > 0,
      ...offers.now(turn.cause.at),
    });
    return choose(turn, prompt, options);
  }
}

const meant = (found: Found | Split): readonly City[] =>
  found.kind === 'one' ? [found.city] : found.kind === 'several' ? found.cities : found.near;

function theCity(found: Found | Split, { optional }: Pick<Slot, 'optional'>): City | undefined | 'unclear' {
  if (found.kind === 'one') return found.city;
  return optional && meant(found).length === 0 ? undefined : 'unclear';
}

const wordsIn = ({ message }: Turn, from: number, to: number): string =>
  message.kind === 'text' ? message.content.slice(from, to) : '';

/** 「第2頁」. What is no number is the first page. */
const pageIn = (words: string): number =>
  Math.min(mostPages, Math.max(1, Number.parseInt(fold(words), 10) || 1));
