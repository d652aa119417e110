import type { Connection } from 'mongoose';

/** A QR code and where it hangs. `_id` = the scene; `words`: what a fan who comes by it reads first. */
export type ChannelRow = { _id: string; name: string; words: string };

export function createChannels({ db }: { db: Connection }) {
  const rows = db.collection<ChannelRow>('channels');
  return {
    get: (scene: string): Promise<ChannelRow | null> => rows.findOne({ _id: scene }),
  };
}

export type Channels = ReturnType<typeof createChannels>;
