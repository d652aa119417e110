import { habits, milestones, type Odds, type PrizeOdds } from './odds';

/** What every prize would give, for whoever decides whether to publish it so. */
export function tellOdds({ players, days, cut, answers, finished, prizes }: Odds): string {
  const here = `假想 ${players} 人、${days} 天：每天 ${habits.comes * 100}% 的人來，每題 ${habits.knows * 100}% 的人答對。`;
  return [
    '獎品的機會',
    `${here}一共 ${answers} 個答案${cut ? '（只演到一百萬個，後面的日子沒有算）' : ''}，${finished} 人通關。`,
    ...prizes.map(
      (one) =>
        `\n${one.prize.id}「${one.prize.name}」共 ${one.prize.quantity} 份\n  ${tellPrize(one, players)}`,
    ),
  ].join('\n');
}

function tellPrize({ prize, reached, lastFloor, given, entered }: PrizeOdds, players: number): string {
  const { way, quantity } = prize;
  const out = given >= quantity ? '，發完' : `，剩 ${quantity - given} 份`;
  switch (way.kind) {
    case 'floor': {
      const steps = milestones.map((milestone, i) => `${milestone} 個答案發到第 ${reached[i]} 份`).join('，');
      const last = lastFloor === undefined ? '一百萬個答案也發不完' : `第 ${lastFloor} 樓發完`;
      return `幸運樓層：${steps}；${last}。假想的人得 ${given} 份${out}。`;
    }
    case 'first':
      return `搶答：第一個答對的人得；假想的人得 ${given} 份${out}。`;
    case 'ranking':
      return `${way.board === 'daily' ? '日榜' : '總榜'}第 ${way.from} 到 ${way.to} 名：發 ${given} 份${out}。`;
    case 'participation':
      return `參與：發 ${given} 份${out}；每人機會約 ${percent(given / players)}。`;
    case 'draw':
      return `抽獎：${entered} 人有資格，抽 ${given} 份；有資格的人每人機會約 ${percent(entered ? given / entered : 0)}。`;
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.01 ? 2 : 0)}%`;
