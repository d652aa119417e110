import { openConsole, type TestConsole } from '../../support/console';
import { createTown, type Town, type TownFan } from '../../support/town';

let town: Town;
let desk: TestConsole;
type Person = Awaited<ReturnType<TestConsole['as']>>;
let mei: Person;
let lin: TownFan;
beforeAll(async () => {
  town = await createTown({ sample: false });
  desk = openConsole(town);
  mei = await desk.as('marketer');
  lin = await town.follower('Lin');
});
afterAll(async () => {
  await desk.close();
  await town.close();
});

const plain = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
const top = {
  ...{
    title: '旅行偏好',
    keywords: '旅行偏好、愛怎麼玩',
    intro: '花一分鐘說說你愛怎麼旅行。',
    thanks: '記下了，謝謝！',
  },
  ...{
    points: '20',
    consent: '你的回答會記在你名下。',
    version: '2026-11',
    purpose: '推薦路線',
    scenes: '',
    afterQuiz: '',
  },
};
const question = (n: number, fields: Record<string, string>) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`questions.${n}.${name}`, value]));
const questions = {
  ...question(0, {
    kind: 'choice',
    text: '怎麼稱呼你合適？',
    options: '女士\n先生',
    optional: 'on',
    attribute: '性別',
  }),
  ...question(1, {
    id: 'wishes',
    kind: 'multi',
    text: '想怎麼玩？',
    options: '海邊\n古鎮\n爬山',
    mark: '旅行願望',
  }),
  ...question(2, { kind: 'text', text: '古鎮想去哪裡？', when: 'wishes', is: '古鎮', most: '20' }),
  ...question(3, { kind: 'nps', text: '會推薦給朋友嗎？' }),
  ...question(4, { kind: 'phone', text: '你的手機號？' }),
};

test('what is wrong stands at its field, and nothing is kept', async () => {
  const refused = await mei.does('/surveys/new', {
    id: 'travel',
    ...top,
    ...{ consent: '', version: '', purpose: '', intro: '' },
    ...question(0, { kind: 'choice', text: '怎麼稱呼你合適？', options: '女士' }),
    ...question(1, { kind: 'text', text: '', when: 'nothing', is: '甲' }),
    ...question(2, { kind: 'choice', text: '選', options: '甲\n乙', attribute: '性別', mark: '記' }),
  });
  expect(refused.fields).toMatchObject({
    intro: expect.stringContaining('150'),
    'questions.0.options': expect.stringContaining('2 到 12'),
    'questions.1.text': expect.stringContaining('150'),
    'questions.1.when': expect.stringContaining('前面'),
    'questions.2.attribute': expect.stringContaining('只填一個'),
  });
  expect(await town.services.surveys.list()).toEqual([]);
});

test('written in the page, it is a draft; started, a fan is asked what the preview showed', async () => {
  expect(await mei.does('/surveys/new', { id: 'travel', ...top, ...questions })).toMatchObject({
    to: '/surveys/travel',
  });
  expect((await mei.does('/surveys/new', { id: 'travel', ...top, ...questions })).fields?.['id']).toContain(
    '已經用了',
  );
  const page = await mei.reads('/surveys/travel');
  expect(page).toContain('草稿');
  expect(await lin.says('旅行偏好')).not.toContain('花一分鐘');
  expect((await mei.does('/surveys/travel/start')).said).toContain('說「旅行偏好」就能填');

  const preview = town.services.surveys
    .preview((await town.services.surveys.row('travel')).survey)
    .map(({ text }) => text);
  const [keyword = '', opened, gender, wishes, where, nps, phone, done] = preview;
  expect(await lin.says(keyword)).toBe(opened);
  expect(await lin.says('同意')).toBe(gender);
  expect(await lin.says('女士')).toBe(wishes);
  expect(where).toBe(`〔前面答了「古鎮」才問〕\n${await lin.says('1 2')}`);
  expect(await lin.says('烏鎮')).toBe(nps);
  expect(await lin.says('9')).toBe(phone);
  expect(await lin.says('13800001111')).toBe(done);
  for (const text of preview.slice(1, 3)) expect(plain(page)).toContain(plain(text));
});

test('results count each answer, and lead to who said so', async () => {
  const html = await mei.reads('/surveys/travel/results');
  expect(plain(html)).toMatch(/1 人 填完/);
  expect(plain(html)).toMatch(/海邊 1 100% 古鎮 1 100% 爬山 0 0%/);
  expect(html).toContain('question=wishes&amp;value=%E6%B5%B7%E9%82%8A');
  expect(String((await mei.get('/surveys/travel/chart?question=wishes')).body)).toContain('<svg');
  expect((await mei.get('/surveys/travel/chart?question=q9')).status).toBe(404);
  const { pid = '' } = (await town.services.subscribers.everybody('', 1))[0] ?? {};
  const who = (asked: string) => mei.reads(`/surveys/travel/answers/table?${asked}`);
  expect(await who('question=wishes&value=海邊')).toContain(`/subscribers/${pid}`);
  expect(await who('question=wishes&value=爬山')).toContain('沒有符合條件的');
  expect(await who('question=q3&value=9')).toContain(pid);
  expect(await who('day=2026-11-23')).toContain(pid);
  expect(await who('day=2026-11-22')).toContain('沒有符合條件的');
  expect(await who('')).toContain('138****1111');
  expect(await who('')).not.toContain('13800001111');
});

