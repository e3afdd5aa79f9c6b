// A table that can be sorted and filtered, with the charts of its numbers.
// A page of many tables shows the first rows of each.
const PAGE = data.tables.length > 8 ? 10 : 100;
const MORE = Math.max(PAGE * 5, 100);
const LONG = 300;
// Texts that are no longer than this stay on one line, and those from here on have more room.
const SHORT = 22;
const WIDE = 80;
const ENDS = [['first_seen', 'last_seen'], ['since', 'until'], ['first', 'last']];

class Grid {
  constructor(table) {
    this.table = table;
    this.section = byId(`t-${table.name}`);
    this.sort = null;
    this.query = '';
    this.shown = PAGE;
    const isEmpty = (place) => table.rows.every((row) => row[place] === null || row[place] === 0);
    this.places = table.columns.map((_, place) => place)
      .filter((place) => !(table.columns[place].hide_zero && isEmpty(place)))
      .sort((a, b) => table.columns[a].rank - table.columns[b].rank);
    const bars = table.charts.filter((chart) => chart.kind === 'bars').map((chart) => chart.values[0]);
    this.most = table.columns.map((column, place) => {
      const isBar = bars.includes(column.name) || (table.kinds[place] === 'share' && bars.length === 0);
      const most = table.rows.reduce((most, row) => Math.max(most, Number(valueOf(row[place])) || 0), 0);
      return isBar && most > 0 ? (table.kinds[place] === 'share' ? 1 : most) : 0;
    });
    this.longest = table.columns.map((column, place) => (NUMBERS.has(table.kinds[place]) ? 0
      : table.rows.reduce((most, row) => Math.max(most, show(row[place], table.kinds[place], column).length), column.name.length)));
    this.span = this.spanColumns();
    this.charts = table.charts.map((chart) => this.chart(chart)).filter((chart) => chart !== null);
    this.build();
  }

  place(name) {
    return this.table.columns.findIndex((column) => column.name === name);
  }

  // The columns that say when a row was: one time, or from when until when.
  spanColumns() {
    const { kinds } = this.table;
    const isTime = (place) => place >= 0 && kinds[place] === 'time';
    for (const ends of ENDS) {
      const places = ends.map((name) => this.place(name));
      if (places.every(isTime)) return places;
    }
    const one = kinds.indexOf('time');
    return one < 0 ? null : [one, one];
  }

  chart(chart) {
    if (this.table.rows.length === 0) return null;
    switch (chart.kind) {
      case 'line':
      case 'stack': return timeChart(this.table, chart);
      case 'heat_map': return heatMap(this.table, chart);
      case 'histogram': return histogram(this.table, chart);
      default: return null;
    }
  }

  build() {
    const { table } = this;
    const content = this.section.querySelector('.content');
    content.append(...this.charts.map((chart) => chart.element));
    this.isCards = table.rows.length === 1 && table.charts.some((chart) => chart.kind === 'cards');
    this.isBlocks = table.is_of_blocks;
    this.body = el('div', { class: this.isCards || this.isBlocks ? '' : 'scroll' });
    this.state = el('p', { class: 'state' });
    const tools = el('div', { class: 'tools' });
    if (!this.isCards) {
      const search = el('input', { type: 'search' });
      search.addEventListener('input', () => {
        this.query = search.value.toLowerCase();
        this.shown = PAGE;
        this.render();
      });
      this.search = search;
      if (table.rows.length > 5) tools.append(el('label', {}, 'Filter ', search));
      if (table.rows.length > 0) tools.append(button('Copy as CSV', () => copy(this.csv()), { 'aria-label': `Copy as CSV: ${this.title()}` }));
    }
    // Two of these have room side by side.
    const isOverTime = table.charts.some((chart) => ['line', 'stack', 'heat_map'].includes(chart.kind));
    this.section.classList.toggle('narrow', !this.isCards && !this.isBlocks && !isOverTime && this.places.length <= 4);
    const parts = [tools, this.body, this.state];
    const drawn = this.charts.length > 0 && table.rows.length > 1;
    this.details = drawn ? el('details', {}, el('summary', {}, 'Table'), ...parts) : null;
    content.append(...(drawn ? [this.details] : parts));
    this.render();
  }

