import type { CampaignState } from '../../../domain/campaigns/campaign';
import type { CampaignRow } from '../../../domain/campaigns/campaign-row';
import { isOver, isPublished, stateNames } from '../../../domain/campaigns/states';
import type { Prize } from '../../../domain/prizes/prize';
import type { QuizContent } from '../../../domain/quiz/definition';
import type { Wait } from '../../../domain/settlement/waits';
import { beijingMoment } from '../../../kit/beijing';
import { maskBoardName } from '../../../kit/mask';
import type { Visit } from '../console';
import type { Tone } from '../parts';

/* What all pages of a quiz have: its head with the steps and the way to the others, and words. */

export const stateTones: Record<CampaignState, Tone> = {
  draft: 'grey',
  checked: 'blue',
  scheduled: 'blue',
  running: 'green',
  paused: 'yellow',
  ended: 'yellow',
  settling: 'yellow',
  settled: 'grey',
};

export type Tab = 'overview' | 'edit' | 'questions' | 'rehearse' | 'live' | 'players' | 'settle' | 'log';

/** The people of a quiz can be looked at from the moment it began. */
export const hasBegun = (state: CampaignState): boolean =>
  state === 'running' || state === 'paused' || isOver(state);

/** As `_quiz.html` takes it. */
export function headOf(row: CampaignRow, here: Tab) {
  const { _id: id, title, state, startsAt, endsAt } = row;
  const at = `/quiz/${id}`;
  const begun = hasBegun(state);
  const tabs: [Tab, string, string, boolean][] = [
    ['overview', '概覽', at, true],
    ['live', '實況', `${at}/live`, begun],
    ['players', '玩家', `${at}/players`, begun],
    ['settle', '結算', `${at}/settle`, begun],
    ['edit', '內容', `${at}/edit`, true],
    ['questions', '題目', `${at}/questions`, true],
    ['rehearse', '排練', `${at}/rehearse`, true],
    ['log', '記錄', `${at}/log`, true],
  ];
  const next = state === 'draft' ? 2 : 3;
  const steps = isPublished(state)
    ? []
    : ['內容', '檢查', '排練', '開始'].map((name, i) => ({
        name,
        href: [`${at}/edit`, `${at}#check`, `${at}/rehearse`, `${at}#start`][i] ?? at,
        done: i + 1 < next,
        here: i + 1 === next,
      }));
  return {
    id,
    title,
    state: stateNames[state],
    tone: stateTones[state],
    period: `${beijingMoment(startsAt)} 至 ${beijingMoment(endsAt)}`,
    steps,
    tabs: tabs.flatMap(([tab, name, href, shown]) => (shown ? [{ name, href, here: tab === here }] : [])),
  };
}

/** How a prize is won. */
export function tellWay({ way }: Pick<Prize, 'way'>): string {
  switch (way.kind) {
    case 'floor': {
      const some = (way.floors ?? []).slice(0, 8).join('、');
      const more = (way.floors?.length ?? 0) > 8 ? `…共 ${way.floors?.length} 層` : '';
      const parts = [
        some === '' ? '' : `第 ${some}${more} 樓`,
        way.every === undefined ? '' : `每 ${way.every} 樓`,
        way.endings === undefined ? '' : `尾數 ${way.endings.join('、')}`,
      ];
      return `幸運樓層：${parts.filter((part) => part !== '').join('；')}`;
    }
    case 'first':
      return `搶答：${beijingMoment(way.at)}，題目 ${way.question}`;
    case 'ranking':
      return `${way.board === 'daily' ? '日榜' : '總榜'}第 ${way.from}${way.to === way.from ? '' : ` 到 ${way.to}`} 名`;
    case 'participation': {
      const parts = [
        way.rounds === undefined ? '' : `玩過 ${way.rounds} 局`,
        way.daysInRow === undefined ? '' : `連續 ${way.daysInRow} 天`,
      ];
      return `參與：${parts.filter((part) => part !== '').join('，')}`;
    }
    case 'draw': {
      const when = way.at === 0 ? '還沒定時間' : beijingMoment(way.at);
      return `抽獎：${when}，${way.publicValue === '' ? '還沒定公開數' : way.publicValue}`;
    }
  }
}

