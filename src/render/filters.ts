import type { Liquid } from 'liquidjs';
import { beijingDay, beijingTime } from '../kit/beijing';
import { formatDistance } from '../kit/geo';

/** What editors may use beside Liquid's own filters. `raw` is not among them: nothing switches escaping off. */
export function addFilters(engine: Liquid): Liquid {
  /** 32800 → ¥328; 32850 → ¥328.50. Money is integer fen everywhere. */
  engine.registerFilter('yuan', (fen: number) => `¥${fen % 100 === 0 ? fen / 100 : (fen / 100).toFixed(2)}`);
  /** 0.35 → 350 米; 2.34 → 2.3 公里; 134.6 → 135 公里. */
  engine.registerFilter('distance', formatDistance);
  /** 2026-11-22 → 11月22日. */
  engine.registerFilter('day', (on: string) => `${Number(on.slice(5, 7))}月${Number(on.slice(8, 10))}日`);
  /** Business ms → 11月29日 20:00, Beijing time. */
  engine.registerFilter('moment', (at: number) => {
    const day = beijingDay(at);
    return `${Number(day.slice(5, 7))}月${Number(day.slice(8, 10))}日 ${beijingTime(at)}`;
  });
  /** Business ms → 2026年11月29日, Beijing time. */
  engine.registerFilter('date', (at: number) => {
    const [year, month, day] = beijingDay(at).split('-');
    return `${year}年${Number(month)}月${Number(day)}日`;
  });
  /** Business ms → 14:05, Beijing time. */
  engine.registerFilter('time', beijingTime);
  /** Milliseconds to go → 2 天 3 小時. */
  engine.registerFilter('span', (ms: number) => {
    const minutes = Math.max(1, Math.ceil(ms / 60_000));
    const parts: [number, string][] = [
      [Math.floor(minutes / 1_440), '天'],
      [Math.floor(minutes / 60) % 24, '小時'],
      [minutes % 60, '分鐘'],
    ];
    const first = parts.findIndex(([count]) => count > 0);
    const told = parts.slice(first, first + 2).filter(([count]) => count > 0);
    return told.map(([count, unit]) => `${count} ${unit}`).join(' ');
  });
  /** 2026-11-22 → 週日. */
  engine.registerFilter(
    'weekday',
    (on: string) => `週${'日一二三四五六'.charAt(new Date(`${on}T00:00:00Z`).getUTCDay())}`,
  );
  /** 4 → ★★★★. */
  engine.registerFilter('stars', (stars: number) => '★'.repeat(stars));
  /** At most so many characters, so that a long text of an editor never pushes out what stands below it. */
  engine.registerFilter('short', (text: string, most: number) =>
    [...text].length <= most ? text : `${[...text].slice(0, most - 1).join('')}…`,
  );
  return engine;
}
