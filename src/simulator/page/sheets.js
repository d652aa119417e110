// The sheets that come up from below: they ask for what a deed needs. `openSheet` gives the answer, or undefined.
import { h, svg } from './view.js';

const find = (id) => document.getElementById(id);

export function openSheet(kind, state) {
  return new Promise((resolve) => {
    const close = (answer) => {
      find('sheet').hidden = true;
      find('sheet-back').hidden = true;
      document.removeEventListener('keydown', onKey);
      resolve(answer);
    };
    const onKey = (event) => {
      if (event.key === 'Escape') close(undefined);
    };
    document.addEventListener('keydown', onKey);
    find('sheet-back').onclick = () => close(undefined);
    const { title, content } = sheets[kind]({ state, close });
    find('sheet').replaceChildren(
      h(
        'div',
        { class: 'sheet-head' },
        h('h2', {}, title),
        h('button', { type: 'button', 'aria-label': '關閉', onclick: () => close(undefined) }, '✕'),
      ),
      ...content,
    );
    find('sheet').hidden = false;
    find('sheet-back').hidden = false;
    find('sheet').querySelector('[autofocus]')?.focus();
  });
}

const field = (label, name, value, more = {}) =>
  h('label', {}, label, h('input', { name, value, autocomplete: 'off', ...more }));

/** A form whose fields are handed to `then` as an object of trimmed texts. */
function form(words, then, ...fields) {
  const element = h('form', {}, ...fields, h('button', { class: 'main block', type: 'submit' }, words));
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    then(
      Object.fromEntries(
        [...new FormData(element)].map(([name, value]) => [
          name,
          typeof value === 'string' ? value.trim() : '',
        ]),
      ),
    );
  });
  return element;
}

const sheets = {
  leave: ({ state, close }) => ({
    title: state.name,
    content: [
      h('p', { class: 'note' }, '取消關注之後，公眾號不能再發消息給她。'),
      h('button', { class: 'main block danger', type: 'button', onclick: () => close(true) }, '取消關注'),
    ],
  }),

  place: ({ state, close }) => ({ title: '選一個位置', content: placePicker(state.places, close) }),

  image: ({ close }) => ({
    title: '發一張圖片',
    content: [
      h(
        'div',
        { class: 'album' },
        ...drawings().map((url, n) =>
          h(
            'button',
            { type: 'button', onclick: () => close(url) },
            h('img', { src: url, alt: `示例圖片 ${n + 1}` }),
          ),
        ),
      ),
      fileChoice(close),
    ],
  }),

  voice: ({ close }) => ({
    title: '發一段語音',
    content: [
      form(
        '發送',
        ({ words }) => close(words ? { recognition: words } : {}),
        field('微信聽出來的文字（可以空著）', 'words', '', {
          placeholder: '例如：杭州天氣',
          maxlength: 100,
          autofocus: true,
        }),
      ),
    ],
  }),

  link: ({ close }) => ({
    title: '發一個鏈接',
    content: [
      form(
        '發送',
        close,
        field('標題', 'title', '週末去哪兒', { required: true, maxlength: 60 }),
        field('描述', 'description', '朋友分享的一篇文章', { maxlength: 100 }),
        field('網址', 'url', 'https://example.com/weekend', { required: true, type: 'url' }),
      ),
    ],
  }),

  scene: ({ state, close }) => ({
    title: '掃一個二維碼',
    content: [
      ...(state.scenes.length > 0
        ? [
            h(
              'div',
              { class: 'choices' },
              ...state.scenes.map((scene) =>
                h(
                  'button',
                  { class: 'choice', type: 'button', onclick: () => close(scene) },
                  h('b', {}, scene),
                  h('small', {}, '公眾號做的二維碼'),
                ),
              ),
            ),
          ]
        : []),
      form(
        '掃描',
        ({ scene }) => close(scene),
        field('二維碼的場景值', 'scene', state.scenes[0] ?? '', {
          required: true,
          maxlength: 64,
          autofocus: true,
          placeholder: '渠道表裡的 scene',
        }),
      ),
    ],
  }),

  code: ({ close }) => ({
    title: '掃一掃',
    content: [
      form(
        '掃描',
        ({ code }) => close(code),
        field('掃到的內容', 'code', 'COUPON-2026', { required: true, maxlength: 200, autofocus: true }),
      ),
    ],
  }),
};

