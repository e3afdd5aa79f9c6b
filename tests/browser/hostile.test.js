// Lines of hostile clients, in every field: they change nothing in a page but their own cell.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, open, s3al, start, stop, violations } from './browser.js';

const TEXTS = [
  '<script>alert(1)</script>', '</script><script>alert(2)</script>', '</SCRIPT ><img/src=x/onerror=alert(3)>', '<!--<script>',
  '-->', ']]>', '<svg/onload=alert(4)>', '<iframe/src=javascript:alert(5)>', '<a/href="javascript:alert(6)">x</a>',
  'javascript:alert(7)', '"onmouseover="alert(8)', "'onfocus='alert(9)", '</title><body/onload=alert(10)>', '</style><style>*{display:none}</style>',
  '{{7*7}}', '{%raw%}', '${alert(11)}', '{{constructor.constructor("alert(12)")()}}', '<meta/http-equiv=refresh/content=0;url=http://example.com/>',
  '<base/href=http://example.com/>', '<form/action=http://example.com/><button>', '<link/rel=stylesheet/href=http://example.com/x.css>',
  '\u0000null\u0000', '\u202Egpj.exe\u2066x\u2069', '\u2028\u2029\u0085', '\uFEFFbom', '__proto__', 'constructor', 'hasOwnProperty', 'toString',
  '=HYPERLINK("http://example.com")', '\\u003cscript\\u003ealert(13)\\u003c/script\\u003e', '\u001b[2J', `${'A'.repeat(8192)}<b>`, '%3Cscript%3E', '&lt;b&gt;&#60;b&#62;',
];
const FIELDS = ['o'.repeat(64), 'example-bucket', '[06/Feb/2019:00:00:38 +0000]', '192.0.2.3', 'arn:aws:iam::111122223333:user/alice', '3E57427F3EXAMPLE',
  'REST.GET.OBJECT', 'photos/a.jpg', '"GET /photos/a.jpg HTTP/1.1"', '200', '-', '113', '113', '7', '6', '"-"', '"curl/8.1"', '-', 'hostid=', 'SigV4',
  'ECDHE-RSA-AES128-GCM-SHA256', 'AuthHeader', 'example-bucket.s3.us-west-1.amazonaws.com', 'TLSv1.2', '-', '-', '-'];
const QUOTED = [8, 15, 16];
const NAMES = { 3: 'remote_ip', 4: 'requester', 6: 'operation', 7: 'key', 8: 'request_uri', 10: 'error_code', 15: 'referer', 16: 'user_agent' };

function lines() {
  const all = [];
  FIELDS.forEach((_, place) => {
    if (place === 2) return;
    for (const text of TEXTS) {
      const fields = [...FIELDS];
      const own = `${text}#${place}`;
      fields[place] = QUOTED.includes(place) ? `"${place === 8 ? `GET /${own.replaceAll('"', '%22')} HTTP/1.1` : own}"` : own.replaceAll(' ', '+');
      // Failed requests and large downloads have tables of their own.
      if (all.length % 3 === 0 && place !== 9) [fields[9], fields[10]] = ['403', place === 10 ? fields[10] : 'AccessDenied'];
      if (all.length % 3 === 1 && place !== 11) fields[11] = '900000000';
      if (all.length % 5 === 0 && place !== 4) fields[4] = '-';
      fields[2] = `[06/Feb/2019:${String(all.length % 24).padStart(2, '0')}:00:38 +0000]`;
      all.push(fields.join(' '));
    }
  });
  return all;
}

const logs = join(folder, '<b>logs{{7*7}}');
before(async () => {
  mkdirSync(logs, { recursive: true });
  writeFileSync(join(logs, '2019-02-06-00-00-00-<img src=x onerror=alert(14)>'), `${lines().join('\n')}\n`);
  await start();
});
after(stop);

const ALLOWED = new Set(('html head meta title style body header h1 p div label select option span input button nav ul li a noscript main section h2 footer script code ' +
  'table thead tbody tr th td details summary dl dt dd svg rect polyline text canvas').split(' '));

// What does not belong in a page.
const foreign = (page) => page.evaluate((allowed) => {
  const found = [];
  for (const element of document.querySelectorAll('*')) {
    const name = element.localName;
    const isTitle = name === 'title' && element.namespaceURI.endsWith('svg');
    if (!allowed.includes(name) && !isTitle) found.push(name);
    for (const { name: attribute, value } of element.attributes) {
      if (attribute.startsWith('on')) found.push(`${name} ${attribute}`);
      if (attribute === 'style' && element.closest('.uplot') === null && element.closest('.plot') === null) found.push(`${name} style=${value}`);
      if (['src', 'srcset', 'action', 'formaction', 'xlink:href'].includes(attribute)) found.push(`${name} ${attribute}=${value}`);
      if (attribute === 'href' && !value.startsWith('#t-')) found.push(`${name} href=${value}`);
    }
  }
  if (document.scripts.length !== 2) found.push(`${document.scripts.length} scripts`);
  if (document.styleSheets.length !== 1) found.push(`${document.styleSheets.length} style sheets`);
  if (document.title.includes('<')) found.push(document.title);
  // Nothing that changes the direction of what is beside it, and nothing that cannot be seen.
  const hidden = document.body.innerText.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/);
  if (hidden) found.push(`hidden character ${hidden[0].codePointAt(0).toString(16)}`);
  return [...new Set(found)];
}, [...ALLOWED]);

