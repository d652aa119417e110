import { beijingTime, clicks, dayMs, needs, says } from '../src/bot/bot';

const perPage = 8;

/** 「明天杭州到上海的高鐵」：兩座城市之外都可以不說；日子是北京的日子，不說就是今天。 */
export default needs('trains', [
  says(
    [
      '{before}{from:city?}到{to:city?}{after}',
      '{before}{from:city?}去{to:city?}{after}',
      '{before}{from:city?}至{to:city?}{after}',
      '{before}{from:city?}到{to:city?}{after}第{page}頁',
    ],
    async (context) => {
      const { params, at, clock, trains, fan, offers, render, pass, notYet, more } = context;
      const { from, to } = params;
      // 「我到上海了」說的不是車。
      if (!from || !to) return pass();
      if (from.id === to.id)
        return `${from.name}到${to.name}，原地就是。${offers.covers('sights', to) ? `想在城裡逛，回覆「${to.name}景點」。` : ''}`;
      fan.remember({ city: to });
      if (!offers.has('trains', at)) return notYet('列車時刻', to);

      const { on, kind, rest } = trains.parseAsk(`${params.before} ${params.after}`.replace(/[從从由]/g, ''));
      const today = clock.day(at);
      const found = await trains.between(from.id, to.id, { on, ...(kind ? { kind } : {}) });
      const ahead = found.trains.filter((train) => on !== today || train.departs > beijingTime(at));
      const gone = found.trains.length - ahead.length;
      // 只提有得答的：當天別的車種，或明天的車
      const others =
        kind &&
        ahead.length === 0 &&
        gone === 0 &&
        (await trains.between(from.id, to.id, { on })).trains.length > 0
          ? `${from.name}到${to.name}${on === today ? '' : on}`
          : '';
      const tomorrow =
        gone > 0 &&
        ahead.length === 0 &&
        (await trains.between(from.id, to.id, { on: clock.day(at + dayMs) })).trains.length > 0;
      const page = params.page ?? 1;
      const skip = (page - 1) * perPage;
      const last = skip + perPage >= ahead.length;
      more(last ? undefined : `${from.name}到${to.name}${on}${kind ?? ''}第${page + 1}頁`);
      return render('trains', {
        from: from.name,
        to: to.name,
        on,
        isToday: on === today,
        isPast: on < today,
        kind: kind ?? '',
        unread: rest,
        total: ahead.length,
        gone,
        others,
        tomorrow,
        skip,
        last,
        trains: ahead.slice(skip, skip + perPage).map((train) => ({ secondClassFen: 0, ...train })),
        importedOn: found.importedOn ?? '',
        sample: found.sample,
      });
    },
  ),
  says(
    ['列車', '車次', '火車', '高鐵', '動車', '火車票', '列車時刻', '高鐵票'],
    ({ offers, at, notYet, render }) =>
      offers.has('trains', at) ? render('train-which', offers.now(at)) : notYet('列車時刻'),
  ),
  clicks('TRAINS', ({ redo }) => redo('列車')),
]);
