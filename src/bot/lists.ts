import type { Clock } from '../kit/clock';
import { readNumber } from '../kit/han-number';
import { fold } from '../kit/text';
import type { Render } from '../render/render';
import { pagesOf, type Reply } from '../wechat/protocol/reply';
import type { Turn } from './turn';
import { asReply } from './words';

export type Option = { label: string; says: string };
/** Which page is wanted: its number, or where a part (from 1 on) begins. */
export type Place = { page?: number | undefined; part?: number };

const place =
  /^(?:我?要|我?想看|选|看|就|那|说说)?第?(\d{1,4}|[一二两三四五六七八九十]{1,3})(?:(?:个|家|间|座|处|班|趟|条|项|号)(?:酒店|景点)?)?(?:吧|呢|的|怎么样|详情|介绍|电话|地址|价格|多少钱|多少|在哪里?|怎么去|怎么订|预订|门票|开放时间|几点开门?|好吗|吗)*$/;
const lastOne = /^(?:最后|最后面)(?:一|那)?(?:个|家|间|座|处|班|趟|条|项)(?:吧|呢)?$/;

/** Leaves room in a reply for how to go on and the line under it. */
const pageBytes = 1_750;

/** What she can choose from, and what 「更多」 means: kept in the talk, by the text that answers it. */
export function createLists(given: {
  render: Render;
  clock: Clock;
  /** Bare digits are somebody's answers just now. */
  digitsTaken: (turn: Turn) => boolean;
}) {
  const { render, clock, digitsTaken } = given;

  function choose(turn: Turn, asked: string | Reply, options: Option[]): string {
    const said = asReply(asked);
    const prompt = said.kind === 'text' ? said.text : '';
    if (options.length === 0) return prompt;
    turn.talk.choices = {
      labels: options.map((one) => one.label),
      says: options.map((one) => one.says),
      at: clock.now(),
    };
    const digits = !digitsTaken(turn);
    return [
      prompt.trimEnd(),
      ...options.map(({ label }, i) => `${digits ? `${i + 1}.` : '·'} ${label}`),
      digits ? '（回覆數字就行）' : '（回覆名字就行）',
    ].join('\n');
  }

  /** What her number or label stands for: 「2」, 「第2家」, 「第二個」, the words beside it. */
  function chosen({ talk: { choices } }: Turn, content: string): string | undefined {
    if (!choices) return undefined;
    const { labels, says, first = 1 } = choices;
    const said = fold(content);
    const named = labels.findIndex((label) => fold(label) === said);
    const [, number = ''] = place.exec(said) ?? [];
    const index =
      named >= 0 ? named : lastOne.test(said) ? says.length - 1 : (readNumber(number) ?? 0) - first;
    return says[index];
  }

  /** A list that stands in the reply already, with numbers from `first` on. */
  function number({ talk }: Turn, says: string[], first: number): void {
    if (says.length === 0) delete talk.choices;
    else talk.choices = { labels: [], says, at: clock.now(), ...(first === 1 ? {} : { first }) };
  }

  function more({ talk }: Turn, says: string | undefined, back?: string): void {
    if (says === undefined && back === undefined) delete talk.more;
    else
      talk.more = {
        ...(says === undefined ? {} : { says }),
        ...(back === undefined ? {} : { back }),
        at: clock.now(),
      };
  }

  /** One page of texts that each begin a page of their own; the last page of a text tells itself how to go on. */
  function paged(
    turn: Turn,
    whole: Reply | readonly Reply[],
    { page = 1, part }: Place,
    asks: (n: number) => string,
  ): Reply {
    const parts = (Array.isArray(whole) ? whole : [whole]).map((one: Reply) =>
      one.kind === 'text' ? one.text : '',
    );
    const pages = parts.flatMap((text, of) => pagesOf(text, pageBytes).map((one) => ({ text: one, of })));
    const first = part === undefined ? page : pages.findIndex(({ of }) => of === part - 1) + 1;
    const n = Math.min(pages.length, Math.max(1, first));
    more(turn, n < pages.length ? asks(n + 1) : undefined, n > 1 ? asks(n - 1) : undefined);
    const [shown, next] = [pages[n - 1], pages[n]];
    const on = next !== undefined && next.of === shown?.of;
    return render('page', { text: shown?.text ?? '', page: n, pages: pages.length, on });
  }

  return { choose, chosen, number, more, paged };
}

export type Lists = ReturnType<typeof createLists>;
