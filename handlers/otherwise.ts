import { otherwise } from '../src/bot/bot';

/** 都沒有答案時：認得城市就說能問什麼，像哪個詞就問是不是，否則給幫助。沒聽懂的話記個數，下一個關鍵詞從這裡來。 */
export default [
  otherwise(async ({ message, cities, fan, misses, choose, suggest, render }) => {
    if (message.kind !== 'text') return render('help');
    const said = message.content;
    const found = cities.split(said);
    if (found.kind === 'one') {
      const { city, rest } = found;
      fan.remember({ city });
      if (rest !== '') await misses.count(said);
      const prompt =
        rest === '' ? `${cities.fullName(city)}，想看什麼？` : `這句我沒全聽懂。說到${city.name}，想看什麼？`;
      return choose(
        prompt,
        ['攻略', '天氣', '酒店', '景點'].map((what) => ({
          label: `${city.name}${what}`,
          says: `${city.name}${what}`,
        })),
      );
    }
    if (found.kind === 'several' && found.rest === '')
      return choose(
        '是哪一座？',
        found.cities.slice(0, 9).map((city) => ({ label: cities.fullName(city), says: city.name })),
      );
    await misses.count(said);
    const near = suggest(said);
    if (near.length === 0) return render('otherwise');
    return choose(
      '這句我沒聽懂，你是想問：',
      near.map((word) => ({ label: word, says: word })),
    );
  }),
];
