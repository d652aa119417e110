import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Everything measured, on a port of its own that is never the public one. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `xiaoyi_${name}`, help, labelNames, registers });

  const refused = counter('callbacks_refused_total', 'Callbacks refused before any write, by code', ['code']);
  const accepted = counter('callbacks_accepted_total', 'Callbacks kept in the inbox');
  const copies = counter('callback_copies_total', 'Deliveries that were copies of a kept callback');
  const late = counter('callbacks_late_total', 'Callbacks answered after the deadline');
  const takenOver = counter('callbacks_taken_over_total', 'Callbacks taken over from a dead process');
  const limited = counter('callbacks_limited_total', 'Callbacks of a flood: kept without effect');
  const answers = counter('answers_total', 'Answers by the rule that gave them', ['by']);
  const calls = counter('wechat_calls_total', "Attempts of calls of WeChat's API, by what came", [
    'path',
    'errcode',
  ]);
  const seconds = new Histogram({
    name: 'xiaoyi_callback_seconds',
    help: 'From the request to the sealed reply',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 4.5],
    registers,
  });
  const groups = new Histogram({
    name: 'xiaoyi_inbox_group_size',
    help: 'Rows in one inbox write',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    registers,
  });

  return {
    callback: {
      refused: (code: string) => refused.inc({ code }),
      answered: (took: number) => seconds.observe(took),
    },
    answering: {
      accepted: () => accepted.inc(),
      copy: () => copies.inc(),
      late: () => late.inc(),
      takenOver: () => takenOver.inc(),
      limited: () => limited.inc(),
      by: (rule: string) => answers.inc({ by: rule }),
    },
    wechatCall: (path: string, errcode: number | 'network') => calls.inc({ path, errcode: String(errcode) }),
    groupSize: (size: number) => groups.observe(size),
    /** A value asked for when the metrics are read. */
    gauge(name: string, help: string, read: () => Promise<number> | number): void {
      const gauge: Gauge = new Gauge({
        name: `xiaoyi_${name}`,
        help,
        registers,
        collect: async () => gauge.set(await Promise.resolve(read()).catch(() => Number.NaN)),
      });
    },
    registry,
    listen(port: number): Promise<{ port: number; close(): Promise<void> }> {
      const server = createServer((request, response) => {
        if (request.url !== '/metrics') return void response.writeHead(404).end();
        registry.metrics().then(
          (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
          () => response.writeHead(500).end(),
        );
      });
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () =>
          resolve({
            port: (server.address() as AddressInfo).port,
            close: () => new Promise((done) => server.close(() => done())),
          }),
        );
      });
    },
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
