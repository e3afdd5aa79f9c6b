// One Chromium for all tests, pages made by the program, and everything that a page must not do.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');
export const SAMPLE = join(ROOT, 'tests/fixtures/sample');
const PROGRAM = resolve(process.env.S3AL || join(ROOT, 'target/debug/s3al'));
export const folder = mkdtempSync(join(tmpdir(), 's3al-pages-'));

// What the machine does by itself goes nowhere.
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

let browser;
export async function start() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: FLAGS });
}
export async function stop() {
  await browser.close();
  rmSync(folder, { recursive: true });
}

// The standard output of the program. 1 is the exit code of findings.
export function s3al(...words) {
  try {
    return execFileSync(PROGRAM, words, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: '', HOME: folder, TMPDIR: folder } });
  } catch (error) {
    assert.equal(error.status, 1, `s3al ${words.join(' ')}: ${error.stderr}`);
    return error.stdout;
  }
}

let pages = 0;
// Writes a page and opens it. `done` closes it, and fails if it has done anything but show itself.
export async function open(words, options = {}) {
  const file = join(folder, `${pages += 1}.html`);
  s3al(...words, '--format', 'html', '-o', file, '-q');
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, timezoneId: 'Europe/Berlin', locale: 'en-GB', ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  const seen = [];
  page.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') seen.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => seen.push(`error: ${error.stack}`));
  const url = pathToFileURL(file).href;
  page.on('request', (request) => {
    if (request.url() !== url) seen.push(`request: ${request.url()}`);
  });
  page.on('popup', () => seen.push('popup'));
  page.on('frameattached', () => seen.push('frame'));
  await page.goto(url);
  await page.waitForFunction(() => document.querySelectorAll('section').length === 0 || document.querySelector('.content > *') !== null);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const done = async () => {
    assert.deepEqual(seen, [], words.join(' '));
    await context.close();
  };
  return { page, file, done };
}

// What axe-core finds. The script runs outside of the page's policy, as an extension of the browser would.
export async function violations(page) {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join('; ')}`);
}

// The texts of the rows of a table, as they are in the page.
export function cells(page, table) {
  return page.$$eval(`#t-${table} tbody tr`, (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
}
