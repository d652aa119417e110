import { type Answer, openConsole } from './console';
import type { OpenTown } from './console-browser';
import { hostile } from './hostile';
import type { TownFan } from './town';

/** Hostile texts of at most so many characters, one after another. */
function texts() {
  let n = 0;
  return (most: number): string => {
    const fit = hostile.filter((one) => one.length <= most);
    return fit[n++ % fit.length] as string;
  };
}

const named = (prefix: string, fields: Record<string, string>) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${prefix}.${name}`, value]));
const csv = (name: string, lines: string[]) => [
  { field: 'file', name, bytes: Buffer.from(lines.join('\r\n')) },
];

/**
 * An account in which everything that can be written by somebody is hostile: fans and their words, content, campaigns, pushes,
 * winners, conversations, colleagues. Through the console where an operator would write it. At the end, Monday 30 November,
 * each kind of page has something of it to show.
 */
export async function plant({ town, url }: Pick<OpenTown, 'town' | 'url'>): Promise<void> {
  const { services, clock } = town;
  const { db } = town.app;
  const bad = texts();
  /** Where braces and brackets are a grammar of their own. */
  const words = (most: number): string => bad(most).replaceAll(/[{}|[\]]/g, '');
  const refused: Answer[] = [];
  const ok = (answer: Answer, path = ''): void => {
    if (answer.refused !== undefined || answer.fields) refused.push({ ...answer, to: path });
  };
  const desk = openConsole(town, url);
  const [mei, zhen] = [
    await desk.as('administrator', 'marketer', 'approver', 'officer', 'agent', 'operator'),
    await desk.as('administrator', 'marketer', 'approver', 'officer', 'agent', 'operator'),
  ];
  const does = async (path: string, form: Record<string, string | string[]> = {}) =>
    ok(await mei.does(path, form), path);
  const pidOf = async (fan: TownFan) => (await services.subscribers.mustFind(fan.openid)).pid;

  /* People: names, words, notes, attributes, orders. */
  const fans: TownFan[] = [];
  for (const [n, text] of hostile.slice(0, 40).entries()) {
    const fan = await town.fan(`h${n}`);
    fans.push(fan);
    await fan.follows(n % 4 === 0 ? 'lobby' : undefined);
    await fan.says(text);
  }
  const [lin, wu, hua, wen] = fans as [TownFan, TownFan, TownFan, TownFan];
  await town.settled();
  const pids = await Promise.all(fans.map(pidOf));
  for (const [n, text] of hostile.entries()) {
    const pid = pids[n % pids.length] as string;
    await db
      .collection<{ _id: string; name?: string }>('names')
      .updateOne({ _id: pid }, { $set: { name: text } }, { upsert: true });
    await services.notes.write({ pid, words: text, by: text });
  }
  for (const [n, pid] of pids.entries())
    await services.attributes.set({
      pid,
      name: '性別',
      value: n % 3 ? '女' : bad(40),
      source: bad(40),
      consent: bad(60),
    });
  const her = pids[0] as string;
  await services.purchases.bindPhone(her, '13800000001', { source: 'test', consent: 'yes' });
  const orders = (yuan: string) => [
    '手機號,訂單號,日期,金額（元）,品名',
    ...Array.from(
      { length: 5 },
      (_, n) => `13800000001,A${n},2026-11-0${n + 1},${yuan},"${bad(40).replaceAll('"', '""')}"`,
    ),
  ];
  for (const yuan of ['128.50', '99'])
    ok(await mei.sends('/purchases/import', {}, csv('orders.csv', orders(yuan))));
  await services.alarms.raise({ cause: 'hostile', text: hostile.slice(0, 20).join(' ') });
  await services.people.rebuild();

  /* Segments and tags. */
  await does('/segments/new', { id: 'women', name: bad(40), sentence: '屬性「性別」是「女」', was: '' });
  await does('/segments/new', { id: 'recent', name: bad(40), sentence: '30 天內來過', was: '' });
  await does('/tags/mark', { segment: 'women', name: bad(30) });
  await does('/tags/sync');

  /* Words: rules, what was not answered, the menu, content. */
  for (const n of [0, 1, 2])
    await does('/replies/new', {
      name: bad(60),
      exact: `別的話${n}\n${bad(40)}`,
      contains: '',
      click: '',
      mode: 'all',
      priority: '0',
      on: 'on',
      ...named('replies.0', { kind: 'text', text: bad(200) }),
    });
  await db.collection<{ _id: string }>('misses').insertMany(
    hostile.map((sample, n) => ({
      _id: `m${n}`,
      n: 200 - n,
      sample,
      parts: [sample],
      lastAt: new Date(clock.now()),
    })),
  );
  const base = async () => String((await services.menus.latest())._id);
  await does('/menu/button', {
    base: await base(),
    at: '2.0',
    name: `<i>"'&`,
    type: 'view',
    url: 'https://example.com/?"><script>alert(1)</script>',
  });
  for (const [name, fields] of Object.entries({
    cities: ['name'],
    guides: ['title', 'overview', 'food', 'tips'],
    sights: ['name', 'hours', 'tickets', 'intro'],
    hotels: ['name', 'address', 'priceSource', 'tel'],
    trains: ['number', 'fromStation', 'toStation'],
    channels: ['name', 'words'],
  }))
    for (const { _id } of await db.collection(name).find().sort({ _id: 1 }).limit(10).toArray())
      await db
        .collection(name)
        .updateOne({ _id }, { $set: Object.fromEntries(fields.map((field) => [field, bad(120)])) });

  /* A survey that some answered. */
  const survey = (id: string, keywords: string) =>
    does('/surveys/new', {
      id,
      title: bad(30),
      keywords,
      intro: bad(150),
      thanks: bad(150),
      points: '20',
      consent: bad(100),
      version: '2026-11',
      purpose: bad(40),
      scenes: '',
      afterQuiz: '',
      ...named('questions.0', { kind: 'choice', text: bad(150), options: `${bad(20)}\n古鎮` }),
      ...named('questions.1', { kind: 'text', text: bad(150), most: '100' }),
      ...named('questions.2', { kind: 'nps', text: bad(150) }),
    });
  await survey('travel', '旅行偏好');
  await survey('draft', '下一份');
  await does('/surveys/travel/start');
  for (const fan of [lin, wu, hua]) {
    for (const said of ['旅行偏好', '同意', '1', bad(100), '9']) await fan.says(said);
  }

  /* A push that went, one that waits, and one of a sequence. */
  const push = (id: string, more: Record<string, string> = {}) =>
    does('/pushes/new/save', {
      id,
      name: bad(40),
      class: 'marketing',
      to: 'women',
      when: 'now',
      quietFrom: '00:00',
      quietTo: '00:00',
      'ways.0.what': 'customer.text',
      'ways.0.text': `{名字|${words(30)}} ${words(200)} [去](https://example.com/)`,
      ...more,
    });
  await push('sent');
  await does('/pushes/sent/test', { to: her });
  await does('/pushes/sent/start');
  await push('draft');
  await push('mass', {
    'ways.0.what': 'mass.text',
    'ways.0.text': words(200),
    when: 'moment',
    moment: '2026-12-04T09:00',
  });
  await does('/pushes/mass/start');
  await does('/sequences/new/save', {
    id: 'hello',
    name: bad(40),
    class: 'marketing',
    enters: '',
    sentence: '30 天內來過',
    once: 'ever',
    ...named('steps.0', {
      after: '1',
      unit: 'h',
      awhat: 'customer.text',
      atext: words(200),
    }),
    ...named('steps.1', {
      after: '30',
      unit: 'd',
      awhat: 'customer.text',
      atext: words(200),
    }),
  });
  await does('/sequences/hello/start');
  await does('/quota/by-hand', { day: '2026-11-20', times: '2' });

  /* The desk: who waits, who is talked to, what was left at night. */
  for (const fan of [lin, wu, hua]) await fan.says('人工');
  await town.settled();
  for (const [n, fan] of [lin, wu].entries()) {
    const { rows } = await services.desk.list({ pid: await pidOf(fan), show: 'all', me: '' });
    const id = rows[0]?._id ?? '';
    await does(`/desk/${id}/claim`);
    await town.settled();
    await town.turn({ minutes: 1 });
    for (let i = 0; i < 5; i++) await fan.says(bad(200));
    await does(`/desk/${id}/answer`, { words: bad(200), once: `once-${n}` });
    await does(`/desk/${id}/note`, { words: bad(200) });
    if (n) await does(`/desk/${id}/close`);
  }
  for (let n = 0; n < 3; n++) await does('/desk/answers/new', { title: bad(20), words: bad(200) });
  for (const [n, said] of hostile.slice(0, 10).entries())
    await services.enquiries.take({
      id: `enquiry-${n}-of-${'x'.repeat(20)}`,
      pid: pids[n] as string,
      words: said,
      phone: '13800001111',
    });

  await quiz({ id: 'lake', prize: 'code' });

  /* Days pass; what is counted of days is kept. */
  await wen.leaves();
  await town.turn({ days: 1 });
  await services.people.rebuild();
  await services.stages.run({ anew: true });
  await services.rfm.keep({ anew: true });
  await services.cube.keep({ anew: true });
  await wu.says('杭州天氣');
  await town.turn({ days: 6 });
  await services.people.rebuild();
  await services.stages.run({ anew: true });

  /* The quiz is over: winners, parcels, a draw with its proof. */
  await does('/quiz/lake/settle');
  await desk.worked();
  const value = 'a'.repeat(64);
  await does('/quiz/lake/draws/p3/value', { value });
  ok(await zhen.does('/quiz/lake/draws/p3/value-second', { value }));
  await desk.worked();
  for (const said of ['領獎', '王小明', '13800001111', `浙江省杭州市 ${bad(40)}`, '同意'])
    await lin.says(said);
  await town.settled();
  await does('/winners/approve-all', { campaign: 'lake', many: '100' }).catch(() => undefined);
  await does('/winners/export', { campaign: 'lake', format: 'csv' });
  await does('/prizes/courier/export', { campaign: 'lake', format: 'csv' });
  ok(
    await mei.sends(
      '/prizes/courier/import',
      {},
      csv('sf.csv', ['訂單號,快遞公司,快遞單號', `${bad(40).replaceAll(/[",]/g, '')},順豐,SF1234567890`]),
    ),
  );

  /* And one that runs, with a draft beside it. */
  await quiz({ id: 'river', prize: 'goods' });
  await does('/quiz/sample');

  /* The house: colleagues, work that failed, what was put aside. */
  await services.team.invite({ roles: ['analyst'], name: bad(20), by: bad(40) });
  const { id: analyst } = await desk.as('analyst');
  await db.collection<{ _id: string }>('team').updateOne({ _id: analyst }, { $set: { name: bad(20) } });
  await db.collection<{ _id: string }>('outbox').insertOne({
    _id: 'erase:p1:1_01',
    cause: 'erase:p1:1',
    effect: { kind: 'later', job: 'erase', data: {} },
    state: 'failed',
    reason: bad(200),
    at: new Date(),
    dueAt: new Date('2999-01-01'),
    tries: 5,
    epoch: 5,
  } as { _id: string });
  await desk.worked();
  await town.settled();
  await services.people.rebuild();
  await desk.close();
  if (refused.length > 0) throw new Error(JSON.stringify(refused, null, 1));

  /** A quiz that two played at least one question of. */
  async function quiz({ id, prize }: { id: string; prize: 'code' | 'goods' }): Promise<void> {
    const day = (days: number, hour: string) =>
      `${new Date(clock.now() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10)}T${hour}`;
    const kept = {
      kind: 'goods',
      priceYuan: '99',
      quantity: '1',
      claimDays: '15',
      conditions: bad(100),
      delivery: bad(100),
    };
    await does('/quiz/new', {
      id,
      title: bad(30),
      keywords: `開戰${id}`,
      startsAt: day(1, '09:00'),
      endsAt: day(3, '22:00'),
      perDay: '3',
      pointsPerAnswer: '10',
      levels: '3/1',
      rules: `一、每天三題，答對一題 10 分。二、姓名電話地址僅用於寄送獎品；不滿十四歲請由監護人代為參加。${bad(200)}`,
      organiser: `某某旅行社有限公司${bad(40)}`,
      contact: '400-000-0000',
      forfeiture: `十五天內沒有領取視為放棄，獎品退回庫存。${bad(100)}`,
      'sponsors.0.name': bad(40),
      ...named('prizes.0', { ...kept, name: bad(40), way: 'floor', floors: '1' }),
      ...named('prizes.1', { ...kept, name: bad(40), kind: prize, way: 'floor', floors: '2' }),
      ...named('prizes.2', {
        ...kept,
        name: bad(40),
        way: 'draw',
        rounds: '1',
        reserves: '1',
        at: day(4, '20:00'),
        publicValue: 'drand 第 5000000 輪',
      }),
      ...Object.assign(
        {},
        ...[0, 1, 2].map((n) =>
          named(`questions.${n}`, {
            kind: 'single',
            text: bad(100),
            optionA: bad(40),
            optionB: '蘇州',
            right: 'A',
            explanation: bad(100),
          }),
        ),
      ),
    });
    if (prize === 'code')
      await does('/prizes/codes/add', { campaign: id, prize: 'p2', codes: 'AAAA-1111\nBBBB-2222\n' });
    await does(`/quiz/${id}/check`);
    await does(`/quiz/${id}/start`);
    ok(await zhen.does(`/quiz/${id}/begin`));
    await town.notice();
    for (const fan of [lin, wu, hua]) {
      await fan.says(`開戰${id}`);
      for (const letter of ['A', 'B', 'A']) {
        await town.turn({ minutes: 1 });
        await fan.says(letter);
      }
    }
    await town.settled();
    await services.projector.catchUp(id);
  }
}
