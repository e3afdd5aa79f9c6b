// Elements. Text of the log reaches the page by `textContent` and by attributes that hold texts only.
const SVG = 'http://www.w3.org/2000/svg';
const data = JSON.parse(document.getElementById('data').textContent);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children) if (child !== null) element.append(child);
  return element;
}
const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
const byId = (id) => document.getElementById(id);

// A button that says for a moment that it was heard.
function button(text, click, attributes) {
  const made = el('button', { type: 'button', ...attributes }, text);
  made.addEventListener('click', async () => {
    const said = await click();
    if (typeof said === 'string') {
      made.textContent = said;
      setTimeout(() => { made.textContent = text; }, 1500);
    }
  });
  return made;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return 'Copied';
  } catch {
    // Browsers that keep the clipboard from pages of files.
    const area = el('textarea', { 'aria-label': 'Text to copy' });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done ? 'Copied' : 'Not allowed by this browser';
  }
}

// What is chosen in the page: a span of time, in milliseconds, and values of columns.
const chosen = { since: null, until: null, values: new Map() };
const listeners = [];
const onChange = (listener) => listeners.push(listener);
const changed = () => listeners.forEach((listener) => listener());

function chooseSpan(since, until) {
  [chosen.since, chosen.until] = [since, until];
  changed();
}

function chooseValue(column, value) {
  chosen.values.set(column, value);
  changed();
}
