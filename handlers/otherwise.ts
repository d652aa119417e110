import { otherwise } from '../src/bot/bot';

const most = 9;

/**
 * 都沒有答案時：認得裡面的城市，就說能問它什麼；像哪座城市、哪個詞，就問是不是；再不然給幫助。
 * 沒聽懂的話記個數，下一個關鍵詞從那裡來。
 */
export default [
  otherwise(async (context) => {
    const {
      message,
      cities,
      desk,
      fan,
      misses,
      serviceHours,
      offers,
      at,
      choose,
      notYet,
      suggest,
      render,
      missedAgain,
    } = context;
    // 表情、問號、沒人認領的菜單。
    if (message.kind !== 'text' || !/[\p{L}\p{N}]/u.test(message.content))
      return render('help', offers.now(at));
    const said = message.content;
    const place = cities.split(said);
    const whole = place.rest === '';
    if (!whole || place.kind === 'none') await misses.count(said, fan.pid, context.understood);

    if (place.kind === 'one') {
      const { name } = place.city;
      fan.remember({ city: place.city });
      const asks = offers.asks(place.city);
      if (asks.length === 0) return notYet(`${name}的資料`);
      return choose(
        whole ? `${cities.fullName(place.city)}，想看什麼？` : `這句我沒全聽懂。說到${name}，想看什麼？`,
        asks,
      );
    }
    if (place.kind === 'several' && whole)
      return choose(
        '說的是哪一座城市？',
        place.cities.slice(0, most).map((city) => ({ label: cities.fullName(city), says: city.name })),
      );

    // 連著兩句都沒聽懂，同事在就請他來；已經在等的，照常接話。
    if (missedAgain() && desk.here && serviceHours.isOpen(at)) {
      const { isNew } = await desk.asks({ id: context.id, pid: fan.pid, at, why: 'misses' });
      if (isNew) return render('desk-missed');
    }

    const typo = cities.find(said);
    const near = [...(typo.kind === 'none' ? typo.near.map((city) => city.name) : []), ...suggest(said)];
    if (near.length === 0) return render('otherwise', offers.now(at));
    return choose(
      '這句我沒聽懂，你是想說：',
      near.slice(0, 4).map((word) => ({ label: word, says: word })),
    );
  }),
];
