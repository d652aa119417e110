// The simulated phone. State comes from /sim/state and /sim/events; everything she does is a POST to /sim/fans/….

import { openSheet } from './sheets.js';
import {
  accountFace,
  clockWords,
  dayWords,
  face,
  h,
  seenBody,
  sentBody,
  stampWords,
  svg,
  timeWords,
  weekdayWords,
  xmlBlock,
} from './view.js';

const find = (id) => document.getElementById(id);
const hints = [
  '天氣',
  '杭州攻略',
  '一戰到底',
  '蘇州景點',
  '幫助',
  '人工',
  '杭州 500以下 酒店',
  '杭州到上海 明天 高鐵',
  '發位置',
];
const firstFans = ['小林', '阿珍', '志強'];
const channels = { custom: '客服消息', template: '模板消息', mass: '群發' };
const modes = { safe: '加密傳送', compatible: '兼容模式', plain: '明文傳送' };
const day = 86_400_000;

let state;
/** Chats by openid, oldest first. */
const chats = new Map();
const unread = new Map();
let current = localStorage.getItem('fan') ?? '';
let typing = false;
let ahead = 0;
let keyboard = localStorage.getItem('keyboard') !== 'no';
let draft = '';

const now = () => Date.now() + ahead;
/** Told apart by their place in the list. */
const faceOf = (fan) => face(fan.name, state.fans.indexOf(fan));
const fanNow = () => state.fans.find((fan) => fan.openid === current);

function toast(words) {
  const box = find('toast');
  box.textContent = words;
  box.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => {
    box.hidden = true;
  }, 2600);
}