  // What its reader has set, by the names of columns: a later page can have others.
  settings() {
    const sort = this.sort && { name: this.table.columns[this.sort.place].name, isDown: this.sort.isDown };
    const isOpen = this.details?.open ?? false;
    return { sort, query: this.search?.value ?? '', shown: this.shown, isOpen, hidden: this.charts.map((chart) => chart.hidden?.() ?? []) };
  }

  restore(settings) {
    if (settings === undefined) return;
    const place = settings.sort === null ? -1 : this.place(settings.sort.name);
    this.sort = place < 0 ? null : { place, isDown: settings.sort.isDown };
    if (this.search) this.search.value = settings.query;
    this.query = settings.query.toLowerCase();
    if (this.details) this.details.open = settings.isOpen;
    this.charts.forEach((chart, index) => chart.hide?.(settings.hidden[index] ?? []));
    this.shown = settings.shown;
  }

  title() {
    return this.section.querySelector('h2').textContent;
  }

  // Which of the choices in the page this table knows something about.
  knows() {
    const isSpan = chosen.since !== null || chosen.until !== null;
    return (!isSpan || this.span !== null) && [...chosen.values.keys()].every((name) => this.place(name) >= 0);
  }

  rows() {
    const { table } = this;
    let rows = table.rows;
    if (this.span && (chosen.since !== null || chosen.until !== null)) {
      const [first, last] = this.span;
      // Of an interval that begins before the span, all is counted in it.
      rows = rows.filter((row) => row[first] !== null
        && (chosen.until === null || row[first] < chosen.until) && (chosen.since === null || row[last] >= chosen.since));
    }
    for (const [name, value] of chosen.values) {
      const place = this.place(name);
      if (place >= 0) rows = rows.filter((row) => valueOf(row[place]) === value);
    }
    if (this.query) {
      const { query, places } = this;
      rows = rows.filter((row) => places.some((place) => show(row[place], table.kinds[place], table.columns[place]).toLowerCase().includes(query)));
    }
    if (this.sort) {
      const { place, isDown } = this.sort;
      const order = (a, b) => {
        if (a === null || b === null) return (a === null) - (b === null);
        const [left, right] = [valueOf(a), valueOf(b)];
        const less = typeof left === typeof right ? (left > right) - (left < right) : (typeof left < typeof right ? -1 : 1);
        return isDown ? -less : less;
      };
      rows = [...rows].sort((a, b) => order(a[place], b[place]));
    }
    return rows;
  }

  csv() {
    const { table } = this;
    const line = (cells) => `${cells.map(quoted).join(',')}\r\n`;
    const rows = this.rows().map((row) => line(row.map((cell, place) => plain(cell, table.kinds[place]))));
    return line(table.columns.map((column) => column.name)) + rows.join('');
  }

  render() {
    const rows = this.rows();
    const { table } = this;
    if (table.rows.length === 0) this.body.replaceChildren(el('p', { class: 'none' }, 'none'));
    else if (this.isCards) this.body.replaceChildren(this.cards(table.rows[0]));
    else if (this.isBlocks) this.body.replaceChildren(...rows.slice(0, this.shown).map((row) => this.block(row)));
    else this.body.replaceChildren(this.grid(rows));
    this.say(rows);
    this.section.classList.toggle('aside', !this.knows());
  }

  say(rows) {
    const { table } = this;
    const said = [];
    const has = table.rows.length;
    if (rows.length < has) said.push(`${thousands(rows.length)} of ${thousands(has)} rows`);
    if (table.total > table.has) said.push(`${thousands(table.has)} of ${thousands(table.total)} rows; --limit 0 shows all`);
    if (has < table.has) said.push(`the page holds the first ${thousands(has)} of ${thousands(table.has)} rows; --format csv has all`);
    if (!this.knows()) said.push('not narrowed by what is chosen: the command above does it');
    this.state.replaceChildren(said.join('; '));
    if (!this.isCards && rows.length > this.shown) {
      this.state.append(' ', button(`Show ${thousands(Math.min(MORE, rows.length - this.shown))} more`, () => {
        this.shown += MORE;
        this.render();
      }));
    }
  }

