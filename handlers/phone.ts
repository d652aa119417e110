import { type Context, choice, code, form, means, needs, phone, says } from '../src/bot/bot';

type Anyone = Context<Record<never, never>>;

/** 她同意的話；改了字就改版本。 */
const consent = '認出訂單、會員等級和號碼的省份 2026-11 第二版';
/** 她回覆「訂閱短信」時讀到、同意的話。 */
const pushConsent =
  '優惠短信只發我們的優惠和活動，由短信服務商代發，號碼加密保存；隨時回覆「退訂短信」就停，號碼也刪掉。（短信 2026-11）';

const agreed = {
  同意: ['是', '是的', '好', '好的', '好啊', '行', '嗯', 'ok', '可以', '可以的', '沒問題', '我同意'],
  不同意: ['不', '不要', '不行', '否', '不可以', '不好', '我不同意'],
};

const again = '重發';

/** 收到的六位數字；對了就綁定。 */
const proof = form(
  'phone-code',
  {
    code: code('把簡訊裡的 6 位驗證碼發給我；沒收到，回覆「重發」。', 6, {
      [again]: ['重新發送', '重新發', '再發一次', '再發', '重發驗證碼', '沒收到', '沒有收到', '收不到'],
    }),
  },
  async (context) => {
    const { params, id, fan, phones, purchases, ask, render } = context;
    if (params.code === again) {
      const asked = await phones.askAgain(fan.pid, id);
      // 要不到新的，前一個也許還有用
      if (asked.kind !== 'refused' && asked.kind !== 'none') ask(proof);
      return told(context, asked);
    }
    const proven = await phones.prove(fan.pid, params.code, id);
    if (proven.kind === 'bound') {
      const { level = '', purchases: bought = [] } = (await purchases.of(fan.pid)) ?? {};
      const offer = (await phones.wantsPush(fan.pid)) === 'offered' ? pushConsent : '';
      return render('phone-bound', { tail: proven.tail, orders: bought.length, level, offer });
    }
    const said = { why: proven.kind, left: 0, tail: '', ...proven };
    if (proven.kind !== 'taken' && proven.kind !== 'none') ask(proof);
    return render('phone-unproven', said);
  },
);

/** 先說為什麼要、怎麼存，再問號碼；號碼只認十一位的手機號。 */
const binding = form(
  'phone',
  {
    agreed: choice(
      '綁定手機，是為了認出你在我們這裡買過的訂單和會員等級，和號碼是哪個省的，只用在這裡。號碼交給簡訊服務商發一次驗證碼，綁好半小時以後我們只留一串認不回號碼的字和省份（聊天裡的原話照舊 30 天後刪除）。隨時說「解除綁定」就刪掉。可以嗎？',
      ['同意', '不同意'],
      '你的同意',
      agreed,
    ),
    phone: {
      ...phone('要綁定的手機號？（11 位的大陸手機號，我發一條驗證碼過去）'),
      asked: (answers) => answers['agreed'] === '同意',
    },
  },
  async (context) => {
    const { params, id, fan, phones, ask, render } = context;
    if (params.agreed !== '同意') return render('phone-declined');
    const asked = await phones.ask({ pid: fan.pid, phone: params.phone, cause: id, consent });
    if (asked.kind !== 'refused' && asked.kind !== 'tooMany') ask(proof);
    return told(context, asked);
  },
);

function told(
  { tell, render }: Pick<Anyone, 'tell' | 'render'>,
  asked: Awaited<ReturnType<Anyone['phones']['askAgain']>>,
) {
  if (asked.kind !== 'asked')
    return render('phone-unsent', {
      why: asked.kind,
      seconds: asked.kind === 'tooSoon' ? Math.ceil(asked.inMs / 1000) : 0,
    });
  // 只有模擬器裡才有：她沒有別的手機可以收
  if (asked.shown !== undefined) tell(`〔簡訊〕${asked.shown}`);
  return render('phone-sent', { tail: asked.tail });
}

