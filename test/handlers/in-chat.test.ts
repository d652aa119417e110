import { stageRehearsal } from '../../src/domain/quiz/rehearse/rehearsal';
import { aPrize, aQuestion, aQuiz } from '../domain/quiz/a-quiz';
import { testDatabase } from '../support/database';
import { createTalk, type Talk } from '../support/talk';

const database = testDatabase();
let talk: Talk;
type Fan = ReturnType<Talk['fan']>;

const questions = Array.from({ length: 12 }, (_, i) => aQuestion(`t${i}`));
const quiz = aQuiz({
  title: '秋日一戰',
  keywords: ['開戰'],
  perDay: 2,
  questions,
  prizes: [aPrize('cup', { kind: 'floor', every: 1 }, { name: '茶杯', quantity: 500, priceFen: 1_000 })],
});
const other = aQuiz({ id: 'other', title: '旁邊一戰', keywords: ['旁戰'], questions, prizes: [] });

beforeAll(async () => {
  talk = await createTalk(database);
  const { tickets, draws, campaigns } = talk.services;
  for (const content of [quiz, other])
    await stageRehearsal({ db: await database.connect(), tickets, draws, content });
  await campaigns.load();
});
afterAll(() => database.drop());

let minute = 0;
const later = () => talk.turnClockTo(`2026-11-22T10:${String(++minute % 60).padStart(2, '0')}`);
beforeEach(() => {
  minute = 0;
  later();
});

/** She answers a question, and wins a cup. */
async function wins(fan: Fan): Promise<void> {
  await fan.says('開戰');
  later();
  expect(await fan.says('A')).toContain('茶杯');
}

/** Up to the question of the form that is asked next. */
async function claims(fan: Fan, ...said: string[]): Promise<string> {
  await wins(fan);
  let answer = await fan.says('領獎');
  for (const one of said) answer = await fan.says(one);
  return answer;
}

const address = '浙江省杭州市西湖區示例路 1 號';

test.each([
  'B. 乙',
  'C吧 不太確定',
  '我覺得是a',
  '排除法，只剩 D 了',
  '不是B，我選A',
  '最後一個',
  '答案是二',
])('「%s」 answers the question', async (said) => {
  const fan = talk.fan();
  await fan.says('開戰');
  later();
  expect(await fan.says(said)).toMatch(/答對|可惜|對了|正確|錯/);
});

test.each(['B是什麼意思', '選A還是選B', 'A座怎麼走', '幾點的車'])('「%s」 answers nothing', async (said) => {
  const fan = talk.fan();
  await fan.says('開戰');
  later();
  await fan.says(said);
  const [play] = Object.values((await fan.row()).talk.plays ?? {});
  expect(play).toMatchObject({ answered: 0 });
});

test.each([
  ['把我暱稱改成 小魚兒', '小魚兒'],
  ['名字換成阿珍', '阿珍'],
  ['以後喊我胖虎', '胖虎'],
  ['昵称幫我改為 Lin', 'Lin'],
])('「%s」 renames her', async (said, name) => {
  expect(await talk.fan().says(said)).toContain(`「${name}」`);
});

