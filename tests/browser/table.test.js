// What a table of a page can do, against the same table in another format.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { SAMPLE, cells, open, s3al, start, stop } from './browser.js';

before(start);
after(stop);

const lines = (text) => text.toString().trimEnd().split(/\r?\n/);
// Numbers are the same number, however many of its zeros are written.
const values = (line) => line.split(',').map((cell) => (/^-?\d[\d.e-]*$/.test(cell) && !Number.isNaN(Number(cell)) ? Number(cell) : cell));

for (const command of [['top', '--by', 'key', '--limit', '0'], ['failed', '--limit', '0', '--table', 'requests'], ['latency', '--table', 'latency'], ['export', '--limit', '300', '--columns', 'timestamp,requester,key,http_status,bytes_sent,user_agent,acl_required']]) {
  test(`a copy is what --format csv --csv-safe writes: ${command.join(' ')}`, async () => {
    const { page, done } = await open([...command, SAMPLE]);
    await page.click('text=Copy as CSV');
    const copied = lines(await page.evaluate(() => navigator.clipboard.readText()));
    const expected = lines(s3al(...command, SAMPLE, '--format', 'csv', '--csv-safe', '-q'));
    assert.equal(copied.length, expected.length);
    for (const [place, line] of expected.entries()) assert.deepEqual(values(copied[place]), values(line));
    await done();
  });
}

test('a copy has the rows that are left, as they are sorted, also those that are not seen', async () => {
  const { page, done } = await open(['top', '--by', 'key', '--limit', '0', SAMPLE]);
  await page.fill('input[type=search]', 'photos/');
  await page.click('th button >> text=key');
  const seen = await cells(page, 'groups');
  await page.click('text=Copy as CSV');
  const [, ...copied] = lines(await page.evaluate(() => navigator.clipboard.readText()));
  const all = lines(s3al('top', '--by', 'key', '--limit', '0', SAMPLE, '--format', 'csv', '-q')).slice(1);
  const keys = all.map((line) => line.split(',')[0]).filter((key) => key.includes('photos/')).sort();
  assert.deepEqual(copied.map((line) => line.split(',')[0]), keys);
  assert.ok(seen.length > 0 && seen.length <= keys.length);
  await done();
});

test('texts and times are sorted as what they are', async () => {
  const { page, done } = await open(['failed', '--limit', '0', '--table', 'requests', SAMPLE]);
  const column = async (name) => {
    const names = await page.$$eval('#t-requests th', (found) => found.map((head) => head.textContent.replace(/ [↓↑]$/, '')));
    return (await cells(page, 'requests')).map((row) => row[names.indexOf(name)]);
  };
  const isSorted = (values, order) => values.every((value, index) => index === 0 || order(values[index - 1], value) <= 0);
  const up = (a, b) => (a > b) - (a < b);
  await page.click('th button >> text="timestamp"');
  assert.ok(isSorted(await column('timestamp'), (a, b) => up(b, a)), 'newest first');
  await page.click('th button >> text="key"');
  const keys = (await column('key')).filter((key) => key !== '-');
  assert.ok(keys.length > 5 && isSorted(keys, up), 'a to z');
  await done();
});

test('a long key wraps on a small screen', async () => {
  const { page, done } = await open(['top', '--by', 'request_uri', '--limit', '0', SAMPLE], { viewport: { width: 390, height: 900 } });
  await page.click('th button >> text="request uri"');
  const cells = await page.$$eval('td.words', (found) => found.map((cell) => [cell.textContent.length, cell.getBoundingClientRect()]).map(([length, { width, height }]) => ({ length, width, height })));
  const long = cells.filter((cell) => cell.length > 60);
  assert.ok(long.length > 0);
  for (const { width, height } of long) assert.ok(width < 390 && height > 40, `${width} x ${height}`);
  await done();
});