export const prizeKinds: Record<Prize['kind'], string> = {
  goods: '實物',
  code: '兌換碼',
  coupon: '優惠券',
  points: '積分',
  money: '現金',
};

/** The facts of a text, as fans are promised them. */
export const factsOf = (content: QuizContent): { name: string; text: string }[] =>
  [
    ['編號', content.id],
    ['關鍵字', content.keywords.join('、')],
    ['菜單鍵', content.menuKey ?? ''],
    [
      '時間',
      `${beijingMoment(content.startsAt)} 至 ${beijingMoment(content.endsAt)}，每天 ${content.opensAt} 到 ${content.closesAt}`,
    ],
    [
      '每天',
      `${content.perDay} 題，答對一題 ${content.pointsPerAnswer} 分${content.firstBonus > 0 ? `，每天第一題另加 ${content.firstBonus} 分` : ''}`,
    ],
    ['關卡', content.levels.map(({ questions, pass }) => `${questions} 題對 ${pass} 題`).join('，')],
    ['每題限時', content.timerSeconds === undefined ? '不限' : `${content.timerSeconds} 秒`],
    ['題目', `${content.questions.filter(({ retired }) => !retired).length} 題`],
    ['介紹', content.intro],
    ['主辦單位', content.organiser],
    ['聯繫方式', content.contact],
    ['逾期處理', content.forfeiture],
    ['規則', content.rules],
  ].map(([name = '', text = '']) => ({ name, text }));

export type Told = { text: string; href: string; label: string };

/** What it waits for, and where that is done. */
export function tellWait(campaign: string, wait: Wait): Told {
  const at = `/quiz/${campaign}`;
  switch (wait.for) {
    case 'start':
      return {
        text: '結束了，十分鐘後自己結算；不想等可以現在就結算。',
        href: `${at}/settle`,
        label: '去結算',
      };
    case 'settle':
      return {
        text: '結算還沒有做完，再結算一次會從停下的地方接著做。',
        href: `${at}/settle`,
        label: '去結算',
      };
    case 'review':
      return {
        text: `${wait.held} 人被留置，等審批的人決定（${wait.blocks ? '決定以前名單不公布' : '他們的獎品等著'}）。`,
        href: `${at}/settle?state=held`,
        label: '看是誰',
      };
    case 'value':
      return {
        text: wait.due
          ? `抽獎 ${wait.draw} 等${wait.by ? `「${wait.by}」以外的一位` : '兩位各自'}輸入「${wait.named}」。`
          : `抽獎 ${wait.draw} 等公開數「${wait.named}」，${beijingMoment(wait.at)} 公布。`,
        href: drawAt(wait.draw),
        label: '去抽獎',
      };
    case 'laterValue':
      return {
        text: `抽獎 ${wait.draw} 的「${wait.named}」已經可以知道，等兩位另外指定一個以後的。`,
        href: drawAt(wait.draw),
        label: '去指定',
      };
    case 'codes':
      return {
        text: `獎品 ${wait.prize} 還缺 ${wait.missing} 個兌換碼：加進內容裡保存，另一位批准後自動發給得主。`,
        href: `${at}/edit#prizes`,
        label: '去補碼',
      };
    case 'nothing':
      return {
        text: `抽獎 ${wait.draw} 開賽時沒有公布承諾，不能公開抽獎。`,
        href: drawAt(wait.draw),
        label: '看抽獎',
      };
  }
}

export const drawAt = (draw: string): string => {
  const [campaign = '', prize = ''] = draw.split('/');
  return `/quiz/${campaign}/draws/${prize}`;
};

/** What these people are called on boards; masked for who may not see them whole. */
export async function namesFor({ services, may }: Visit, pids: string[]): Promise<(pid: string) => string> {
  const names = await services.names.nameOf([...new Set(pids)]);
  const full = may('people.full');
  return (pid) => {
    const name = names.get(pid) ?? pid;
    return full ? name : maskBoardName(name);
  };
}

/** Of what was done by itself. */
export const whoDid = (by: string): string =>
  by === 'timer' ? '到點自己' : by === 'pattern' ? '程式看出來的' : by;
