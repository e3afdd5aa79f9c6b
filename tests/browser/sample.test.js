// The pages of the sample, as a person sees them.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { SAMPLE, cells, open, s3al, start, stop, violations } from './browser.js';

before(start);
after(stop);

const COMMANDS = [
  ['dashboard'], ['summary'], ['timeline'], ['timeline', '--by', 'status_class'], ['top'], ['top', '--by', 'key', '--every', '1d'], ['failed'], ['failed', '--causes'], ['latency'],
  ['large-downloads'], ['cost'], ['audit'], ['coverage'], ['detect'], ['access'], ['activity', '--requester', 'ci-deploy'], ['export', '--limit', '200'],
];
const LOOKS = [1280, 390].flatMap((width) => ['light', 'dark'].map((colorScheme) => ({ width, colorScheme })));
// Two looks show the same elements in all widths and colors; these pages have every kind of them, and are looked at in all four.
const WHOLE = ['dashboard', 'timeline', 'export'];
const looks = ([name]) => (WHOLE.includes(name) ? LOOKS : [LOOKS[0], LOOKS[3]]);

// Commands that show the numbers of one table side by side: the table for programs, and that for people.
const FOR_PEOPLE = { 'timeline --by status_class': ['timeline', 'side_by_side'], latency: ['latency', 'side_by_side'] };

// As the page writes a value: what is compared are numbers.
const thousands = (number) => number.toLocaleString('en-US');

const ONLY_FOR_PEOPLE = ['strip until'];

for (const command of COMMANDS) {
  for (const { width, colorScheme } of looks(command)) {
    test(`${command.join(' ')}, ${width} pixels, ${colorScheme}`, async () => {
      const { page, done } = await open([...command, SAMPLE], { viewport: { width, height: 900 }, colorScheme });
      const [inner, whole] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      assert.ok(whole <= inner, `the page is ${whole} pixels wide`);
      assert.deepEqual(await violations(page), []);
      for (const details of await page.$$('section details:not(.long) > summary')) await details.click();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= inner, 'the page is too wide with its tables');
      assert.deepEqual(await violations(page), []);
      // Charts have been drawn: some of their points have a color.
      for (const canvas of await page.$$('canvas')) {
        const drawn = await canvas.evaluate((it) => it.getContext('2d').getImageData(0, 0, it.width, it.height).data.some((value) => value > 0));
        assert.ok(drawn, 'an empty chart');
      }
      await done();
    });
  }
}

for (const command of COMMANDS) {
  test(`${command.join(' ')}: the numbers are those of --format json`, async () => {
    const json = (...options) => JSON.parse(s3al(...command, SAMPLE, '--format', 'json', '-q', ...options)).tables;
    const tables = json();
    const { page, done } = await open([...command, SAMPLE]);
    const shown = await page.evaluate(() => JSON.parse(document.getElementById('data').textContent).tables);
    // A page has the tables for people; where programs have another one, JSON has to be asked for that of people.
    const [forPrograms, forPeople] = FOR_PEOPLE[command.join(' ')] ?? [];
    const names = Object.keys(tables).map((name) => (name === forPrograms ? forPeople : name));
    assert.deepEqual(shown.map((table) => table.name), names);
    for (const name of names) tables[name] ??= json('--table', name)[name];
    let compared = 0;
    for (const table of shown) {
      const rows = tables[table.name];
      assert.equal(table.rows.length, rows.length, table.name);
      for (const [line, row] of table.rows.entries()) {
        for (const [place, { name }] of table.columns.entries()) {
          // Where people read on their own what programs work out.
          if (ONLY_FOR_PEOPLE.includes(`${table.name} ${name}`)) {
            assert.ok(!(name in rows[line]), `${table.name} ${name}`);
            continue;
          }
          const [cell, expected] = [row[place], rows[line][name]];
          const value = cell !== null && typeof cell === 'object' && !Array.isArray(cell) ? cell.value : cell;
          const time = table.kinds[place] === 'time' && cell !== null ? Date.parse(expected) : undefined;
          if (typeof expected === 'number' || Array.isArray(expected) || time !== undefined) {
            assert.deepEqual(value, time ?? expected, `${table.name} ${name}`);
            compared += 1;
          }
        }
      }
      // What is seen are these values: the counts of the first row, wherever their columns are.
      const counts = table.columns.map((_, place) => place).filter((place) => table.kinds[place] === 'count' && table.rows[0]?.[place] > 0);
      const isTable = await page.$(`#t-${table.name} tbody`);
      const text = isTable ? (await cells(page, table.name))[0].join('|') : await page.textContent(`#t-${table.name} .content`);
      for (const place of counts) assert.ok(text.includes(thousands(table.rows[0][place])), `${table.name} ${table.columns[place].name}: ${text}`);
    }
    assert.ok(compared > 3, `${compared} values`);
    await done();
  });
}

