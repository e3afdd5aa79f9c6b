// A page that is written anew while it is open.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM, cells, folder, start, stop, violations, watch } from './browser.js';

const log = join(folder, 'growing');
const file = join(folder, 'live.html');
const line = (number) => `o example-bucket [06/Feb/2019:00:00:${String(number).padStart(2, '0')} +0000] 192.0.2.${number} arn:aws:iam::111122223333:user/alice `
  + `R${number} REST.GET.OBJECT key-${number} "GET /key-${number} HTTP/1.1" 200 - 113 113 7 6 "-" "curl/8.1" -\n`;

let follow;
before(async () => {
  writeFileSync(log, '');
  follow = spawn(PROGRAM, ['follow', log, '-o', file, '--refresh', '1s', '--interval', '100ms', '-q'], { env: { PATH: '', HOME: folder, TMPDIR: folder } });
  while (!existsSync(file)) await new Promise((done) => setTimeout(done, 50));
  await start();
});
after(async () => {
  follow.kill('SIGINT');
  await stop();
});

test('a page shows what comes, and stays as its reader has set it', async () => {
  const { page, done } = await watch(file);
  assert.match(await page.textContent('#refresh'), /^Written \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, reloads itself every 1\.0 s\./);
  for (let number = 1; number <= 8; number += 1) appendFileSync(log, line(number));
  await page.waitForFunction(() => document.querySelectorAll('#t-records tbody tr').length === 8);
  assert.deepEqual(await violations(page), []);
  await page.click('#t-records th button >> text=key');
  await page.fill('#t-records input[type=search]', 'key-');
  await page.selectOption('#zone', 'Europe/Berlin');
  await page.locator('button.value', { hasText: 'alice' }).first().click();
  const keys = async () => (await cells(page, 'records')).map((row) => row.find((text) => text.startsWith('key-')));
  assert.equal((await keys())[0], 'key-1');
  appendFileSync(log, line(9));
  await page.waitForFunction(() => document.querySelectorAll('#t-records tbody tr').length === 9, null, { timeout: 30_000 });
  assert.deepEqual(await keys(), [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `key-${number}`));
  assert.equal(await page.inputValue('#t-records input[type=search]'), 'key-');
  assert.equal(await page.inputValue('#zone'), 'Europe/Berlin');
  assert.match((await cells(page, 'records'))[0].join(), /2019-02-06 01:00:0/);
  assert.match(await page.textContent('.chosen code'), /--where .*alice/);
  await done();
});

test('a reader can stop it', async () => {
  const { page, done } = await watch(file);
  const pause = page.locator('#refresh button');
  await pause.click();
  assert.equal(await pause.getAttribute('aria-pressed'), 'true');
  let isReloaded = false;
  page.on('load', () => { isReloaded = true; });
  await page.waitForTimeout(7000);
  assert.equal(isReloaded, false);
  await pause.click();
  await page.waitForEvent('load', { timeout: 30_000 });
  await done();
});
