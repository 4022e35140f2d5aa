// The desk, livelier: regions that follow what happens, drafts that survive, keys. Everything works without it.

const DRAFT_HOURS = 12; // a working day and its overtime
const REFRESH_MS = 1000; // one page asks for itself at most once a second
const LOST_MS = 1000; // shorter breaks are not worth a word
const WRITING_MS = 10000; // colleagues are told for 30 s each time
const SUGGEST_MS = 300; // after the last key
const SUGGEST_LETTERS = 3;
const SAID_MS = 8000; // long enough to be read twice

const main = document.getElementById('contenu');
const status = document.getElementById('connexion');
const words = status.dataset;
let silence = 0;
const say = (text, lasting) => {
  clearTimeout(silence);
  status.textContent = text;
  if (!lasting) silence = setTimeout(() => { status.textContent = ''; }, SAID_MS);
};

// --- Regions that follow what happens ---------------------------------------------------------------------------------

const about = main.dataset.liveAbout;
let lost = null;
let lostTimer = 0;
let refreshing = false;
let wanted = false;
let source = null;

const holdsWork = (region) => {
  const active = document.activeElement;
  if (region.contains(active) && active.matches('input, textarea, select')) return true;
  return [...region.querySelectorAll('textarea, input:not([type=hidden])')].some((field) => field.value !== field.defaultValue);
};

// The same control in the new region, by where it leads.
const twin = (region, control) => {
  const place = (element) => element?.getAttribute('href') || element?.closest('form')?.getAttribute('action');
  return [...region.querySelectorAll('a, button')].find((other) => place(other) === place(control) && other.textContent === control.textContent);
};

// Forms carry a key of their own at each rendering: what matters is which forms there are.
const forms = (region) => [...region.querySelectorAll('form')].map((form) => form.getAttribute('action')).join();
const same = (region, next) =>
  region.dataset.live === 'forms' ? forms(region) === forms(next) : region.outerHTML === next.outerHTML;

const swap = (fresh) => {
  for (const region of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(region.id);
    if (!next || same(region, next) || holdsWork(region)) continue;
    if (Number(next.dataset.count) > Number(region.dataset.count)) say(words.new);
    const focused = region.contains(document.activeElement) ? document.activeElement : null;
    region.replaceWith(next);
    adopt(next);
    if (focused) (twin(next, focused) || main).focus();
  }
  // Forms left alone still act on what the request has become.
  const version = fresh.querySelector('input[name=version]')?.value;
  if (version) for (const field of document.querySelectorAll('input[name=version]')) field.value = version;
};

const refresh = async () => {
  if (refreshing) { wanted = true; return; }
  refreshing = true;
  wanted = false;
  try {
    const answer = await fetch(location.pathname + location.search, { credentials: 'same-origin' });
    if (answer.ok && !answer.redirected) swap(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch { /* the stream tells that the connection is lost */ }
  setTimeout(() => { refreshing = false; if (wanted) refresh(); }, REFRESH_MS);
};

const isLost = () => {
  lostTimer ||= setTimeout(() => { lost = Date.now(); say(words.lost, true); status.classList.add('lost'); }, LOST_MS);
};

const isBack = () => {
  clearTimeout(lostTimer);
  lostTimer = 0;
  if (lost === null) return;
  lost = null;
  status.classList.remove('lost');
  say(words.back);
};

const listen = () => {
  if (source || document.hidden) return;
  let opened = false;
  source = new EventSource('/api/v1/events');
  source.addEventListener('hello', () => { isBack(); if (opened) refresh(); opened = true; });
  source.addEventListener('change', (event) => {
    const { requests } = JSON.parse(event.data);
    if (about === '*' || requests.includes(about)) refresh();
  });
  source.addEventListener('again', () => { isBack(); refresh(); });
  source.addEventListener('away', isLost);
  source.onerror = () => {
    isLost();
    // A browser gives up on an answer that is no stream: try again later all the same.
    if (source?.readyState === EventSource.CLOSED) { hush(); setTimeout(listen, 2000); }
  };
};

const hush = () => { source?.close(); source = null; };

if (about) {
  // A page nobody looks at holds no connection: browsers allow few.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) hush(); else { listen(); refresh(); }
  });
  addEventListener('pagehide', hush);
  listen();
}

document.addEventListener('submit', (event) => {
  if (lost === null || event.target.method !== 'post') return;
  event.preventDefault();
  say(words.held);
});

// --- Drafts, kept on this computer until they are sent ----------------------------------------------------------------

