// A usager's form keeps what is typed on this device, for a week, until it is sent or erased. It works without it.
const DAYS = 7;
const PREFIX = 'guichet.form.';
const form = document.querySelector('[data-form-draft]');
const words = form.dataset;
const key = PREFIX + words.formDraft;

const read = (name) => { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } };
for (const name of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
  if (!(Date.now() - read(name)?.at < DAYS * 86400000)) localStorage.removeItem(name);
}

const fields = () => [...form.elements].filter((field) => field.name && !['hidden', 'file', 'submit'].includes(field.type));
const put = (values) => {
  for (const field of fields()) {
    if (!(field.name in values)) continue;
    if (field.type === 'radio') field.checked = field.value === values[field.name];
    else field.value = values[field.name];
  }
};
const taken = () => {
  const values = {};
  for (const field of fields()) {
    if (field.type === 'radio' ? field.checked : field.value) values[field.name] = field.value;
  }
  return values;
};

const note = document.createElement('p');
note.className = 'hint draft';
note.textContent = words.kept;
form.prepend(note);

const kept = read(key);
const refused = document.getElementById('erreurs');
if (kept && !refused) {
  const offer = document.createElement('div');
  offer.className = 'notice draft-found';
  const told = document.createElement('p');
  told.textContent = words.found.replace('{date}', new Date(kept.at).toLocaleDateString(document.documentElement.lang));
  const button = (text, act) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.className = 'second small';
    made.textContent = text;
    made.addEventListener('click', () => { act(); offer.remove(); fields()[0]?.focus(); });
    return made;
  };
  offer.append(told, button(words.take, () => put(kept.values)), ' ', button(words.erase, () => localStorage.removeItem(key)));
  form.before(offer);
}

form.addEventListener('input', () => {
  const values = taken();
  if (Object.keys(values).length) localStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
});
// Sent: what comes back with errors holds everything that was typed.
form.addEventListener('submit', () => localStorage.removeItem(key));
