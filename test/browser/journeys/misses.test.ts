import { type OpenTown, openTown } from '../../support/console-browser';
import { screens, walker } from '../../support/walker';

let house: OpenTown;
beforeEach(async () => {
  house = await openTown();
}, 60_000);
afterEach(() => house.close());

test.each(screens)(
  'on %s a marketer answers what fans asked in vain, with a click, and the next who asks is told',
  async (_, viewport, name) => {
    const { town } = house;
    const fans = await Promise.all(['An', 'Bo', 'Cai'].map((one) => town.follower(one)));
    for (const fan of fans) expect(await fan.says('可以刷卡嗎')).not.toContain('各種卡都可以');
    await town.settled();

    const seat = await house.at(['marketer'], viewport);
    const mei = walker(seat, house.url, `misses-${name}`);
    await mei.comes();
    await mei.goes('內容', '問了沒答上');
    expect(await mei.reads(mei.row('可以刷卡嗎'))).toMatch(/可以刷卡嗎.*3/);
    await mei.picture('list');
    await mei.follows('寫一條規則', mei.row('可以刷卡嗎'));
    expect(await mei.page.getByLabel('整句就是這個詞').inputValue()).toBe('可以刷卡嗎');
    await mei.picture('new');
    await mei.presses('保存');
    // What is not written yet is told at its place.
    await mei.sees('要有文字');
    await mei.picture('refused');
    await mei.fills('文字', '各種卡都可以。');
    await mei.does('保存', '存好了');
    await mei.picture('saved');
    await mei.sees('沒有答不上的話');

    const [an] = fans;
    expect(await an?.says('可以刷卡吗')).toContain('各种卡都可以');
    expect(await (await town.follower('Dan')).says('可以刷卡嗎？')).toContain('各種卡都可以');
    expect(mei.worries()).toEqual([]);
    await seat.context.close();
  },
  90_000,
);