const PREFIX = 'guichet.draft.';
const stored = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
const forget = (keys) => keys.forEach((key) => localStorage.removeItem(key));
const age = (key) => { try { return Date.now() - JSON.parse(localStorage.getItem(key)).at; } catch { return Infinity; } };
forget(stored().filter((key) => age(key) > DRAFT_HOURS * 3600000));

const done = document.querySelector('[data-done]')?.dataset.done;
const adopt = (root) => root.querySelectorAll('[data-draft]').forEach((holder) => {
  const key = `${PREFIX}${words.agent}.${holder.dataset.draft}`;
  const field = holder.querySelector('textarea');
  if (done && done === holder.dataset.draftDone) forget([key]);
  const kept = localStorage.getItem(key);
  if (kept && !field.value) {
    field.value = JSON.parse(kept).text;
    const fold = field.closest('details');
    if (fold) fold.open = true;
    const hint = document.createElement('p');
    hint.className = 'hint';
    hint.textContent = words.kept;
    field.before(hint);
  }
  let told = 0;
  field.addEventListener('input', () => {
    if (field.value.trim()) localStorage.setItem(key, JSON.stringify({ text: field.value, at: Date.now() }));
    else forget([key]);
    if (!holder.dataset.writing || Date.now() - told < WRITING_MS) return;
    told = Date.now();
    const token = new URLSearchParams({ token: field.form.elements.token.value });
    fetch(holder.dataset.writing, { method: 'POST', body: token, credentials: 'same-origin' }).catch(() => {});
  });
});
adopt(document);
document.querySelector('[data-sign-out]')?.addEventListener('submit', () => forget(stored()));

// A ready answer comes after what is already typed, without leaving the page.
document.addEventListener('submit', async (event) => {
  if (!event.target.matches('[data-template]')) return;
  event.preventDefault();
  const field = document.getElementById('body');
  const code = new FormData(event.target).get('modele');
  const answer = await fetch(`${location.pathname}?modele=${encodeURIComponent(code)}`, { credentials: 'same-origin' }).catch(() => null);
  if (!answer?.ok) return;
  const text = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('body').value;
  field.value = field.value.trim() ? `${field.value.trimEnd()}\n\n${text}` : text;
  field.dispatchEvent(new Event('input'));
  field.focus();
});

// --- People found while one types -------------------------------------------------------------------------------------

for (const field of document.querySelectorAll('[data-suggest]')) {
  let timer = 0;
  let asked = 0;
  field.addEventListener('input', () => {
    clearTimeout(timer);
    if (field.value.trim().length < SUGGEST_LETTERS) return;
    timer = setTimeout(async () => {
      const turn = ++asked;
      const body = new FormData(field.form);
      body.set('action', 'search');
      const answer = await fetch(field.form.getAttribute('action'), { method: 'POST', body, credentials: 'same-origin' }).catch(() => null);
      if (!answer?.ok || turn !== asked) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      document.getElementById(field.dataset.suggest).innerHTML = fresh.getElementById(field.dataset.suggest).innerHTML;
    }, SUGGEST_MS);
  });
}

// --- Letters ----------------------------------------------------------------------------------------------------------

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

// --- Keys -------------------------------------------------------------------------------------------------------------

const help = document.getElementById('raccourcis');
const active = document.getElementById('raccourcis-actifs');
const OFF = 'guichet.keys.off';
active.checked = !localStorage.getItem(OFF);
active.addEventListener('change', () => {
  if (active.checked) localStorage.removeItem(OFF); else localStorage.setItem(OFF, '1');
});
const keys = new Map([...help.querySelectorAll('kbd')].map((key) => [key.textContent, key.closest('div').querySelector('dd')]));
document.addEventListener('keydown', (event) => {
  const typing = event.target.closest('input, textarea, select, [contenteditable]');
  const action = keys.get(event.key);
  if (!action || typing || help.open || event.ctrlKey || event.metaKey || event.altKey) return;
  // Letters alone can be turned off (WCAG 2.1.4); the list stays reachable.
  if (!active.checked && event.key !== '?') return;
  event.preventDefault();
  if (action.dataset.go) location.assign(action.dataset.go);
  else if (action.dataset.focus) document.querySelector(action.dataset.focus)?.focus();
  else help.showModal();
});
const button = document.createElement('button');
button.type = 'button';
button.className = 'link';
button.textContent = help.querySelector('h2').textContent;
button.addEventListener('click', () => help.showModal());
document.querySelector('.bottom .bar').append(button);