const release = form(
  'phone-release',
  {
    sure: choice(
      '解除綁定以後，就認不出你買過的訂單和會員等級了，優惠短信也停。要解除嗎？',
      ['解除', '不解除'],
      '解除還是不解除',
      { 解除: ['是', '要', '確定', '確認', '好', '好的'], 不解除: ['否', '不', '不要', '不用', '算了'] },
    ),
  },
  async ({ params, fan, at, phones, purchases, render }) => {
    if (params.sure === '解除') {
      await phones.unsubscribe(fan.pid, new Date(at));
      await purchases.unbindPhone(fan.pid);
    }
    return render('phone-unbound', { how: params.sure === '解除' ? 'unbound' : 'kept' });
  },
);

const isBound = async ({ fan, purchases }: Pick<Anyone, 'fan' | 'purchases'>): Promise<boolean> =>
  (await purchases.of(fan.pid)) !== undefined;

const subscribed = (said: Awaited<ReturnType<Anyone['phones']['subscribe']>>) =>
  said.kind === 'subscribed' ? { how: 'on', tail: said.tail } : {};

/** 「綁定手機」：同意、號碼、驗證碼；「解除綁定」解開。「訂閱短信」「退訂短信」：綁好的號碼收不收優惠。 */
export default [
  binding,
  proof,
  release,

  ...needs('phone', [
    says(
      ['綁定手機', '綁定手機號', '綁定手機號碼', '手機綁定', '綁手機', '換綁手機', '更換手機號'],
      async (context) => {
        const { offers, at, ask, notYet, render } = context;
        if (!offers.has('phone', at)) return notYet('綁定手機');
        return render('phone-opened', { bound: await isBound(context), question: ask(binding) });
      },
    ),
    means('綁定手機', {
      3: '綁定手機 綁定手機號 綁定我的手機 綁定電話 綁定號碼 綁手機 綁個手機 手機綁定 手機號綁定 換綁 換綁手機 更換手機號 換手機號 改綁定 關聯手機 驗證手機 認證手機 綁定會員 會員綁定',
      2: '綁定',
    }),
  ]),

  // 沒接簡訊服務，綁過的也解得開
  says(
    ['解除綁定', '解綁', '解綁手機', '解除綁定手機', '解除手機綁定', '取消綁定', '取消手機綁定'],
    async (context) =>
      (await isBound(context)) ? context.ask(release) : context.render('phone-unbound', { how: 'none' }),
  ),
  means('解除綁定', {
    3: '解除綁定 解綁 解除手機 取消綁定 不綁定 不想綁定 不要綁定 刪除綁定 解開綁定 解除手機綁定',
  }),

  says(
    ['訂閱短信', '訂閱簡訊', '訂閱優惠短信', '訂閱優惠簡訊', '接收優惠短信'],
    async ({ fan, at, phones, render }) => {
      if (!phones.pushAvailable) return render('sms-push', { how: 'off', tail: '' });
      const asked = { pid: fan.pid, at: new Date(at), consent: pushConsent };
      return render('sms-push', { how: 'again', tail: '', ...subscribed(await phones.subscribe(asked)) });
    },
  ),
  means('訂閱短信', { 3: '訂閱短信 訂閱簡訊 收優惠短信 收短信優惠 訂閱優惠短信' }),

  // 沒接簡訊服務，訂過的也退得了
  says(
    ['退訂短信', '退訂簡訊', '退訂優惠短信', '取消訂閱短信', '取消短信訂閱', '取消短信'],
    async ({ fan, at, phones, render }) => {
      await phones.unsubscribe(fan.pid, new Date(at));
      return render('sms-push', { how: 'ended', tail: '' });
    },
  ),
  means('退訂短信', {
    4: `
      退訂短信 退訂簡訊 退訂優惠短信 取消訂閱短信 取消短信 不收短信 不要短信 不想收短信 不收優惠短信 不要優惠短信 不想收優惠短信
      別發短信 別給我發短信 不要發短信 不要再發短信 不要給我發短信 不要再給我發短信
    `,
  }),
];
