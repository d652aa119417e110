import { writeFile } from 'node:fs/promises';
import { verify as verifyDraw } from '../../src/domain/draws/draw-proof';
import type { Settled } from '../../src/domain/settlement/decisions';
import { AppError } from '../../src/errors';
import { beijingMoment, momentAt } from '../../src/kit/beijing';
import { plainCell } from '../../src/sheets/safe-cells';
import { Misuse, namesAreSaid, only } from '../command-line';
import { type Asked, type Command, tellSameLogin } from './command';

export const settle: Command = {
  args: '編號 [--with-held]',
  help: '結算（結束十分鐘後自己開始）：做到能做的地方；--with-held 不等被留置的人',
  async run({ args, values, services }) {
    const campaign = only(args);
    const asked = { campaign, by: values.by, withHeld: values['with-held'] };
    await tellSettled(services, campaign, await services.settlement.settle(asked));
    return 0;
  },
};

async function tellSettled(services: Asked['services'], id: string, done: Settled): Promise<void> {
  switch (done.kind) {
    case 'settled':
      return console.log(`${id} 結案了。核對：npm run quiz -- verify ${id}`);
    case 'review':
      console.log(`${done.held} 人被留置，名單還沒有公布：`);
      await tellHeld(services, id);
      console.log(`看過後：npm run quiz -- release（或 disqualify）${id} 代號 --reason 原因`);
      return console.log(`不等他們，先公布其他人的：npm run quiz -- settle ${id} --with-held`);
    case 'draws':
      console.log(`${id} 的其他獎品都發了；等這些抽獎：`);
      for (const { draw, why, named } of done.waiting) console.log(`  ${draw}：${next[why](draw, named)}`);
  }
}

async function goOnWhenDecided({ services, values }: Asked, campaign: string): Promise<void> {
  const done = await services.settlement.goOnIfDecided({ campaign, by: values.by });
  if (done.kind === 'review') console.log(`還有 ${done.held} 人要決定。`);
  else if (done.kind !== 'idle') await tellSettled(services, campaign, done);
}

const next = {
  value: (draw: string, named: string) =>
    `公布後由兩位各自輸入「${named}」：npm run quiz -- draw ${draw} value 公開數 --by 姓名`,
  late: (draw: string, named: string) =>
    `「${named}」已經可以知道，不能再用；由兩位指定以後的：npm run quiz -- draw ${draw} put-off "名稱" "2026-12-01 10:00" --reason 原因 --by 姓名`,
  uncommitted: () => '開賽時沒有公布承諾，不能公開抽獎',
};

async function tellHeld(services: Asked['services'], campaign: string): Promise<number> {
  const names = { held: '留置', released: '放行', rejected: '取消資格' };
  const all = await services.settlement.held(campaign);
  for (const { pid, state, reasons, decided } of all) {
    const how = decided ? `，${decided.by}：${decided.reason}` : '';
    console.log(`  ${pid} ${names[state]}${how}（${reasons.map(({ seen }) => seen).join('；')}）`);
  }
  return all.length;
}

/** A decision about one person, with the reason that is kept. */
const decision = (
  help: string,
  act: (
    settlement: Asked['services']['settlement'],
    asked: { campaign: string; pid: string; by: string; reason: string },
  ) => Promise<unknown>,
  then: (asked: Asked, campaign: string) => Promise<void> = async () => {},
): Command => ({
  args: '編號 代號 --reason 原因',
  help,
  async run(asked) {
    const { args, values, services } = asked;
    const [campaign, shown, ...more] = args;
    if (!campaign || !shown || more.length > 0) throw new Misuse();
    // As an export shows it.
    const pid = plainCell(shown);
    const reason = values.reason.trim();
    if (reason === '') throw new AppError('Invalid', 'quiz.reason', '請用 --reason 寫明原因，會留下記錄。');
    await act(services.settlement, { campaign, pid, by: values.by, reason });
    await tellHeld(services, campaign);
    await then(asked, campaign);
    return 0;
  },
});

export const hold = decision('留置一個人：樓層與積分保留，榜上不顯示，獎品先不發', (settlement, asked) =>
  settlement.hold(asked),
);
export const release = decision(
  '放行被留置的人',
  (settlement, asked) => settlement.release(asked),
  goOnWhenDecided,
);
export const disqualify = decision(
  '取消被留置者的資格：沖回積分，獎品往下遞補',
  (settlement, asked) => settlement.reject(asked),
  goOnWhenDecided,
);

export const held: Command = {
  args: '編號',
  help: '誰被留置，為什麼，怎麼決定的',
  async run({ args, services }) {
    const campaign = only(args);
    await services.campaigns.row(campaign);
    if ((await tellHeld(services, campaign)) === 0) console.log('沒有人被留置。');
    return 0;
  },
};