test('answers are exported by a task, phones masked unless somebody may see them', async () => {
  const { to = '' } = await mei.does('/surveys/travel/export', {
    format: 'csv',
    question: 'wishes',
    value: '海邊',
  });
  await desk.worked();
  const { text } = await mei.get(`${to}/file`);
  expect(text).toContain('138****1111');
  expect(await town.app.db.collection('exports').find().toArray()).toMatchObject([
    { what: 'survey', full: false, rows: 1, filter: { survey: 'travel', question: 'wishes', value: '海邊' } },
  ]);
  expect((await mei.post('/surveys/travel/export-full', { format: 'csv' })).status).toBe(403);
  const boss = await desk.as('administrator');
  const full = await boss.does('/surveys/travel/export-full', { format: 'csv' });
  await desk.worked();
  expect((await boss.get(`${full.to}/file`)).text).toContain('13800001111');
});

test('while it goes on it cannot be changed; stopped, the next version is a draft', async () => {
  expect((await mei.get('/surveys/travel/edit')).status).toBe(409);
  expect((await mei.does('/surveys/travel/edit', { expects: '1', ...top, ...questions })).refused).toContain(
    '先停止',
  );
  expect((await mei.does('/surveys/travel/stop', { reason: '' })).fields?.['reason']).toBe('不能空著');
  expect((await mei.does('/surveys/travel/stop', { reason: '改題目' })).said).toContain('停了');
  expect(await lin.says('旅行偏好')).not.toContain('填過');
  const edit = await mei.reads('/surveys/travel/edit');
  expect(edit).toContain('name="questions.4.text"');
  expect(edit).toContain('value="旅行願望"');
  const changed = { expects: '1', ...top, title: '怎麼旅行', ...questions };
  expect((await mei.does('/surveys/travel/edit', changed)).said).toContain('第 2 版');
  expect((await mei.does('/surveys/travel/edit', changed)).refused).toContain('剛剛被別人改了');
  expect(plain(await mei.reads('/surveys'))).toMatch(/怎麼旅行 travel 草稿/);
});

test('a workbook goes out and comes in; its faults are told cell by cell', async () => {
  const workbook = async (path: string) =>
    (
      await mei
        .get(path)
        .buffer(true)
        .parse((response, done) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => done(null, Buffer.concat(chunks)));
        })
    ).body as Buffer;
  const bytes = await workbook('/surveys/travel/file');
  const brought = await mei.sends('/surveys/upload', {}, [{ field: 'file', name: 'travel.xlsx', bytes }]);
  expect(brought).toMatchObject({ to: '/surveys/travel', said: expect.stringContaining('第 3 版') });
  expect((await workbook('/surveys/template?kind=xlsx')).subarray(0, 2).toString()).toBe('PK');

  const json = JSON.parse(String(await workbook('/surveys/travel/file?kind=json'))) as {
    questions: { kind: string }[];
  };
  (json.questions[1] as { kind: string }).kind = 'poem';
  const bad = Buffer.from(JSON.stringify(json));
  const faults = await mei.sends('/surveys/upload', {}, [{ field: 'file', name: 'travel.json', bytes: bad }]);
  expect(faults.html).toContain('第 2 項 kind 欄「poem」');
  expect(await town.services.surveys.row('travel')).toMatchObject({ version: 3 });
});

test('a keyword that is somebody else’s stands against the start', async () => {
  await mei.does('/surveys/new', { id: 'clash', ...top, keywords: '我的資料', ...questions });
  expect(plain(await mei.reads('/surveys/clash'))).toContain('關鍵字「我的資料」已經由');
  expect((await mei.does('/surveys/clash/start')).refused).toContain('不能開始');
});

test('the preview follows what is being typed', async () => {
  const shown = (await mei.post('/surveys/preview', { ...top, ...questions })).text;
  expect(shown).toContain('1. 女士');
  expect((await mei.post('/surveys/preview', { ...top, keywords: '' })).text).toContain('寫好關鍵字和一題');
});

test('who only looks may not change, and who has no right sees nothing', async () => {
  const analyst = await desk.as('analyst');
  expect(await analyst.reads('/surveys/travel')).not.toContain('/surveys/travel/start');
  expect((await analyst.post('/surveys/travel/start')).status).toBe(403);
  expect((await analyst.get('/surveys/new')).status).toBe(403);
  expect((await (await desk.as('agent')).get('/surveys')).status).toBe(403);
});
