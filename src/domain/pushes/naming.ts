import type { Connection } from 'mongoose';
import { type PushRow, type PushState, stateNames as pushStates } from './push';
import { type SequenceRow, stateNames as sequenceStates, type Version } from './sequences/sequence';

/** A push or a sequence that names a segment. `waits`: it will ask for it again, so the segment must stay. */
export type Use = { kind: 'push' | 'sequence'; id: string; name: string; state: string; waits: boolean };
type Named = { _id: string; name: string };

const newest = 2_000;
/** What has begun keeps its audience as it was frozen. */
const before: readonly PushState[] = ['draft', 'waiting', 'scheduled', 'late'];

/** Which pushes and sequences name which segments, by id, by name or in a sentence; of the pushes the newest. */
export function createNaming({ db }: { db: Connection }) {
  const pushes = db.collection<PushRow>('pushes');
  const sequences = db.collection<SequenceRow>('sequences');
  const versions = db.collection<Version>('sequenceVersions');

  return {
    async usesOf(segments: readonly Named[]): Promise<Map<string, Use[]>> {
      const found = new Map<string, Use[]>(segments.map(({ _id }) => [_id, []]));
      const note = (texts: readonly string[], use: Use) => {
        for (const one of segments) if (texts.some((text) => names(text, one))) found.get(one._id)?.push(use);
      };
      const some = await pushes
        .find(
          { sequence: { $exists: false } },
          {
            projection: { name: 1, state: 1, 'audience.to': 1, 'audience.except': 1 },
            sort: { changedAt: -1 },
            limit: newest,
          },
        )
        .toArray();
      for (const { _id: id, name, state, audience } of some)
        note([audience.to, ...audience.except], {
          ...{ kind: 'push', id, name },
          state: pushStates[state],
          waits: before.includes(state),
        });
      const all = await sequences.find({}, { limit: 200 }).toArray();
      const written = await versions
        .find({ _id: { $in: all.map(({ _id, version }) => `${_id}/${version}`) } })
        .toArray();
      const byId = new Map(all.map((one) => [one._id, one]));
      for (const { sequence: id, definition } of written) {
        const { name, state } = byId.get(id) as SequenceRow;
        const texts = [
          definition.trigger.enters,
          ...definition.steps.flatMap((step) => [step.if ?? '', step.stop ?? '']),
        ];
        note(texts, {
          ...{ kind: 'sequence', id, name },
          state: sequenceStates[state],
          waits: state !== 'off',
        });
      }
      return found;
    },
  };
}

export type Naming = ReturnType<typeof createNaming>;

function names(text: string, { _id, name }: Named): boolean {
  if (text === _id || text === name) return true;
  const inside = [...text.matchAll(/[屬属][於于]分群「([^」]*)」/g)].map(([, one]) => one);
  return inside.includes(_id) || inside.includes(name);
}
