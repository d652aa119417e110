import type { EChartsOption } from 'echarts';
import { createGate } from '../../kit/gate';

/** A chart takes the loop for some ms: one at a time, and ECharts is loaded when the first is drawn. */
const gate = createGate({ atOnce: 1, maxWaiting: 40 });

const ink = '#1d2b27';
/** One after the other; told apart also by who sees colours badly. */
const colours = ['#0b7a63', '#e08e0b', '#3b6fb6', '#b0436e', '#7a6ff0', '#6c7a75'];

/** As SVG, in our colours and letters. `width` and `height`: px at which it is laid out; a page scales it. */
export const drawChart = (
  option: EChartsOption,
  { width = 720, height = 280 }: { width?: number; height?: number } = {},
): Promise<string> =>
  gate(async () => {
    const { init } = await import('echarts');
    const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
    try {
      chart.setOption({
        animation: false,
        color: colours,
        textStyle: {
          // It is written into attributes as it stands: a double quote would end them.
          fontFamily: "system-ui, 'PingFang TC', 'Microsoft YaHei', 'Noto Sans CJK TC', sans-serif",
          color: ink,
        },
        grid: { left: 8, right: 16, top: 28, bottom: 8, containLabel: true },
        ...option,
      });
      return chart.renderToSVGString();
    } finally {
      chart.dispose();
    }
  });

type Series = { name: string; values: (number | null)[] };
/** What goes on over days or minutes. */
export const linesOver = (labels: string[], series: Series[]): EChartsOption => ({
  legend: { show: series.length > 1, top: 0 },
  xAxis: { type: 'category', data: labels, boundaryGap: false },
  yAxis: { type: 'value', minInterval: 1 },
  series: series.map(({ name, values }) => ({ type: 'line', name, data: values, symbolSize: 5 })),
});
/** How many of each. */
export const barsOf = (labels: string[], series: Series[]): EChartsOption => ({
  legend: { show: series.length > 1, top: 0 },
  xAxis: { type: 'category', data: labels, axisLabel: { interval: 0, width: 96, overflow: 'break' } },
  yAxis: { type: 'value', minInterval: 1 },
  series: series.map(({ name, values }) => ({
    type: 'bar',
    name,
    data: values,
    barMaxWidth: 42,
    label: { show: series.length === 1, position: 'top' },
  })),
});
