import { z } from 'zod';
import { classNames, routeWords } from '../../../domain/pushes/push';
import { emptyWay } from '../../../domain/pushes/push-form';
import { tellReason } from '../../../domain/pushes/reasons';
import { readSequenceFile } from '../../../domain/pushes/sequences/read-sequence';
import type { StepReport } from '../../../domain/pushes/sequences/report';
import {
  onceNames,
  type SequenceRow,
  type Step,
  stateNames,
  type Version,
} from '../../../domain/pushes/sequences/sequence';
import {
  emptyStep,
  fieldOfStepFinding,
  readSequenceForm,
  type SequenceForm,
  type StepRow,
  sequenceFormOf,
  wayLetters,
} from '../../../domain/pushes/sequences/sequence-form';
import { type Example, examples, sequenceTemplate } from '../../../domain/pushes/sequences/template';
import { figure } from '../../../domain/pushes/tell-plan';
import { AppError } from '../../../errors';
import { beijingMoment } from '../../../kit/beijing';
import { isSamePerson } from '../../../kit/signed';
import { act, done, download, may, page, part, type Visit } from '../console';
import { cursor, id, line, lines, maybe, rows, ticked, upload, whole } from '../form';
import { confirm, field, type Tone, table } from '../parts';
import { audienceOptions, countsTold, previewsOf, slowly, stateWord, toneOf } from '../push-views';
import { plainRow, wayIn, wayOf } from '../ways';

const tones: Record<SequenceRow['state'], Tone> = { draft: 'grey', on: 'green', off: 'yellow' };
const one = z.object({ id });

const versionTold = ({ version, live }: SequenceRow): string =>
  live === undefined
    ? `第 ${version} 版`
    : live < version
      ? `走第 ${live} 版；第 ${version} 版還沒有開始`
      : `走第 ${live} 版`;
const lookTold = ({ look }: SequenceRow): string =>
  look
    ? `上次看在 ${beijingMoment(look.at.getTime())}：符合 ${figure(look.met)} 人，新進 ${figure(look.came)} 人`
    : '';

const unitNames: Record<string, string> = { m: '分鐘', h: '小時', d: '天' };
const waitTold = ({ after, at }: Step): string =>
  [
    after === '0' ? '馬上' : `過 ${after.slice(0, -1)} ${unitNames[after.slice(-1)]}`,
    ...(at === undefined ? [] : [`等到 ${at}`]),
  ].join('，');

/** Of a version, step by step, in words. */
const stepsTold = ({ definition: { steps } }: Version) =>
  steps.map((step, n) => ({
    n: n + 1,
    wait: waitTold(step),
    if: step.if ?? '',
    stop: step.stop ?? '',
    routes: step.routes.map((name) => routeWords[name]).join(' → '),
  }));

const formAsked = z.object({
  id: line(60, 0).default(''),
  name: line(200, 0).default(''),
  class: line(20, 0).default('marketing'),
  enters: line(200, 0).default(''),
  sentence: lines(2_000).default(''),
  once: line(10, 0).default('ever'),
  steps: rows(plainRow, 12),
});
type FormAsked = z.infer<typeof formAsked>;
const word = (row: Record<string, unknown>, name: string): string =>
  typeof row[name] === 'string' ? row[name].slice(0, 5_000) : '';

function stepIn(row: Record<string, unknown>): StepRow {
  const blank = emptyStep();
  const own = (name: Exclude<keyof StepRow, 'ways'>) =>
    row[name] === undefined ? blank[name] : word(row, name);
  return {
    after: word(row, 'after'),
    unit: /^[mhd]$/.test(word(row, 'unit')) ? word(row, 'unit') : 'd',
    at: word(row, 'at'),
    if: word(row, 'if'),
    stop: word(row, 'stop'),
    class: word(row, 'class'),
    quietFrom: own('quietFrom'),
    quietTo: own('quietTo'),
    capMost: own('capMost'),
    capDays: own('capDays'),
    ways: wayLetters.flatMap((letter) => {
      const way = wayIn(row, letter);
      return way ? [{ ...way, letter }] : [];
    }),
  };
}
const formIn = (asked: FormAsked): SequenceForm => ({
  ...asked,
  enters: asked.enters === '' ? asked.sentence.trim() : asked.enters,
  steps: asked.steps.map(stepIn),
});
const refused = (fields: Record<string, string>, { enters }: FormAsked): AppError =>
  new AppError('Invalid', 'sequence.form', `有 ${Object.keys(fields).length} 處要改，標在旁邊了。`, {
    details: {
      fields: Object.fromEntries(
        Object.entries(fields).map(([name, message]) => [
          name === 'enters' && enters === '' ? 'sentence' : name,
          message,
        ]),
      ),
    },
  });

