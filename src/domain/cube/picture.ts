import type { EChartsOption } from 'echarts';
import { type Canvas, colours, createCanvas, font } from './canvas';
import type { Compared, NamedStage } from './cube';
import { bands, type CubeDay, type Fifth, fifthNames, knownCodes, knownNames } from './cube-day';
import { count, months, notJudged } from './lines';

const size = { width: 1200, height: 800 };
const inks = { width: '#4d7f90', length: '#7f9467', height: '#b98a5c', points: '#9a7f9e', stages: '#2f566a' };
const steps = ['#9db4bf', '#84a1af', '#6b8e9f', '#557b8e', '#41697d', '#2f566a', '#204357', '#133245'];
const panels = {
  width: { x: 24, y: 84, w: 368, h: 396 },
  length: { x: 416, y: 84, w: 368, h: 396 },
  height: { x: 808, y: 84, w: 368, h: 396 },
  stages: { x: 24, y: 500, w: 1152, h: 276 },
};

/**
 * The cube as one picture, SVG: width, length and height side by side, the stages below as a funnel. ECharts is loaded when
 * one is drawn: it costs half a second and 60 MB.
 */
export async function drawCube(compared: Compared, stages: readonly NamedStage[]): Promise<string> {
  const { init } = await import('echarts');
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption(optionsOf(compared, stages));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function optionsOf({ now, before }: Compared, stages: readonly NamedStage[]): EChartsOption {
  const canvas = createCanvas();
  canvas.write('消費者資產立方體', { x: 24, y: 22, size: 26, bold: true });
  canvas.write(`${now._id} 的數字${before ? `；增減與 ${before._id} 相比` : ''}`, {
    ...{ x: 1176, y: 32, size: 14 },
    colour: colours.faint,
    align: 'right',
  });
  drawWidth(canvas, now, before);
  drawLength(canvas, now);
  drawHeight(canvas, now, before);
  drawStages(canvas, now, stages);
  return {
    animation: false,
    backgroundColor: colours.paper,
    textStyle: { fontFamily: font, color: colours.ink },
    ...canvas.options,
  };
}

function drawWidth(canvas: Canvas, { people, known }: CubeDay, before: CubeDay | undefined): void {
  const mean = knownCodes.reduce((sum, code) => sum + known[code], 0) / people;
  canvas.panel(panels.width, {
    sign: '寬',
    title: '有多少人，認識多少',
    colour: inks.width,
    headline: `${count(people)} 人關注${change(people, before?.people)}`,
    remark: `下面 ${knownCodes.length} 件事，平均每人知道 ${mean.toFixed(1)} 件`,
  });
  canvas.bars(panels.width, {
    top: 120,
    height: 250,
    colour: inks.width,
    most: 1,
    bars: knownCodes.map((code) => ({
      name: knownNames[code],
      value: known[code] / people,
      label: `${percent(known[code], people)}\n${brief(known[code], '人')}`,
    })),
  });
}

function drawLength(
  canvas: Canvas,
  { people, length: { bands: inBands, unknown, meanDays } }: CubeDay,
): void {
  canvas.panel(panels.length, {
    sign: '長',
    title: '在一起多久了',
    colour: inks.length,
    headline: meanDays === undefined ? '哪天關注的都不知道' : `平均關注 ${howLong(meanDays)}`,
    remark: unknown > 0 ? `另有 ${count(unknown)} 人，哪天關注的不知道` : '從關注到今天',
  });
  canvas.bars(panels.length, {
    top: 120,
    height: 250,
    colour: inks.length,
    bars: bands.map(({ name }, i) => {
      const some = inBands[i] ?? 0;
      return { name, value: some, label: `${percent(some, people)}\n${brief(some, '人')}` };
    }),
  });
}

function drawHeight(canvas: Canvas, day: CubeDay, before: CubeDay | undefined): void {
  const { bought, engaged } = day;
  const points = `積分 ${brief(day.points, '分')}`;
  canvas.panel(panels.height, {
    sign: '高',
    title: '帶來多少',
    colour: inks.height,
    headline: `共消費 ${yuan(bought.spentFen)}${change(bought.spentFen / 100, before && before.bought.spentFen / 100)}`,
    remark:
      bought.people > 0
        ? `${brief(bought.people, '人')}買過（${percent(bought.people, day.people)}），共 ${brief(bought.purchases, '次')}；${points}`
        : `還沒有對得上的購買；${points}`,
  });
  const later = '還沒有評分，每天 04:00 評一次';
  drawFifths(canvas, bought.fifths, {
    top: 138,
    title: '買過的人，按消費分成五份',
    colour: inks.height,
    told: yuan,
    none: bought.people > 0 ? later : '還沒有導入購買',
  });
  drawFifths(canvas, engaged.fifths, {
    top: 276,
    title: '沒買過的人，按積分分成五份',
    colour: inks.points,
    told: (sum) => brief(sum, '分'),
    none: engaged.points > 0 ? later : '還沒有人有積分',
  });
}

function drawFifths(
  canvas: Canvas,
  fifths: readonly Fifth[],
  how: { top: number; title: string; colour: string; told: (sum: number) => string; none: string },
): void {
  const { x, y } = panels.height;
  const { top, title, colour, told, none } = how;
  const all = fifths.reduce((sum, one) => sum + one.sum, 0);
  canvas.write(title, { x: x + 20, y: y + top - 18, size: 13, colour: colours.faint });
  if (all <= 0) return canvas.write(none, { x: x + 20, y: y + top + 6, size: 14, colour: colours.faint });
  canvas.bars(panels.height, {
    top,
    height: 106,
    labels: 142,
    colour,
    bars: fifths
      .map(({ people, sum }, i) => ({
        name: `${fifthNames[i]} ${brief(people, '人')}`,
        value: sum,
        label: `${told(sum)}（${percent(sum, all)}）`,
      }))
      .toReversed(),
  });
}

/** What nothing can feed is named, not drawn: it would stand there as if nobody had come so far. */
function drawStages(canvas: Canvas, day: CubeDay, stages: readonly NamedStage[]): void {
  const { x, y, w } = panels.stages;
  const shown = stages.filter(({ code, isFed }) => isFed && code !== 'none');
  const stand = shown.map(({ code }) => day.stages[code] ?? 0);
  const reached = stand.map((_, i) => stand.slice(i).reduce((sum, one) => sum + one, 0));
  const unfed = stages.filter(({ isFed }) => !isFed).map(({ name }) => name);
  canvas.panel(panels.stages, { sign: '階段', title: '走到這一步或更遠的人', colour: inks.stages });
  const all = reached[0] ?? 0;
  if (all === 0)
    return canvas.write(notJudged, {
      ...{ x: x + 20, y: y + 72, size: 15 },
      colour: colours.faint,
    });
  if (unfed.length > 0)
    canvas.write(`${unfed.join('、')}：還沒有來源，沒有畫`, {
      ...{ x: x + w - 20, y: y + 22, size: 13 },
      colour: colours.faint,
      align: 'right',
    });
  const [left, width] = [x + 20, w - 40];
  canvas.funnel({
    ...{ left, top: y + 100, width, height: 96, min: 0, max: all, minSize: '1.5%', gap: 3 },
    orient: 'horizontal',
    sort: 'none',
    silent: true,
    label: { show: false },
    labelLine: { show: false },
    data: shown.map(({ name }, i) => ({
      name,
      value: reached[i],
      itemStyle: { color: steps[i % steps.length], borderWidth: 0 },
    })),
  });
  for (const [i, { name }] of shown.entries()) {
    const at = { x: left + (width / shown.length) * (i + 0.5), align: 'center' } as const;
    const [here = 0, before = 0] = [reached[i], reached[i - 1]];
    const share = before > 0 ? `，上一步的 ${percent(here, before)}` : '';
    canvas.write(name, { ...at, y: y + 62, size: 17, bold: true });
    canvas.write(`${count(here)} 人${share}`, { ...at, y: y + 208, size: 14 });
    canvas.write(`其中停在這裡 ${count(stand[i] ?? 0)} 人`, {
      ...at,
      ...{ y: y + 228, size: 12, colour: colours.faint },
    });
  }
}

const percent = (part: number, of: number): string => (of > 0 ? `${((part / of) * 100).toFixed(1)}%` : '—');
const howLong = (days: number): string => (days < 45 ? `${Math.round(days)} 天` : `${months(days)} 個月`);
const yuan = (fen: number): string => brief(fen / 100, '元');

/** 「12,345 元」, 「123.5 萬元」. */
function brief(n: number, unit = ''): string {
  const told = (by: number, name: string) => `${count(Math.round((n / by) * 10) / 10)} ${name}${unit}`.trim();
  if (Math.abs(n) >= 1e8) return told(1e8, '億');
  return Math.abs(n) >= 1e5 ? told(1e4, '萬') : `${count(Math.round(n))} ${unit}`.trim();
}

const change = (now: number, before: number | undefined): string =>
  before === undefined || Math.round(now - before) === 0
    ? ''
    : `（${now > before ? '+' : '−'}${brief(Math.abs(now - before))}）`;
