/* Forms that do something, dialogs, drafts, rows of lists. What is only looked at moves by htmx. */
(() => {
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? '';
  const token = meta('token');
  const reader = meta('reader');

  document.addEventListener('htmx:config:request', (event) => {
    event.detail.ctx.request.headers['X-Token'] = token;
  });
  document.addEventListener('htmx:response:error', (event) => {
    const { response, text, target } = event.detail.ctx;
    if (response.status === 401) return goToDoor();
    tellIn(target, refusedIn(text));
  });
  /* What stands against a piece of a page is told in its place; what was there stays, a wait for it goes. */
  function tellIn(target, words) {
    const told = document.createElement('p');
    told.className = 'refusal';
    told.textContent = words;
    target.querySelector(':scope > .refusal')?.remove();
    if (target.textContent.trim().endsWith('…')) target.replaceChildren(told);
    else target.prepend(told);
  }
  function refusedIn(text) {
    try {
      return JSON.parse(text).refused || '這一塊沒有做成。';
    } catch {
      return '這一塊沒有做成。';
    }
  }
  /* It went on without her: the page around it is another one now. What she is writing is not lost over it. */
  document.addEventListener('htmx:after:swap', () => {
    const moved = document.querySelector('[data-moved]');
    if (!moved) return;
    if (!document.querySelector('dialog[open]') && !isWriting()) return location.reload();
    moved.removeAttribute('data-moved');
    say('這一頁的事往前走了：手上的寫完，再刷新看看。', 'warning');
  });
  const isWriting = () =>
    [...document.querySelectorAll('main input, main textarea')].some(
      (field) => field.type !== 'hidden' && field.value !== field.defaultValue,
    );
  const goToDoor = () => {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  };

  /* What was said to her, in a corner, and after going to another page. */
  const toasts = document.getElementById('toasts');
  function say(text, tone = 'success') {
    const toast = document.createElement('div');
    toast.className = `alert alert-${tone} toast-line`;
    toast.textContent = text;
    toasts.append(toast);
    setTimeout(() => toast.remove(), tone === 'danger' ? 12_000 : 6_000);
  }
  const carried = sessionStorage.getItem('said');
  if (carried) {
    sessionStorage.removeItem('said');
    say(carried);
  }

  /* Forms: `data-act` is where they go. The answer is JSON: said, refused (with fields), html, or the way to go. */
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.act) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    clearRefusals(form);
    renumber(form);
    const fields = unfilled(form);
    if (Object.keys(fields).length > 0) return refuse(form, { refused: '有地方還沒填好。', fields });
    void send(form, event.submitter);
  });
  async function send(form, button) {
    if (button?.dataset.confirm && !confirm(button.dataset.confirm)) return;
    form.dataset.busy = '1';
    button?.setAttribute('aria-busy', 'true');
    numberRows(form);
    const body = new FormData(form, button?.name ? button : undefined);
    const file = [...body.values()].some((value) => value instanceof File);
    try {
      const response = await fetch(button?.dataset.to || form.dataset.act, {
        method: 'POST',
        headers: { 'X-Token': token },
        body: file ? body : new URLSearchParams(body),
      });
      const answer = await response
        .json()
        .catch(() => ({ refused: '沒有收到回答，可能做了也可能沒做：看過再試。' }));
      if (response.status === 401) return goToDoor();
      if (answer.refused) return refuse(form, answer);
      forgetDraft(form);
      if (answer.html !== undefined) return showOnce(form, answer.html);
      const to = new URL(answer.to ?? location.href, location.href);
      if (answer.said) sessionStorage.setItem('said', answer.said);
      /* To another place of this same page the browser would only scroll, and tell nothing. */
      if (to.pathname + to.search === location.pathname + location.search) {
        if (to.hash) history.replaceState(null, '', to.hash);
        location.reload();
      } else location.assign(to);
    } catch {
      refuse(form, { refused: '連不上服務器。寫的東西都還在，網路好了再試一次。' });
    } finally {
      delete form.dataset.busy;
      button?.removeAttribute('aria-busy');
    }
  }

  /* Rows are numbered as they stand, so that what is refused is told at its own. */
  function numberRows(form) {
    for (const rows of form.querySelectorAll('[data-rows]'))
      rows.querySelectorAll('[data-row]').forEach((row, n) => {
        for (const one of row.querySelectorAll('[name]')) one.name = one.name.replace(/\.\d+\./, `.${n}.`);
      });
  }

  /* In our words: a browser speaks its own language. */
  function unfilled(form) {
    const fields = {};
    for (const one of form.elements) {
      if (!one.name || !one.validity || one.validity.valid) continue;
      const { valueMissing, tooShort, badInput, typeMismatch } = one.validity;
      fields[one.name] = valueMissing
        ? one.type === 'file'
          ? '請選一個文件'
          : '不能空著'
        : tooShort
          ? `至少 ${one.minLength} 個字，現在是 ${one.value.length} 個`
          : badInput || typeMismatch
            ? '寫法不對'
            : '要改一下';
    }
    return fields;
  }
  for (const form of document.querySelectorAll('form[data-act]')) form.noValidate = true;

  function showOnce(form, html) {
    const into = document.querySelector(form.dataset.into || '#page');
    into.innerHTML = html;
    for (const one of into.querySelectorAll('[data-absolute]'))
      one.textContent = location.origin + one.dataset.absolute;
    window.htmx?.process(into);
    into.focus();
  }
  function refuse(form, { refused, fields = {} }) {
    const unplaced = [];
    for (const [name, words] of Object.entries(fields)) {
      const field = form.elements.namedItem(name);
      const one = field instanceof RadioNodeList ? field[0] : field;
      if (!one || one.type === 'hidden') {
        unplaced.push(words);
        continue;
      }
      one.classList.add('is-invalid');
      one.setAttribute('aria-invalid', 'true');
      const told = document.createElement('div');
      told.className = 'invalid-feedback';
      told.id = `why-${name.replaceAll('.', '-')}`;
      told.textContent = words;
      one.setAttribute('aria-describedby', told.id);
      one.after(told);
    }
    const place = form.querySelector('.refusal');
    const text = unplaced.length > 0 ? `${refused}\n${unplaced.join('\n')}` : refused;
    if (place) {
      place.textContent = text;
      place.hidden = false;
    } else say(text, 'danger');
    const first = form.querySelector('.is-invalid');
    if (first) first.focus();
    else place?.scrollIntoView({ block: 'center' });
  }
  function clearRefusals(form) {
    for (const one of form.querySelectorAll('.is-invalid')) {
      one.classList.remove('is-invalid');
      one.removeAttribute('aria-invalid');
      one.removeAttribute('aria-describedby');
    }
    for (const told of form.querySelectorAll('.invalid-feedback')) told.remove();
    const place = form.querySelector('.refusal');
    if (place) place.hidden = true;
  }

  /* Dialogs: `data-opens` names one, `data-closes` closes the one it is in. */
  document.addEventListener('click', (event) => {
    const opener = event.target.closest?.('[data-opens]');
    if (opener) {
      const dialog = document.getElementById(opener.dataset.opens);
      for (const [name, value] of Object.entries(opener.dataset))
        if (name.startsWith('set')) {
          const field = dialog.querySelector(`[name="${name[3].toLowerCase()}${name.slice(4)}"]`);
          if (field) field.value = value;
        }
      if (opener.dataset.act) dialog.querySelector('form').dataset.act = opener.dataset.act;
      dialog.showModal();
    }
    const closer = event.target.closest?.('[data-closes]');
    if (closer) closer.closest('dialog').close();
    for (const menu of document.querySelectorAll('details.menu[open]'))
      if (!menu.contains(event.target)) menu.open = false;
    const copies = event.target.closest?.('[data-copies]');
    if (copies) void copy(document.querySelector(copies.dataset.copies).textContent.trim());
  });
  async function copy(text) {
    await navigator.clipboard.writeText(text);
    say('複製好了。');
  }
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape')
      for (const menu of document.querySelectorAll('details.menu[open]')) menu.open = false;
  });

  /* Rows of a list: `data-rows` holds them and a <template>; their fields are called list.n.field. */
  document.addEventListener('click', (event) => {
    const adds = event.target.closest?.('[data-adds]');
    if (adds) {
      const rows = document.getElementById(adds.dataset.adds);
      const next =
        Math.max(
          -1,
          ...[...rows.querySelectorAll('[name]')].map((one) => Number(/\.(\d+)\./.exec(one.name)?.[1] ?? -1)),
        ) + 1;
      const row = rows.querySelector('template').content.cloneNode(true);
      for (const one of row.querySelectorAll('[name], [id], [for], [aria-label]'))
        for (const attribute of ['name', 'id', 'for'])
          if (one.hasAttribute(attribute))
            one.setAttribute(attribute, one.getAttribute(attribute).replace('NEW', next));
      rows.append(row);
      const made = rows.lastElementChild;
      window.htmx?.process(made);
      made.querySelector('input, textarea, select')?.focus();
      changed(rows.closest('form'));
    }
    const removes = event.target.closest?.('[data-removes]');
    if (removes) {
      const form = removes.closest('form');
      removes.closest('[data-row]').remove();
      changed(form);
    }
    const moves = event.target.closest?.('[data-moves]');
    if (moves) {
      const row = moves.closest('[data-row]');
      const other = moves.dataset.moves === 'up' ? row.previousElementSibling : row.nextElementSibling;
      if (other?.hasAttribute('data-row')) swap(row, other, moves.dataset.moves === 'up');
      moves.focus();
      changed(row.closest('form'));
    }
  });
  function swap(row, other, up) {
    const [a, b] = [row, other].map((one) => /\.(\d+)\./.exec(one.querySelector('[name]')?.name ?? '')?.[1]);
    for (const [one, from, to] of [
      [row, a, b],
      [other, b, a],
    ])
      for (const field of one.querySelectorAll('[name]'))
        field.name = field.name.replace(`.${from}.`, `.${to}.`);
    if (up) other.before(row);
    else other.after(row);
  }
  /* As they stand, so that what is refused in a row is told at that row. */
  function renumber(form) {
    for (const list of form.querySelectorAll('[data-rows]'))
      for (const [n, row] of [...list.querySelectorAll(':scope > [data-row]')].entries())
        for (const field of row.querySelectorAll('[name]'))
          field.name = field.name.replace(/^(\w+)\.\d+\./, `$1.${n}.`);
  }
  const changed = (form) => form?.dispatchEvent(new Event('change', { bubbles: true }));

  /* What is being written is kept in this browser until it was taken: `data-draft` names it. */
  const keyOf = (form) => `draft:${reader}:${form.dataset.draft}`;
  function forgetDraft(form) {
    clearTimeout(waiting); // what was typed last would be kept after it was sent
    if (form.dataset.draft) localStorage.removeItem(keyOf(form));
  }
  function keepDraft(form) {
    const kept = [...new FormData(form)].filter(
      ([name, value]) => typeof value === 'string' && !/password|code|token/i.test(name),
    );
    localStorage.setItem(
      keyOf(form),
      JSON.stringify({ at: Date.now(), base: form.dataset.base ?? '', kept }),
    );
  }
  let waiting;
  for (const kind of ['input', 'change'])
    document.addEventListener(kind, (event) => {
      const form =
        event.target.closest?.('form[data-draft]') ??
        (event.target instanceof HTMLFormElement && event.target.dataset.draft ? event.target : undefined);
      if (!form) return;
      clearTimeout(waiting);
      waiting = setTimeout(() => keepDraft(form), 400);
    });
  function restore(form) {
    const text = localStorage.getItem(keyOf(form));
    if (!text) return;
    const { kept, at, base } = JSON.parse(text);
    const now = JSON.stringify([...new FormData(form)].filter(([, value]) => typeof value === 'string'));
    if (now === JSON.stringify(kept)) return forgetDraft(form);
    const bar = document.createElement('div');
    bar.className = 'alert alert-warning draft-bar';
    bar.setAttribute('role', 'status');
    const when = new Date(at).toLocaleString('zh-Hant', {
      timeZone: 'Asia/Shanghai',
      hourCycle: 'h23',
      month: 'numeric',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
    });
    bar.append(
      base === (form.dataset.base ?? '')
        ? `上次寫到一半（${when}），還沒送出。`
        : `上次寫到一半（${when}）；那以後別人改過。`,
    );
    const take = Object.assign(document.createElement('button'), {
      type: 'button',
      className: 'btn btn-sm btn-warning',
      textContent: '接著寫',
    });
    const drop = Object.assign(document.createElement('button'), {
      type: 'button',
      className: 'btn btn-sm',
      textContent: '不要了',
    });
    take.addEventListener('click', () => {
      fillIn(form, kept);
      bar.remove();
    });
    drop.addEventListener('click', () => {
      forgetDraft(form);
      bar.remove();
    });
    bar.append(take, drop);
    form.prepend(bar);
  }
  function fillIn(form, kept) {
    const byName = new Map();
    for (const [name, value] of kept) byName.set(name, [...(byName.get(name) ?? []), value]);
    /* Lists get as many rows as were written. */
    for (const rows of form.querySelectorAll('[data-rows]')) {
      const list = rows.dataset.rows;
      const wanted = new Set(
        [...byName.keys()].flatMap((name) => (name.startsWith(`${list}.`) ? [name.split('.')[1]] : [])),
      );
      for (const row of rows.querySelectorAll('[data-row]')) {
        const n = /\.(\d+)\./.exec(row.querySelector('[name]')?.name ?? '')?.[1];
        if (!wanted.delete(n)) row.remove();
      }
      for (const n of wanted) {
        const row = rows.querySelector('template').content.cloneNode(true);
        for (const one of row.querySelectorAll('[name], [id], [for]'))
          for (const attribute of ['name', 'id', 'for'])
            if (one.hasAttribute(attribute))
              one.setAttribute(attribute, one.getAttribute(attribute).replace('NEW', n));
        rows.append(row);
      }
    }
    for (const field of form.elements) {
      if (!field.name || field.type === 'file' || field.type === 'hidden') continue;
      const values = byName.get(field.name) ?? [];
      if (field.type === 'checkbox' || field.type === 'radio') field.checked = values.includes(field.value);
      else if (field.multiple)
        for (const option of field.options) option.selected = values.includes(option.value);
      else if (values.length > 0) field.value = values[0];
    }
    changed(form);
  }
  for (const form of document.querySelectorAll('form[data-draft]')) restore(form);

  /* `data-inserts`: what is chosen is written into that field. */
  document.addEventListener('change', (event) => {
    const choice = event.target.closest?.('select[data-inserts]');
    if (!choice?.value) return;
    const into = document.querySelector(choice.dataset.inserts);
    into.setRangeText(choice.value, into.selectionStart, into.selectionEnd, 'end');
    choice.value = '';
    into.focus();
    into.dispatchEvent(new Event('input', { bubbles: true }));
  });

  /* Filters are asked for as soon as one is chosen. */
  document.addEventListener('change', (event) => {
    if (
      event.target.matches?.(
        'form[data-filters] select, form[data-filters] input[type="date"], form[data-filters] input[type="checkbox"]',
      )
    )
      event.target.form.requestSubmit();
  });
  /* Only what is filled in stands in the address. */
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.method !== 'get') return;
    for (const field of form.elements) if (field.name && field.value === '') field.disabled = true;
    setTimeout(() => {
      for (const field of form.elements) field.disabled = false;
    }, 0);
  });
  /* On a phone the menu is folded. */
  const fold = document.querySelector('.side-fold');
  if (fold && matchMedia('(max-width: 900px)').matches) fold.open = false;

  /* A box that ticks all boxes of one name in its form (they may stand elsewhere on the page). */
  document.addEventListener('change', (event) => {
    const name = event.target.dataset?.ticks;
    if (!name) return;
    for (const box of event.target.form.elements) if (box.name === name) box.checked = event.target.checked;
  });

  /* Scanning: `data-scans` names the field that a code goes into; only where the browser reads codes by itself. */
  if ('BarcodeDetector' in window && navigator.mediaDevices?.getUserMedia)
    for (const button of document.querySelectorAll('[data-scans]')) {
      button.hidden = false;
      button.addEventListener('click', () => void scan(button));
    }
  async function scan(button) {
    const video = button.form.querySelector('video.scan');
    if (video.srcObject) return stopScan(video);
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    } catch {
      return say('相機打不開：請允許使用相機，或直接輸入。', 'danger');
    }
    video.hidden = false;
    await video.play();
    const detector = new BarcodeDetector();
    while (video.srcObject) {
      const [found] = await detector.detect(video).catch(() => []);
      if (found) {
        document.getElementById(button.dataset.scans).value = found.rawValue;
        stopScan(video);
        return button.form.requestSubmit();
      }
      await new Promise((next) => requestAnimationFrame(next));
    }
  }
  function stopScan(video) {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    video.srcObject = null;
    video.hidden = true;
  }
})();
