import { asContent } from '../../../src/domain/quiz/definition';
import { readTable } from '../../../src/sheets/read-table';
import { beijing, content, prize } from '../../domain/quiz/workbook/content';
import { type OpenTown, openTown } from '../../support/console-browser';
import type { TownFan } from '../../support/town';
import { bytesOf, screens, walker } from '../../support/walker';

const campaign = 'autumn';
const bag = prize('bag', { quantity: 2, way: { kind: 'ranking', board: 'final', from: 1, to: 2 } });
const tea = prize('tea', {
  name: '下午茶券',
  kind: 'coupon',
  quantity: 2,
  way: { kind: 'floor', floors: [1, 2] },
  usedAt: '西湖茶館',
  validUntil: beijing('2026-12-31 23:59'),
});

let house: OpenTown;
let lin: TownFan;
let wu: TownFan;
beforeEach(async () => {
  house = await openTown({ at: '2026-12-07T20:00', sample: false });
  const { town } = house;
  const { campaigns } = town.services;
  const takenBy = () => undefined;
  await campaigns.save({ content: asContent(content({ prizes: [bag, tea] })), by: 'ann' });
  await campaigns.check({ id: campaign, by: 'ann', takenBy });
  await campaigns.start({ id: campaign, by: 'ann', takenBy });
  [lin, wu] = [await town.follower('林'), await town.follower('吳')];
  for (const fan of [lin, wu]) {
    await fan.says('秋天一戰到底');
    await town.turn({ minutes: 1 });
    await fan.says('A');
  }
  await town.turn(beijing('2026-12-07 21:15'));
  for (const [fan, name, phone] of [
    [lin, '王小明', '13800001111'],
    [wu, '陳大文', '13900002222'],
  ] as const)
    for (const words of ['領獎', name, phone, '浙江省杭州市西湖區靈隱路 1 號', '同意']) await fan.says(words);
  await town.settled();
}, 90_000);
afterEach(() => house.close());

test.each(screens)(
  'on %s an officer approves who won, sends the parcels, brings their numbers back, and takes a coupon',
  async (_, viewport, name) => {
    const { town } = house;
    const seat = await house.at(['officer'], viewport);
    const qin = walker(seat, house.url, `prizes-${name}`);
    await qin.comes();
    await qin.row('2 份獎品登記好了，等批准').waitFor();
    await qin.picture('home');
    await qin.follows('2 份獎品登記好了，等批准');
    await qin.sees(/共 2 份/);
    expect(await qin.reads(qin.page.locator('tbody'))).not.toContain('13800001111');
    await qin.picture('winners');
    await qin.agrees('全部批准 2 份', '全部 2 份', '批准了 2 份。');
    await qin.sees('沒有符合條件的');
    await qin.picture('approved');

    await qin.goes('活動', '快遞');
    await qin.sees('2', qin.page.locator('.tile').filter({ hasText: '待寄' }));
    await qin.picture('courier');
    await qin.ticks('CSV');
    await qin.does('導出給快遞', '開始導出');
    await town.app.taskRunner.drain();
    await qin.sees(/導出了 2 件待寄/);
    await qin.picture('exported');
    const file = await qin.takes(/^下載/);
    const { rows } = await readTable({ name: file.suggestedFilename(), bytes: await bytesOf(file) });
    const parcels = rows.map(({ cells }) => cells);
    expect(parcels.map((one) => one['收件人']).toSorted()).toEqual(['王小明', '陳大文'].toSorted());

    const filled = [
      '訂單號,快遞公司,快遞單號',
      ...parcels.map((one, n) => `${String(one['訂單號'])},順豐,SF123456789${n}`),
    ];
    await qin.goes('活動', '快遞');
    await qin.presses('導回單號');
    await qin.sees('請選一個文件');
    await qin.brings('快遞填好的文件', { name: '順豐.csv', bytes: Buffer.from(`${filled.join('\n')}\n`) });
    await qin.does('導回單號', '文件讀好了');
    await town.app.taskRunner.drain();
    await qin.sees(/登記了 2 件/);
    await qin.picture('numbers');
    await town.settled();
    for (const fan of [lin, wu]) expect(fan.inbox.at(-1)).toMatch(/寄出了：順豐 SF123456789[01]/);

    const shown = await lin.says('獎品');
    const code = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(shown)?.[0] ?? shown;
    await qin.goes('活動', '核銷');
    await qin.fills('券碼', code.toLowerCase());
    await qin.fills('在哪裡', '西湖茶館');
    await qin.presses('查這個碼');
    await qin.sees('可以用');
    await qin.picture('coupon');
    await qin.does('核銷', '已登記為使用');
    await qin.picture('used');
    await qin.sees('下午茶券');
    expect(await qin.page.getByLabel(/^在哪裡/).inputValue()).toBe('西湖茶館');
    await qin.fills('券碼', code);
    await qin.presses('查這個碼');
    await qin.sees('已經用過');
    await qin.picture('twice');

    const states: string[] = [];
    for await (const { prize: of, state } of town.services.prizes.awards.find({ campaign }))
      states.push(`${of} ${state}`);
    expect(states.toSorted()).toEqual(['bag sent', 'bag sent', 'tea told', 'tea used']);
    expect(qin.worries()).toEqual([]);
    await seat.context.close();
  },
  120_000,
);
