import {
  type Context,
  clicks,
  needs,
  news,
  type Reply,
  type Services,
  says,
  saysLike,
  takes,
} from '../src/bot/bot';

/** 「改名 小林」「幫我把暱稱改成小林」「以後叫我小林吧」：比對的是簡體、不留空格的字。 */
const renaming = [
  /^(?:请|麻烦|帮我|帮忙|能不能|可不可以|可以|给我|我想要?|我要|想|要|就|把|我的?|(?:排行)?榜上?的?)*(?:改(?:个|下|一下)?(?:名字?|[昵暱]称|网名)|(?:名字?|[昵暱]称|网名)(?:帮我|请|给我)*(?:改|换)(?:一下|下)?)(?:叫做?|为|成|做|作|到|:|,)*(?<name>.+)$/u,
  /^(?:以后|今后|榜上|排行榜上)(?:就|都|请)*(?:叫|喊|称呼)我(?<name>.+?)吧?$/u,
  /^(?:就)?叫我(?<name>小.{1,3})吧$/u,
  /叫我(?<name>[^,]{1,8}?)(?:就好|就行|就可以)了?$/u,
];

/** 「改名怎麼改」「改名改不了」不是名字，是在問怎麼改。 */
const isAsking = (name: string): boolean => /怎|如何|不了|[嗎吗?？]$/.test(name);
const howTo = { kind: 'refused', why: 'empty' };

/** 「與小藝一戰到底」：開始、作答、繼續。什麼算一個答案由題目決定；其他的話各有各的去處。 */
export default needs('quiz', [
  takes(
    ({ quiz, message, fan, at }) => quiz.take(message, fan, at),
    async (context) => {
      const { params: take, quiz, questionPages, attributes, fan, id, at, carries, render } = context;
      const newHere = !quiz.standing(fan.plays, take.quiz);
      const step = await quiz.play(take, fan.plays, { pid: fan.pid, id, at });
      fan.stands(take.quiz.id, step.play);
      if (step.kind === 'answered' && step.result.attribute) {
        const { name, value } = step.result.attribute;
        const consent = '回答即同意我們記下它，只用來推薦合適的路線';
        await attributes.set({ pid: fan.pid, name, value, source: `quiz:${take.quiz.id}`, consent });
      }
      for (const { award } of quiz.winsIn(step)) carries(award);
      const told = render(`quiz-${step.kind}`, { ...step, quiz: take.quiz, newHere });
      const said = isDayOver(step) ? await invited(context, take.quiz.id, told) : told;
      const asked = quiz.asked(step); // 有圖的題用一張圖文卡片問，點開是圖和選項
      const open = step.play.flash ?? step.play.open;
      if (!asked?.picture || !open || said.kind !== 'text') return said;
      const title = `${asked.n > 0 ? `第 ${asked.n} 題` : '搶答題'}：${asked.text}`;
      const url = questionPages.linkTo(take.quiz.id, open, fan.script);
      return news({ title, description: said.text, picUrl: asked.picture, url });
    },
    {
      remark: ({ quiz, fan, at }, own) => quiz.remark(fan, at, () => !own && fan.firstToday('quiz')),
      digits: ({ quiz, fan }) => quiz.takesDigits(fan),
    },
  ),

  clicks('QUIZ', ({ quiz, fan, at, redo, render }) => {
    const one = quiz.theOne(fan, at);
    return one ? redo(one.keywords[0] ?? '') : render('quiz-none');
  }),

  says(['規則', '規則說明', '規則第{page}頁', '{title}規則', '{title}規則第{page}頁'], async (context) => {
    const { params, draws, paged, render } = context;
    const one = meant(context);
    if (!one) return none(context);
    const whole = render('quiz-rules', { ...one, draws: await draws.of(one.id) });
    return paged(whole, params.page, (n) => `${params.title ?? ''}規則第${n}頁`);
  }),

  says(
    ['獎品表', '有什麼獎品', '獎品表第{page}頁', '{title}獎品表', '{title}獎品表第{page}頁'],
    async (context) => {
      const { params, quiz, paged, render } = context;
      const one = meant(context);
      if (!one) return none(context);
      const whole = render('quiz-prizes', await quiz.prizeTable(one));
      return paged(whole, params.page, (n) => `${params.title ?? ''}獎品表第${n}頁`);
    },
  ),

  says(['抽獎', '抽獎證明', '{title}抽獎'], async (context) => {
    const { quiz, draws, fan, at, render } = context;
    const one = meant(context);
    if (!one) return none(context);
    const seen = await draws.seenBy(one, fan.pid);
    return render('quiz-draws', { quiz: one, draws: seen, others: quiz.others(fan, one, at) });
  }),

  says(['退出', '不玩了'], (context) => {
    const { fan, quiz, at, render } = context;
    const mine = quiz.hers(fan);
    if (!mine) return notBegun(context, quiz.theOne(fan, at));
    fan.stands(mine.quiz.id, { ...mine.play, left: true });
    return render('quiz-left', { ...mine, goesOn: quiz.goesOn(mine.quiz, at) });
  }),

  says(['開賽提醒我', '提醒我'], async ({ campaigns, quiz, fan, at, render }) => {
    const [next] = campaigns.upcoming(at);
    const running = next ? undefined : quiz.onShow(at)?.quiz;
    const one = next ?? running;
    if (!one) return render('quiz-none');
    if (next) await campaigns.remind(next, fan.pid);
    return render('quiz-remind', { ...one, begun: running !== undefined });
  }),

  says(['排行', '排行榜', '{title}排行', '{title}排行榜'], async (context) => {
    const { fan, quiz, leaderboard, names, at, clock, render } = context;
    const one = meant(context);
    if (!one) return none(context);
    const top = await leaderboard.top(one.id, 'final', 10);
    if (!top) return render('quiz-boardAway', { play: quiz.standing(fan.plays, one) ?? null });
    const [mine, today] = await Promise.all(
      ['final', clock.day(at)].map((board) => leaderboard.rankOf(one.id, board, fan.pid)),
    );
    const called = await names.nameOf(top.map(({ pid }) => pid));
    const rows = top.map(({ rank, pid, points }) => ({
      rank,
      name: called.get(pid) ?? '',
      points,
      me: pid === fan.pid,
    }));
    const place = (where: typeof mine) => (where && where !== 'none' ? where : null);
    return render('quiz-board', {
      quiz: one,
      goesOn: quiz.goesOn(one, at),
      rows,
      mine: place(mine),
      today: place(today),
      others: quiz.others(fan, one, at),
    });
  }),

  says(['改名', '改名字', '改個名字', '怎麼改名', '怎麼改名字'], ({ render }) =>
    render('quiz-renamed', howTo),
  ),

  ...renaming.map((words) =>
    saysLike(words, async ({ params: { name = '' }, fan, names, render }) =>
      render('quiz-renamed', isAsking(name) ? howTo : await names.rename(fan.pid, name)),
    ),
  ),

  says(['我的積分', '積分', '{title}積分'], (context) => {
    const { params, fan, quiz, at, render } = context;
    const one = meant(context);
    const play = one && quiz.standing(fan.plays, one);
    const earlier = params.title === undefined && !(one && isOn(context, one)) ? quiz.hers(fan) : undefined;
    const shown = play ? { quiz: one, play } : earlier;
    if (shown) return render('quiz-points', { ...shown, others: quiz.others(fan, shown.quiz, at) });
    return notBegun(context, one);
  }),
]);

