// Charts. uPlot draws what goes over time; the rest is SVG. The table below holds the same numbers.
const COLORS = 8;
// About how wide a letter of a label is, in pixels.
const LETTER = 6.6;
const KNOWN = { '1xx': 6, '2xx': 1, '3xx': 0, '4xx': 2, '5xx': 3, '-': 6, no_status: 6, errors: 3, requests: 0, status_2xx: 1, status_3xx: 0, status_4xx: 2, status_5xx: 3 };
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colorOf = (name, place) => `--series-${name in KNOWN ? KNOWN[name] : place % COLORS}`;
const words = (name) => name.replaceAll('_', ' ');

// The lines of a chart over time: the times, and for each line a name, a kind and its numbers.
function linesOf(table, chart) {
  const place = (name) => table.columns.findIndex((column) => column.name === name);
  const [time, by] = [place(chart.axis), chart.by === null ? -1 : place(chart.by)];
  const rows = table.rows.filter((row) => row[time] !== null);
  const times = [...new Set(rows.map((row) => row[time]))].sort((a, b) => a - b);
  const at = new Map(times.map((value, index) => [value, index]));
  const lines = new Map();
  for (const row of rows) {
    for (const name of chart.values) {
      const value = place(name);
      const label = by < 0 ? name : show(row[by], table.kinds[by], table.columns[by]);
      if (!lines.has(label)) {
        lines.set(label, { name: label, kind: table.kinds[value], numbers: new Array(times.length).fill(null) });
      }
      lines.get(label).numbers[at.get(row[time])] = row[value];
    }
  }
  return { times, lines: [...lines.values()].filter((line) => NUMBERS.has(line.kind)) };
}

// Each part on top of those before it.
function stacked(lines, isOn) {
  let below = null;
  return lines.map((line, place) => {
    if (!isOn[place]) return line.numbers.map(() => null);
    below = line.numbers.map((number, index) => (number || 0) + (below ? below[index] : 0));
    return below;
  });
}

