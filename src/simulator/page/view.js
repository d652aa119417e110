// What one message looks like. Text from the account is never put in as HTML: only its links become links.

/** An element: `h('p', { class: 'x', onclick }, 'text', child)`. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'hidden' || name === 'disabled' || name === 'open') element[name] = Boolean(value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== ''));
  return element;
}

const svgNamespace = 'http://www.w3.org/2000/svg';
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const faceWith = (words) => h('div', { class: 'face', 'aria-hidden': 'true' }, words);
export const accountFace = () => faceWith('藝');

/** Each has a colour of her own: steps of the golden ratio never meet, through all hues but the account's green. */
export function face(name, place) {
  const element = faceWith([...name][0] ?? '?');
  element.style.background = `oklch(58% 0.12 ${190 + ((place * 0.618034) % 1) * 290})`;
  return element;
}

const beijing = (options) => new Intl.DateTimeFormat('zh-Hant-TW', { timeZone: 'Asia/Shanghai', ...options });
const dayFormat = beijing({ year: 'numeric', month: 'numeric', day: 'numeric' });
const hourFormat = beijing({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const weekdayFormat = beijing({ weekday: 'long' });
const secondFormat = beijing({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

const partsOf = (at) =>
  Object.fromEntries(dayFormat.formatToParts(at).map(({ type, value }) => [type, value]));
export const dayWords = (at) => {
  const { year, month, day } = partsOf(at);
  return `${year} 年 ${month} 月 ${day} 日`;
};
/** `2026-11-24 09:00`, Beijing. */
export const stampWords = (at) => new Date(at + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
export const clockWords = (at) => secondFormat.format(at);
export const weekdayWords = (at) => weekdayFormat.format(at);
export const timeWords = (at, now) => {
  const sameDay = dayFormat.format(at) === dayFormat.format(now);
  const { month, day } = partsOf(at);
  return `${sameDay ? '' : `${month} 月 ${day} 日 `}${hourFormat.format(at)}`;
};

/** Text with `<a href>` links; menu links (weixin://bizmsgmenu) are said when tapped. */
export function richText(text, { onMenu }) {
  const pieces = [];
  let from = 0;
  for (const match of text.matchAll(/<a\s[^>]*?href=(["'])(.*?)\1[^>]*>([\s\S]*?)<\/a>/g)) {
    pieces.push(...wholeBrackets(text.slice(from, match.index)));
    from = match.index + match[0].length;
    const [, , href, words] = match;
    if (href.startsWith('weixin://bizmsgmenu')) {
      const query = new URLSearchParams(href.slice(href.indexOf('?') + 1).replaceAll('&amp;', '&'));
      const say = () => onMenu(query.get('msgmenucontent') ?? words, query.get('msgmenuid') ?? '');
      pieces.push(h('button', { class: 'linklike', type: 'button', onclick: say }, words));
    } else if (/^https?:\/\//.test(href)) {
      pieces.push(link(href.replaceAll('&amp;', '&'), words));
    } else pieces.push(words);
  }
  pieces.push(...wholeBrackets(text.slice(from)));
  return pieces;
}

/** What stands in short brackets, one pair within the other or not, is one word to the eye and stays on one line. */
const wholeBrackets = (text) =>
  text
    .split(/(「(?:[^「」\n]|「[^「」\n]*」)+」|[（(](?:[^（）()\n]|[（(][^（）()\n]*[）)])+[）)])/)
    .map((piece, n) => (n % 2 === 1 && piece.length <= 15 ? whole(piece) : piece));
const whole = (text) => h('span', { class: 'whole' }, text);

const link = (href, ...words) => h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, ...words);

/** Pictures come from this machine only; of any other the frame stands there, with a word on what it is. */
function image(url, words) {
  const frame = h('div', { class: 'frame' }, words);
  if (!/^(https?:\/\/(127\.0\.0\.1|localhost)[:/]|data:image\/|\/)/.test(url)) return frame;
  const shown = h('img', { src: url, alt: words });
  shown.addEventListener('error', () => shown.replaceWith(frame));
  return shown;
}

const picture = (url) => h('div', { class: 'picture' }, image(url, '圖片'));

const sound = () =>
  svg(
    'svg',
    {
      viewBox: '0 0 24 24',
      width: 18,
      height: 18,
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': 2,
      'stroke-linecap': 'round',
    },
    svg('path', { d: 'M5 12h.01M9 8a6 6 0 0 1 0 8M13 5a10 10 0 0 1 0 14' }),
  );

export function placeCard({ name, label, latitude, longitude }) {
  return h(
    'div',
    { class: 'place' },
    h('p', {}, name ?? label),
    h('small', {}, name ? label : `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`),
    h('div', { class: 'map' }, h('span', {}, '示意圖')),
  );
}

/** What she sent. */
export function sentBody(body) {
  switch (body.kind) {
    case 'text':
      return h('div', { class: 'bubble tail' }, body.text);
    case 'image':
      return picture(body.url);
    case 'voice':
      return h(
        'div',
        { class: 'bubble tail' },
        h('div', { class: 'voice' }, sound(), '3″'),
        body.recognition ? `「${body.recognition}」` : '',
      );
    case 'video':
      return h('div', { class: 'bubble tail' }, '▶ 影片');
    case 'location':
      return placeCard(body);
    case 'link':
      return h(
        'div',
        { class: 'news' },
        link(body.url, h('b', {}, body.title), h('p', {}, body.description)),
      );
  }
}

/** What she sees from the account. */
export function seenBody(body, { onMenu }) {
  switch (body.kind) {
    case 'text':
      return h('div', { class: 'bubble tail' }, ...richText(body.text, { onMenu }));
    case 'image':
      return picture(body.url);
    case 'voice':
      return h('div', { class: 'bubble tail' }, h('div', { class: 'voice' }, sound(), '語音'));
    case 'video':
      return h('div', { class: 'bubble tail' }, `▶ 影片 ${body.title}`);
    case 'music':
      return h(
        'div',
        { class: 'news' },
        link(body.url, h('b', {}, `♪ ${body.title}`), h('p', {}, body.description)),
      );
    case 'news':
      return h('div', { class: 'news' }, ...body.articles.map(article));
    case 'menu':
      return h(
        'div',
        { class: 'bubble tail' },
        ...richText(body.head, { onMenu }),
        body.head ? '\n' : '',
        ...body.items.flatMap((item) => [
          h(
            'button',
            { class: 'linklike', type: 'button', onclick: () => onMenu(item.content, item.id) },
            item.content,
          ),
          '\n',
        ]),
        body.tail,
      );
    case 'template': {
      const rows = body.fields.map((field) => h('p', {}, `${field.name}:${field.value}`));
      const inside = [h('b', {}, '服務通知'), ...rows];
      return h('div', { class: 'news' }, body.url ? link(body.url, ...inside) : h('a', {}, ...inside));
    }
    case 'card':
      return h('div', { class: 'news' }, h('a', {}, h('b', {}, body.title), h('p', {}, body.description)));
  }
}

function article({ title, description, picUrl, url }) {
  const top = picUrl ? h('div', { class: 'top' }, image(picUrl, '封面圖')) : undefined;
  return link(url, top, h('b', {}, title), description ? h('p', {}, description) : undefined);
}

/** XML with a line for each tag, its names coloured; anything else as it is. */
export function xmlBlock(text, sealed = false) {
  const pre = h('pre', sealed ? { class: 'sealed' } : {});
  if (!text.startsWith('<xml>')) {
    pre.textContent = text === '' ? '（空）' : text;
    return pre;
  }
  let depth = 0;
  let lineOpen = false;
  for (const [token] of text.matchAll(/<!\[CDATA\[[\s\S]*?\]\]>|<[^>]+>|[^<]+/g)) {
    const closing = token.startsWith('</');
    const opening = /^<[A-Za-z]/.test(token);
    if (closing) depth--;
    if ((opening || (closing && !lineOpen)) && pre.childNodes.length > 0)
      pre.append(`\n${'  '.repeat(depth)}`);
    if (opening || closing) pre.append(h('span', { class: 't whole' }, token));
    else if (token.startsWith('<!')) pre.append(whole('<![CDATA['), token.slice(9, -3), whole(']]>'));
    else pre.append(token);
    if (opening) depth++;
    lineOpen = !closing;
  }
  return pre;
}
