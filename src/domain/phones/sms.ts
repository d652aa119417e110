/** `text` is the whole message; `values` are what differs in it, for providers that keep the words themselves. */
export type SmsMessage = { id: string; phone: string; text: string; values: readonly string[] };

/** Sends text messages to phones. `refused`: the provider will not send to this phone; of anything else that goes wrong it throws. */
export type SmsSender = {
  /** Nothing leaves the house: who asked is shown the message in chat. */
  shows?: true;
  /** `id`: the cause; a provider that knows it sends it once. */
  send(message: SmsMessage): Promise<'sent' | 'refused'>;
};

/** For the simulator: its fans have no other phone. */
export const shownSms: SmsSender = { shows: true, send: async () => 'sent' };

/** Sends nothing and remembers the last of it: for tests. */
export function createRecordingSms(most = 100) {
  const sent: SmsMessage[] = [];
  return {
    sent: (): readonly SmsMessage[] => sent,
    async send(message) {
      if (sent.every(({ id }) => id !== message.id)) sent.push(message);
      if (sent.length > most) sent.shift();
      return 'sent';
    },
  } satisfies SmsSender & Record<string, unknown>;
}
