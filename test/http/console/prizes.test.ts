import { asContent } from '../../../src/domain/quiz/definition';
import { readTable } from '../../../src/sheets/read-table';
import { beijing, content, prize } from '../../domain/quiz/workbook/content';
import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town, type TownFan } from '../../support/town';

type Teammate = Awaited<ReturnType<TestConsole['as']>>;

let town: Town;
let desk: TestConsole;
let marketer: Teammate;
let approver: Teammate;
let officer: Teammate;
let analyst: Teammate;
let agent: Teammate;
let operator: Teammate;
let lin: TownFan;
let wu: TownFan;

const campaign = 'autumn';
const takenBy = () => undefined;
const bag = prize('bag', {
  sponsor: 'banri',
  quantity: 2,
  way: { kind: 'ranking', board: 'final', from: 1, to: 2 },
});
const tea = prize('tea', {
  name: '下午茶券',
  kind: 'coupon',
  quantity: 2,
  way: { kind: 'floor', floors: [1, 2] },
  usedAt: '西湖茶館',
  validUntil: beijing('2026-12-31 23:59'),
});
const card = prize('card', {
  name: '影音月卡',
  kind: 'code',
  quantity: 2,
  way: { kind: 'floor', floors: [3, 4] },
});

const awardId = async (of: string, n = 0): Promise<string> => {
  const found: string[] = [];
  for await (const { _id } of town.services.prizes.awards.find({ campaign, prize: of })) found.push(_id);
  const id = found[n];
  if (id === undefined) throw new Error(`Nobody won ${of}.`);
  return id;
};
const stateOf = async (id: string) => (await town.services.prizes.awards.read(id))?.state;
const path = (id: string) => `/winners/${encodeURIComponent(id)}`;
/** Long work to its end: what it says, and the rows of its file. */
async function worked(who: Teammate, to: string | undefined) {
  await desk.worked();
  const id = to?.replace('/tasks/', '') ?? '';
  const { text = '', why = '', file } = await town.services.tasks.get(id);
  if (!file) return { text, why, rows: [], name: '' };
  const { body } = await who
    .get(`/tasks/${id}/file`)
    .buffer(true)
    .parse((response, done) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => done(null, Buffer.concat(parts)));
    });
  const { rows } = await readTable({ name: file.name, bytes: body as Buffer });
  return { text, why, rows: rows.map(({ cells }) => cells), name: file.name };
}

beforeAll(async () => {
  town = await createTown({ at: '2026-12-07T20:00', sample: false });
  desk = openConsole(town);
  [marketer, approver, officer, analyst, agent, operator] = await Promise.all([
    desk.as('marketer'),
    desk.as('approver'),
    desk.as('officer'),
    desk.as('analyst'),
    desk.as('agent'),
    desk.as('operator'),
  ]);
  const { campaigns } = town.services;
  await campaigns.save({ content: asContent(content({ prizes: [bag, tea, card] })), by: 'ann' });
  const codes = await marketer.does('/prizes/codes/add', {
    campaign,
    prize: 'card',
    codes: 'AAAA-1111\nBBBB-2222\nWRONG-0\n',
  });
  expect(codes).toMatchObject({ said: '補了 3 個碼；草稿要重新檢查。' });
  expect(await campaigns.check({ id: campaign, by: 'ann', takenBy })).toMatchObject({ passed: true });
  await campaigns.start({ id: campaign, by: 'ann', takenBy });
  [lin, wu] = await Promise.all([town.follower('林'), town.follower('吳')]);
  for (const fan of [lin, wu]) {
    await fan.says('秋天一戰到底');
    await town.turn({ minutes: 1 });
    await fan.says('A');
  }
  await town.turn(beijing('2026-12-07 21:15'));
  expect(await campaigns.find(campaign)).toMatchObject({ state: 'settled' });
}, 120_000);
afterAll(async () => {
  await desk.close();
  await town.close();
});

