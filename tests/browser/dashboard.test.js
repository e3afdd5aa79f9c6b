// The dashboard of the sample, as a person uses it.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { SAMPLE, cells, open, s3al, start, stop } from './browser.js';

before(start);
after(stop);

const json = (...words) => JSON.parse(s3al('dashboard', SAMPLE, ...words, '--format', 'json', '-q')).tables;

// The numbers of the cards, by what they are of.
const cards = (page) => page.$$eval('#t-overview .card', (found) => Object.fromEntries(found.map((card) => [
  card.querySelector('dt').textContent.replaceAll(' ', '_'), card.querySelector('dd').textContent,
])));
const number = (text) => Number(text.replaceAll(',', ''));

// What the command in the page answers.
async function answer(page) {
  const line = await page.textContent('.chosen code');
  const words = [...line.matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)].map(([, quoted, plain]) => quoted?.replaceAll("'\\''", "'") ?? plain);
  const place = words.indexOf('-o');
  assert.deepEqual(words.slice(place), ['-o', 'narrowed.html']);
  const kept = words.slice(1, place).filter((word, index, all) => !['--format', '-q'].includes(word) && all[index - 1] !== '--format');
  return JSON.parse(s3al(...kept, '--format', 'json', '-q')).tables;
}

const aside = (page, table) => page.$eval(`#t-${table}`, (section) => section.classList.contains('aside'));

test('a span of time, dragged over in a chart', async () => {
  const { page, done } = await open(['dashboard', SAMPLE]);
  const all = await cards(page);
  const box = await page.locator('#t-over_time .u-over').first().boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 50, { steps: 5 });
  await page.mouse.up();
  const shown = await cards(page);
  const { overview: [expected] } = await answer(page);
  assert.ok(number(shown.requests) < number(all.requests) && number(shown.requests) > 0);
  for (const name of ['requests', 'status_2xx', 'status_3xx', 'status_4xx', 'status_5xx', 'errors', 'throttled']) {
    assert.equal(number(shown[name]), expected[name], name);
  }
  // All charts show the same span.
  assert.deepEqual(await page.$$eval('#t-over_time, #t-latency_over_time', (found) => found.map((it) => it.classList.contains('aside'))), [false, false]);
  // What the page does not have by time says so, and the command above has it.
  assert.ok(await aside(page, 'keys'));
  assert.match(await page.textContent('#t-keys .state'), /the command above does it/);
  await page.click('#reset');
  assert.deepEqual(await cards(page), all);
  assert.equal(await page.textContent('.chosen'), '');
  await done();
});

test('a span of time, typed', async () => {
  const { page, done } = await open(['dashboard', SAMPLE]);
  const [first] = json().overview;
  const since = new Date(Math.ceil(Date.parse(first.first_seen) / 86_400_000) * 86_400_000).toISOString().slice(0, 10);
  await page.fill('#since', `${since}T00:00:00`);
  await page.dispatchEvent('#since', 'change');
  assert.match(await page.textContent('.chosen code'), new RegExp(`--since ${since}T00:00:00Z`));
  const { overview: [expected] } = await answer(page);
  assert.equal(number((await cards(page)).requests), expected.requests);
  await done();
});

test('a value', async () => {
  const { page, done } = await open(['dashboard', SAMPLE]);
  const value = page.locator('#t-requesters button.value').first();
  const name = await value.textContent();
  await value.click();
  assert.deepEqual((await cells(page, 'requesters')).map(([text]) => text), [name]);
  // Tables that know it are narrowed, all others are marked.
  for (const row of await cells(page, 'denied')) assert.ok(row.includes(name));
  assert.equal(await aside(page, 'denied'), false);
  assert.equal(await aside(page, 'addresses'), true);
  const tables = await answer(page);
  assert.deepEqual(tables.requesters.map((row) => row.requester), [name]);
  assert.equal(tables.requesters[0].requests, json('--limit', '0').requesters.find((row) => row.requester === name).requests);
  await page.locator('.chip').click();
  assert.equal(await aside(page, 'addresses'), false);
  await done();
});