const stepOf = (step: StepRow, n: number | 'NEW') => {
  const base = `steps.${n}.`;
  const f = (name: Exclude<keyof StepRow, 'ways'>, label: string, more: object = {}) =>
    field({ name: base + name, label, kind: 'text', value: step[name], ...more });
  return {
    after: f('after', '等多久', { kind: 'number' }),
    unit: f('unit', '單位', {
      kind: 'select',
      options: [
        { value: 'm', label: '分鐘' },
        { value: 'h', label: '小時' },
        { value: 'd', label: '天' },
      ],
    }),
    at: f('at', '等到幾點', { placeholder: '09:00', help: '可以不寫' }),
    if: f('if', '那一刻還要合', { kind: 'lines', help: '一句條件，不合就跳過這一步；可以不寫' }),
    stop: f('stop', '那一刻合了就退出', { kind: 'lines', help: '可以不寫' }),
    class: f('class', '類別', {
      kind: 'select',
      options: [
        { value: '', label: '和序列一樣' },
        ...Object.entries(classNames).map(([value, label]) => ({ value, label })),
      ],
    }),
    quietFrom: f('quietFrom', '免打擾從'),
    quietTo: f('quietTo', '到'),
    capMost: f('capMost', '一個人最多收幾次', { kind: 'number' }),
    capDays: f('capDays', '幾天裡', { kind: 'number' }),
    first: wayOf(step.ways[0] ?? emptyWay(), `${base}a`, { versions: false }),
    more: wayLetters.slice(1).map((letter, i) => ({
      open: step.ways[i + 1] !== undefined,
      n: i + 2,
      way: wayOf(step.ways[i + 1] ?? { what: '', variant: '', share: '' }, base + letter, {
        versions: false,
        maybe: true,
      }),
    })),
  };
};

async function editorOf(
  { services }: Visit,
  form: SequenceForm,
  about: { to: string; title: string; draft: string; base: string; isNew: boolean },
) {
  const options = (await audienceOptions(services)).filter(({ value }) => value !== '所有人');
  const isRule = !options.some(({ value }) => value === form.enters && value !== '');
  return {
    ...about,
    f: {
      id: field({
        name: 'id',
        label: '編號',
        kind: about.isNew ? 'text' : 'hidden',
        value: form.id,
        required: true,
        most: 24,
        help: '小寫字母、數字、連字號；定了就不能改',
      }),
      name: field({
        name: 'name',
        label: '名稱',
        kind: 'text',
        value: form.name,
        required: true,
        most: 40,
        placeholder: '像：生日祝福',
      }),
      class: field({
        name: 'class',
        label: '類別',
        kind: 'radio',
        value: form.class,
        options: [
          { value: 'marketing', label: '營銷' },
          { value: 'service', label: '服務（通知、提醒）' },
        ],
      }),
      enters: field({
        name: 'enters',
        label: '誰進來',
        kind: 'select',
        value: isRule ? '' : form.enters,
        options,
      }),
      sentence: field({
        name: 'sentence',
        label: '規則',
        kind: 'lines',
        value: isRule ? form.enters : '',
        most: 2_000,
        placeholder: '像：今天生日',
        help: '寫窄一點：「今天生日」「停在第 2 關」「3 天內關注」',
      }),
      once: field({
        name: 'once',
        label: '一個人可以進來幾次',
        kind: 'radio',
        value: form.once,
        options: Object.entries(onceNames).map(([value, label]) => ({ value, label })),
      }),
    },
    steps: form.steps.map((step, n) => stepOf(step, n)),
    fresh: stepOf(emptyStep(), 'NEW'),
  };
}