describe('in a form', () => {
  test.each([
    ['開戰', '第 2 題'],
    ['改名 志强', '志强'],
    ['杭州天氣', '杭州天氣'],
    ['排行', '排行'],
    ['我要領獎', '收件人怎麼稱呼'],
    ['怎麼改名', '改名 小林'],
    ['[捂脸]', '要写成文字'],
    ['123', '要寫成文字'],
  ])('「%s」 is no name of a recipient', async (said, answered) => {
    const fan = talk.fan();
    expect(await claims(fan, said)).toContain(answered);
    expect(await fan.says('繼續')).toMatch(/^收件人怎[麼么][稱称]呼？$/);
  });

  test.each(['張小明', 'Lin', '到底酒店前台', '王天氣', '林到'])('「%s」 is one', async (said) => {
    expect(await claims(talk.fan(), said)).toBe('收件手機號？');
  });

  test('an address may hold any word', async () => {
    const said = '浙江省杭州市西湖區文三路到底酒店2樓，天氣冷請放前台';
    expect(await claims(talk.fan(), '林小姐', '13800138000', said)).toMatch(/^姓名、電話和地址只用來/);
  });

  test('a sticker is kindly answered, and nothing of it is kept', async () => {
    const fan = talk.fan();
    await claims(fan);
    const before = (await fan.row()).talk;
    expect(await fan.sends({ kind: 'sticker' })).toMatch(/^表情收到[^]+還差收件人/);
    expect((await fan.row()).talk).toEqual(before);
  });

  test('an address too short to find anybody is asked for again at once', async () => {
    const fan = talk.fan();
    expect(await claims(fan, '林小姐', '13800138000', '杭州')).toContain('地址太短');
    expect(await fan.says(address)).toMatch(/^姓名、電話和地址只用來/);
  });

  test.each(['嗯', '好啊', 'OK', '沒問題', '我同意'])('「%s」 is consent', async (said) => {
    const fan = talk.fan();
    await claims(fan, '林小姐', '13800138000', address);
    expect(await fan.says(said)).toContain('林小姐 13800138000');
  });

  test('「領獎」 once more goes on where she was', async () => {
    expect(await claims(talk.fan(), '林小姐', '13800138000', address, '領獎')).toMatch(
      /^姓名、電話和地址只用來/,
    );
  });

  test.each([
    ['電話：13800138000', '13800138000'],
    ['13800138000（微信同号）', '13800138000'],
    ['0086-13800138000', '13800138000'],
    ['+86 138 0013 8000', '13800138000'],
    ['１３８００１３８０００', '13800138000'],
    ['138-0013-8000', '13800138000'],
    ['我的手機是138 1234 5678', '13812345678'],
    ['林小姐13800138000', '13800138000'],
    ['打13800138000找我', '13800138000'],
    ['13800138000（微信abc1234）', '13800138000'],
    ['13800138000或13800138000', '13800138000'],
    ['座機 0571-87654321，手機 13800138000', '13800138000'],
  ])('「%s」 is a number', async (said, number) => {
    const fan = talk.fan();
    await claims(fan, '林小姐', said, address);
    expect(await fan.says('同意')).toContain(`林小姐 ${number}`);
  });

  test.each([
    ['13800138000 或 13900139000', '2 個號碼'],
    ['13800138000 13900139000', '2 個號碼'],
    ['0571-87654321', '座機'],
    ['固定電話 021 6222 3333', '座機'],
    ['87654321', '座機'],
    ['1380013800', '不像手機號（這裡有 10 位）'],
    ['138001380001', '不像手機號（這裡有 12 位）'],
    ['23800138000', '不像手機號（要 1 開頭）'],
  ])('of 「%s」 she is told what is wrong', async (said, told) => {
    expect(await claims(talk.fan(), '林小姐', said)).toContain(told);
  });

  test('what is no number is left to its own handler, with the line on how to go on', async () => {
    expect(await claims(talk.fan(), '林小姐', '杭州500以下酒店')).toContain('還差手機號');
  });

  test.each(['\u3164', '\u200b\u200b', '\u115f\u1160', '\u2800'])(
    'an invisible name %j is refused',
    async (said) => {
      const fan = talk.fan();
      expect(await claims(fan, said)).not.toBe('收件手機號？');
      expect(await fan.says(`改名${said}`)).not.toContain('榜上就叫你');
      expect(await fan.says(`改名 小${said}林`)).not.toContain('榜上就叫你');
    },
  );
});

