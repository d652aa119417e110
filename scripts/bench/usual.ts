import type { Connection } from 'mongoose';
import { sample } from './quiz';

export type Message = { FromUserName: string; MsgId: string; Content: string };

type User = { openid: string; messages: number; lastAt: Date; asked: number };
type Stored = { msgId: string; openid: string; content: string; reply?: string };

/**
 * What somebody would write who does the same work with what the guides show: mongoose documents, one awaited call after the
 * other. The message is stored by a majority under its MsgId, the user loaded and saved, the reply stored.
 */
export function createUsual(mongoose: typeof import('mongoose'), db: Connection) {
  const { Schema } = mongoose;
  const majority = { writeConcern: { w: 'majority' as const } };
  const messages = db.model<Stored>(
    'Message',
    new Schema(
      {
        msgId: { type: String, required: true, unique: true },
        openid: { type: String, required: true, index: true },
        content: String,
        reply: String,
      },
      { timestamps: true, ...majority },
    ),
  );
  const users = db.model<User>(
    'User',
    new Schema(
      {
        openid: { type: String, required: true, unique: true },
        messages: { type: Number, default: 0 },
        lastAt: Date,
        asked: { type: Number, default: 0 },
      },
      { timestamps: true, ...majority },
    ),
  );
  const quiz = createUsualQuiz(mongoose, db);

  type Answer = (message: Message, user: User) => Promise<string>;
  /** A copy gets the reply that is stored. */
  const handled = (answer: Answer) => async (message: Message) => {
    const { MsgId: msgId, FromUserName: openid, Content: content } = message;
    const known = await messages.findOne({ msgId });
    if (known) return known.reply ?? '';
    const row = await messages.create({ msgId, openid, content });
    const user = (await users.findOne({ openid })) ?? new users({ openid });
    user.messages += 1;
    user.lastAt = new Date();
    const reply = await answer(message, user);
    await user.save();
    row.reply = reply;
    await row.save();
    return reply;
  };

  return {
    ready: () => Promise.all([messages.init(), users.init(), quiz.ready()]),
    keyword: handled(async ({ Content }) => replies.get(Content) ?? '回覆「幫助」看看我會什麼。'),
    quiz: handled(quiz.answer),
    kept: () => messages.countDocuments({ reply: { $exists: true } }),
  };
}

const help =
  '您好，我是小藝。\n回覆「杭州攻略」看攻略，「杭州天氣」看天氣，「杭州酒店」找酒店，或直接發位置給我。';
const replies = new Map(
  ['幫助', '帮助', '菜單', '你好', '您好', 'help', '怎么用', '功能'].map((word) => [word, help]),
);

/** The answer is inserted, the score counted up, and the rank is how many have more. */
function createUsualQuiz(mongoose: typeof import('mongoose'), db: Connection) {
  const { Schema } = mongoose;
  const majority = { writeConcern: { w: 'majority' as const } };
  const answers = db.model(
    'Answer',
    new Schema(
      { openid: String, question: Number, choice: Number, right: Boolean, points: Number },
      { timestamps: true, ...majority },
    ).index({ openid: 1, question: 1 }, { unique: true }),
  );
  const scores = db.model<{ openid: string; points: number }>(
    'Score',
    new Schema(
      { openid: { type: String, unique: true }, points: { type: Number, index: true } },
      { timestamps: true, ...majority },
    ),
  );
  const bank = sample().questions.filter(({ kind }) => kind !== 'profile');
  const asked = (n: number): string => {
    const { text, options } = bank[n % bank.length] as (typeof bank)[number];
    return [`第 ${n + 1} 題`, text, ...options.map((one, i) => `${'ABCDEF'.charAt(i)}. ${one}`)].join('\n');
  };

  return {
    ready: () => Promise.all([answers.init(), scores.init()]),
    async answer({ Content, FromUserName: openid }: Message, user: User): Promise<string> {
      const choice = 'ABCDEF'.indexOf(Content);
      if (choice < 0) return asked(user.asked);
      const right = bank[user.asked % bank.length]?.right === choice;
      const points = right ? 10 : 0;
      await answers.create({ openid, question: user.asked, choice, right, points });
      const score = await scores.findOneAndUpdate(
        { openid },
        { $inc: { points } },
        { upsert: true, returnDocument: 'after' },
      );
      const ahead = await scores.countDocuments({ points: { $gt: score.points } });
      user.asked += 1;
      const told = right ? `答對了，+${points} 分` : '答錯了';
      return `${told}。一共 ${score.points} 分，第 ${ahead + 1} 名。\n${asked(user.asked)}`;
    },
  };
}