  grid(rows) {
    const { table, places } = this;
    const head = places.map((place) => {
      const column = table.columns[place];
      const isSorted = this.sort?.place === place;
      const click = () => {
        const startsDown = NUMBERS.has(table.kinds[place]) || table.kinds[place] === 'time';
        if (!isSorted) this.sort = { place, isDown: startsDown };
        else if (this.sort.isDown === startsDown) this.sort = { place, isDown: !startsDown };
        else this.sort = null;
        this.render();
        this.body.querySelectorAll('th button')[places.indexOf(place)].focus();
      };
      const sign = isSorted ? (this.sort.isDown ? ' ↓' : ' ↑') : '';
      const sort = isSorted ? (this.sort.isDown ? 'descending' : 'ascending') : null;
      const name = el('button', { type: 'button' }, words(column.name) + sign);
      name.addEventListener('click', click);
      return el('th', { scope: 'col', 'aria-sort': sort, class: this.align(place) }, name);
    });
    const body = rows.slice(0, this.shown).map((row) => el('tr', {}, ...places.map((place) => this.cell(row, place))));
    const region = el('table', { class: places.length > 5 ? 'many' : null, 'aria-labelledby': `h-${table.name}` }, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...body));
    // A part of the page that scrolls has to be reached by keys.
    fill(this.body, { tabindex: 0, role: 'group', 'aria-label': this.title() }, []);
    return region;
  }

  align(place) {
    const kind = this.table.kinds[place];
    if (NUMBERS.has(kind)) return 'number';
    if (kind !== 'text' && kind !== 'list') return 'whole';
    const longest = this.longest[place];
    return longest <= SHORT ? 'short' : longest < WIDE ? 'words' : 'words wide';
  }

  cell(row, place) {
    const hasBar = this.most[place] > 0;
    const made = el('td', { class: `${this.align(place)}${hasBar ? ' bars' : ''}` }, this.value(row, place));
    if (hasBar && row[place] !== null) made.append(bar(valueOf(row[place]) / this.most[place]));
    return made;
  }

  // What is in a cell: a button where the page can be narrowed to its value.
  value(row, place) {
    const { columns, kinds } = this.table;
    const [cell, column] = [row[place], columns[place]];
    const text = show(cell, kinds[place], column);
    if (cell === null) return el('span', { class: column.null === '-' ? 'null' : 'odd' }, text);
    if (kinds[place] === 'series') return sparkline(cell);
    if (column.is_field && kinds[place] !== 'time' && !isOther(cell) && text.length <= LONG) {
      return button(text, () => chooseValue(column.name, cell), { class: 'value', title: `Only ${words(column.name)} ${text}` });
    }
    if (text.length <= LONG) return text;
    return el('details', { class: 'long' }, el('summary', {}, `${text.slice(0, 80)}… (${thousands(text.length)} characters)`), text);
  }

  cards(row) {
    const { table, places } = this;
    const card = (place) => {
      const narrowed = narrow(table, place);
      const value = narrowed === null ? this.value(row, place) : SHOW[table.kinds[place]](narrowed);
      return el('div', { class: 'card' }, el('dt', {}, words(table.columns[place].name)), el('dd', {}, value));
    };
    return el('dl', { class: 'cards' }, ...places.map(card));
  }

  block(row) {
    const { table, places } = this;
    const lines = places.flatMap((place) => [el('dt', {}, words(table.columns[place].name)), el('dd', {}, this.value(row, place))]);
    return el('dl', { class: 'block' }, ...lines);
  }
}

// The part of a number that falls in the chosen span, where a table over time counts the same: one without lines for values.
function narrow(cards, place) {
  if (chosen.since === null && chosen.until === null) return null;
  const { name } = cards.columns[place];
  const kind = cards.kinds[place];
  if (kind !== 'count' && kind !== 'bytes') return null;
  for (const grid of grids) {
    const isOverTime = grid.table.charts.some((chart) => (chart.kind === 'line' || chart.kind === 'stack') && chart.by === null);
    const column = grid.place(name);
    const isWhole = grid.table.rows.length === grid.table.total;
    if (isOverTime && column >= 0 && isWhole && grid.span && grid.table.kinds[column] === kind) {
      return grid.rows().reduce((sum, row) => sum + (row[column] || 0), 0);
    }
  }
  return null;
}