async function call(path, body) {
  const response = await fetch(`/sim/${path}`, {
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch(() => undefined);
  if (!response) {
    toast('連不上模擬器，它可能停了');
    return undefined;
  }
  const answer = await response.json();
  if (response.ok) return answer;
  toast(answer.message ?? '沒有成功');
  return undefined;
}

const storm = () => (find('storm').checked ? { storm: true } : {});
/** She does something; what comes of it arrives over the events. */
const act = (verb, body = {}) => call(`fans/${encodeURIComponent(current)}/${verb}`, { ...body, ...storm() });
const say = (text, menuItem) => act('say', { text, ...(menuItem ? { menuItem } : {}) });

/* ---- drawing ---- */

function drawFans() {
  find('fans').replaceChildren(
    ...state.fans.map((fan) => {
      const count = unread.get(fan.openid) ?? 0;
      return h(
        'button',
        {
          class: 'fan',
          type: 'button',
          'aria-pressed': String(fan.openid === current),
          onclick: () => choose(fan.openid),
        },
        faceOf(fan),
        h(
          'div',
          {},
          h('b', {}, fan.name),
          h('small', {}, fan.last?.words || (fan.following ? '已關注' : '還沒有關注')),
        ),
        count > 0 ? h('i', {}, String(count)) : undefined,
      );
    }),
  );
}

function drawBar() {
  const fan = fanNow();
  find('title').textContent = state.accountName;
  find('console').href = state.consoleUrl;
  find('console').hidden = state.consoleUrl === '';
  find('subtitle').textContent = typing
    ? '對方正在輸入…'
    : `${fan?.name ?? ''} 的手機 · ${modes[state.sealed]}`;
  find('more').hidden = !fan?.following;
}

function drawMessage(item) {
  const mine = item.from === 'fan';
  if (mine && item.body.kind === 'event') {
    return h('div', { class: 'aside' }, item.body.words, ' ', wireTag(item));
  }
  if (!mine && item.body.kind === 'banner')
    return h('div', { class: 'aside' }, `該公眾號提供的服務出現故障，請稍後再試`);
  if (!mine && item.body.kind === 'transfer')
    return h('div', { class: 'aside' }, '（已轉給人工客服，粉絲看不到這一行）');
  const body = mine ? sentBody(item.body) : seenBody(item.body, { onMenu: say });
  return h(
    'div',
    { class: mine ? 'msg mine' : 'msg' },
    mine ? faceOf(fanNow()) : accountFace(),
    h('div', { class: 'body' }, body, mine ? wireTag(item) : channelTag(item)),
  );
}

const channelTag = (item) =>
  channels[item.channel] ? h('span', { class: 'tag' }, channels[item.channel]) : undefined;

function wireTag(item) {
  if (!item.wire) return item.wired === false ? undefined : h('span', { class: 'tag wait' }, '傳送中');
  const show = () => {
    drawWires(item.id);
    find('wire').classList.add('open');
  };
  return h(
    'button',
    { class: isBad(item.wire) ? 'tag bad' : 'tag', type: 'button', onclick: show },
    resultWords(item.wire),
  );
}

const isBad = (wire) => wire.remarks.some((remark) => remark.startsWith('失敗'));
function resultWords(wire) {
  const last = wire.deliveries.at(-1);
  const status = last?.status === undefined ? '沒有回應' : `${last.status}`;
  const times = wire.deliveries.length > 1 ? ` · 送了 ${wire.deliveries.length} 次` : '';
  return `${status} · ${Math.round(last?.ms ?? 0)} 毫秒${times}`;
}

function drawChat() {
  const fan = fanNow();
  const box = find('chat');
  if (!fan) return box.replaceChildren();
  const items = chats.get(current) ?? [];
  const rows = [];
  let shownAt = 0;
  for (const item of items) {
    if (item.at - shownAt > 300_000) rows.push(h('div', { class: 'time' }, timeWords(item.at, now())));
    shownAt = item.at;
    rows.push(drawMessage(item));
  }
  if (!fan.following) rows.push(followCard(fan));
  box.replaceChildren(...rows);
  toEnd();
}

/** Whether she reads the newest: then it stays in sight when the box shrinks (a keyboard) or a picture arrives. */
let atEnd = true;
function toEnd() {
  const box = find('chat');
  atEnd = true;
  box.scrollTop = box.scrollHeight;
}
find('chat').addEventListener('scroll', ({ target }) => {
  atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 40;
});
find('chat').addEventListener('load', () => atEnd && toEnd(), true);
new ResizeObserver(() => atEnd && toEnd()).observe(find('chat'));

const followCard = () =>
  h(
    'div',
    { class: 'follow-card' },
    accountFace(),
    h('b', {}, state.accountName),
    h('p', {}, '這是模擬手機：這裡扮演微信，對面是你的程式。關注之後就能聊天。'),
    h('button', { class: 'main', type: 'button', onclick: () => act('follow') }, '關注公眾號'),
    h('br'),
    h('br'),
    h('button', { class: 'linklike', type: 'button', onclick: scan }, '掃二維碼關注'),
  );

function drawHints() {
  const following = fanNow()?.following;
  find('hints').hidden = !following;
  find('hints').replaceChildren(
    ...hints.map((words) =>
      h(
        'button',
        { class: 'hint', type: 'button', onclick: () => (words === '發位置' ? sendPlace() : say(words)) },
        words,
      ),
    ),
  );
}

/** Who has a tag may have a menu of her own. */
const menuNow = () => fanNow()?.menu ?? state.menu;

function drawFoot() {
  const foot = find('foot');
  find('plus').hidden = true;
  foot.hidden = !fanNow()?.following;
  const menu = menuNow();
  const hasMenu = menu.length > 0;
  const swap = () => {
    keyboard = !keyboard;
    localStorage.setItem('keyboard', keyboard ? 'yes' : 'no');
    drawFoot();
  };
  const swapButton = hasMenu
    ? h(
        'button',
        { class: 'icon', type: 'button', 'aria-label': keyboard ? '打開菜單' : '打開鍵盤', onclick: swap },
        svg('svg', { viewBox: '0 0 24 24' }, svg('path', { d: keyboard ? icons.菜單 : icons.鍵盤 })),
      )
    : undefined;
  if (hasMenu && !keyboard) return foot.replaceChildren(swapButton, ...menu.map(menuButton));

  const field = h('textarea', {
    rows: 1,
    placeholder: '說點什麼',
    'aria-label': '說點什麼',
    maxlength: 2000,
  });
  field.value = draft;
  const send = h('button', { class: 'main', type: 'submit', hidden: draft === '' }, '發送');
  const plus = h(
    'button',
    { class: 'icon', type: 'button', 'aria-label': '更多功能', hidden: draft !== '', onclick: togglePlus },
    '＋',
  );
  const form = h('form', {}, field, send);
  const submit = () => {
    const text = field.value;
    if (text.trim() === '') return;
    field.value = '';
    field.dispatchEvent(new Event('input'));
    void say(text);
  };
  field.addEventListener('input', () => {
    draft = field.value;
    send.hidden = draft === '';
    plus.hidden = draft !== '';
    field.style.height = '40px';
    field.style.height = `${Math.min(120, field.scrollHeight)}px`;
  });
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  foot.replaceChildren(...[swapButton ?? h('span', { class: 'icon' }), form, plus]);
}

function menuButton(button) {
  const subs = button.sub_button ?? [];
  const open = (event) => {
    event.stopPropagation();
    const before = event.currentTarget.parentElement.querySelector('.sub');
    closeMenus();
    if (before) return;
    const list = subs.map((sub) =>
      h('button', { type: 'button', onclick: () => tap(sub, `${button.name}/${sub.name}`) }, sub.name),
    );
    event.currentTarget.parentElement.append(h('div', { class: 'sub' }, ...list));
  };
  return h(
    'div',
    { class: 'menu' },
    h(
      'button',
      {
        type: 'button',
        class: subs.length > 0 ? 'has' : '',
        onclick: subs.length > 0 ? open : () => tap(button, button.name),
      },
      button.name,
    ),
  );
}

const closeMenus = () => {
  for (const open of document.querySelectorAll('.sub')) open.remove();
};

/** Taps a button of the menu, after asking for what it needs. */
async function tap(button, path) {
  closeMenus();
  switch (button.type) {
    case 'location_select': {
      const place = await openSheet('place', state);
      return place && act('tap', { path, place });
    }
    case 'scancode_push':
    case 'scancode_waitmsg': {
      const code = await openSheet('code', state);
      return code && act('tap', { path, code });
    }
    case 'pic_sysphoto':
    case 'pic_photo_or_album':
    case 'pic_weixin': {
      const image = await openSheet('image', state);
      return image && act('tap', { path, image });
    }
    case 'view':
    case 'miniprogram':
      window.open(button.url, '_blank', 'noopener');
      return act('tap', { path });
    default:
      return act('tap', { path });
  }
}

/* ---- the 「+」 panel ---- */

const icons = {
  菜單: 'M5 8h14M5 12h14M5 16h14',
  鍵盤: 'M3 7h18v11H3zM7 10.5h.01M11 10.5h.01M15 10.5h.01M18 10.5h.01M8 14.5h8',
  圖片: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01',
  語音: 'M12 4a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0v-5A2.5 2.5 0 0 1 12 4zM6 11a6 6 0 0 0 12 0M12 17v3',
  位置: 'M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11zM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  鏈接: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  影片: 'M4 6h11v12H4zM15 10l5-3v10l-5-3',
  掃一掃: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5M4 12h16',
  進入會話: 'M13 4h6v16h-6M4 12h10M10 8l4 4-4 4',
  取消關注: 'M15 19a6 6 0 0 0-12 0M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM16 8l5 5M21 8l-5 5',
};

const ask = (kind, then) => async () => {
  const answer = await openSheet(kind, state);
  if (answer !== undefined) await then(answer);
};
const sendPlace = ask('place', (location) => act('send', { location }));
const scan = ask('scene', (scene) => act('scan', { scene }));
const leave = async () => {
  if (await openSheet('leave', { name: fanNow().name })) await act('leave');
};

const deeds = {
  圖片: ask('image', (image) => act('send', { image })),
  位置: sendPlace,
  語音: ask('voice', (voice) => act('send', { voice })),
  鏈接: ask('link', (link) => act('send', { link })),
  影片: () => act('send', { video: true }),
  掃一掃: scan,
  進入會話: ask('place', (place) => act('arrive', { place })),
  取消關注: leave,
};

function togglePlus() {
  const panel = find('plus');
  panel.hidden = !panel.hidden;
  panel.replaceChildren(
    ...Object.entries(deeds).map(([words, deed]) => {
      const icon = svg('svg', { viewBox: '0 0 24 24' }, svg('path', { d: icons[words] }));
      const choosing = () => {
        panel.hidden = true;
        void deed();
      };
      return h('button', { type: 'button', onclick: choosing }, h('i', {}, icon), words);
    }),
  );
  toEnd();
}

/* ---- the XML drawer ---- */

function drawWires(openId) {
  const items = (chats.get(current) ?? [])
    .filter((item) => item.from === 'fan' && item.wire)
    .slice(-30)
    .reverse();
  const opened = openId ?? items[0]?.id;
  find('wires').replaceChildren(
    ...(items.length === 0
      ? [h('p', { class: 'empty' }, '說句話，這裡就會出現微信送來的 XML 和程式的回覆。')]
      : []),
    ...items.map((item) => exchange(item, item.id === opened)),
  );
  if (openId) find('wires').querySelector('details[open]')?.scrollIntoView({ block: 'nearest' });
}

function exchange(item, open) {
  const { wire, body } = item;
  const words =
    body.kind === 'text'
      ? body.text
      : (body.words ??
        { image: '圖片', voice: '語音', video: '影片', location: '位置', link: '鏈接' }[body.kind]);
  const details = h(
    'details',
    { class: 'exchange', open },
    h('summary', {}, h('b', {}, words), h('span', { class: isBad(wire) ? 'bad' : '' }, resultWords(wire))),
  );
  const fill = () => {
    if (!details.open || details.childElementCount > 1) return;
    const last = wire.deliveries.at(-1);
    details.append(
      ...wire.remarks.map((remark) => h('p', { class: 'remark' }, remark)),
      h('h3', {}, '微信送出（明文）'),
      xmlBlock(wire.plain),
      h('h3', {}, '程式回覆（明文）'),
      xmlBlock(wire.plainReply ?? last?.response ?? ''),
      ...wire.deliveries.flatMap((delivery, n) => [
        h(
          'h3',
          {},
          `第 ${n + 1} 次傳送 · ${delivery.status === undefined ? delivery.error : `狀態 ${delivery.status}`} · ${delivery.ms} 毫秒`,
        ),
        xmlBlock(`${delivery.url}`, true),
        xmlBlock(delivery.body, true),
        ...(delivery.response === undefined
          ? []
          : [h('h3', {}, '回應原文'), xmlBlock(delivery.response, true)]),
      ]),
    );
  };
  details.addEventListener('toggle', fill);
  fill();
  return details;
}

/* ---- the clock ---- */

function drawClock() {
  const at = now();
  find('clock').replaceChildren(h('small', {}, `${dayWords(at)} ${weekdayWords(at)}`), clockWords(at));
  find('turn-to').to.placeholder = stampWords(at + 3_600_000);
}

function drawTurning(turning) {
  const box = find('turning');
  for (const button of document.querySelectorAll('[data-turn], #turn-to button'))
    button.disabled = Boolean(turning?.to);
  if (turning?.failed) toast(`時鐘停住了：${turning.failed}`);
  box.hidden = !turning?.to;
  if (!turning?.to) return;
  const done = Math.min(1, (now() - turning.from) / Math.max(1, turning.to - turning.from));
  box.querySelector('i').style.width = `${Math.round(done * 100)}%`;
  box.querySelector('span').textContent = `正走到 ${timeWords(now(), 0)}`;
}

const turn = (to) => call('clock', { to: Math.round(to) });
const turns = {
  hour: () => turn(now() + 3_600_000),
  day: () => turn(now() + day),
  /** The next 09:00 in Beijing (UTC+8). */
  morning: () => {
    const startOfDay = Math.floor((now() + 8 * 3_600_000) / day) * day - 8 * 3_600_000;
    return turn(startOfDay + day + 9 * 3_600_000);
  },
};

/* ---- events ---- */

async function choose(openid) {
  current = openid;
  localStorage.setItem('fan', openid);
  unread.delete(openid);
  typing = fanNow()?.typing ?? false;
  find('people').classList.remove('open');
  if (!chats.has(openid)) {
    const answer = await call(`fans/${encodeURIComponent(openid)}/chat`);
    if (answer)
      chats.set(
        openid,
        answer.items.map((item) => (item.wire || item.from !== 'fan' ? item : { ...item, wired: false })),
      );
  }
  drawAll();
}

function drawAll() {
  drawFans();
  drawBar();
  drawHints();
  drawFoot();
  // After what takes room below it, else its end is under that.
  drawChat();
  drawWires();
  drawClock();
}

function keepFan(fan) {
  if (!fan) return;
  const at = state.fans.findIndex((one) => one.openid === fan.openid);
  if (at < 0) state.fans.push(fan);
  else state.fans[at] = fan;
}

const on = {
  chat({ openid, item, fan }) {
    keepFan(fan);
    const items = chats.get(openid);
    if (items) {
      const at = items.findIndex((one) => one.id === item.id);
      if (at < 0) items.push(item);
      else items[at] = item;
      if (items.length > 400) items.splice(0, items.length - 400);
    }
    if (openid !== current) {
      if (item.from === 'account') unread.set(openid, (unread.get(openid) ?? 0) + 1);
    } else {
      if (item.from === 'account') typing = false;
      drawBar();
      drawChat();
      if (item.wire) drawWires();
    }
    drawFans();
  },
  fan({ fan }) {
    const before = fanNow()?.following;
    const menu = JSON.stringify(menuNow());
    keepFan(fan);
    drawFans();
    if (fanNow()?.following !== before) drawAll();
    else if (JSON.stringify(menuNow()) !== menu) drawFoot();
  },
  typing({ openid, typing: is }) {
    if (openid !== current) return;
    typing = is;
    drawBar();
  },
  menu({ menu }) {
    state.menu = menu;
    drawFoot();
  },
  scenes({ scenes }) {
    state.scenes = scenes;
  },
  clock({ now: at, turning }) {
    ahead = at - Date.now();
    drawClock();
    drawTurning(turning);
  },
};

/** Everything anew: at the start, and whenever the connection was lost. */
async function load() {
  const answer = await call('state');
  if (!answer) return;
  state = answer;
  ahead = state.now - Date.now();
  if (state.fans.length === 0) for (const name of firstFans) keepFan(await call('fans', { name }));
  chats.clear();
  await choose(fanNow()?.openid ?? state.fans[0].openid);
}

function listen() {
  const events = new EventSource('/sim/events');
  events.addEventListener('message', ({ data }) => {
    const happening = JSON.parse(data);
    if (happening.kind === 'hello') void load();
    else if (state) on[happening.kind]?.(happening);
  });
}

for (const button of document.querySelectorAll('[data-opens]')) {
  button.addEventListener('click', () => find(button.dataset.opens).classList.add('open'));
}
for (const button of document.querySelectorAll('[data-closes]')) {
  button.addEventListener('click', () => find(button.dataset.closes).classList.remove('open'));
}
for (const button of document.querySelectorAll('[data-turn]')) {
  button.addEventListener('click', () => turns[button.dataset.turn]());
}
find('turn-to').addEventListener('submit', (event) => {
  event.preventDefault();
  const match = /^(\d{4})\D(\d{1,2})\D(\d{1,2})\D+(\d{1,2})\D(\d{2})$/.exec(event.target.to.value.trim());
  const [year, month, date, hour, minute] = (match ?? []).slice(1).map(Number);
  if (match) void turn(Date.UTC(year, month - 1, date, hour - 8, minute));
  else toast('時間要寫成 2026-11-24 09:00 這樣');
});
find('turn-to').to.addEventListener('focus', (event) => {
  if (event.target.value === '') event.target.value = stampWords(now() + 3_600_000);
  event.target.select();
});
async function addFan(name) {
  const fan = await call('fans', { name });
  if (!fan) return;
  keepFan(fan);
  await choose(fan.openid);
}
find('new-fan').addEventListener('submit', (event) => {
  event.preventDefault();
  const name = event.target.elements.name.value.trim();
  event.target.reset();
  if (name) void addFan(name);
});
find('more').addEventListener('click', () => void leave());
document.addEventListener('click', closeMenus);
setInterval(() => state && drawClock(), 1000);
listen();
