export type HintFor = {
  /** °C of the day. */
  low: number;
  high: number;
  /** How much colder or warmer it feels than it is, °C. */
  feelsBy: number;
  /** Words of the sky, now and today: 「小雨」. */
  texts: string[];
  /** mm of the day, when known. */
  rain?: number | undefined;
  /** Beaufort. */
  windLevel: number;
};

/** From this many degrees on, this is what one wears. */
const clothes: [from: number, words: string][] = [
  [33, '酷熱，穿最輕薄透氣的，多喝水，正午別在太陽下久走'],
  [28, '天熱，短袖、薄裙最自在，記得防曬'],
  [23, '溫暖，短袖或薄襯衫就好，進空調房添件薄外套'],
  [18, '舒適，長袖襯衫或薄針織衫正合適'],
  [13, '微涼，針織衫外面加件風衣或薄外套'],
  [8, '偏冷，毛衣配夾克或厚風衣'],
  [2, '冷，毛衣加大衣或薄羽絨，圍巾也帶上'],
  [-6, '很冷，羽絨服配保暖內衣，帽子手套別省'],
  [-Infinity, '嚴寒，最厚的羽絨、保暖內衣、雪地靴一樣都別少，露在外面的越少越好'],
];

/**
 * What to wear and take along today, as a good host says it: one sentence on clothes, by how the middle of the day
 * feels, and at most two on what else matters (rain or snow first, then wind or dust, then a wide range of the day).
 */
export function clothingHint({ low, high, feelsBy, texts, rain = 0, windLevel }: HintFor): string {
  const daytime = (low + 2 * high) / 3 + Math.max(-5, Math.min(5, feelsBy));
  const wear = clothes.find(([from]) => daytime >= from)?.[1] ?? '';
  const sky = texts.join(' ');
  const more: string[] = [];

  if (sky.includes('雪')) more.push('路上可能濕滑，穿雙防滑的鞋。');
  else if (rain >= 25 || /暴雨|大雨|極端/.test(sky))
    more.push('雨勢不小，雨傘和防水的鞋都帶上，路上多留點時間。');
  else if (/雷/.test(sky)) more.push('有雷雨，帶傘，打雷時別在空曠處久留。');
  else if (rain >= 0.5 || sky.includes('雨')) more.push('帶把傘。');

  if (/沙|塵|霾/.test(sky)) more.push('空氣不太好，出門戴個口罩。');
  else if (windLevel >= 6) more.push('風很大，穿件擋風的外套，傘不一定撐得住。');
  else if (/霧/.test(sky) && !sky.includes('霧凇')) more.push('有霧，開車、趕車都留足時間。');

  if (high - low >= 12) more.push(`早晚溫差有 ${Math.round(high - low)}°C，帶件方便穿脫的外套。`);

  return `${wear}。${more.slice(0, 2).join('')}`;
}
