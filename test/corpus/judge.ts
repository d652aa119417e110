import type { Wish } from '../../src/bot/understanding/things';
import { createUnderstanding } from '../../src/bot/understanding/understanding';
import { momentAt } from '../../src/kit/beijing';
import { fold } from '../../src/kit/text';
import type { Talk } from '../support/talk';

/** What a reader said a sentence means; see `README.md` beside this file. */
export type Meant = {
  topic: string;
  city?: string;
  from?: string;
  to?: string;
  on?: string;
  until?: string;
  minYuan?: number;
  maxYuan?: number;
  stars?: number;
  minStars?: number;
  maxStars?: number;
  order?: string;
  near?: string;
  name?: string;
  part?: string;
  kind?: string;
  time?: [string, string];
  what?: string;
  choice?: string;
  place?: string;
  all?: Meant[];
  unread?: string[];
};

export type Line = { kind: string; said: string; before?: string[]; meant: Meant };

export type Judged = {
  line: Line;
  verdict: 'meant' | 'asked back' | 'wrong';
  /** Why it is not what was meant. */
  because: string;
  reply: string;
};

export const now = '2026-11-25T10:00';

const spoken: Record<string, RegExp> = {
  greet: /出門路上的事都可以問我|早安|你好/,
  thanks: /不客氣/,
  bye: /再見|一路順風/,
  who: /我是小藝/,
  scold: /對不起/,
  bored: /下一次出發/,
  praise: /謝謝誇獎/,
  ok: /^好的。|不客氣/,
};

const played: Record<string, RegExp> = {
  start: /題|闖|答/,
  answer: /答對了|可惜|記下了|已經答過|沒有 ?[A-Z]|選項/,
  board: /排行|名次|第 \d+ 名|榜/,
  points: /積分|還沒/,
  rules: /規則|主辦/,
  prizes: /獎品|贏/,
  prizeTable: /獎品|名額|份/,
  claim: /領獎|獎品/,
  draw: /抽獎/,
  winners: /中獎|名單|得獎/,
  rename: /改|叫|名/,
  quit: /退出|先不玩|先到這裡|繼續|隨時|沒有進行|還沒開始/,
  remind: /提醒|開賽|叫你|進行/,
};

const files: Record<string, RegExp> = {
  weather: /handlers\/weather/,
  hotels: /handlers\/(hotel|location)/,
  hotel: /handlers\/hotel/,
  guide: /handlers\/guide/,
  sights: /handlers\/sight/,
  sight: /handlers\/sight/,
  trains: /handlers\/train/,
  agent: /handlers\/agent|handlers\/my-data|form:enquiry/,
  talk: /handlers\/(talk|help)/,
  help: /handlers\/help/,
  quiz: /handlers\/(quiz|prize)/,
  script: /handlers\/script/,
  city: /handlers\/otherwise/,
};

/** Talks with the real handlers as the line says, and holds the answer against what was meant. */
export function createJudge(talk: Talk) {
  const understanding = createUnderstanding(talk.rules.topics, talk.services);

  async function judge(line: Line): Promise<Judged> {
    let seconds = 0;
    const later = () => talk.turnClockTo(`${now}:${String((seconds += 5)).padStart(2, '0')}`);
    later();
    const fan = talk.fan();
    await fan.says('繁體'); // what is said is compared in one script
    for (const said of line.before ?? []) {
      await says(fan, said);
      later();
    }
    const reply = await says(fan, line.said);
    const outcome = fan.last();
    const because = await differs(line.meant, {
      reply,
      by: outcome?.by ?? '',
      about: outcome?.about ?? '',
      transfer: outcome?.reply?.kind === 'transfer',
    });
    const shy =
      outcome?.by === 'handlers/otherwise.ts' ||
      /還沒有|你是不是想說|回覆數字就行|想看哪|想住哪|想去哪|想逛哪|從哪|去哪裡/.test(reply);
    return { line, reply, because, verdict: because === '' ? 'meant' : shy ? 'asked back' : 'wrong' };
  }

  async function says(fan: ReturnType<Talk['fan']>, said: string): Promise<string> {
    const place = /^\[位置 (.+)\]$/.exec(said)?.[1];
    if (place === undefined) return fan.says(said);
    const found = talk.services.cities.find(place);
    if (found.kind !== 'one') throw new Error(`no such city: ${place}`);
    return fan.sendsLocation(found.city.point.lat, found.city.point.lng, place);
  }

  type Answer = { reply: string; by: string; about: string; transfer: boolean };

  async function differs(meant: Meant, answer: Answer): Promise<string> {
    const { reply, by, about, transfer } = answer;
    const { topic } = meant;
    if (topic === 'several') return both(meant.all ?? [], answer);
    if (topic === 'unclear')
      return by === 'handlers/otherwise.ts' || /回覆數字就行/.test(reply) ? '' : `answered by ${by}`;
    if (topic === 'nodata')
      return reply.includes((meant.place ?? '').slice(0, 2)) && /還沒有|沒有|不熟/.test(reply)
        ? ''
        : 'not said to be without data';
    if (topic === 'more' || topic === 'back')
      return /剛才說的已經是全部|第一頁/.test(reply) || by !== 'handlers/otherwise.ts' ? '' : 'not turned';
    if (topic === 'agent') return transfer || files['agent']?.test(by) ? '' : `answered by ${by}`;
    if (!files[topic]?.test(by)) return `answered by ${by}`;
    if (topic === 'talk') return spoken[meant.what ?? '']?.test(reply) ? '' : 'other talk';
    if (topic === 'quiz') return played[meant.what ?? '']?.test(reply) ? '' : 'another thing of the quiz';
    if (topic === 'help') return /出門路上的事/.test(reply) ? '' : 'no help';
    if (topic === 'script') return /之[後后]都用/.test(reply) ? '' : 'no script';
    if (topic === 'city') return reply.includes(`${meant.city}`) ? '' : 'another city';
    const missing = (meant.unread ?? []).filter(
      (word) => !reply.includes(word) && !/查不到|分不出/.test(reply),
    );
    if (missing.length > 0) return `nothing said of ${missing.join()}`;
    return inWish(meant, await wishOf(about), reply);
  }

  const wishOf = async (about: string): Promise<Wish> => {
    if (about === '') return {};
    const found = await understanding.understand(about, { at: momentAt(now), before: async () => undefined });
    return found.wants[0]?.wish ?? {};
  };

  async function both(all: Meant[], answer: Answer): Promise<string> {
    const marks: Record<string, RegExp> = {
      weather: /天氣/,
      hotels: /酒店|住/,
      guide: /攻略|吃什麼|怎麼走|什麼季節|美食|路線/,
      sights: /景點/,
      sight: /門票|開放/,
      trains: /車次|列車|班|12306/,
    };
    const missing = all.filter(
      ({ topic, city }) =>
        !(marks[topic] ?? /./).test(answer.reply) || (city !== undefined && !answer.reply.includes(city)),
    );
    return missing.map(({ topic }) => `nothing of ${topic}`).join();
  }

  return { judge };
}