test('sorting, by a click and by keys', async () => {
  const { page, done } = await open(['top', '--by', 'remote_ip', SAMPLE]);
  const numbers = async () => (await cells(page, 'groups')).map((row) => Number(row[1].replaceAll(',', '')));
  const given = await numbers();
  const head = page.locator('#t-groups th', { hasText: 'requests' });
  await head.locator('button').click();
  assert.deepEqual(await numbers(), [...given].sort((a, b) => b - a));
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  await page.keyboard.press('Enter');
  assert.deepEqual(await numbers(), [...given].sort((a, b) => a - b));
  await page.keyboard.press('Enter');
  assert.deepEqual(await numbers(), given);
  assert.equal(await head.getAttribute('aria-sort'), null);
  await done();
});

test('a filter keeps the rows that hold the text, and says how many', async () => {
  const { page, done } = await open(['export', '--limit', '0', SAMPLE]);
  await page.fill('input[type=search]', 'FeedLoader');
  const rows = await cells(page, await page.$eval('section', (it) => it.id.slice(2)));
  assert.ok(rows.length > 10 && rows.every((row) => row.join(' ').includes('FeedLoader')));
  assert.match(await page.textContent('.state'), /^[\d,]+ of 1,9\d\d rows/);
  await done();
});

test('a limit says how many rows there are', async () => {
  const { page, done } = await open(['top', '--by', 'key', '--limit', '3', SAMPLE]);
  assert.match(await page.textContent('.state'), /^3 of [\d,]+ rows; --limit 0 shows all$/);
  await done();
});

test('times in the zone of the reader', async () => {
  const { page, done } = await open(['failed', '--limit', '1', SAMPLE]);
  const time = async () => page.textContent('#t-requests tbody td.whole');
  const utc = await time();
  await page.selectOption('#zone', 'Europe/Berlin');
  const hour = (text) => Date.parse(`${text.replace(' ', 'T')}Z`) / 3_600_000;
  assert.equal(hour(await time()) - hour(utc), 1);
  await done();
});

test('a span of time narrows tables and charts, and gives the command for the rest', async () => {
  const { page, done } = await open(['timeline', '--every', '1h', SAMPLE]);
  await page.click('summary');
  const all = (await cells(page, 'timeline')).length;
  const box = await page.locator('.u-over').boundingBox();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
  await page.mouse.up();
  const state = await page.textContent('#t-timeline .state');
  assert.match(state, /^\d+ of \d+ rows/);
  const line = await page.textContent('.chosen code');
  const [, since] = line.match(/--since (\S+)/);
  const [, until] = line.match(/--until (\S+)/);
  assert.ok(Date.parse(since) < Date.parse(until), line);
  const rows = await cells(page, 'timeline');
  const shown = rows.reduce((sum, row) => sum + Number(row[1].replaceAll(',', '')), 0);
  const found = JSON.parse(s3al('timeline', SAMPLE, '--every', '1h', '--since', since, '--until', until, '--format', 'json', '-q'));
  if (rows.length < 100) assert.equal(shown, found.tables.timeline.reduce((sum, row) => sum + row.requests, 0));
  await page.click('#reset');
  assert.equal((await cells(page, 'timeline')).length, all);
  await done();
});

test('a page without rows', async () => {
  const { page, file, done } = await open(['summary', '--key', 'nothing', SAMPLE]);
  assert.ok(statSync(file).size < 400_000, 'more than 400 kB without data');
  assert.deepEqual(await violations(page), []);
  assert.match(await page.textContent('#t-keys .content'), /none/);
  await done();
});

test('a page prints', async () => {
  const { page, done } = await open(['summary', SAMPLE]);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.isVisible('.tools'), false);
  assert.equal(await page.isVisible('#t-keys table'), true);
  assert.ok((await page.pdf()).length > 10_000);
  await done();
});
