import type { Connection } from 'mongoose';

/** A QR code and where it hangs. `_id` = the scene; `words`: what a fan who comes by it reads first. */
export type ChannelRow = { _id: string; name: string; words: string };

export function createChannels({ db }: { db: Connection }) {
  const rows = db.collection<ChannelRow>('channels');
  return {
    get: (scene: string): Promise<ChannelRow | null> => rows.findOne({ _id: scene }),
    /** What the channels of these scenes are called. */
    async namesOf(scenes: readonly string[]): Promise<Map<string, string>> {
      const some = rows.find({ _id: { $in: [...scenes] } }, { projection: { name: 1 } });
      return new Map((await some.toArray()).map(({ _id, name }) => [_id, name]));
    },
  };
}

export type Channels = ReturnType<typeof createChannels>;
