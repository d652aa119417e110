import { clicks, needs, news, says, takes } from '../src/bot/bot';

/** 「與小藝一戰到底」：開始、作答、繼續。什麼算一個答案由題目決定；其他的話各有各的去處。 */
export default needs('quiz', [
  takes(
    ({ quiz, message, fan, at }) => quiz.take(message, fan, at),
    async ({ params: take, quiz, questionPages, attributes, fan, id, at, carries, render }) => {
      const newHere = !quiz.standing(fan.plays, take.quiz);
      const step = await quiz.play(take, fan.plays, { pid: fan.pid, id, at });
      fan.stands(take.quiz.id, step.play);
      if (step.kind === 'answered' && step.result.attribute) {
        const { name, value } = step.result.attribute;
        const consent = '回答即同意我們記下它，只用來推薦合適的路線';
        await attributes.set({ pid: fan.pid, name, value, source: `quiz:${take.quiz.id}`, consent });
      }
      for (const { award } of quiz.winsIn(step)) carries(award);
      const said = render(`quiz-${step.kind}`, { ...step, quiz: take.quiz, newHere });
      const asked = quiz.asked(step); // 有圖的題用一張圖文卡片問，點開是圖和選項
      const open = step.play.flash ?? step.play.open;
      if (!asked?.picture || !open || said.kind !== 'text') return said;
      const title = `${asked.n > 0 ? `第 ${asked.n} 題` : '搶答題'}：${asked.text}`;
      const url = questionPages.linkTo(take.quiz.id, open, fan.script);
      return news({ title, description: said.text, picUrl: asked.picture, url });
    },
    {
      remark: ({ quiz, fan, at }) => quiz.remark(fan, at, () => fan.firstToday('quiz')),
      digits: ({ quiz, fan }) => quiz.takesDigits(fan),
    },
  ),

  clicks('QUIZ', ({ quiz, fan, at, redo, render }) => {
    const one = quiz.theOne(fan, at);
    return one ? redo(one.keywords[0] ?? '') : render('quiz-none');
  }),

  says(['規則', '規則說明', '規則第{page}頁'], async ({ params, quiz, draws, fan, at, paged, render }) => {
    const one = quiz.theOne(fan, at);
    if (!one) return render('quiz-none');
    const whole = render('quiz-rules', { ...one, draws: await draws.of(one.id) });
    return paged(whole, params.page, (n) => `規則第${n}頁`);
  }),

  says(['獎品表', '有什麼獎品', '獎品表第{page}頁'], async ({ params, quiz, fan, at, paged, render }) => {
    const one = quiz.theOne(fan, at);
    if (!one) return render('quiz-none');
    const whole = render('quiz-prizes', await quiz.prizeTable(one));
    return paged(whole, params.page, (n) => `獎品表第${n}頁`);
  }),

  says(['抽獎', '抽獎證明'], async ({ quiz, draws, fan, at, render }) => {
    const one = quiz.theOne(fan, at);
    if (!one) return render('quiz-none');
    return render('quiz-draws', { quiz: one, draws: await draws.seenBy(one, fan.pid) });
  }),

  says(['退出', '不玩了'], ({ fan, quiz, at, render }) => {
    const mine = quiz.hers(fan);
    if (!mine) return render('quiz-none');
    fan.stands(mine.quiz.id, { ...mine.play, left: true });
    return render('quiz-left', { ...mine, goesOn: quiz.goesOn(mine.quiz, at) });
  }),

  says(['開賽提醒我', '提醒我'], async ({ campaigns, fan, at, render }) => {
    const [next] = campaigns.upcoming(at);
    if (!next) return render('quiz-none');
    await campaigns.remind(next, fan.pid);
    return render('quiz-remind', next);
  }),

  says(['排行', '排行榜'], async ({ fan, quiz, leaderboard, names, at, clock, render }) => {
    const one = quiz.theOne(fan, at);
    if (!one) return render('quiz-none');
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
    });
  }),

  says('改名{name}', async ({ params, fan, names, render }) =>
    render('quiz-renamed', await names.rename(fan.pid, params.name)),
  ),

  says(['我的積分', '積分'], ({ fan, quiz, at, render }) => {
    const one = quiz.theOne(fan, at);
    const play = one && quiz.standing(fan.plays, one);
    const shown = play ? { quiz: one, play } : quiz.hers(fan);
    return shown ? render('quiz-points', shown) : render('quiz-none');
  }),
]);