test('story: a winner claims in chat, is approved, sent and told; a second file corrects her number', async () => {
  await lin.says('領獎');
  await lin.says('王小明');
  await lin.says('13800001111');
  await lin.says('浙江省杭州市西湖區靈隱路 1 號');
  expect(await lin.says('同意')).toContain('登機箱');
  const claimed = await officer.reads('/winners?state=claimed');
  expect(claimed).toContain('138****1111');
  expect(claimed).not.toContain('13800001111');
  const [id = ''] = /value="(autumn\/bag\/[^"]+)"/.exec(claimed)?.slice(1) ?? [];

  const address = { name: '王小明', phone: '13800001111', reason: '本人來電' };
  expect(await officer.does(`${path(id)}/address`, { ...address, address: '短' })).toMatchObject({
    fields: { address: expect.any(String) },
  });
  expect(
    await officer.does(`${path(id)}/address`, { ...address, address: '浙江省杭州市西湖區北山街 2 號' }),
  ).toEqual({ said: '收件資料改好了。' });

  expect(await officer.does('/winners/approve', { ids: id })).toMatchObject({ said: '批准了 1 份。' });
  expect(await stateOf(id)).toBe('approved');
  expect(
    await officer.does(`${path(id)}/address`, { ...address, address: '浙江省杭州市靈隱路 3 號' }),
  ).toMatchObject({
    refused: expect.stringContaining('已經批准了'),
  });

  const asked = await officer.does('/prizes/courier/export', { campaign, format: 'csv' });
  const parcels = await worked(officer, asked.to);
  expect(parcels.text).toContain('導出了 1 件待寄');
  expect(parcels.rows).toEqual([
    expect.objectContaining({ 訂單號: id, 收件人: '王小明', 收件地址: '浙江省杭州市西湖區北山街 2 號' }),
  ]);

  const file = (number: string) => ({
    field: 'file',
    name: 'sf.csv',
    bytes: Buffer.from(
      `訂單號,快遞公司,快遞單號\n${id},順豐,${number}\nnobody,順豐,SF9999999999\n${id}x,順豐,??\n`,
    ),
  });
  const brought = await officer.sends('/prizes/courier/import', {}, [file('SF1234567890')]);
  const done = await worked(officer, brought.to);
  expect(done.text).toContain('登記了 1 件，更正了 0 件，已登記過 0 件，有問題 2 行');
  expect(done.text).toContain('第 3 行：沒有編號是「nobody」的獎品');
  expect(done.rows).toHaveLength(2);
  await town.settled();
  expect(lin.inbox.at(-1)).toContain('寄出了：順豐 SF1234567890');

  const corrected = await officer.sends('/prizes/courier/import', { correct: 'on' }, [file('SF1234567891')]);
  expect((await worked(officer, corrected.to)).text).toContain('更正了 1 件');
  await town.settled();
  expect(lin.inbox.at(-1)).toContain('單號更正為：順豐 SF1234567891');
  expect(await officer.does(`${path(id)}/tracking`, { courier: '順豐', tracking: 'x' })).toMatchObject({
    fields: { tracking: expect.stringContaining('不像運單號') },
  });
  expect(
    await officer.does(`${path(id)}/tracking`, { courier: '中通', tracking: 'ZT12345678' }),
  ).toMatchObject({
    said: '更正好了，她會再收到一次。',
  });
  await town.settled();
  expect(lin.inbox.at(-1)).toContain('中通 ZT12345678');
  expect(await officer.reads(path(id))).toContain('單號更正，原來是 順豐 SF1234567891');
});