type Step = Awaited<ReturnType<Services['quiz']['play']>>;

/** 今天（或整個活動）的題都答過了。 */
const isDayOver = (step: Step): boolean =>
  step.kind !== 'flashNone' &&
  'next' in step &&
  step.next.kind === 'none' &&
  ['dayDone', 'failedLevel', 'bankEmpty', 'ended'].includes(step.next.why);

/** 這個活動接著一份問卷：請她填，一個人只請一次。 */
async function invited({ surveys, fan, render }: Anyone, quiz: string, told: Reply): Promise<Reply> {
  const survey = surveys.afterQuiz(quiz);
  if (!survey || told.kind !== 'text' || (await surveys.answersOf(survey.id, fan.pid))) return told;
  if (!fan.firstTime(`survey-invited:${survey.id}`)) return told;
  const invitation = render('survey-invite', { survey });
  return invitation.kind === 'text'
    ? { kind: 'text', text: `${told.text.trim()}\n\n${invitation.text}` }
    : told;
}

type Anyone = Context<Record<never, never>>;
type Titled = Context<{ title?: string | undefined }>;
type Quiz = NonNullable<ReturnType<Titled['quiz']['theOne']>>;

/** 她說了哪一個活動就是哪一個，「秋日一戰排行」；不說，是她在玩的、正在進行的。 */
const meant = ({ params, quiz, fan, at }: Titled) =>
  params.title === undefined ? quiz.theOne(fan, at) : quiz.named(params.title, at);

const isOn = ({ quiz, at }: Titled, one: Quiz): boolean => quiz.goesOn(one, at) && at >= one.startsAt;

/** 她在這個活動裡還沒有什麼可說的：怎麼開始，或什麼時候開始。 */
function notBegun(context: Titled, one: Quiz | undefined) {
  const { quiz, fan, at, redo, render } = context;
  if (!one || !quiz.goesOn(one, at)) return none(context);
  if (!isOn(context, one)) return redo(one.keywords[0] ?? '');
  return render('quiz-notPlayed', { quiz: one, others: quiz.others(fan, one, at) });
}

/** 沒有這個活動：說的是名字，就當她問的不是這件事。 */
const none = ({ params, render, pass }: Titled) =>
  params.title === undefined ? render('quiz-none') : pass();