function timeChart(table, chart) {
  const { times, lines } = linesOf(table, chart);
  if (times.length < 2 || lines.length === 0) return null;
  const isStack = chart.kind === 'stack';
  const isOn = lines.map(() => true);
  const about = `${lines.map((line) => words(line.name)).join(', ')} over time`;
  const box = el('div', { class: 'plot', role: 'img', 'aria-label': `${isStack ? 'Stacked chart' : 'Line chart'}: ${about}. The table below has its numbers.` });
  const readout = el('p', { class: 'readout', 'aria-hidden': 'true' }, 'Drag over a span of time to look at it alone.');
  const legend = el('div', { class: 'legend' });
  let plot = null;

  const columns = () => {
    const numbers = isStack ? stacked(lines, isOn) : lines.map((line) => line.numbers);
    // What is on top is drawn first.
    return [times.map((time) => time / 1000), ...(isStack ? numbers.reverse() : numbers)];
  };
  const lineAt = (series) => (isStack ? lines.length - series : series - 1);
  const ends = (index) => [times[index], times[index + 1] ?? times[index] + (times[index] - (times[index - 1] ?? times[index] - 1))];

  const draw = () => {
    plot?.destroy();
    const grid = { stroke: css('--line'), width: 1 };
    const axis = { stroke: css('--faint'), grid, ticks: grid, font: '12px system-ui, sans-serif' };
    const kind = lines[0].kind;
    const series = lines.map((_, index) => {
      const place = lineAt(index + 1);
      const color = css(colorOf(lines[place].name, place));
      return {
        label: lines[place].name,
        show: isOn[place],
        stroke: color,
        width: isStack ? 0 : 2,
        fill: isStack ? color : undefined,
        paths: isStack ? uPlot.paths.bars({ size: [0.9, 60, 1], align: 1 }) : undefined,
        points: { show: !isStack && times.length < 40, size: 4 },
      };
    });
    plot = new uPlot({
      width: Math.max(box.clientWidth, 200),
      height: box.clientWidth < 500 ? 180 : 240,
      legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: false }, points: { show: !isStack } },
      tzDate: (seconds) => {
        const [year, month, ...rest] = civil(seconds * 1000);
        return new Date(year, month - 1, ...rest);
      },
      scales: {
        x: { range: (_, min, max) => (isStack ? [min, ends(times.length - 1)[1] / 1000] : [min, max]) },
        y: { range: (_, __, max) => [0, max > 0 ? max * 1.05 : 1] },
      },
      axes: [
        { ...axis, values: (_, splits, __, ___, step) => ticks(splits, step), space: 70 },
        { ...axis, values: (_, splits) => splits.map((value) => tick(value, kind)), size: kind === 'bytes' || kind === 'millis' ? 72 : 60 },
      ],
      series: [{}, ...series],
      hooks: {
        setCursor: [(self) => tell(self.cursor.idx)],
        setSelect: [(self) => {
          const { left, width } = self.select;
          if (width < 4) return;
          const at = (position) => self.posToVal(position, 'x') * 1000;
          const first = Math.max(times.findLastIndex((time) => time <= at(left)), 0);
          const last = Math.max(times.findLastIndex((time) => time < at(left + width)), first);
          self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          chooseSpan(times[first], ends(last)[1]);
        }],
      },
    }, columns(), box);
    zoom();
  };
  const tell = (index) => {
    if (index === null || index === undefined) return;
    const said = lines.filter((_, place) => isOn[place] && lines[place].numbers[index] !== null)
      .map((line) => `${words(line.name)} ${SHOW[line.kind](line.numbers[index])}`);
    readout.textContent = `${timeText(times[index])}: ${said.join(', ')}`;
  };
  const zoom = () => {
    const end = ends(times.length - 1)[1];
    const [since, until] = [chosen.since ?? times[0], chosen.until ?? (isStack ? end : times.at(-1))];
    plot.setScale('x', { min: Math.max(since, times[0]) / 1000, max: Math.min(until, end) / 1000 });
  };
  const toggle = (place) => {
    isOn[place] = !isOn[place];
    legend.children[place].setAttribute('aria-pressed', String(isOn[place]));
  };
  lines.forEach((line, place) => {
    const key = svg('svg', { class: 'key', viewBox: '0 0 10 10', 'aria-hidden': 'true' }, svg('rect', { width: 10, height: 10, class: colorOf(line.name, place).slice(2) }));
    const entry = el('button', { type: 'button', 'aria-pressed': 'true', title: 'Show or hide' }, key, words(line.name));
    entry.addEventListener('click', () => {
      toggle(place);
      draw();
    });
    legend.append(entry);
  });
  const hidden = () => lines.filter((_, place) => !isOn[place]).map((line) => line.name);
  const hide = (names) => lines.forEach((line, place) => {
    if (isOn[place] === names.includes(line.name)) toggle(place);
  });
  return { element: el('div', { class: 'chart' }, legend, box, readout), draw, zoom, hidden, hide };
}

// Where a day begins, its date; else the time.
function ticks(splits, step) {
  let before = '';
  return splits.map((seconds) => {
    const text = timeText(seconds * 1000);
    const [day, time] = [text.slice(0, -9), text.slice(-8, -3)];
    if (step >= 86400) return day;
    const isNew = day !== before;
    before = day;
    return isNew ? `${time}\n${day.slice(-5)}` : time;
  });
}

function tick(value, kind) {
  if (kind === 'count' && value >= 10000) return value.toLocaleString('en-US', { notation: 'compact' });
  return Number.isInteger(value) || kind !== 'count' ? SHOW[kind](value) : '';
}

