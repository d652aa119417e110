import { type Context, choice, form, needs, phone, says, text } from '../src/bot/bot';

const isClaimed = ({ state }: { state: string }): boolean => state === 'claimed';

/** 她同意的話；改了字就改版本。 */
const consent = '寄送獎品 2026-11';

const fields = {
  name: text('收件人怎麼稱呼？', 30, '收件人'),
  phone: phone('收件手機號？'),
  address: text('寄到哪裡？請寫省市區和詳細地址。', 120, '地址', {
    least: 6,
    tooShort: '地址太短，快遞找不到。請寫全：省、市、區、路名、門牌。',
  }),
  agreed: choice(
    '姓名、電話和地址只用來寄這份獎品，辦完 90 天後刪除。可以嗎？',
    ['同意', '不同意'],
    '你的同意',
    {
      同意: [
        '是',
        '是的',
        '好',
        '好的',
        '好啊',
        '好呀',
        '行',
        '嗯',
        '嗯嗯',
        'ok',
        '可以',
        '可以的',
        '沒問題',
        '當然',
        '確認',
        '我同意',
      ],
      不同意: ['不', '不要', '不行', '否', '不可以', '不好', '我不同意'],
    },
  ),
};

/** 領獎：收件人、電話、地址，一樣一樣問；只用來寄獎品。 */
const claim = form('claim', fields, (context) => keep(context, ({ next }) => next === 'claim'));

/** 填過的，核對完以前都能改。 */
const correction = form('claim-again', fields, (context) =>
  keep(context, ({ state }) => state === 'claimed'),
);

type Filled = Context<{ name: string; phone: string; address: string; agreed: '同意' | '不同意' }>;
type Line = Awaited<ReturnType<Filled['prizes']['prizesOf']>>[number];

/** 為什麼沒有填過、還能改的。 */
const stateOf = (lines: Line[]) => ({
  claimable: lines.some(({ next }) => next === 'claim'),
  onItsWay: lines.some(({ state }) => state === 'approved' || state === 'sent'),
});

async function keep({ params, fan, prizes, render }: Filled, meant: (line: Line) => boolean) {
  if (params.agreed === '不同意') return render('claim-declined');
  const all = await prizes.prizesOf(fan.pid);
  const lines = all.filter(meant);
  // 填的時候核對完了，或過期了
  if (lines.length === 0) return render('claim-settled', stateOf(all));
  const filled = { name: params.name, phone: params.phone, address: params.address, consent };
  const results = await Promise.all(
    lines.map(({ id }) => prizes.claims.submit({ award: id, pid: fan.pid, form: filled })),
  );
  const problems = results.flatMap((one) => (one.kind === 'invalid' ? one.problems : []));
  const named = (kind: string) => lines.filter((_, i) => results[i]?.kind === kind).map(({ name }) => name);
  return render('claim-kept', { ...filled, problems, prizes: named('claimed'), late: named('refused') });
}

/** 「獎品」：贏了什麼、到哪一步、期限、單號，抽獎的號碼，最近的在前；要寄的可以「領獎」。 */
export default needs('quiz', [
  claim,
  correction,

  says(
    ['獎品', '我的獎品', '獎品第{page}頁'],
    async ({ params, fan, campaigns, draws, prizes, quiz: quizzes, at, paged, render }) => {
      const [lines, numbers] = await Promise.all([prizes.prizesOf(fan.pid), draws.numbersOf(fan.pid)]);
      // 別的活動開始了，上一個活動的抽獎號碼還在；太久以前的活動不再提
      const shown = numbers.flatMap(({ campaign: quiz, prize, ...one }) => {
        const name = campaigns.get(quiz)?.prizes.find(({ id }) => id === prize)?.name;
        return name === undefined ? [] : [{ name, ...one }];
      });
      const whole = render('prizes', {
        running: quizzes.onShow(at)?.quiz ?? null,
        draws: shown,
        prizes: lines.toReversed(),
        claimable: lines.some(({ next }) => next === 'claim'),
      });
      return paged(whole, params.page, (n) => `獎品第${n}頁`);
    },
  ),

  says(['領獎', '我要領獎', '領獎品', '領取獎品', '怎麼領獎'], async ({ fan, prizes, ask, render }) => {
    const lines = await prizes.prizesOf(fan.pid);
    if (lines.some(({ next }) => next === 'claim')) return ask(claim);
    return render('claim-nothing', { prizes: lines.length, claimed: lines.some(isClaimed) });
  }),

  says(['改地址', '修改地址', '更正地址', '改收件人', '改領獎資料'], async ({ fan, prizes, ask, render }) => {
    const lines = await prizes.prizesOf(fan.pid);
    if (lines.some(isClaimed)) return ask(correction);
    return render('claim-settled', stateOf(lines));
  }),

  says(['中獎名單', '{title}中獎名單'], async ({ params, fan, quiz, prizes, at, render, pass }) => {
    const one = params.title === undefined ? quiz.theOne(fan, at) : quiz.named(params.title, at);
    if (!one) return params.title === undefined ? render('quiz-none') : pass();
    const { lines } = await prizes.winners(one.id, { masked: true, limit: 20 });
    return render('winners', { quiz: one, winners: lines, others: quiz.others(fan, one, at) });
  }),
]);
