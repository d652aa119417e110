/** Sends text messages to phones. `refused`: the provider will not; anything else that goes wrong is thrown and tried again. */
export type SmsSender = {
  /** `id`: the cause; a provider that knows it sends it once. */
  send(message: { id: string; phone: string; text: string }): Promise<'sent' | 'refused'>;
};

/** Sends nothing and remembers the last of it: for the simulator and tests. */
export function createRecordingSms(most = 100) {
  const sent: { id: string; phone: string; text: string }[] = [];
  return {
    sent: (): readonly { id: string; phone: string; text: string }[] => sent,
    async send(message) {
      if (sent.every(({ id }) => id !== message.id)) sent.push(message);
      if (sent.length > most) sent.shift();
      return 'sent';
    },
  } satisfies SmsSender & Record<string, unknown>;
}