export const verify: Command = {
  args: '編號',
  help: '由順序記錄重算一遍，並對帳；0 處不同才算對',
  async run({ args, services }) {
    const id = only(args);
    await services.campaigns.row(id);
    const { answers, wins, differences } = await services.proof.replay(id);
    const unequal = [...differences, ...(await services.proof.audit(id))];
    console.log(`${id}：${answers} 個答案重算，樓層與搶答 ${wins.length} 個獎；${unequal.length} 處不同。`);
    for (const { what, id: whose, expected, found } of unequal.slice(0, 50))
      console.error(`  ${what} ${whose}：應為 ${JSON.stringify(expected)}，實為 ${JSON.stringify(found)}`);
    let wrong = unequal.length;
    for (const { _id, state } of await services.draws.of(id)) {
      if (state !== 'drawn') continue;
      const problems = verifyDraw(await services.draws.proof(_id));
      wrong += problems.length;
      console.log(`抽獎 ${_id}：${problems.length === 0 ? '重算相同' : problems.join('；')}`);
    }
    return wrong === 0 ? 0 : 1;
  },
};

const drawStates = {
  committed: '已公布承諾，等凍結名單',
  frozen: '名單已凍結，等公開數',
  valued: '公開數已定，等開獎',
  drawn: '已開獎',
};

export const draw: Command = {
  args: '編號/獎品 [value 公開數 | put-off 名稱 時間 | proof --out 檔案]',
  help: '公開抽獎：看狀態，輸入公開數（兩位），換公開數（兩位），導出證明',
  async run({ args, values, services }) {
    const { draws } = services;
    const [id = '', what, first, second] = args;
    if (id === '') throw new Misuse();
    const said = { id, by: values.by };
    if (what === 'value' && first !== undefined) {
      const done = await services.settlement.enterValue({ draw: id, value: first, by: values.by });
      if (done.kind === 'waits')
        console.log(`記下了；請另一位核對原始公告後，自己也輸入一次。（${namesAreSaid}。）`);
      else {
        const { campaign, won, reserve, people } = done;
        if (people) tellSameLogin(people.first, people.second);
        console.log(`兩位輸入相同，開獎了。中獎號碼：${won.join(' ')}；候補：${reserve.join(' ') || '無'}`);
        await tellSettled(services, campaign, done.settled);
      }
      return 0;
    }
    if (what === 'put-off' && first !== undefined && second !== undefined) {
      const valueAt = momentAt(second.trim());
      if (Number.isNaN(valueAt)) throw new Misuse();
      const reason = values.reason.trim();
      if (reason === '') throw new AppError('Invalid', 'quiz.reason', '請用 --reason 寫明原因，會留下記錄。');
      const done = await draws.putOff({ ...said, named: first, valueAt, reason });
      console.log(
        done === 'waits'
          ? `記下了；請另一位也輸入一次。（${namesAreSaid}。）`
          : `改用「${first}」，${beijingMoment(valueAt)} 公布。`,
      );
      return 0;
    }
    if (what === 'proof') {
      if (values.out === '') throw new Misuse();
      await writeFile(values.out, `${JSON.stringify(await draws.proof(id), null, 1)}\n`, { flag: 'wx' });
      console.log(`已寫好 ${values.out}。任何人都能重算：node scripts/verify-draw.js ${values.out}`);
      return 0;
    }
    if (what !== undefined) throw new Misuse();
    const row = await draws.read(id);
    if (!row) throw new AppError('NotFound', 'draw.unknown', `沒有編號是「${id}」的抽獎。`);
    console.log(`${id}：${drawStates[row.state]}`);
    console.log(`承諾 ${row.commitment}（${beijingMoment(row.committedAt)} 公布）`);
    console.log(`公開數「${row.named}」，${beijingMoment(row.valueAt)} 公布`);
    for (const { named, by, approvedBy, reason } of row.putOff)
      console.log(`原來是「${named}」，${by}、${approvedBy} 換的：${reason}`);
    if (row.frozen)
      console.log(
        `名單 ${row.frozen.entries} 個號碼，雜湊 ${row.frozen.hash}（${beijingMoment(row.frozen.at)} 凍結）`,
      );
    if (row.pending) console.log(`${row.pending.by} 已輸入，等另一位。`);
    if (row.value) console.log(`公開數 ${row.value.text}，${row.value.by}、${row.value.approvedBy} 輸入`);
    if (row.drawn)
      console.log(`中獎 ${row.drawn.won.join(' ')}；候補 ${row.drawn.reserve.join(' ') || '無'}`);
    return 0;
  },
};