export default [
  page(
    '/sequences',
    may('pushes.see'),
    {
      title: '序列',
      menu: { group: 'reach', at: 20 },
      template: 'sequences',
      asks: z.object({ state: maybe(z.enum(['draft', 'on', 'off'])) }),
    },
    async ({ services }, asked) => {
      const all = await services.sequences.list();
      const shown = all.filter(({ state }) => asked.state === undefined || state === asked.state);
      return {
        table: table({
          caption: '序列',
          columns: [
            { label: '名稱' },
            { label: '狀態' },
            { label: '版本' },
            { label: '上次看' },
            { label: '最後改動' },
          ],
          rows: shown.map((row) => [
            { text: row.name, href: `/sequences/${row._id}`, own: true, note: row._id },
            { text: stateNames[row.state], tone: tones[row.state] },
            versionTold(row),
            lookTold(row),
            { text: beijingMoment(row.changedAt.getTime()), note: row.by },
          ]),
          path: '/sequences',
          asked,
          filters: [
            {
              kind: 'select',
              name: 'state',
              label: '狀態',
              value: asked.state,
              options: Object.entries(stateNames).map(([value, label]) => ({ value, label })),
            },
          ],
          empty: {
            title: '還沒有序列',
            text: '序列是「誰在什麼時候，過多久，還合不合條件，就發哪幾句話」：生日祝福、第二天的提醒。從一個例子開始最快。',
            href: '/sequences/new?example=birthday',
            label: '從「生日祝福」開始',
          },
        }),
        examples: Object.entries(examples).map(([code, label]) => ({ code, label })),
      };
    },
  ),
  page(
    '/sequences/new',
    may('pushes.edit'),
    {
      title: '寫一個序列',
      template: 'sequence-edit',
      asks: z.object({ example: maybe(z.enum(Object.keys(examples) as [Example])), from: maybe(id) }),
    },
    async (visit, { example, from }) => {
      const { sequences } = visit.services;
      const blank: SequenceForm = {
        id: '',
        name: '',
        class: 'marketing',
        enters: '',
        once: 'ever',
        steps: [{ ...emptyStep(), ways: [{ ...emptyWay(), letter: 'a' }] }],
      };
      const form = example
        ? sequenceFormOf(readSequenceFile({ name: `${example}.json`, bytes: sequenceTemplate(example) }))
        : from
          ? { ...sequenceFormOf((await sequences.version(from)).definition), id: '' }
          : blank;
      return editorOf(visit, form, {
        to: '/sequences/new/save',
        title: '寫一個序列',
        draft: `sequence:${example ?? from ?? 'new'}`,
        base: '',
        isNew: true,
      });
    },
  ),
  page(
    '/sequences/:id/edit',
    may('pushes.edit'),
    { title: '改序列', template: 'sequence-edit', asks: one },
    async (visit, asked) => {
      const row = await visit.services.sequences.get(asked.id);
      const { definition } = await visit.services.sequences.version(asked.id);
      return editorOf(visit, sequenceFormOf(definition), {
        to: `/sequences/${row._id}/save`,
        title: `改「${row.name}」`,
        draft: `sequence:${row._id}`,
        base: String(row.version),
        isNew: false,
      });
    },
  ),
  ...['/sequences/new/save', '/sequences/:id/save'].map((path) =>
    act(
      path,
      may('pushes.edit'),
      {
        what: path.includes(':id') ? '改序列' : '寫序列',
        most: 20 * 1024 * 1024,
        asks: formAsked.extend({ id: line(60), unfinished: ticked }),
      },
      async ({ services, by }, asked) => {
        const { sequences, pushFiles } = services;
        const read = await readSequenceForm(formIn(asked), pushFiles.keep);
        if ('fields' in read) throw refused(read.fields, asked);
        const isThere = (await sequences.list()).some(({ _id }) => _id === read.sequence.id);
        if (isThere && !path.includes(':id'))
          throw refused({ id: `「${read.sequence.id}」已經有了，請換一個編號` }, asked);
        if (!asked.unfinished) {
          const fields: Record<string, string> = {};
          for (const found of await sequences.findingsOf(read.sequence))
            fields[fieldOfStepFinding(found)] ??= found.message;
          if (Object.keys(fields).length > 0) throw refused(fields, asked);
        }
        const row = await sequences.bring(read.sequence, by);
        return done(`存好了，第 ${row.version} 版。進行中的照舊走，開始以後新來的人才走這一版。`, {
          to: `/sequences/${row._id}`,
          after: { id: row._id, version: row.version },
        });
      },
    ),
  ),
  act(
    '/sequences/import',
    may('pushes.edit'),
    { what: '導入序列', most: 4 * 1024 * 1024, asks: z.object({ file: upload }) },
    async ({ services, by }, { file }) => {
      const row = await services.sequences.bring(readSequenceFile(file), by);
      return done(`導入成「${row.name}」第 ${row.version} 版。`, {
        to: `/sequences/${row._id}`,
        after: { id: row._id, version: row.version },
      });
    },
  ),
  ...(Object.keys(examples) as Example[]).map((example) =>
    download(
      `/sequences/template/${example}`,
      may('pushes.edit'),
      { what: '下載序列的例子', asks: z.object({}) },
      async () => ({
        name: `${example}.json`,
        type: 'application/json; charset=utf-8',
        body: sequenceTemplate(example),
      }),
    ),
  ),

  page(
    '/sequences/:id',
    may('pushes.see'),
    { title: '序列', template: 'sequence', asks: one.extend({ version: maybe(whole(1, 9_999)) }) },
    async (visit, asked) => {
      const { sequences } = visit.services;
      const row = await sequences.get(asked.id);
      const version = await sequences.version(asked.id, asked.version);
      const versions = await sequences.versions(asked.id);
      const { definition } = version;
      const shownIs = version.version === row.version;
      const acts = [];
      if (visit.may('pushes.send') && (row.state !== 'on' || row.live !== row.version))
        acts.push(
          confirm({
            id: 'start',
            to: `/sequences/${row._id}/start`,
            label: row.state === 'on' ? `換成第 ${row.version} 版` : '開始',
            title: row.state === 'on' ? `換成第 ${row.version} 版？` : `開始「${row.name}」？`,
            text: '新來的人走最新的一版；裡面的人照她進來時的那一版走完。停過的話，裡面過了時間的人馬上接著走。',
            submit: '開始',
            tone: 'primary',
          }),
        );
      if (visit.may('pushes.send') && row.state === 'on')
        acts.push(
          confirm({
            id: 'stop',
            to: `/sequences/${row._id}/stop`,
            label: '停止',
            title: `停止「${row.name}」？`,
            text: '沒有人再進來，裡面的人等著；再開始時，過了時間的馬上接著走。已經交給推送的那幾條照發。',
            submit: '停止，裡面的人等著',
            tone: 'primary',
          }),
        );
      if (visit.may('pushes.send') && row.state !== 'draft' && !row.letGo)
        acts.push(
          confirm({
            id: 'let-go',
            to: `/sequences/${row._id}/let-go`,
            label: '停止並放走',
            title: '把裡面的人都放走？',
            text: '沒有人再進來；裡面的人不再往下走，以後在同一個「一次」裡也不再進來。已經交給推送的那幾條照發。不能反悔。',
            reason: '為什麼',
            submit: '放走',
          }),
        );
      return {
        title: row.name,
        id: row._id,
        name: row.name,
        state: stateNames[row.state],
        tone: tones[row.state],
        told: [versionTold(row), lookTold(row)].filter((text) => text !== '').join('；'),
        acts,
        version: version.version,
        isNewest: shownIs,
        enters: definition.trigger.enters,
        once: onceNames[definition.trigger.once],
        class: classNames[definition.class],
        steps: stepsTold(version),
        versions: versions.map((other) => ({
          n: other.version,
          by: other.by,
          at: other.at.getTime(),
          here: other.version === version.version,
          live: other.version === row.live,
        })),
        log: row.log.toReversed().map(({ at, by, what }) => ({ at: at.getTime(), by, what })),
      };
    },
  ),
  part(
    '/sequences/:id/shown',
    may('pushes.see'),
    { template: 'sequence-shown', asks: one.extend({ version: maybe(whole(1, 9_999)) }) },
    async (visit, asked) => {
      const { sequences, pushes } = visit.services;
      const { definition } = await sequences.version(asked.id, asked.version);
      const steps = [];
      for (const step of definition.steps) {
        const shown = await pushes.preview({ ...step, variants: [] }, { script: visit.script });
        steps.push({ wait: waitTold(step), shown: await previewsOf(visit.services, shown) });
      }
      return { steps };
    },
  ),
  /** Whether it can begin, and how many would come in at once. */
  part(
    '/sequences/:id/check',
    may('pushes.see'),
    { template: 'sequence-check', asks: one },
    async ({ services: { sequences } }, asked) =>
      slowly(async () => {
        const findings = await sequences.findings(asked.id);
        if (findings.length > 0) return { findings, told: '', second: '' };
        const { people, exact } = await sequences.count(asked.id);
        return {
          findings,
          told: `可以開始；現在就會進來${exact ? ' ' : '約 '}${figure(people)} 人。`,
          second:
            people > sequences.approvalAbove && !sequences.solo
              ? `超過 ${figure(sequences.approvalAbove)} 人：要另一位同事來開始，寫這一版的人不能自己開始。`
              : '',
        };
      }),
  ),
  act('/sequences/:id/start', may('pushes.send'), { what: '開始序列', asks: one }, async (visit, asked) => {
    const { sequences } = visit.services;
    const before = await sequences.get(asked.id);
    const newest = await sequences.version(asked.id);
    const isFit = (await sequences.findings(asked.id)).length === 0;
    const people = isFit ? (await slowly(() => sequences.count(asked.id))).people : 0;
    if (people > sequences.approvalAbove && !newest.rules && !sequences.solo) {
      if (isSamePerson(newest.by, visit.by))
        throw new AppError(
          'Forbidden',
          'sequence.same-person',
          `現在就有約 ${figure(people)} 人會進來，要另一位同事來開始：這一版是你寫的。`,
        );
      await visit.asSecond([newest.by]);
    }
    const row = await sequences.start(asked.id, visit.by);
    return done(`開始了，走第 ${row.live ?? row.version} 版。`, {
      to: `/sequences/${row._id}`,
      before: { state: before.state, live: before.live },
      after: { state: row.state, live: row.live },
    });
  }),
  act(
    '/sequences/:id/stop',
    may('pushes.send'),
    { what: '停止序列', asks: one },
    async ({ services, by }, asked) => {
      const row = await services.sequences.stop(asked.id, by);
      return done('停了：沒有人再進來，裡面的人等著。', {
        to: `/sequences/${row._id}`,
        after: { state: row.state },
      });
    },
  ),
  act(
    '/sequences/:id/let-go',
    may('pushes.send'),
    { what: '停止序列並放走裡面的人', asks: one.extend({ reason: line(200) }) },
    async ({ services, by }, asked) => {
      const row = await services.sequences.stop(asked.id, by, { letGo: true, why: asked.reason });
      return done('停了，裡面的人都放走了。', {
        to: `/sequences/${row._id}`,
        after: { state: row.state, letGo: true },
      });
    },
  ),

  part(
    '/sequences/:id/report',
    may('pushes.see'),
    { template: 'sequence-report', asks: one },
    async ({ services }, asked) => {
      const { versions } = await slowly(() => services.sequences.report(asked.id));
      const href = (query: string) => `/sequences/${asked.id}/people?${query}`;
      return {
        versions: versions.map(({ version: { version }, came, done: over, left, steps }) => {
          const { stop = 0, 'let-go': letGo = 0 } = left;
          const waiting = steps.reduce((sum, step) => sum + step.waiting, 0);
          const of = `version=${version}`;
          return {
            n: version,
            tiles: [
              { label: '進來', value: figure(came), href: href(of), note: '' },
              { label: '等著', value: figure(waiting), href: href(`${of}&state=waiting`), note: '' },
              { label: '走完', value: figure(over), href: href(`${of}&state=done`), note: '' },
              { label: '照條件退出', value: figure(stop), href: href(`${of}&why=stop`), note: '' },
              { label: '停止時放走', value: figure(letGo), href: href(`${of}&why=let-go`), note: '' },
            ],
            table: table({
              caption: `第 ${version} 版`,
              columns: [
                { label: '步' },
                { label: '等著', number: true },
                { label: '不合條件跳過', number: true },
                { label: '交給推送', number: true },
                { label: '其中' },
              ],
              rows: steps.map((step) => [
                `第 ${step.step + 1} 步`,
                { text: figure(step.waiting), href: href(`${of}&state=waiting&step=${step.step + 1}`) },
                { text: figure(step.skipped), href: href(`${of}&skipped=${step.step + 1}`) },
                {
                  text: figure(step.fed),
                  href: `/sequences/${asked.id}/pushes?version=${version}&step=${step.step + 1}`,
                },
                { text: fedTold(step), note: reasonsOf(step) },
              ]),
              empty: { title: '還沒有人', text: '' },
            }),
          };
        }),
      };
    },
  ),
  page(
    '/sequences/:id/people',
    may('pushes.see'),
    {
      title: '序列裡的人',
      template: 'sequence-people',
      asks: one.extend({
        version: maybe(whole(1, 9_999)),
        state: maybe(z.enum(['waiting', 'done', 'left'])),
        step: maybe(whole(1, 12)),
        why: maybe(z.enum(['stop', 'let-go'])),
        skipped: maybe(whole(1, 12)),
        cursor,
      }),
    },
    async ({ services }, asked) => {
      const { id: sequence, step, skipped, ...rest } = asked;
      const row = await services.sequences.get(sequence);
      const fromZero = (n: number | undefined) => (n === undefined ? undefined : n - 1);
      const { rows: found, next } = await services.sequences.people(sequence, {
        ...rest,
        step: fromZero(step),
        skipped: fromZero(skipped),
      });
      const names = await services.names.nameOf(found.map(({ pid }) => pid));
      return {
        id: row._id,
        name: row.name,
        table: table({
          caption: '序列裡的人',
          columns: [
            { label: '用戶' },
            { label: '在哪裡' },
            { label: '進來' },
            { label: '下一步／結束' },
            { label: '版本', number: true },
          ],
          rows: found.map((run) => [
            { text: run.pid, href: `/subscribers/${run.pid}`, note: names.get(run.pid) ?? '' },
            run.state === 'waiting'
              ? `等第 ${run.step + 1} 步`
              : run.state === 'done'
                ? '走完了'
                : run.why === 'stop'
                  ? '照條件退出'
                  : '停止時放走',
            beijingMoment(run.at.getTime()),
            beijingMoment((run.endedAt ?? run.dueAt).getTime()),
            run.version,
          ]),
          path: `/sequences/${sequence}/people`,
          asked: { ...rest, step, skipped },
          next,
          filters: [
            {
              kind: 'select',
              name: 'state',
              label: '在哪裡',
              value: asked.state,
              options: [
                { value: 'waiting', label: '等著' },
                { value: 'done', label: '走完了' },
                { value: 'left', label: '離開了' },
              ],
            },
            { kind: 'text', name: 'version', label: '第幾版', value: asked.version?.toString() },
            { kind: 'text', name: 'step', label: '等第幾步', value: step?.toString() },
          ],
          empty: { title: '還沒有人', text: '開始以後，誰進來了都在這裡。' },
        }),
      };
    },
  ),
  page(
    '/sequences/:id/pushes',
    may('pushes.see'),
    {
      title: '這一步的推送',
      template: 'sequence-people',
      asks: one.extend({ version: whole(1, 9_999), step: whole(1, 12) }),
    },
    async ({ services }, asked) => {
      const { sequences, pushes } = services;
      const row = await sequences.get(asked.id);
      const all = await sequences.pushesOf(asked.id, { version: asked.version, step: asked.step - 1 });
      const cells = [];
      for (const push of all.slice(0, 100)) {
        const status = await pushes.status(push._id);
        cells.push([
          { text: push._id, href: `/pushes/${push._id}`, own: true },
          { text: stateWord(status.state), tone: toneOf[status.state] },
          { text: figure(status.people), href: `/pushes/${push._id}/people` },
          countsTold(status),
        ]);
      }
      return {
        id: row._id,
        name: row.name,
        title: `第 ${asked.version} 版第 ${asked.step} 步的推送`,
        table: table({
          caption: '這一步的推送',
          columns: [{ label: '推送' }, { label: '狀態' }, { label: '人數', number: true }, { label: '其中' }],
          rows: cells,
          empty: { title: '還沒有推送', text: '有人走到這一步，才有。' },
        }),
      };
    },
  ),
];

function fedTold({ counts, fed }: StepReport): string {
  const ended = counts.sent + counts.handed + counts.failed + counts.unknown + counts.skipped;
  return countsTold({ counts, waiting: fed - ended }) || '—';
}
const reasonsOf = ({ counts, stopped }: StepReport): string =>
  [
    ...Object.entries(counts.reasons).map(([why, n]) => `${tellReason(why)} ${figure(n)}`),
    ...(stopped.length > 0 ? [`停著的推送：${stopped.join('、')}`] : []),
  ].join('；');
