import { cpus } from 'node:os';
import type { Outcome } from './after';
import { type Habit, isMachine, type Person } from './habits';
import type { Facts, Won } from './oracle';
import type { SeasonPrize } from './quiz';
import { toldIn } from './read';
import type { Town } from './town';

export type Played = {
  people: Person[];
  days: number;
  seed: string;
  prizes: SeasonPrize[];
  journal: Town['journal'];
  counts: Town['counts'];
  outcome: Outcome;
  facts: Facts;
  differences: string[];
  seconds: { play: number; all: number };
};

type Cell = string | number;
const table = (head: Cell[], rows: Cell[][]): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

const countOf = <Row>(rows: Row[], is: (row: Row) => boolean): number => rows.filter(is).length;

/** Whether anything differs from what it must be. */
export const isWrong = ({
  differences,
  counts,
  outcome: { proof, draws, exports, coupons },
}: Played): boolean =>
  [
    differences.length,
    proof.replay,
    proof.audit,
    counts.copiesThatDiffer,
    counts.banners,
    exports.leaks,
  ].some((n) => n > 0) ||
  coupons.refused < coupons.again ||
  draws.length === 0 ||
  draws.some(({ verified }) => !verified);

/** One page about a season, as Markdown. */
export function pageOf(played: Played): string {
  const { people, days, seed, outcome, facts, differences, seconds, counts } = played;
  const { proof, review } = outcome;
  const good = (problems: number) => (problems === 0 ? '0' : `**${problems}**`);
  return [
    `${people.length} fans, ${days} days, seed ${seed}: ${counts.callbacks} callbacks in ${Math.round(seconds.play)} s of play (${Math.round(counts.callbacks / seconds.play)}/s with the fans on the same machine), ${Math.round(seconds.all)} s with settlement, prizes and proof. Node ${process.version}, ${cpus().length} cores.`,
    '**What must hold**',
    table(
      ['', 'differences'],
      [
        ['oracle: what fans read against ledger, floors, prizes, ranks, limits', good(differences.length)],
        [`replay of ${proof.answers} answers from the answer log`, good(proof.replay)],
        ['audit: ledger, rounds, scores, balances', good(proof.audit)],
        [
          `draws worked out again by verify-draw.js (${outcome.draws.map(({ entries }) => `${entries} entries`).join(', ')})`,
          good(countOf(outcome.draws, ({ verified }) => !verified)),
        ],
        ['copies of a callback that got another reply', good(counts.copiesThatDiffer)],
        ['failures that a fan saw', good(counts.banners)],
        ['addresses in masked exports', good(outcome.exports.leaks)],
      ],
    ),
    '**What was said and done**',
    table(
      ['', 'how many'],
      [
        ['players', facts.players],
        ['answers (floors)', facts.answers],
        ['points earned', facts.points],
        ['right', `${Math.round((100 * facts.right) / facts.answers)} %`],
        ['搶答 answers', facts.flashes],
        ...deeds.map(([what, sign]): Cell[] => [
          what,
          countOf(played.journal, ({ read }) => read.includes(sign)),
        ]),
        ['callbacks delivered three times at once', counts.storms],
        ['replies later than WeChat waits', counts.late],
        ['left and came back', countOf(played.journal, ({ said }) => said === '(leaves)')],
      ],
    ),
    '**Who played**',
    table(['habit', 'people', 'answers', 'right', 'held', 'rejected'], byHabit(played)),
    `Machines caught by their pattern: ${review.machines.length} of ${countOf(people, ({ habit }) => isMachine(habit))}; people held by mistake and released: ${review.byMistake.length}; rejected after somebody told of them: ${review.byHand.length}. Twins are two accounts of one person: two are no pattern, and nothing holds them.`,
    '**Prizes by the way they are won**',
    table(
      ['way', 'stock', ...stateColumns],
      byGroup(played, ({ way }) => way.kind),
    ),
    `Floor prizes that went on to a later floor because of a limit: ${facts.passes}; prizes of rejected people that passed on: ${facts.passings}; taken up by reserves of a draw: ${facts.reserves}.`,
    '**Prizes by sponsor**',
    table(
      ['sponsor', 'stock', ...stateColumns],
      byGroup(played, ({ sponsor }) => sponsor),
    ),
    `Parcels: ${outcome.parcels.approved} approved, ${outcome.parcels.sent} sent with a number, ${outcome.parcels.badLines} bad lines told. Coupons: ${outcome.coupons.used} used, ${outcome.coupons.refused} of ${outcome.coupons.again} second tries refused. Exports: ${outcome.exports.files} files, ${outcome.exports.rows} rows of ${facts.awards.length} winners and ${facts.players} players each.`,
  ].join('\n\n');
}

const deeds: [string, string][] = [
  ['too fast', '這麼快？看清題目再答'],
  ['out of time', '超時了，這一題不算'],
  ['a letter for another question (3B)', '題，不是第'],
  ['lapsed by the pause', '活動暫停過'],
  ['lapsed at midnight', '過了零點'],
  ['other talk in the middle of a question', '（回覆「繼續」回到第'],
  ['claim forms filled in', '核對後寄出'],
];

function byHabit({ people, journal, outcome: { review } }: Played): Cell[][] {
  const answered = new Map<string, { all: number; right: number }>();
  for (const { fan, read } of journal) {
    const { answer } = toldIn(read);
    if (!answer) continue;
    const before = answered.get(fan) ?? { all: 0, right: 0 };
    answered.set(fan, { all: before.all + 1, right: before.right + (answer.right ? 1 : 0) });
  }
  const held = new Set([...review.machines, ...review.byMistake]);
  return [...new Set(people.map(({ habit }) => habit))].map((habit: Habit) => {
    const names = people.filter((her) => her.habit === habit).map(({ name }) => name);
    const sum = (what: 'all' | 'right') =>
      names.reduce((total, name) => total + (answered.get(name)?.[what] ?? 0), 0);
    return [
      habit,
      names.length,
      sum('all'),
      `${Math.round((100 * sum('right')) / Math.max(1, sum('all')))} %`,
      countOf(names, (name) => held.has(name)),
      countOf(names, (name) => review.rejected.includes(name)),
    ];
  });
}

const stateColumns = ['won', 'hers', 'sent', 'used', 'open', 'expired', 'void'];

/** Of the prizes won: what became of them. */
function byGroup({ prizes, facts }: Played, groupOf: (prize: SeasonPrize) => string): Cell[][] {
  return [...new Set(prizes.map(groupOf))].map((group) => {
    const mine = prizes.filter((prize) => groupOf(prize) === group);
    const won = facts.awards.filter(({ prize }) => mine.some(({ id }) => id === prize));
    const in_ = (...states: string[]) => countOf(won, ({ state }: Won) => states.includes(state));
    return [
      group,
      mine.reduce((sum, { quantity }) => sum + quantity, 0),
      won.length,
      in_('done'),
      in_('sent'),
      in_('used'),
      in_('won', 'told', 'claimed', 'approved'),
      in_('expired'),
      in_('void'),
    ];
  });
}