const partWords: Record<string, RegExp> = {
  overview: /攻略/,
  seasons: /什麼季節去/,
  routes: /怎麼走/,
  food: /吃什麼/,
  tips: /出發前/,
};

/** Every condition that was meant is in the wish that was answered, and none beside it. */
function inWish(meant: Meant, wish: Wish, reply: string): string {
  const wrong: string[] = [];
  const same = (name: string, wanted: unknown, got: unknown) => {
    if (JSON.stringify(wanted) !== JSON.stringify(got))
      wrong.push(`${name}: ${JSON.stringify(got)} for ${JSON.stringify(wanted)}`);
  };
  const city = wish.city?.name;
  if (meant.topic === 'trains') {
    same('from', meant.from, wish.from?.name);
    if (meant.to !== undefined) same('to', meant.to, wish.to?.name ?? city);
    same('kind', meant.kind, wish.kind);
    if (meant.time && !mostlySame(meant.time, wish.time)) same('time', meant.time, wish.time);
    if (meant.order !== undefined) same('order', meant.order, wish.order);
  } else if (meant.near !== undefined) {
    const near = wish.near ?? wish.sight;
    if (meant.near === 'me') same('near', 'me', near);
    else if (
      !near ||
      near === 'me' ||
      !(fold(near.name).includes(fold(meant.near)) || fold(meant.near).includes(fold(near.name)))
    )
      wrong.push(`near ${JSON.stringify(near)}`);
  } else if (meant.city !== undefined) {
    if (!reply.includes(meant.city)) wrong.push(`city: not ${meant.city}`);
    if (city !== undefined) same('city', meant.city, city);
  }
  if (meant.topic === 'sight' && !namesMatch(meant.name, wish.sight?.name))
    wrong.push(`sight ${wish.sight?.name}`);
  if (meant.topic === 'hotel' && !reply.includes(meant.name ?? '')) wrong.push('another hotel');
  if (meant.topic === 'guide' && meant.part !== undefined && !partWords[meant.part]?.test(reply))
    wrong.push(`not the part ${meant.part}`);
  if (meant.topic === 'hotels') {
    if (!about(meant.minYuan, wish.yuan?.min) || !about(meant.maxYuan, wish.yuan?.max))
      same('yuan', [meant.minYuan, meant.maxYuan], [wish.yuan?.min, wish.yuan?.max]);
    same(
      'stars',
      [meant.stars ?? meant.minStars, meant.stars ?? meant.maxStars],
      [wish.stars?.min, wish.stars?.max],
    );
    if (meant.order === 'cheapest' || meant.order === 'dearest') same('order', meant.order, wish.order);
  }
  if ((meant.topic === 'weather' || meant.topic === 'trains') && meant.on !== undefined)
    same('day', meant.on, wish.days?.on ?? now.slice(0, 10));
  return wrong.join('; ');
}

/** 「四百左右」 is 320 to 480 for one and 350 to 450 for another. */
const about = (a: number | undefined, b: number | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Math.abs(a - b) <= 0.15 * Math.max(a, b));

/** 「早上」 begins at five for one and at six for another. */
function mostlySame([from, to]: [string, string], time: Wish['time']): boolean {
  if (!time) return false;
  const hours = (clock: string) => Number(clock.slice(0, 2)) + Number(clock.slice(3)) / 60;
  const shared = Math.min(hours(to), hours(time.to)) - Math.max(hours(from), hours(time.from));
  return shared * 2 >= Math.max(hours(to) - hours(from), hours(time.to) - hours(time.from));
}

const namesMatch = (a = '', b = ''): boolean =>
  b !== '' &&
  (fold(b).includes(fold(a)) || fold(a).includes(fold(b)) || fold(b).startsWith(fold(a).slice(0, 2)));
