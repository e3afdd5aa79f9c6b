// How values look. The words are those of the tables in a terminal.
let zone = data.about.zone;
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const pad = (number, digits = 2) => String(number).padStart(digits, '0');
const formats = new Map();

// The numbers of a clock and a calendar in a zone.
function civil(millis, inZone = zone) {
  if (inZone === 'UTC') {
    const date = new Date(millis);
    return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  }
  if (!formats.has(inZone)) {
    const numbers = Object.fromEntries(['year', 'month', 'day', 'hour', 'minute', 'second'].map((part) => [part, 'numeric']));
    formats.set(inZone, new Intl.DateTimeFormat('en-US', { timeZone: inZone, hourCycle: 'h23', era: 'short', ...numbers }));
  }
  const parts = Object.fromEntries(formats.get(inZone).formatToParts(new Date(millis)).map((part) => [part.type, part.value]));
  const year = parts.era === 'BC' ? 1 - parts.year : Number(parts.year);
  return [year, ...['month', 'day', 'hour', 'minute', 'second'].map((part) => Number(parts[part]))];
}

function knows(inZone) {
  try {
    civil(0, inZone);
    return true;
  } catch {
    return false;
  }
}
if (!knows(zone)) zone = 'UTC';

const inRange = (millis) => Math.abs(millis) <= 8.64e15;
function timeText(millis, separator = ' ') {
  if (!inRange(millis)) return String(millis);
  const [year, month, day, hour, minute, second] = civil(millis);
  const rest = ((millis % 1000) + 1000) % 1000;
  const text = `${pad(year, 4)}-${pad(month)}-${pad(day)}${separator}${pad(hour)}:${pad(minute)}:${pad(second)}`;
  return rest ? `${text}.${pad(rest, 3)}` : text;
}

// The time of a text such as 2026-08-01T10:30 in the zone that is shown.
function timeOf(text) {
  const utc = Date.parse(`${text}Z`);
  if (Number.isNaN(utc)) return null;
  let time = utc;
  for (let step = 0; step < 2; step += 1) {
    const [year, month, ...rest] = civil(time);
    time = utc - (Date.UTC(year, month - 1, ...rest) - Math.floor(time / 1000) * 1000);
  }
  return time;
}

const thousands = (number) => number.toLocaleString('en-US', { maximumFractionDigits: 0 });
const decimals = (number, digits) => number.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return unit ? `${bytes.toFixed(1)} ${units[unit]}` : `${bytes} B`;
}

function duration(millis) {
  const seconds = Math.floor((millis + 500) / 1000);
  if (millis < 1000) return `${millis} ms`;
  if (millis < 59950) return `${(millis / 1000).toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h ${pad(Math.floor(seconds / 60) % 60)}m`;
  return `${thousands(Math.floor(seconds / 86400))}d ${pad(Math.floor(seconds / 3600) % 24)}h`;
}

function percent(share) {
  return share > 0 && share < 0.0005 ? '<0.1 %' : `${decimals(share * 100, 1)} %`;
}

function dollars(amount) {
  const sign = amount < 0 ? '-' : '';
  const size = Math.abs(amount);
  if (size > 0 && size < 0.00005) return `<${sign}$0.0001`;
  return `${sign}$${decimals(size, size > 0 && size < 0.01 ? 4 : 2)}`;
}

const SHOW = {
  text: (value) => value,
  bool: (value) => (value ? 'yes' : 'no'),
  integer: String,
  count: thousands,
  bytes: size,
  millis: duration,
  time: (value) => timeText(value),
  share: percent,
  decimal: (value) => decimals(value, 2),
  dollars,
  list: (value) => value.join(', '),
  series: (value) => value.map((count) => (count === null ? '-' : thousands(count))).join(' '),
};
const NUMBERS = new Set(['integer', 'count', 'bytes', 'millis', 'share', 'decimal', 'dollars']);

// A cell is its value, or an object where the value is of another kind than its column.
const isOther = (cell) => cell !== null && typeof cell === 'object' && !Array.isArray(cell);
const valueOf = (cell) => (isOther(cell) ? cell.value : cell);
const kindOf = (cell, kind) => (isOther(cell) ? cell.kind : kind);
function show(cell, kind, column) {
  return cell === null ? column.null : SHOW[kindOf(cell, kind)](valueOf(cell));
}

// As a file of CSV has it: plain numbers, times of RFC 3339, and no cell that a spreadsheet would run.
function plain(cell, kind) {
  if (cell === null) return '';
  const value = valueOf(cell);
  switch (kindOf(cell, kind)) {
    case 'time': return inRange(value) ? new Date(value).toISOString().replace('.000Z', 'Z') : String(value);
    case 'text': return /^[=+\-@\t]/.test(value) ? `'${value}` : value;
    case 'list':
    case 'series': return value.join(' ');
    default: return String(value);
  }
}
const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
