import { readTable } from '../../../src/sheets/read-table';
import { beijing } from '../../domain/quiz/workbook/content';
import { type OpenTown, openTown } from '../../support/console-browser';
import type { TownFan } from '../../support/town';
import { bytesOf, screens, type Walker, walker } from '../../support/walker';

let house: OpenTown;
beforeEach(async () => {
  house = await openTown({ sample: false });
}, 60_000);
afterEach(() => house.close());

const questions = ['西湖在哪裡？', '斷橋在哪裡？', '靈隱寺在哪裡？'];

/** As she reads it: every fan has the options in an order of her own. */
function rightly(fan: TownFan, read: string): Promise<string> {
  const letter = /([A-F])\s*[.．、:：)]?\s*杭州/.exec(read)?.[1];
  if (letter === undefined) throw new Error(`No answer is seen in: ${read}`);
  const { clock } = house.town;
  clock.setOffset(clock.offset() + 5_000); // she reads before she answers
  return fan.says(letter);
}

async function writes(mei: Walker): Promise<void> {
  await mei.fills('標題', '西湖一戰');
  await mei.fills('粉絲說什麼就開始', '西湖開戰');
  await mei.fills('開始', '2026-11-24T09:00');
  await mei.fills('結束', '2026-11-26T22:00');
  await mei.fills('每天最多幾題', '3');
  await mei.fills('關卡', '3/1');
  for (const [n, text] of questions.entries()) {
    const row = mei.page.locator('#questions > fieldset').nth(n);
    await mei.fills('題目', text, row);
    await mei.fills('選項 A', '杭州', row);
    await mei.fills('選項 B', '蘇州', row);
    await mei.chooses('答案', 'A', row);
  }
  await mei.presses('加一種獎品');
  const prize = mei.page.locator('#prize-rows > fieldset').first();
  await mei.fills('名稱（含規格）', '登機箱', prize);
  await mei.fills('單價（元）', '99', prize);
  await mei.fills('數量', '1', prize);
  await mei.fills('哪幾樓', '2', prize);
  await mei.fills('幾天內領', '15', prize);
  await mei.fills('怎麼發', '填地址後寄出', prize);
  await mei.fills('領取條件', '無', prize);
}

test.each(screens)(
  'on %s a quiz is written, checked, rehearsed, begun by two, played, watched, settled, and the list of its winners taken away by a third',
  async (_, viewport, name) => {
    const { town } = house;
    const seat = await house.at(['marketer'], viewport);
    const mei = walker(seat, house.url, `quiz-${name}`);
    await mei.comes();
    await mei.goes('活動', '答題活動');
    await mei.picture('list');
    await mei.follows('新的活動');
    await writes(mei);
    await mei.picture('written');
    await mei.does('保存草稿', '草稿');

    // What the law wants is not there yet: the check says so, with the way there.
    await mei.does('檢查', '還不能公布');
    await mei.picture('to-mend');
    await mei.page.locator('#check tbody a').first().click();
    await mei.page.waitForURL('**/edit#f-organiser');
    await mei.fills(
      '規則',
      '一、每天三題，答對一題 10 分。二、姓名電話地址僅用於寄送獎品；不滿十四歲請由監護人代為參加。',
    );
    await mei.fills('主辦單位', '某某旅行社有限公司');
    await mei.fills('聯繫方式', '400-000-0000');
    await mei.fills('逾期沒領怎麼辦', '十五天內沒有領取視為放棄，獎品退回庫存。');
    await mei.does('保存草稿', '草稿');
    await mei.does('檢查', '檢查通過');
    await mei.picture('checked');

    await mei.page.locator('main').getByRole('link', { name: '排練', exact: true }).last().click();
    await mei.does('開始排練', '排練開始');
    for (const [words, heard] of [
      ['西湖開戰', '第 1 題'],
      ['A', '第 1 樓'],
    ] as const) {
      await mei.fills('她說', words);
      await mei.presses('說');
      await mei.sees(new RegExp(heard), mei.page.locator('#stage'));
    }
    await mei.picture('rehearsed');
    await mei.does('結束排練', '排練');

    await mei.follows('概覽');
    await mei.presses('開始');
    await mei.picture('starting');
    await mei.does('公布', '2026-11-24 09:00 自己開賽', mei.dialog());

    const second = await house.at(['approver'], viewport);
    const zhen = walker(second, house.url, `quiz-${name}-approver`);
    await zhen.comes();
    await zhen.goes('活動', '答題活動');
    await zhen.follows('西湖一戰');
    await zhen.picture('published');
    await zhen.presses('立刻開賽');
    await zhen.does('開賽', '開賽了', zhen.dialog());
    await town.notice();

    await mei.goes('活動', '答題活動');
    await mei.follows('西湖一戰');
    await mei.follows('實況');
    const [lin, wu] = [await town.follower('林'), await town.follower('吳')];
    const first = await lin.says('西湖開戰');
    expect(first).toContain('第 1 題');
    const hers = await wu.says('西湖開戰');
    const next = await rightly(lin, first);
    expect(await rightly(wu, hers)).toContain('幸運樓層');
    await rightly(lin, next);
    await town.settled();
    const tile = (label: string) => mei.page.locator('.tile').filter({ hasText: label });
    await mei.sees('3', tile('現在到第幾樓'));
    await mei.sees('2', tile('玩家').first());
    await mei.sees('登機箱', mei.card('最近得獎'));
    expect(await mei.reads(mei.card('最近得獎'))).toContain('第 2 樓');
    // What is left is said to be at most a quarter of a minute late.
    await mei.page
      .locator('.card')
      .filter({ hasText: '獎品還剩幾份' })
      .locator('td[data-label="剩"]')
      .getByText('發完', { exact: true })
      .waitFor({ timeout: 25_000 });
    await mei.picture('live');

    await town.turn(beijing('2026-11-26 22:05'));
    await mei.goes('活動', '答題活動');
    await mei.follows('西湖一戰');
    await mei.picture('ended');
    await mei.follows('結算與報告');
    await mei.does('現在就結算', '結算');
    await town.app.taskRunner.drain();
    await mei.sees('結案了：獎品都發了。');
    await mei.picture('settled');
    await mei.follows('去看');
    await mei.follows('中獎名單');
    await mei.sees(/共 1 份/);
    await mei.sees(/請獎品專員、分析來導出/);
    await mei.picture('winners');

    const third = await house.at(['officer'], viewport);
    const qin = walker(third, house.url, `quiz-${name}-officer`);
    await qin.comes();
    await qin.goes('活動', '中獎者');
    await qin.chooses('活動', '西湖一戰', qin.page.locator('form.filters'));
    await qin.page.waitForURL('**/winners?campaign=*');
    await qin.presses('導出');
    await qin.ticks('CSV', qin.dialog());
    await qin.picture('exporting');
    await qin.does('開始導出', '開始導出', qin.dialog());
    await town.app.taskRunner.drain();
    const file = await qin.takes(/^下載/);
    const { rows } = await readTable({ name: file.suggestedFilename(), bytes: await bytesOf(file) });
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).toContain('登機箱');
    expect(await wu.says('獎品')).toContain('登機箱');
    expect(await lin.says('獎品')).not.toContain('登機箱');
    expect([...mei.worries(), ...zhen.worries(), ...qin.worries()]).toEqual([]);
    await seat.context.close();
    await second.context.close();
    await third.context.close();
  },
  150_000,
);