test('stock says how many of each prize were won, wait and are left, and each number is the length of its list', async () => {
  const html = await approver.reads('/prizes/stock?campaign=autumn');
  const cells = (name: string) => {
    const row = html.split('<tr>').find((one) => one.includes(name)) ?? '';
    return [...row.matchAll(/<td data-label="([^"]*)"[^>]*>([\s\S]*?)<\/td>/g)].map(
      ([, label, cell = '']) => `${label} ${cell.replace(/<[^>]+>|\s+/g, '')}`,
    );
  };
  expect(cells('下午茶券')).toEqual([
    '獎品 下午茶券',
    '贊助商 —',
    '數量 2',
    '發出 2',
    '待領或待用 2',
    '待批准 —',
    '待寄 —',
    '到手 0',
    '過期 0',
    '作廢 0',
    '剩 0',
  ]);
  expect(cells('登機箱')).toContain('發出 2');
  expect(html).toContain('半日茶鋪');
  for (const [, href = '', number] of html.matchAll(/href="(\/winners\?[^"]+)">(\d+)/g)) {
    const list = await approver.reads(href.replaceAll('&amp;', '&'));
    expect([href, list.split('href="/winners/autumn%2F').length - 1]).toEqual([href, Number(number)]);
  }
  expect(await approver.reads('/prizes')).toContain('秋天一戰到底');
  expect(await approver.reads('/prizes?campaign=autumn&sponsor=banri')).toContain('sponsor=banri');
});

test('the list of winners is filtered by its address, sorted and gone on with', async () => {
  const all = await analyst.reads('/winners');
  expect(all).toContain('登機箱');
  expect(all).not.toContain('name="ids"');
  expect(await analyst.reads('/winners?prize=tea&campaign=autumn')).not.toContain('登機箱</a>');
  expect(await analyst.reads('/winners?day=2026-11-01')).toContain('沒有符合條件的');
  const coupon = await town.services.prizes.awards.read(await awardId('tea'));
  const found = await analyst.reads(`/winners?q=${coupon?.redeem}`);
  expect(found).toContain('下午茶券');
  expect(found).not.toContain('登機箱');
  expect(all).not.toContain(coupon?.redeem?.slice(0, 4));
  expect((await analyst.get('/winners?state=nothing')).status).toBe(400);

  const { winnersBy } = town.services.prizes;
  const some = await winnersBy({ campaign }, { full: false, limit: 3 });
  const more = await winnersBy({ campaign }, { full: false, limit: 3, from: some.next });
  const listed = [...some.winners, ...more.winners].map(({ award }) => award._id);
  const oldest = await winnersBy({ campaign }, { full: false, oldest: true });
  expect(listed).toEqual(oldest.winners.map(({ award }) => award._id).toReversed());
  expect(listed.length).toBeGreaterThan(3);
});

test('whole names and addresses are for who may see them, and that she looked is kept', async () => {
  expect((await analyst.get('/winners/full')).status).toBe(403);
  expect(await officer.reads('/winners/full')).toContain('13800001111');
  const id = await awardId('bag');
  expect(await analyst.reads(path(id))).not.toContain('13800001111');
  const seen = await town.services.audit.list({ words: '看中獎', by: officer.login });
  expect(seen.map(({ what }) => what)).toContain('看中獎名單的完整資料');
});

test('all of a filter is approved at once, but no more than she was shown; what is not approved is void with a reason', async () => {
  await wu.says('領獎');
  await wu.says('陳大文');
  await wu.says('13900002222');
  await wu.says('浙江省杭州市上城區清河坊 8 號');
  await wu.says('同意');
  const numbers = await approver.reads('/winners/numbers?campaign=autumn');
  expect(numbers).toContain('全部批准 1 份');
  const { prizes } = town.services;
  const claimed = (await prizes.winnersBy({ state: 'claimed' }, { full: false })).winners[0]?.award._id ?? '';
  expect(
    await approver.does('/winners/approve-all', { campaign, state: 'approved', many: '0' }),
  ).toMatchObject({
    fields: { many: expect.any(String) },
  });
  expect(await approver.does('/winners/reject', { ids: claimed, reason: '' })).toMatchObject({
    fields: { reason: '不能空著' },
  });
  expect(await approver.does('/winners/approve', {})).toMatchObject({ fields: { ids: '請先在名單上勾選' } });
  expect(await approver.does('/winners/approve-all', { campaign, many: '1' })).toMatchObject({
    said: '批准了 1 份。',
  });
  expect(await approver.does(`${path(claimed)}/void`, { reason: '重複參加' })).toMatchObject({
    said: expect.stringContaining('作廢了'),
  });
  expect(await wu.says('獎品')).toContain('登機箱（已作廢）');
  expect(await analyst.reads(path(claimed))).toContain('重複參加');
  expect(await approver.does(`${path(claimed)}/approve`)).toMatchObject({
    refused: expect.stringContaining('「已作廢」，不能批准'),
  });
});

