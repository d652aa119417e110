import { choice, form, needs, phone, says, text } from '../src/bot/bot';

/** 她同意的話；改了字就改版本。 */
const consent = '寄送獎品 2026-11';

/** 領獎：收件人、電話、地址，一樣一樣問；只用來寄獎品。 */
const claim = form(
  'claim',
  {
    name: text('領獎第一步：收件人怎麼稱呼？', 30, '收件人'),
    phone: phone('收件手機號？'),
    address: text('寄到哪裡？請寫省市區和詳細地址。', 120, '地址'),
    agreed: choice(
      '姓名、電話和地址只用來寄這份獎品，辦完 90 天後刪除。可以嗎？',
      ['同意', '不同意'],
      '你的同意',
      { 同意: ['是', '好', '好的', '可以', '確認'], 不同意: ['不', '否', '不可以'] },
    ),
  },
  async ({ params, fan, prizes, render }) => {
    if (params.agreed === '不同意') return render('claim-declined');
    const waiting = (await prizes.prizesOf(fan.pid)).filter(({ next }) => next === 'claim');
    const filled = { name: params.name, phone: params.phone, address: params.address, consent };
    const results = await Promise.all(
      waiting.map(({ id }) => prizes.claims.submit({ award: id, pid: fan.pid, form: filled })),
    );
    const problems = results.flatMap((one) => (one.kind === 'invalid' ? one.problems : []));
    const named = (kind: string) =>
      waiting.filter((_, i) => results[i]?.kind === kind).map(({ name }) => name);
    const [kept, late] = [named('claimed'), named('refused')];
    return render('claim-kept', { ...filled, problems, prizes: kept, late });
  },
);

/** 「獎品」：贏了什麼、到哪一步、期限、單號，抽獎的號碼，最近的在前；要寄的可以「領獎」。 */
export default needs('quiz', [
  claim,

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

  says('領獎', async ({ fan, prizes, ask, render }) => {
    const lines = await prizes.prizesOf(fan.pid);
    if (lines.some(({ next }) => next === 'claim')) return ask(claim);
    return render('claim-nothing', { prizes: lines.length });
  }),

  says('中獎名單', async ({ fan, quiz, prizes, at, render }) => {
    const one = quiz.theOne(fan, at);
    if (!one) return render('quiz-none');
    const { lines } = await prizes.winners(one.id, { masked: true, limit: 20 });
    return render('winners', { quiz: one, winners: lines });
  }),
]);
