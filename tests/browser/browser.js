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
export const PROGRAM = resolve(process.env.S3AL || join(ROOT, 'target/debug/s3al'));
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
// Writes a page and opens it.
export async function open(words, options = {}, expected = undefined) {
  const file = join(folder, `${pages += 1}.html`);
  s3al(...words, '--format', 'html', '-o', file, '-q');
  return { file, ...await watch(file, options, expected) };
}

// Opens a page. `done` closes it, and fails if it has done anything but show itself and what is `expected`.
export async function watch(file, options = {}, expected = undefined) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, timezoneId: 'Europe/Berlin', locale: 'en-GB', ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  // A page of thousands of rows draws slowly where other tests take the processor: only what never comes is an error.
  page.setDefaultTimeout(120_000);
  const seen = [];
  const see = (what) => { if (!expected?.test(what)) seen.push(what); };
  page.on('dialog', (dialog) => {
    see(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') see(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => see(`error: ${error.stack}`));
  const url = pathToFileURL(file).href;
  page.on('request', (request) => {
    if (request.url() !== url) see(`request: ${request.url()}`);
  });
  page.on('popup', () => see('popup'));
  page.on('frameattached', () => see('frame'));
  await page.goto(url);
  await page.waitForFunction(() => document.querySelectorAll('section').length === 0 || document.querySelector('.content > *') !== null);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const done = async () => {
    assert.deepEqual(seen, [], file);
    await context.close();
  };
  return { page, done };
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