test('many are approved as a task', async () => {
  const { prizes } = town.services;
  const giver = { id: 'many', prizes: [{ ...bag, id: 'mug', quantity: 150 }] };
  await prizes.tickets.stock('many', giver.prizes[0] as never);
  await Promise.all(
    Array.from({ length: 101 }, async (_, n) => {
      const won = {
        prize: 'mug',
        pid: `p${n}`,
        on: '2026-12-07',
        why: 'participation' as const,
        unit: `p${n}`,
      };
      const { _id } = await prizes.awards.award(giver, won);
      await prizes.awards.told(_id);
      await prizes.awards.move(_id, 'claimed', { by: 'fan' });
    }),
  );
  expect(await approver.does('/winners/approve-all', { campaign: 'many', many: '100' })).toMatchObject({
    refused: expect.stringContaining('現在有 101 份待批准'),
  });
  const { to } = await approver.does('/winners/approve-all', { campaign: 'many', many: '101' });
  expect((await worked(approver, to)).text).toBe('批准了 101 份。');
  expect(await prizes.countOf({ campaign: 'many', state: 'approved' })).toBe(101);
});

test('exports are masked or whole by right, with the filter in them, and are kept with who took them', async () => {
  const masked = await analyst.does('/winners/export', { campaign, prize: 'bag', format: 'xlsx' });
  const file = await worked(analyst, masked.to);
  expect(file.rows).toHaveLength(2);
  expect(JSON.stringify(file.rows)).not.toContain('13800001111');
  expect(await analyst.does('/winners/export-full', { campaign, format: 'csv' })).toMatchObject({
    refused: expect.stringContaining('people.full'),
  });
  const whole = await officer.does('/winners/export-full', { campaign, prize: 'bag', format: 'csv' });
  const full = await worked(officer, whole.to);
  expect(JSON.stringify(full.rows)).toContain('13800001111');
  expect(full.name).toBe('中獎-完整-autumn.csv');
  const log = await analyst.reads('/prizes/exports?campaign=autumn');
  expect(log).toContain('活動 autumn、獎品 bag');
  expect(log).toContain(officer.login);
  expect(log).toContain('快遞（CSV）');
});

test('a coupon is looked at, redeemed once, and told plainly the second time', async () => {
  const award = await town.services.prizes.awards.read(await awardId('tea'));
  const code = award?.redeem ?? '';
  const { html = '' } = await agent.does('/redeem/look', { code, at: '西湖茶館' });
  expect(html).toContain('可以用');
  expect(html).toContain('下午茶券');
  expect(html).toMatch(/旅友[0-9A-F]{4}<\/span>，第 \d 關/);
  expect(await stateOf(award?._id ?? '')).not.toBe('used');

  const far = await agent.does('/redeem/look', { code, at: '機場店' });
  expect(far.html).toContain('確定在「機場店」也能用');
  expect(await agent.does('/redeem/use', { code, at: '機場店' })).toMatchObject({
    refused: expect.stringContaining('只在「西湖茶館」使用'),
    fields: { sure: '請先確認地點' },
  });
  expect(await agent.does('/redeem/use', { code, at: '' })).toMatchObject({ fields: { at: '不能空著' } });
  expect(await agent.does('/redeem/use', { code, at: '西湖茶館' })).toMatchObject({
    said: '可以使用：下午茶券。已登記為使用。',
    to: expect.stringContaining('/redeem?at='),
  });
  expect(await agent.does('/redeem/use', { code, at: '西湖茶館' })).toMatchObject({
    refused: expect.stringContaining('已經用過了'),
  });
  expect((await agent.does('/redeem/look', { code, at: '西湖茶館' })).html).toContain('已經用過');
  const takenBack = { reason: '掃錯了' };
  const hers = `/winners/${encodeURIComponent(award?._id ?? '')}`;
  expect((await agent.post(`${hers}/unuse`, takenBack)).status).toBe(403);
  expect((await officer.does(`${hers}/unuse`, {})).fields).toHaveProperty('reason');
  expect(await officer.does(`${hers}/unuse`, takenBack)).toMatchObject({
    said: '核銷撤回了，這張券可以再用。',
  });
  expect((await agent.does('/redeem/look', { code, at: '西湖茶館' })).html).toContain('可以用');
  expect(await officer.reads(hers)).toContain('撤回核銷：掃錯了');
  await agent.does('/redeem/use', { code, at: '西湖茶館' });
  expect(await agent.reads('/redeem?at=西湖茶館')).toContain('下午茶券');
  const heads = await Promise.all(
    Array.from({ length: 7 }, () => agent.does('/redeem/look', { code: 'ABCD-ABCD-ABCD', at: '店' })),
  );
  expect(heads.filter(({ html: one = '' }) => one.includes('沒有這個碼')).length).toBeLessThanOrEqual(5);
  expect(heads.some(({ html: one = '' }) => one.includes('等一分鐘'))).toBe(true);
});

