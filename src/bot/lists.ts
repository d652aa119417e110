import type { Clock } from '../kit/clock';
import { fold } from '../kit/text';
import type { Render } from '../render/render';
import { pagesOf, type Reply } from '../wechat/protocol/reply';
import type { Turn } from './turn';
import { asReply } from './words';

export type Option = { label: string; says: string };

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

  /** What her number or label stands for. */
  function chosen({ talk: { choices } }: Turn, content: string): string | undefined {
    if (!choices) return undefined;
    const said = fold(content);
    const index = choices.labels.findIndex((label, i) => String(i + 1) === said || fold(label) === said);
    return index < 0 ? undefined : choices.says[index];
  }

  function more({ talk }: Turn, says: string | undefined): void {
    if (says === undefined) delete talk.more;
    else talk.more = { says, at: clock.now() };
  }

  function paged(turn: Turn, whole: Reply, page: number | undefined, asks: (n: number) => string): Reply {
    if (whole.kind !== 'text') return whole;
    const pages = pagesOf(whole.text, pageBytes);
    const n = Math.min(pages.length, page ?? 1);
    more(turn, n < pages.length ? asks(n + 1) : undefined);
    return render('page', { text: pages[n - 1] ?? '', page: n, pages: pages.length });
  }

  return { choose, chosen, more, paged };
}

export type Lists = ReturnType<typeof createLists>;