/** A bare map of dots by longitude and latitude, a search, a list. «30.25,120.16» is a place too. */
function placePicker(places, close) {
  let chosen = places[0];
  const atlas = svg('svg', { class: 'atlas', viewBox: '0 0 320 180', role: 'img', 'aria-label': '地圖' });
  const list = h('div', { class: 'choices' });
  const search = h('input', {
    placeholder: '搜尋地點，或輸入「緯度，經度」',
    'aria-label': '搜尋地點',
    autocomplete: 'off',
  });
  const send = h('button', { class: 'main block', type: 'button' }, '發送位置');

  const x = (place) => ((place.longitude - 86) / (130 - 86)) * 320;
  const y = (place) => 180 - ((place.latitude - 16) / (48 - 16)) * 180;
  const nameOf = (place) => (place.city ? `${place.city} · ${place.name}` : place.name);

  const matching = () => {
    const words = search.value.trim();
    const point = /^(-?\d{1,2}(?:\.\d+)?)\s*[,，]\s*(-?\d{1,3}(?:\.\d+)?)$/.exec(words);
    if (point) {
      const [latitude, longitude] = [Number(point[1]), Number(point[2])];
      if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) {
        return [{ city: '', name: '自訂位置', label: `${latitude}, ${longitude}`, latitude, longitude }];
      }
    }
    return places.filter((place) => `${place.city}${place.name}${place.label}`.includes(words));
  };

  const draw = () => {
    const found = matching();
    if (!found.includes(chosen)) chosen = found[0];
    send.disabled = !chosen;
    list.replaceChildren(
      ...(found.length === 0 ? [h('p', { class: 'empty' }, '沒有找到這個地方')] : []),
      ...found.map((place) =>
        h(
          'button',
          {
            class: 'choice',
            type: 'button',
            'aria-pressed': String(place === chosen),
            onclick: () => pick(place),
          },
          h('b', {}, nameOf(place)),
          h('small', {}, place.label),
        ),
      ),
    );
    const lines = [];
    for (let step = 1; step < 8; step++)
      lines.push(svg('line', { x1: step * 40, x2: step * 40, y1: 0, y2: 180 }));
    for (let step = 1; step < 5; step++)
      lines.push(svg('line', { x1: 0, x2: 320, y1: step * 36, y2: step * 36 }));
    // One dot a city; the chosen place before all others.
    const cities = new Map();
    for (const place of chosen ? [chosen, ...found] : []) {
      const words = place.city || place.name;
      const spot = { words, place, x: x(place), y: y(place), size: place === chosen ? 13 : 8.5 };
      if (!cities.has(words)) cities.set(words, spot);
    }
    const spots = [...cities.values()];
    const dots = spots.map((spot) =>
      svg('circle', {
        cx: spot.x,
        cy: spot.y,
        r: spot.place === chosen ? 6 : 3.5,
        class: spot.place === chosen ? 'on' : '',
        onclick: () => pick(spot.place),
      }),
    );
    const labels = labelled(spots).map(({ words, left, middle, size }) =>
      svg('text', { x: left, y: middle + size * 0.35, class: words === spots[0].words ? 'on' : '' }, words),
    );
    atlas.replaceChildren(...lines, ...dots.toReversed(), ...labels);
  };
  const pick = (place) => {
    chosen = place;
    const top = list.scrollTop;
    draw();
    list.scrollTop = top;
    list.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: 'nearest' });
  };
  search.addEventListener('input', draw);
  send.addEventListener('click', () => {
    const { name, label, latitude, longitude } = chosen;
    close({ name, label, latitude, longitude });
  });
  draw();
  return [atlas, search, list, send];
}

/** Each name beside its dot, where it covers no other name or dot; one that finds no room is left out. The first come first. */
function labelled(spots) {
  const placed = spots.map((spot) => ({ left: spot.x - 3, width: 6, middle: spot.y, size: 6 }));
  const labels = [];
  const covers = (a, b) =>
    a.left < b.left + b.width &&
    b.left < a.left + a.width &&
    Math.abs(a.middle - b.middle) < (a.size + b.size) / 2;
  for (const { words, x, y, size } of spots) {
    const width = [...words].length * size;
    const room = [
      { left: x + 7, middle: y },
      { left: x - 7 - width, middle: y },
      { left: x - width / 2, middle: y - 5 - size / 2 },
      { left: x - width / 2, middle: y + 5 + size / 2 },
    ]
      .map((at) => ({ ...at, words, width, size }))
      .find(
        (at) =>
          at.left > 2 &&
          at.left + width < 318 &&
          at.middle > size &&
          at.middle < 180 - size &&
          !placed.some((one) => covers(one, at)),
      );
    if (!room) continue;
    placed.push(room);
    labels.push(room);
  }
  return labels;
}

function fileChoice(close) {
  const input = h('input', { type: 'file', accept: 'image/png,image/jpeg,image/gif' });
  input.addEventListener('change', () => {
    const [file] = input.files;
    if (!file) return;
    const reader = new FileReader();
    reader.addEventListener('load', () => close(reader.result));
    reader.readAsDataURL(file);
  });
  return h('label', { class: 'main block file' }, '選一張圖片', input);
}

/** A few drawn pictures, so that nothing has to be at hand. */
function drawings() {
  const scenes = [
    ['#bfe3f5', '#f7d774', '#6fae7b', '#3f7f6b'],
    ['#f6c9a8', '#e4664b', '#7c5c83', '#463a5e'],
    ['#dcebf2', '#ffffff', '#8aa6b5', '#4f6b7a'],
    ['#20304f', '#f3e9c0', '#35527d', '#162338'],
  ];
  return scenes.map(([sky, sun, far, near]) => {
    const canvas = h('canvas', { width: 320, height: 220 });
    const pen = canvas.getContext('2d');
    const hill = (colour, top, points) => {
      pen.fillStyle = colour;
      pen.beginPath();
      pen.moveTo(0, 220);
      points.forEach((height, n) => pen.lineTo((n / (points.length - 1)) * 320, top + height));
      pen.lineTo(320, 220);
      pen.fill();
    };
    pen.fillStyle = sky;
    pen.fillRect(0, 0, 320, 220);
    pen.fillStyle = sun;
    pen.beginPath();
    pen.arc(236, 62, 26, 0, 7);
    pen.fill();
    hill(far, 90, [60, 10, 40, 0, 50, 20, 70]);
    hill(near, 130, [40, 60, 20, 50, 30, 60]);
    return canvas.toDataURL('image/png');
  });
}