test('codes are listed masked, added and taken out by one and put in force by another', async () => {
  const list = await analyst.reads('/prizes/codes/list?campaign=autumn&prize=card');
  expect(list).toContain('AA…');
  expect(list).not.toContain('AAAA-1111');
  expect(await officer.reads('/prizes/codes/list?campaign=autumn&prize=card')).toContain('BBBB-2222');
  const of = { campaign, prize: 'card' };
  expect(
    await marketer.does('/prizes/codes/add', { ...of, codes: 'CCCC-3333\nCCCC-3333\n1.2E+11' }),
  ).toMatchObject({
    fields: { codes: expect.stringMatching(/第 2 行：與第 1 行是同一個碼\n第 3 行：這個碼是被 Excel/) },
  });
  expect(await marketer.does('/prizes/codes/take-out', { ...of, codes: 'NOBODY-1' })).toMatchObject({
    fields: { codes: expect.stringContaining('沒有這些碼') },
  });
  expect(await marketer.does('/prizes/codes/take-out', { ...of, codes: 'WRONG-0' })).toMatchObject({
    said: expect.stringContaining('等另一位批准'),
  });
  expect(await approver.reads('/prizes/codes?campaign=autumn&prize=card')).toContain('由 3 個改為 2 個');
  expect(await marketer.does('/prizes/codes/approve', of)).toMatchObject({
    refused: expect.stringContaining('quiz.approve'),
  });
  expect(await approver.does('/prizes/codes/approve', of)).toMatchObject({ said: '修改生效了。' });
  expect(await officer.reads('/prizes/codes/list?campaign=autumn&prize=card')).not.toContain('WRONG-0');

  const bytes = Buffer.from('兌換碼\nDDDD-4444\nWRONG-0\n');
  const added = await marketer.sends('/prizes/codes/add', of, [{ field: 'file', name: 'codes.csv', bytes }]);
  expect(added.said).toContain('提出補 1 個碼，等另一位批准才生效。其中 1 個取出過');
  expect(await approver.does('/prizes/codes/reject', { ...of, reason: '' })).toMatchObject({
    fields: { reason: '不能空著' },
  });
  expect(await approver.does('/prizes/codes/reject', { ...of, reason: '來源不明' })).toMatchObject({
    said: '駁回了。',
  });
});

test('who has not the right is refused', async () => {
  for (const [who, at] of [
    [agent, '/prizes'],
    [agent, '/winners'],
    [analyst, '/redeem'],
    [marketer, '/prizes/courier'],
  ] as const)
    expect([at, (await who.get(at)).status]).toEqual([at, 403]);
  for (const [who, to] of [
    [analyst, '/winners/approve'],
    [marketer, '/winners/reject'],
    [approver, '/winners/x/tracking'],
    [analyst, '/winners/x/address'],
    [operator, '/redeem/use'],
    [approver, '/prizes/courier/import'],
    [officer, '/prizes/codes/add'],
  ] as const)
    expect([to, (await who.post(to)).status]).toEqual([to, 403]);
});
