import type { Need } from '../domain/offers/offers';
import { AppError } from '../errors';
import { type Folded, fold, foldWithOffsets } from '../kit/text';
import type { Fields, Form, Rule } from './bot';
import { createPatterns, cut, readPattern, type Slot } from './patterns';
import type { Topic } from './understanding/topics';

export type Loaded = { file: string; rule: Rule };

export type Choice = { rule: Rule; file: string; slots: Slot[]; groups?: Record<string, string | undefined> };

/** All rules of one boot, in a shape that finds the right one in microseconds, whatever their number. */
export function compileRules(loaded: Loaded[]) {
  const claims = new Map<string, string>();
  /** The same claims in the words of their authors, for people. */
  const table: { file: string; claim: string }[] = [];
  const claim = (what: string, file: string, written = what) => {
    const other = claims.get(what);
    if (other !== undefined)
      throw new AppError(
        'Conflict',
        'bot.double-claim',
        `Both ${other} and ${file} claim ${written}. One of them must go or say something else.`,
      );
    claims.set(what, file);
    table.push({ file, claim: written });
  };

  const exact = new Map<string, Loaded>();
  const patterns = createPatterns<Loaded>();
  const regexps: { loaded: Loaded; regexp: RegExp }[] = [];
  const kinds = new Map<string, Loaded>();
  const clicks = new Map<string, Loaded>();
  const scans = new Map<string, Loaded>();
  const forms = new Map<string, Form<Fields>>();
  const makers: (Rule & { on: 'forms' })['of'][] = [];
  const takers: (Loaded & { rule: { on: 'takes' } })[] = [];
  const topics = new Map<string, Loaded & { rule: { on: 'about' } }>();
  const only: { scan?: Loaded; follows?: Loaded; leaves?: Loaded; otherwise?: Loaded } = {};
  const keywords: { word: string; needs: Need | undefined }[] = [];

  function addPattern(source: string, one: Loaded): void {
    if (!source.includes('{')) {
      const word = fold(source);
      if (word === '')
        throw new AppError(
          'Invalid',
          'bot.empty-keyword',
          `${one.file}: the keyword 「${source}」 is empty once punctuation is dropped.`,
        );
      claim(`says 「${word}」`, one.file, `says 「${source}」`);
      exact.set(word, one);
      keywords.push({ word: source, needs: one.rule.needs });
      return;
    }
    const pattern = readPattern(source, one);
    claim(`says 「${pattern.claim}」`, one.file, `says 「${source}」`);
    patterns.add(pattern);
  }

  for (const one of loaded) {
    const { rule, file } = one;
    switch (rule.on) {
      case 'says':
        for (const pattern of rule.patterns) {
          if (typeof pattern === 'string') addPattern(pattern, one);
          else {
            claim(`says ${pattern}`, file);
            regexps.push({ loaded: one, regexp: new RegExp(pattern.source, `${pattern.flags}d`) });
          }
        }
        break;
      case 'about':
        claim(`about ${rule.topic.name}`, file, `about 「${rule.topic.name}」`);
        for (const pattern of rule.patterns) addPattern(pattern, one);
        topics.set(rule.topic.name, { file, rule });
        break;
      case 'sends':
        for (const kind of rule.kinds) {
          claim(`sends ${kind}`, file);
          kinds.set(kind, one);
        }
        break;
      case 'clicks':
        for (const key of rule.keys) {
          claim(`clicks ${key}`, file);
          clicks.set(key, one);
        }
        break;
      case 'scans':
        claim(rule.scene === undefined ? 'scans (any)' : `scans ${rule.scene}`, file);
        if (rule.scene === undefined) only.scan = one;
        else scans.set(rule.scene, one);
        break;
      case 'takes':
        takers.push({ file, rule });
        break;
      case 'forms':
        makers.push(rule.of);
        break;
      case 'form':
        claim(`form ${rule.form.name}`, file);
        forms.set(rule.form.name, rule.form);
        break;
      default:
        claim(rule.on, file);
        only[rule.on] = one;
    }
  }

  const plain = (one: Loaded | undefined): Choice | undefined => one && { ...one, slots: [] };

  /** The most exact rule for a text: exact, then the pattern with most fixed characters, then a regular expression. */
  function forText(raw: string): Choice | undefined {
    const folded = foldWithOffsets(raw);
    const { text } = folded;
    const whole = exact.get(text);
    if (whole) return { ...whole, slots: [] };
    const found = patterns.find(raw, folded);
    if (found) return { ...found.owner, slots: found.slots };
    for (const { loaded: one, regexp } of regexps) {
      const match = regexp.exec(text);
      if (match) return { ...one, slots: [], groups: groupsOf(match, raw, folded) };
    }
    return undefined;
  }

  return {
    forText,
    /** In the order of their files: what they take is their own affair, and data decides. */
    takers,
    /** What handlers are about, by name. */
    topics: [...topics.values()].map(({ rule }) => rule.topic),
    forTopic: (topic: Topic): Choice | undefined => plain(topics.get(topic.name)),
    exact: (text: string): Choice | undefined => plain(exact.get(fold(text))),
    forKind: (kind: string) => plain(kinds.get(kind)),
    forClick: (key: string) => plain(clicks.get(key)),
    /** Of scenes like `mail:…` one rule may take all. */
    forScan: (scene: string) =>
      plain(scans.get(scene) ?? scans.get(`${scene.split(':', 1)[0]}:*`) ?? only.scan),
    form: (name: string) => forms.get(name),
    /** What makes forms of data, each asked for a name. */
    makers,
    follows: plain(only.follows),
    leaves: plain(only.leaves),
    otherwise: plain(only.otherwise),
    /** Words that have an exact answer, as their authors wrote them. */
    keywords,
    menuKeys: [...clicks.keys()],
    /** What the button of a key can only be answered with. */
    needOf: (key: string): Need | undefined => clicks.get(key)?.rule.needs,
    claims,
    table,
  };
}

export type Rules = ReturnType<typeof compileRules>;

/** What the named groups hold, as she typed it. */
function groupsOf(match: RegExpExecArray, raw: string, { at }: Folded): Record<string, string | undefined> {
  const places = Object.entries(match.indices?.groups ?? {});
  return Object.fromEntries(
    places.map(([name, place]) => [
      name,
      place && cut(raw, at[place[0]] as number, at[place[1]] as number).raw,
    ]),
  );
}