// Squares for a week: a line for each row, a column for each number of its series.
function heatMap(table, chart) {
  const [name, series] = [chart.axis, chart.values[0]].map((wanted) => table.columns.findIndex((column) => column.name === wanted));
  const box = el('div', { class: 'heat' });
  const most = Math.max(1, ...table.rows.flatMap((row) => row[series] || []));
  const draw = () => {
    const columns = Math.max(1, ...table.rows.map((row) => (row[series] || []).length));
    const label = Math.min(44 + 6 * Math.max(0, ...table.rows.map((row) => String(valueOf(row[name])).length - 5)), 200);
    const width = Math.max(box.clientWidth, 240);
    const side = (width - label) / columns;
    const height = Math.min(Math.max(side, 16), 28);
    const text = (x, y, words, anchor) => svg('text', { x, y, 'text-anchor': anchor }, words);
    const picture = svg('svg', {
      width, height: height * table.rows.length + 20, role: 'img',
      'aria-label': `Heat map: ${words(series < 0 ? '' : chart.values[0])}. The table below has its numbers.`,
    });
    table.rows.forEach((row, line) => {
      picture.append(text(label - 6, line * height + height / 2 + 4, show(row[name], table.kinds[name], table.columns[name]), 'end'));
      (row[series] || []).forEach((number, place) => {
        const level = number === null ? 'missing' : Math.ceil((number / most) * 6);
        picture.append(svg('rect', {
          x: label + place * side, y: line * height, width: Math.max(side - 1, 1), height: height - 1, class: `heat-${level}`,
        }, svg('title', {}, `${valueOf(row[name])} ${pad(place)}: ${number === null ? 'missing' : thousands(number)}`)));
      });
    });
    const every = side < 20 ? 6 : 3;
    for (let place = 0; place < columns; place += every) {
      picture.append(text(label + place * side + side / 2, height * table.rows.length + 14, pad(place), 'middle'));
    }
    box.replaceChildren(picture);
  };
  return { element: el('div', { class: 'chart' }, box), draw };
}

// A column for each range.
function histogram(table, chart) {
  const [range, value] = [chart.axis, chart.values[0]].map((wanted) => table.columns.findIndex((column) => column.name === wanted));
  const box = el('div', { class: 'histogram' });
  const most = Math.max(1, ...table.rows.map((row) => row[value] || 0));
  const draw = () => {
    const [width, height] = [Math.max(box.clientWidth, 240), 150];
    const side = width / Math.max(table.rows.length, 1);
    const labels = table.rows.map((row) => show(row[range], table.kinds[range], table.columns[range]));
    const every = Math.ceil((Math.max(...labels.map((label) => label.length)) * LETTER + 8) / side);
    const picture = svg('svg', { width, height: height + 20, role: 'img', 'aria-label': `Histogram: ${words(chart.values[0])} by ${words(chart.axis)}. The table below has its numbers.` });
    table.rows.forEach((row, place) => {
      const part = row[value] ? Math.max((row[value] / most) * height, 1) : 0;
      const label = labels[place];
      picture.append(svg('rect', { x: place * side + 1, y: height - part, width: Math.max(side - 2, 1), height: part, class: 'series-0' },
        svg('title', {}, `${label}: ${SHOW[table.kinds[value]](row[value] || 0)}`)));
      if (place % every === 0) {
        // None of it is outside of the picture.
        const half = (label.length * LETTER) / 2;
        const x = Math.min(Math.max(place * side + side / 2, half), width - half);
        picture.append(svg('text', { x, y: height + 14, 'text-anchor': 'middle' }, label));
      }
    });
    box.replaceChildren(picture);
  };
  return { element: el('div', { class: 'chart' }, box), draw };
}

// A bar in a cell, and a line of a series.
const bar = (part) => svg('svg', { class: 'bar', viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
  svg('rect', { width: Math.max(part * 100, part > 0 ? 0.5 : 0), height: 8 }));

function sparkline(numbers) {
  const most = Math.max(1, ...numbers);
  const step = 120 / Math.max(numbers.length - 1, 1);
  const points = numbers.map((number, place) => `${(place * step).toFixed(1)},${(23 - (number / most) * 22).toFixed(1)}`).join(' ');
  return svg('svg', { class: 'spark', viewBox: '0 0 120 24', role: 'img', 'aria-label': numbers.map((number) => (number === null ? 'missing' : thousands(number))).join(' ') || 'nothing' }, svg('polyline', { points }));
}