test('behind every chart is a table, for those who do not see it', async () => {
  const { page, done } = await open(['dashboard', SAMPLE]);
  const charts = await page.$$eval('.chart', (found) => found.map((chart) => {
    const picture = chart.querySelector('[role=img]');
    const section = chart.closest('section');
    return [section.id, picture?.getAttribute('aria-label') ?? '', section.querySelectorAll('table tbody tr').length];
  }));
  const kinds = charts.map(([, label]) => label.split(':')[0]);
  for (const kind of ['Stacked chart', 'Line chart', 'Heat map', 'Histogram']) assert.ok(kinds.includes(kind), kind);
  for (const [id, label, rows] of charts) assert.ok(label.endsWith('The table below has its numbers.') && rows > 1, `${id}: ${label}, ${rows} rows`);
  // The numbers of bars are beside them.
  const bars = await page.$$eval('td.bars', (found) => found.filter((cell) => cell.textContent === '').length);
  assert.equal(bars, 0);
  await done();
});

test('all of it by keys', async () => {
  const { page, done } = await open(['dashboard', '--limit', '3', SAMPLE]);
  const expected = await page.$$eval('a[href], button, select, input, summary, [tabindex="0"]', (found) => {
    const isSeen = (it) => it.checkVisibility() && !it.hidden;
    return found.filter(isSeen).map((it, place) => {
      it.dataset.place = place;
      return String(place);
    });
  });
  const reached = new Set();
  for (let press = 0; press < expected.length + 30; press += 1) {
    await page.keyboard.press('Tab');
    const { place, outline, html } = await page.evaluate(() => ({
      place: document.activeElement.dataset.place,
      outline: getComputedStyle(document.activeElement).outlineStyle,
      html: document.activeElement.outerHTML.slice(0, 200),
    }));
    if (place === undefined) break;
    // In a field of a date, the part that keys change is marked.
    if (!html.includes('datetime-local')) assert.notEqual(outline, 'none', html);
    reached.add(place);
  }
  assert.deepEqual(expected.filter((place) => !reached.has(place)), []);
  // A table below a chart opens by Enter, and closes.
  await page.locator('#t-over_time summary').focus();
  await page.keyboard.press('Enter');
  assert.ok(await page.isVisible('#t-over_time table'));
  await done();
});

test('printed on paper of any size, in ink', async () => {
  const { page, done } = await open(['dashboard', SAMPLE], { colorScheme: 'dark' });
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  const [paper, ink] = await page.$eval('section', (it) => [getComputedStyle(it).backgroundColor, getComputedStyle(it).color]);
  assert.deepEqual([paper, ink], ['rgb(255, 255, 255)', 'rgb(0, 0, 0)']);
  for (const hidden of ['nav', '.tools', '.controls']) assert.equal(await page.isVisible(hidden), false, hidden);
  // What the colors of a chart mean.
  assert.ok(await page.isVisible('.legend button'));
  assert.ok((await page.pdf()).length > 50_000);
  await done();
});

test('nothing runs that is not the page\'s own, and nothing is sent', async () => {
  const { page, done } = await open(['dashboard', SAMPLE], {}, /Content Security Policy|violates the following|^request: http:\/\/example.com|^frame$/);
  const policy = await page.getAttribute('meta[http-equiv=Content-Security-Policy]', 'content');
  assert.match(policy, /^default-src 'none'; script-src 'sha256-[\w+/]{43}='; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'$/);
  const ran = await page.evaluate(async () => {
    const blocked = [];
    document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
    const add = (html) => {
      const box = document.createElement('div');
      box.innerHTML = html;
      document.body.append(box);
    };
    const script = document.createElement('script');
    script.textContent = 'globalThis.ran = true';
    document.body.append(script);
    add('<img src="http://example.com/x" onerror="globalThis.ran = true">');
    add('<style>body { display: none }</style><iframe src="http://example.com/"></iframe>');
    await fetch('http://example.com/').catch(() => blocked.push('fetch'));
    await new Promise((done) => setTimeout(done, 300));
    return { ran: globalThis.ran, blocked: [...new Set(blocked)].sort(), display: getComputedStyle(document.body).display };
  });
  assert.equal(ran.ran, undefined);
  assert.equal(ran.display, 'block');
  for (const directive of ['script-src-elem', 'img-src', 'style-src-elem', 'frame-src', 'connect-src', 'fetch']) {
    assert.ok(ran.blocked.includes(directive), `${directive}: ${ran.blocked}`);
  }
  await done();
});
