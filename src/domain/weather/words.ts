/** WMO weather codes (Open-Meteo) in the words of a Chinese forecast. */
// biome-ignore format: a table
const wmo: Record<number, string> = {
  0: '晴', 1: '晴間多雲', 2: '多雲', 3: '陰', 45: '霧', 48: '霧凇',
  51: '毛毛雨', 53: '毛毛雨', 55: '細雨', 56: '凍毛毛雨', 57: '凍毛毛雨', 61: '小雨', 63: '中雨', 65: '大雨', 66: '凍雨', 67: '凍雨',
  71: '小雪', 73: '中雪', 75: '大雪', 77: '米雪', 80: '陣雨', 81: '陣雨', 82: '強陣雨', 85: '陣雪', 86: '強陣雪',
  95: '雷陣雨', 96: '雷陣雨伴有冰雹', 99: '強雷陣雨伴有冰雹',
};

/** An unknown code is something between its neighbours: said as cloudy rather than failing the answer. */
export const ofWmo = (code: number): string => wmo[code] ?? '多雲';

/** QWeather's icon numbers (its `text` beside them comes in whatever script it likes). 1xx day, 15x night. */
// biome-ignore format: a table
const qweather: Record<number, string> = {
  100: '晴', 101: '多雲', 102: '少雲', 103: '晴間多雲', 104: '陰', 150: '晴', 151: '多雲', 152: '少雲', 153: '晴間多雲',
  300: '陣雨', 301: '強陣雨', 302: '雷陣雨', 303: '強雷陣雨', 304: '雷陣雨伴有冰雹', 305: '小雨', 306: '中雨', 307: '大雨', 308: '極端降雨', 309: '毛毛雨',
  310: '暴雨', 311: '大暴雨', 312: '特大暴雨', 313: '凍雨', 314: '小到中雨', 315: '中到大雨', 316: '大到暴雨', 317: '暴雨到大暴雨', 318: '大暴雨到特大暴雨',
  350: '陣雨', 351: '強陣雨', 399: '雨', 400: '小雪', 401: '中雪', 402: '大雪', 403: '暴雪', 404: '雨夾雪', 405: '雨雪天氣', 406: '陣雨夾雪', 407: '陣雪',
  408: '小到中雪', 409: '中到大雪', 410: '大到暴雪', 456: '陣雨夾雪', 457: '陣雪', 499: '雪', 500: '薄霧', 501: '霧', 502: '霾', 503: '揚沙', 504: '浮塵',
  507: '沙塵暴', 508: '強沙塵暴', 509: '濃霧', 510: '強濃霧', 511: '中度霾', 512: '重度霾', 513: '嚴重霾', 514: '大霧', 515: '特強濃霧', 900: '熱', 901: '冷',
};

/** `otherwise` is what the service itself wrote beside an icon number that is newer than this table. */
export const ofQweather = (icon: number, otherwise: string): string => qweather[icon] ?? otherwise;

const compass = ['北', '東北', '東', '東南', '南', '西南', '西', '西北'];

/** Where it blows from (degrees, 0 = north) and how hard (Beaufort): 「東北風 3 級」. */
export function windWords(degrees: number, level: number): string {
  if (level < 1) return '靜風';
  const from = degrees >= 0 && degrees <= 360 ? `${compass[Math.round(degrees / 45) % 8]}風` : '風向不定';
  return `${from} ${level} 級`;
}

/** Beaufort of km/h (mean wind at 10 m): the upper bounds of 0, 1, 2 … 11. */
export function beaufort(kmh: number): number {
  const bounds = [1, 5, 11, 19, 28, 38, 49, 61, 74, 88, 102, 117];
  const level = bounds.findIndex((bound) => kmh <= bound);
  return level === -1 ? 12 : level;
}
