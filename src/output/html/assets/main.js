// The page: its tables, what is chosen in it, and the command that answers what the page cannot.
const grids = [];
for (const table of data.tables) grids.push(new Grid(table));

// Narrow tables that follow each other stand side by side, as close as they can.
for (const grid of grids) {
  const { section } = grid;
  if (!section.classList.contains('narrow')) continue;
  const before = section.previousElementSibling;
  if (before?.classList.contains('columns')) {
    before.append(section);
  } else {
    const columns = el('div', { class: 'columns' });
    section.before(columns);
    columns.append(section);
  }
}
const charts = () => grids.flatMap((grid) => grid.charts);

const SAFE = /^[A-Za-z0-9_\-.,\/:=@%+]+$/;
const shell = (word) => (SAFE.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

// A pattern of --where for a text. What is shown as an escape stands for bytes that nobody can type.
function pattern(text) {
  const literal = text.replace(/\\(\\|x[0-9a-f]{2}|u\{[0-9a-f]+\}|[tnr])|[*?[\]{},]/g, (found) => {
    if (found === '\\\\') return found;
    return found.startsWith('\\') ? '*' : `\\${found}`;
  });
  return /^[!-]/.test(literal) ? `\\${literal}` : literal;
}

// The words of the command that made the page, without where it went and without the options that are given anew.
function wordsOf(without) {
  const kept = [];
  const all = data.about.command;
  for (let place = 0; place < all.length; place += 1) {
    const [name] = all[place].split('=');
    if (!without.includes(name)) kept.push(all[place]);
    else if (!all[place].includes('=')) place += 1;
  }
  return kept;
}

function command() {
  const span = [['--since', chosen.since], ['--until', chosen.until]].filter(([, time]) => time !== null);
  const options = span.flatMap(([name, time]) => [name, new Date(time).toISOString().replace('.000Z', 'Z')]);
  for (const [name, value] of chosen.values) {
    options.push('--where', `${name}=${typeof value === 'string' ? pattern(value) : SHOW[typeof value === 'boolean' ? 'bool' : 'integer'](value)}`);
  }
  const output = ['-o', '--output'];
  return [...wordsOf([...output, ...span.map(([name]) => name)]), ...options, '-o', 'narrowed.html'].map(shell).join(' ');
}

const inputs = { since: byId('since'), until: byId('until') };

function showChosen() {
  const isSpan = chosen.since !== null || chosen.until !== null;
  const box = byId('chosen');
  byId('reset').hidden = !isSpan && chosen.values.size === 0;
  for (const name of ['since', 'until']) {
    inputs[name].value = chosen[name] === null ? '' : timeText(chosen[name], 'T').slice(0, 19);
  }
  if (!isSpan && chosen.values.size === 0) {
    box.replaceChildren();
    return;
  }
  const chips = [...chosen.values].map(([name, value]) => button(`${words(name)}: ${value} ✕`, () => {
    chosen.values.delete(name);
    changed();
  }, { class: 'chip', title: 'Take this choice back' }));
  const line = command();
  box.replaceChildren(el('p', {}, ...chips),
    el('p', {}, 'All numbers of what is chosen: ', el('code', {}, line), ' ', button('Copy', () => copy(line), { 'aria-label': 'Copy the command' })));
}

function draw() {
  charts().forEach((chart) => chart.draw());
}

// A chart has no width before it is seen.
function redrawAtNewWidth() {
  let width = 0;
  new ResizeObserver(() => {
    const now = document.body.clientWidth;
    if (now !== width) {
      width = now;
      draw();
    }
  }).observe(document.body);
}

function controls() {
  const names = [...new Set(['UTC', data.about.zone, own])].filter(knows);
  const select = byId('zone');
  for (const name of names) select.append(el('option', { value: name, selected: name === zone }, name === own ? `your zone (${name})` : name));
  select.addEventListener('change', () => {
    zone = select.value;
    changed();
    draw();
  });
  const hasTimes = data.tables.some((table) => table.kinds.includes('time'));
  byId('controls').hidden = !hasTimes;
  byId('span-controls').hidden = !hasTimes;
  for (const name of ['since', 'until']) {
    inputs[name].addEventListener('change', () => {
      chosen[name] = inputs[name].value ? timeOf(inputs[name].value) : null;
      changed();
    });
  }
  byId('reset').addEventListener('click', () => {
    chosen.values.clear();
    chooseSpan(null, null);
  });
  if (data.about.command.length > 0) {
    byId('made').append(' The command: ', el('code', {}, data.about.command.map(shell).join(' ')));
  }
}

controls();
onChange(showChosen);
onChange(() => grids.forEach((grid) => grid.render()));
onChange(() => charts().forEach((chart) => chart.zoom?.()));
for (const query of ['(prefers-color-scheme: dark)', 'print']) matchMedia(query).addEventListener('change', draw);
redrawAtNewWidth();
