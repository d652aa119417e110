import { type OpenTown, openTown } from '../../support/console-browser';
import { screens, walker } from '../../support/walker';

let house: OpenTown;
beforeEach(async () => {
  house = await openTown({ sample: true, settings: { PUSH_APPROVAL_ABOVE: '1' } });
}, 60_000);
afterEach(() => house.close());

test.each(screens)(
  'on %s a marketer says who is meant and what is said, another agrees, and those who are meant read it',
  async (_, viewport, name) => {
    const { town } = house;
    const fans = [await town.follower('林'), await town.follower('柏')];
    const [lin] = fans;
    await lin?.says('改名 林梅');
    for (const fan of fans) await fan.says('杭州天氣');
    await town.settled();
    await town.services.people.rebuild();

    const seat = await house.at(['marketer'], viewport);
    const mei = walker(seat, house.url, `push-${name}`);
    await mei.comes();
    await mei.goes('用戶', '分群');
    await mei.follows('新建分群');
    await mei.fills('名稱', '說過話的');
    await mei.fills('編號', 'talkers');
    await mei.chooses('條件', '… 天內來過');
    await mei.page.locator('.rule-places input').fill('30');
    await mei.page.locator('.rule-places input').blur();
    await mei.sees(/^2 人$/, mei.page.locator('.rule-side'));
    expect(await mei.page.getByLabel('這句話').inputValue()).toContain('30 天內來過');
    await mei.picture('segment');
    await mei.does('保存', '說過話的');
    await mei.picture('segment-saved');

    await mei.goes('觸達', '推送');
    await mei.follows('寫一個推送');
    await mei.fills('名稱', '周末');
    await mei.fills('文字', '{名字|朋友}，周末去哪裡？');
    await mei.chooses('發給誰', '說過話的（talkers）');
    await mei.sees('2 人', mei.page.locator('#audience'));
    await mei.sees(/朋友，周末去哪裡？/, mei.page.locator('.stays'));
    await mei.picture('written');
    await mei.does('存好，下一步', '存好了');
    await mei.sees(/超過 1 人/);
    expect(await mei.reads(mei.row('客服消息'))).toMatch(/客服消息.*2/);
    await mei.picture('planned');
    await mei.fills('發給誰看', '林梅');
    await mei.does('試發', '1 個人');
    await town.settled();
    expect(lin?.inbox.at(-1)).toContain('林梅，周末去哪裡？');
    await mei.presses('開始');
    await mei.picture('starting');
    await mei.does('開始', '等第二個人批准', mei.dialog());
    await mei.sees(/你寫過或送出過它/);
    await mei.picture('waits');

    const second = await house.at(['approver'], viewport);
    const zhen = walker(second, house.url, `push-${name}-approver`);
    await zhen.comes();
    await zhen.sees('等人處理');
    await zhen.row('周末').waitFor();
    await zhen.picture('home');
    await zhen.row('周末').getByRole('link').first().click();
    await zhen.sees(/等你批准/);
    await zhen.sees(/，周末去哪裡？/);
    await zhen.picture('asked');
    await zhen.presses('批准');
    await zhen.does('批准', '批准了', zhen.dialog());
    await town.settled();

    await mei.goes('觸達', '推送');
    await mei.row('周末').waitFor();
    expect(await mei.reads(mei.row('周末'))).toContain('2 / 2');
    await mei.follows('周末');
    await mei.sees('進度');
    await mei.sees('2', mei.page.locator('.tile').filter({ hasText: '發出' }));
    await mei.sees(/發出之後回來過的/);
    await mei.picture('report');
    const read = fans.map((fan) => fan.inbox.filter((text) => text.includes('周末去哪裡？')).length);
    expect(read).toEqual([2, 1]); // one of hers was the trial
    const [push] = await town.services.pushes.list();
    expect(await town.services.pushes.status(push?._id ?? '')).toMatchObject({
      state: 'finished',
      counts: { sent: 2 },
    });
    expect([...mei.worries(), ...zhen.worries()]).toEqual([]);
    await seat.context.close();
    await second.context.close();
  },
  120_000,
);
