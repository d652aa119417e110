import { canonical } from '../../kit/canonical';
import type { Clock } from '../../kit/clock';
import type { Content } from './campaign';
import { type CampaignRow, contentOf, withoutId } from './campaign-row';
import { type By, busy, type Deeds, mustBe, plain } from './deeds';
import type { Findings, TakenBy } from './gate/findings';
import type { Finding } from './kind';
import { isPublished } from './states';

/** What nobody but its authors has seen. */
export function createDrafts({ clock, deeds, findings }: { clock: Clock; deeds: Deeds; findings: Findings }) {
  const { rows, loaded, act } = deeds;

  return {
    /** Keeps a draft, new or in place of an earlier one. A published campaign changes only by `propose`. */
    async save({ content, by }: { content: Content; by: string }): Promise<'new' | 'replaced' | 'same'> {
      const { id, ...rest } = plain(content);
      const at = clock.now();
      const first: CampaignRow = {
        _id: id,
        ...rest,
        state: 'draft',
        version: 0,
        pauses: [],
        rev: 1,
        author: by,
        log: [{ at, by, deed: 'save', state: 'draft' }],
      };
      const { upsertedCount } = await rows.updateOne(
        { _id: id },
        { $setOnInsert: withoutId(first) },
        { upsert: true },
      );
      if (upsertedCount > 0) return 'new';
      const before = await loaded(id);
      mustBe(before, 'save');
      if (canonical(contentOf(before)) === canonical(content)) return 'same';
      const { log, rev: _rev, ...fresh } = first;
      const { matchedCount } = await rows.replaceOne(
        { _id: id, state: before.state, rev: before.rev },
        {
          ...withoutId(fresh),
          version: before.version,
          rev: before.rev + 1,
          log: [...before.log, ...log].slice(-200),
        },
      );
      if (matchedCount === 0) throw busy(id);
      return 'replaced';
    },

    /** All that stands against it. Without a refusal a draft becomes `checked`. */
    async check({
      id,
      by,
      takenBy,
    }: By & { takenBy: TakenBy }): Promise<{ findings: Finding[]; passed: boolean }> {
      const row = await loaded(id);
      const found = await findings.all(contentOf(row), takenBy);
      const passed = !found.some(({ level }) => level === 'refuse');
      if (isPublished(row.state)) return { findings: found, passed };
      await act({ id, by }, (now) => {
        if (now.rev !== row.rev) throw busy(id);
        const check = { at: clock.now(), by, findings: found };
        return { deed: 'check', set: { check, state: passed ? 'checked' : 'draft' } };
      });
      return { findings: found, passed };
    },
  };
}
