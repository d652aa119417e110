import { about, beijingTime, type City, type Context, clicks, dayMs, needs } from '../src/bot/bot';

const perPage = 8;

/** 「明天下午杭州到上海的高鐵」：兩座城市之外都可以不說；日子是北京的日子，不說就是今天。 */
export default needs('trains', [
  about(
    '列車',
    {
      says: ['車次', '火車', '火車票', '列車時刻', '高鐵', '高鐵票', '動車', '動車票', '車票'],
      words: {
        2: `
          有票 有沒有票 還有票 餘票 買票 訂票 搶票 有車票 train 列車 車次 火車 火車票 車票 班次 時刻表 時刻 發車 12306
          點搭車 搭車 搭火車 坐咩車 有幾班 幾班車 有哪些車 坐什麼車 坐火車 怎麼坐車 車票多少 票多少錢 回程票 返程票
          幾點的車 幾點有車 有車嗎 坐車
        `,
        1: '票 車 坐 怎麼去 怎麼過去 多久到 要多久 多長時間 幾個小時 直達 到達 出發 動身 高鐵 動車 班 火 開車 趕車',
      },
      takes: ['from', 'to', 'city', 'days', 'time', 'kind', 'order', 'number', 'stations', 'page'],
      by: ['from', 'kind', 'number'],
    },
    async (context) => {
      const { params, at, clock, trains, fan, offers, render, notYet, pages } = context;
      const { from, kind, time, order, number, stations = [], page = 1, rest = '' } = params;
      const to = params.to ?? (params.city === from ? undefined : params.city);
      if (!offers.has('trains', at)) return notYet('列車時刻', to ?? from);
      if (number !== undefined) return render('train-number', { number, ...(await trains.numbered(number)) });
      if (!from && !to) return render('train-which', offers.now(at));
      if (!to) return `從${from?.name}去哪裡？說個城市名就行。`;
      if (!from) return `從哪裡去${to.name}？說個城市名就行。`;
      if (from.id === to.id)
        return `${from.name}到${to.name}，原地就是。${offers.covers('sights', to) ? `想在城裡逛，回覆「${to.name}景點」。` : ''}`;
      fan.remember({ city: to });

      const today = clock.day(at);
      const on = params.days?.on ?? today;
      const after = on === today ? beijingTime(at) : '';
      const found = await trains.between(from.id, to.id, { on, kind, time, stations, order, after });
      const skip = (page - 1) * perPage;
      const last = skip + perPage >= found.trains.length;
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
        total: found.trains.length,
        gone: found.gone,
        ...(found.trains.length > 0
          ? { others: '', tomorrow: false }
          : await instead(context, { from, to, on, gone: found.gone })),
        skip,
        last,
        trains: found.trains.slice(skip, skip + perPage).map((train) => ({ secondClassFen: 0, ...train })),
        importedOn: found.importedOn ?? '',
        sample: found.sample,
      });
    },
  ),
  clicks('TRAINS', ({ redo }) => redo('列車')),
]);

/** 沒有車時只提有得答的：都開走了，就說明天的；不合她的條件，就說那天別的車。 */
async function instead(
  { trains, clock, at }: Pick<Context<unknown>, 'trains' | 'clock' | 'at'>,
  { from, to, on, gone }: { from: City; to: City; on: string; gone: number },
) {
  const any = async (day: string) => (await trains.between(from.id, to.id, { on: day })).trains.length > 0;
  if (gone > 0) return { others: '', tomorrow: await any(clock.day(at + dayMs)) };
  const day = on === clock.day(at) ? '' : on;
  return { others: (await any(on)) ? `${from.name}到${to.name}${day}` : '', tomorrow: false };
}