const COMMANDS = [
  ['dashboard', '--limit', '0'], ['export', '--limit', '0'], ['summary', '--limit', '0'], ['failed', '--limit', '0'], ['large-downloads', '--limit', '0'], ['latency', '--by', 'operation,key', '--limit', '0'],
  ['timeline', '--by', 'user_agent', '--values', '0'], ['audit', '--limit', '0'], ['access', '--limit', '0'], ['cost', '--by', 'requester,bucket', '--limit', '0'],
  ['activity', '--limit', '0', '--requester', '*'], ['history', '--key', '*', '--limit', '0'], ['detect', '--limit', '0'], ['coverage', '--limit', '0'], ['cold', '--limit', '0'],
  ...Object.values(NAMES).map((name) => ['top', '--by', name, '--limit', '0']),
];

for (const command of COMMANDS) {
  test(command.join(' '), async () => {
    const { page, done } = await open([...command, logs]);
    assert.deepEqual(await foreign(page), []);
    // All of it is used: charts, filters, choices, copies.
    for (const details of await page.$$('section details:not(.long) > summary')) await details.click();
    const search = await page.$('input[type=search]:visible');
    if (search) {
      await search.fill('<script>');
      await search.fill('');
    }
    for (const value of (await page.$$('button.value:visible')).slice(0, 3)) {
      if (await value.isVisible()) await value.click();
    }
    assert.deepEqual(await foreign(page), []);
    await done();
  });
}

for (const colorScheme of ['light', 'dark']) {
  test(`the dashboard on a small screen, ${colorScheme}`, async () => {
    const { page, done } = await open(['dashboard', '--limit', '0', logs], { viewport: { width: 390, height: 900 }, colorScheme });
    while (await page.$('#t-keys .state button')) await page.click('#t-keys .state button');
    for (const summary of await page.$$('section details > summary')) await summary.click();
    // The longest key wraps: nothing makes the page wider than the screen.
    const [inner, whole] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
    assert.ok(whole <= inner, `the page is ${whole} pixels wide`);
    const key = page.locator('#t-keys td.words', { hasText: 'A'.repeat(8000) });
    const { width, height } = await key.boundingBox();
    assert.ok(width < 390 && height > 500, `${width} x ${height}`);
    assert.deepEqual(await violations(page), []);
    await done();
  });
}

test('every text is in its cell, whole', async () => {
  const { page, done } = await open(['top', '--by', 'key', '--limit', '0', logs]);
  while (await page.$('.state button')) await page.click('.state button');
  const shown = await page.$$eval('#t-groups tbody tr td:first-child', (found) => found.map((cell) => {
    const long = cell.querySelector('details');
    return long ? long.textContent.slice(long.querySelector('summary').textContent.length) : cell.textContent;
  }));
  for (const text of ['<script>alert(1)</script>#7', '{{7*7}}#7', '\\x00null\\x00#7', '\\u{202e}gpj.exe\\u{2066}x\\u{2069}#7', '__proto__#7', `${'A'.repeat(8192)}<b>#7`]) {
    assert.ok(shown.includes(text), text.slice(0, 60));
  }
  await done();
});

test('a chosen value gives a command that finds it again', async () => {
  for (const [text, expected] of [['{{7*7}}#7', 1], ['=HYPERLINK("http://example.com")#7', 1], ['\\u{202e}gpj.exe\\u{2066}x\\u{2069}#7', 1]]) {
    const { page, done } = await open(['top', '--by', 'key', '--limit', '0', logs]);
    await page.fill('input[type=search]', text);
    await page.locator('button.value', { hasText: text }).first().click();
    const line = await page.textContent('.chosen code');
    const condition = line.match(/--where ('(?:[^']|'\\'')*'|\S+)/)[1].replace(/^'|'$/g, '').replaceAll("'\\''", "'");
    const found = JSON.parse(s3al('top', '--by', 'key', logs, '--where', condition, '--format', 'json', '-q'));
    assert.equal(found.tables.groups.reduce((sum, row) => sum + row.requests, 0), expected, condition);
    await done();
  }
});

test('a copy holds no cell that a spreadsheet would run', async () => {
  const { page, done } = await open(['top', '--by', 'key', '--limit', '0', logs]);
  await page.click('text=Copy as CSV');
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^key,requests,/);
  assert.ok(copied.includes(`"'=HYPERLINK(""http://example.com"")#7",`));
  await done();
});
