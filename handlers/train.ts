import { about, beijingTime, clicks, dayMs, needs } from '../src/bot/bot';

const perPage = 8;

/** 「明天下午杭州到上海的高鐵」：兩座城市之外都可以不說；日子是北京的日子，不說就是今天。 */
export default needs('trains', [
  about(
    '列車',
    {
      says: ['車次', '火車', '火車票', '列車時刻', '高鐵', '高鐵票', '動車', '動車票', '車票'],
      words: {
        2: 'train 列車 車次 火車 火車票 高鐵票 動車票 車票 班次 時刻表 時刻 發車 12306 幾點的車 幾點有車 有車嗎 坐車',
        1: '票 車 坐 怎麼去 怎麼過去 多久到 要多久 多長時間 幾個小時 直達 到達 出發 動身',
      },
      takes: ['from', 'to', 'city', 'days', 'time', 'kind', 'order', 'number', 'stations', 'page'],
      by: ['from', 'kind', 'number'],
    },
    async (context) => {
      const { params, at, clock, trains, fan, offers, render, notYet, pages } = context;
      const {
        from,
        to = params.city === from ? undefined : params.city,
        kind,
        stations = [],
        time,
        order,
        rest = '',
      } = params;
      if (!offers.has('trains', at)) return notYet('列車時刻', to ?? from);
      if (params.number !== undefined) {
        const found = await trains.numbered(params.number);
        return render('train-number', { number: params.number, ...found });
      }
      if (!from || !to) {
        const known = from ?? to;
        return known
          ? `${from ? `從${known.name}去哪裡` : `從哪裡去${known.name}`}？說個城市名就行。`
          : render('train-which', offers.now(at));
      }
      if (from.id === to.id)
        return `${from.name}到${to.name}，原地就是。${offers.covers('sights', to) ? `想在城裡逛，回覆「${to.name}景點」。` : ''}`;
      fan.remember({ city: to });

      const today = clock.day(at);
      const on = params.days?.on ?? today;
      const day = await trains.between(from.id, to.id, { on, ...(kind ? { kind } : {}) });
      const fitting = day.trains.filter(
        (train) =>
          (!time || (train.departs >= time.from && train.departs <= time.to)) &&
          stations.every((one) => one === train.fromStation || one === train.toStation),
      );
      const ahead = trains.inOrder(
        fitting.filter((train) => on !== today || train.departs > beijingTime(at)),
        order,
      );
      const gone = fitting.length - ahead.length;
      // 只提有得答的：當天別的車種，或明天的車
      const narrowed = kind !== undefined || time !== undefined || stations.length > 0;
      const others =
        narrowed &&
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
      pages(page, last);
      return render('trains', {
        from: from.name,
        to: to.name,
        on,
        until: params.days?.until ?? on,
        isToday: on === today,
        isPast: on < today,
        kind: kind ?? '',
        time: time ?? { from: '', to: '' },
        stations,
        order: order ?? '',
        unread: rest,
        total: ahead.length,
        gone,
        others,
        tomorrow,
        skip,
        last,
        trains: ahead.slice(skip, skip + perPage).map((train) => ({ secondClassFen: 0, ...train })),
        importedOn: day.importedOn ?? '',
        sample: day.sample,
      });
    },
  ),
  clicks('TRAINS', ({ redo }) => redo('列車')),
]);
