import type { GridComponentOption } from 'echarts';

export const colours = {
  paper: '#f6f5f1',
  panel: '#ffffff',
  edge: '#e4e1d9',
  ink: '#33383d',
  faint: '#858b91',
  track: '#eceae4',
};
/** Of the reader's machine; nothing is fetched. Without quotes: ECharts would write them into an attribute as they are. */
export const font = 'PingFang TC, Microsoft JhengHei, Noto Sans CJK TC, Noto Sans TC, Heiti TC, sans-serif';

export type Panel = { x: number; y: number; w: number; h: number };
type Element = Record<string, unknown>;
type Words = {
  x: number;
  y: number;
  size: number;
  bold?: boolean;
  colour?: string;
  align?: 'left' | 'right' | 'center';
  /** `y` is the middle of the lines, not their top. */
  middle?: boolean;
};
type Bars = {
  top: number;
  height: number;
  colour: string;
  /** The first is on top; its name stands before it and its label behind. */
  bars: { name: string; value: number; label: string }[];
  /** What is as long as its place is wide. */
  most?: number;
  /** The room for labels. */
  labels?: number;
};

/** Gathers what ECharts shall draw, piece by piece, in pixels. */
export function createCanvas() {
  const graphic: Element[] = [];
  const grid: GridComponentOption[] = [];
  const xAxis: Element[] = [];
  const yAxis: Element[] = [];
  const series: Element[] = [];

  function write(text: string, { x, y, size, bold, colour = colours.ink, align = 'left', middle }: Words) {
    if (text === '') return;
    graphic.push({
      type: 'text',
      silent: true,
      x,
      y,
      style: {
        text,
        fill: colour,
        font: `${bold ? 'bold ' : ''}${size}px ${font}`,
        lineHeight: Math.round(size * 1.35),
        textAlign: align,
        textVerticalAlign: middle ? 'middle' : 'top',
      },
    });
  }

  return {
    options: { graphic, grid, xAxis, yAxis, series },
    write,
    funnel: (one: Element) => void series.push({ type: 'funnel', ...one }),
    panel(
      { x, y, w, h }: Panel,
      told: { sign: string; title: string; colour: string; headline?: string; remark?: string },
    ): void {
      graphic.push({
        type: 'rect',
        z: -1,
        silent: true,
        shape: { x, y, width: w, height: h, r: 10 },
        style: { fill: colours.panel, stroke: colours.edge, lineWidth: 1 },
      });
      const { sign, title, colour, headline = '', remark = '' } = told;
      write(sign, { x: x + 20, y: y + 16, size: 24, bold: true, colour });
      write(title, { x: x + 30 + sign.length * 24, y: y + 22, size: 15, colour: colours.faint });
      write(headline, { x: x + 20, y: y + 56, size: 22, bold: true });
      write(remark, { x: x + 20, y: y + 88, size: 13, colour: colours.faint });
    },
    /** Lying bars. */
    bars({ x, y, w }: Panel, { top, height, colour, bars, most, labels = 112 }: Bars): void {
      const index = grid.length;
      const names = 112;
      grid.push({ left: x + names, top: y + top, width: w - names - labels, height });
      xAxis.push({
        type: 'value',
        gridIndex: index,
        min: 0,
        max: most ?? Math.max(1, ...bars.map(({ value }) => value)),
        show: false,
      });
      yAxis.push({
        type: 'category',
        gridIndex: index,
        inverse: true,
        data: bars.map(({ name }) => name),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { fontSize: 13, color: colours.ink, margin: 10, fontFamily: font },
      });
      series.push({
        type: 'bar',
        xAxisIndex: index,
        yAxisIndex: index,
        silent: true,
        barWidth: '56%',
        barMaxWidth: 22,
        showBackground: true,
        backgroundStyle: { color: colours.track, borderRadius: 4 },
        itemStyle: { color: colour, borderRadius: 4 },
        data: bars.map(({ value }) => value),
      });
      for (const [i, { label }] of bars.entries())
        write(label, {
          x: x + w - labels + 10,
          y: y + top + ((i + 0.5) * height) / bars.length,
          size: 12,
          middle: true,
        });
    },
  };
}

export type Canvas = ReturnType<typeof createCanvas>;