describe('a claim', () => {
  test('can be corrected until it is approved, and then she is told whom to ask', async () => {
    const fan = talk.fan();
    expect(await claims(fan, '林小姐', '13800138000', address, '同意')).toContain('回覆「改地址」');
    expect(await fan.says('領獎')).toContain('改地址');
    for (const said of ['改地址', '林先生', '13900139000', '上海市黃浦區示例路 9 號']) await fan.says(said);
    expect(await fan.says('同意')).toContain('林先生 13900139000');
    const [claim] = await talk.services.prizes.claims.of((await fan.row()).pid);
    expect(claim).toMatchObject({ name: '林先生', phone: '13900139000', address: '上海市黃浦區示例路 9 號' });
    await talk.services.prizes.awards.move(claim?._id ?? '', 'approved', { by: 'office' });
    expect(await fan.says('改地址')).toContain('人工');
  });

  test('that was approved while she was correcting it is as it was, and she is told so', async () => {
    const fan = talk.fan();
    await claims(fan, '林小姐', '13800138000', address, '同意', '改地址', '林先生', '13900139000', address);
    const [claim] = await talk.services.prizes.claims.of((await fan.row()).pid);
    await talk.services.prizes.awards.move(claim?._id ?? '', 'approved', { by: 'office' });
    expect(await fan.says('同意')).toMatch(/^你的獎品已經核對完[^]*人工/);
  });

  test('that she is still filling in is not called none', async () => {
    expect(await claims(talk.fan(), '林小姐', '13800138000', address, '改地址')).toMatch(
      /^還沒登記好[^]*「取消」[^]*「領獎」/,
    );
  });
});

describe('the quiz', () => {
  test.each(['選擇A', '答案A', '我選A', '選A吧', 'A吧', '第一個', '第1個', '第一个选项', '答案是A'])(
    '「%s」 is an answer',
    async (said) => {
      const fan = talk.fan();
      await fan.says('開戰');
      later();
      expect(await fan.says(said)).toMatch(/答[对對]了|可惜/);
    },
  );

  test('a letter after today’s questions is understood', async () => {
    const fan = talk.fan();
    await fan.says('開戰');
    for (let n = 0; n < 2; n++) {
      later();
      await fan.says('A');
    }
    later();
    expect(await fan.says('B')).toMatch(/^今天的 2 題答完了，明天接著來。/);
  });

  test('on the last day there is no tomorrow', async () => {
    talk.turnClockTo('2026-11-27T10:00');
    const fan = talk.fan();
    await fan.says('開戰');
    talk.turnClockTo('2026-11-27T10:01');
    await fan.says('A');
    talk.turnClockTo('2026-11-27T10:02');
    const said = await fan.says('A');
    expect(said).toContain('最後一天');
    expect(said).not.toContain('明天');
  });

  test.each(['排行', '規則', '我的積分', '獎品', '杭州天氣'])(
    '「%s」 in the middle of a question leads back to it',
    async (said) => {
      const fan = talk.fan();
      await fan.says('開戰');
      expect(await fan.says(said)).toContain('（回覆「繼續」回到第 1 題）');
    },
  );

  test('who has not played yet is told so, and how to begin', async () => {
    expect(await talk.fan().says('我的積分')).toBe(
      '「秋日一戰」你還沒開始，答對一題就有積分。回覆「開戰」來第一題，回覆「獎品表」看有什麼獎。',
    );
    expect(await talk.fan().says('我多少分呀')).toContain('還沒開始');
  });

  test('every quiz she took part in can be asked for by its title', async () => {
    const fan = talk.fan();
    await wins(fan);
    await fan.says('旁戰');
    expect(await fan.says('我的積分')).toMatch(/^旁邊一戰\n[^]*你還參加過別的：回覆「秋日一戰積分」/);
    expect(await fan.says('秋日一戰積分')).toMatch(/^秋日一戰\n/);
    expect(await fan.says('秋日一戰的中獎名單')).toContain('茶杯');
    expect(await fan.says('旁邊一戰規則')).toMatch(/^旁邊一戰 · 規則/);
  });

  test.each([
    ['改名叫小林', '小林'],
    ['把名字改成小林', '小林'],
    ['我要改名小林', '小林'],
  ])('「%s」', async (said, name) => {
    expect(await talk.fan().says(said)).toContain(`「${name}」`);
  });

  test.each(['改名', '改名字', '怎麼改名', '改名怎麼改', '名字改不了怎麼辦'])(
    '「%s」 names nobody',
    async (said) => {
      const fan = talk.fan();
      expect(await fan.says(said)).not.toContain('榜上就叫你');
      expect(await fan.says('改名字')).toContain('「改名 小林」');
    },
  );

  test('a sticker in the middle of a question is no answer', async () => {
    const fan = talk.fan();
    await fan.says('開戰');
    expect(await fan.sends({ kind: 'sticker' })).toMatch(/^表情收到[^]+回到第 1 題/);
  });
});
