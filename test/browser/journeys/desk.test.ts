import { type OpenTown, openTown } from '../../support/console-browser';
import { screens, walker } from '../../support/walker';

let house: OpenTown;
beforeEach(async () => {
  house = await openTown();
}, 60_000);
afterEach(() => house.close());

test.each(screens)(
  'on %s an agent takes up who asked for a person, answers while the bot is silent, and gives her back to it',
  async (_, viewport, name) => {
    const { town } = house;
    const seat = await house.at(['agent'], viewport);
    const hua = walker(seat, house.url, `desk-${name}`);
    await hua.comes();
    await hua.goes('客服', '收件箱');
    await hua.picture('nobody');

    const lin = await town.follower('小琳');
    expect(await lin.says('人工')).toContain('已經請同事過來了');
    await town.settled();
    // The page notices who waits without being asked to, and leads there.
    await hua.sees('1', hua.page.locator('.tile').filter({ hasText: '等人接' }));
    await hua.picture('waits');
    await hua.follows('看誰在等');
    const waiting = hua.row('等人接');
    await waiting.waitFor();
    await hua.page.locator('tbody tr a').first().click();
    await hua.sees('她在等人接，小藝還在答。');
    await hua.picture('talk');
    await hua.does('接她', '接過來了');
    await hua.sees('你在和她談，小藝不插嘴。');
    await town.settled();
    expect(lin.inbox.at(-1)).toContain('同事來了');

    await town.turn({ minutes: 1 });
    for (const words of ['杭州天氣', '房間能加床嗎']) expect(await lin.says(words)).toBe('');
    await town.settled();
    await hua.sees('房間能加床嗎');
    await hua.sees(/還可以發 5 條/);
    await hua.fills('答覆', '可以加一張，每晚 80 元。');
    await hua.picture('answering');
    await hua.does('發送', '發了。');
    await town.settled();
    expect(lin.inbox.at(-1)).toBe('可以加一張，每晚 80 元。');
    await hua.sees(/還可以發 4 條/);
    await hua.sees('可以加一張，每晚 80 元。');
    for (const n of [2, 3, 4, 5]) {
      await hua.fills('答覆', `再說第 ${n} 句`);
      await hua.does('發送', '發了。');
      await hua.sees(n === 5 ? '現在發不了。' : new RegExp(`還可以發 ${5 - n} 條`));
    }
    await hua.fills('答覆', '明天見');
    await hua.presses('發送');
    await hua.sees(/已經用完了/);
    await hua.picture('no-more');
    await hua.does('留給她下次的話', '留好了');
    await town.settled();
    expect(lin.inbox.at(-1)).toBe('再說第 5 句');
    await town.turn({ minutes: 1 });
    expect(await lin.says('好的')).toBe('明天見');
    await hua.sees(/還可以發 5 條/);

    await hua.presses('結束');
    await hua.picture('closing');
    await hua.does('結束', '結束了', hua.dialog());
    await town.settled();
    expect(lin.inbox.at(-1)).toContain('小藝回來了');
    expect(await lin.says('杭州天氣')).toContain('杭州天氣');
    await hua.picture('closed');
    expect(hua.worries()).toEqual([]);
    await seat.context.close();
  },
  120_000,
);
