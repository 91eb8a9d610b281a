/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

/* walk.mjs URL EMPTY-URL: walks the pages as people do, and prints TAP. */

import assert from 'node:assert/strict';

import { HAS_DOCS, LOOKS, PAGES, launch, openPage } from './browser.mjs';
import { checkLinks, checkLook, checkPrint, checkWeight } from './checks.mjs';

const [url, emptyUrl] = process.argv.slice(2);
const DESK = LOOKS[2];
const PHONE = LOOKS[0];
let points = 0;

async function check (description, test) {
  points++;
  try {
    await test();
    console.log(`ok ${points} - ${description}`);
  } catch (error) {
    console.log(`not ok ${points} - ${description}`);
    console.log(String(error.stack).replace(/^/gm, '# '));
    process.exitCode = 1;
  }
}

async function heading (page) {
  return (await page.locator('h1').innerText()).replace(/\s+/g, ' ');
}

/* Searches, opens, looks through versions and dependents, and comes home. */
async function walk (page) {
  await page.goto(`${url}/`);
  await page.getByLabel('Search packages').fill('hello greets');
  await page.getByRole('button', { name: 'Search' }).click();
  assert.match(await heading(page), /hello greets/);
  await page.getByRole('link', { name: 'hello', exact: true }).click();
  assert.equal(await heading(page), 'hello 1.2.0');
  assert.equal(await page.locator('.install code').innerText(),
               'loft add hello');
  await page.getByRole('link', { name: '0.9.0', exact: true }).click();
  assert.equal(await heading(page), 'hello 0.9.0');
  assert.match(await page.locator('.install code').innerText(), /0\.9\.0/);
  await page.getByRole('link', { name: '1.2.0', exact: true }).first().click();
  await page.getByText('in the tarball').click();
  await page.getByText('src/main.lf').waitFor({ state: 'visible' });
  await page.getByRole('link', { name: 'All dependents' }).click();
  assert.match(await heading(page), /depend on hello/);
  await page.getByRole('link', { name: 'loft packages' }).click();
  assert.equal(new URL(page.url()).pathname, '/');
}

/* All packages are reached, page by page. */
async function turnPages (page) {
  const names = new Set();
  await page.goto(`${url}/packages?limit=25`);
  for (let turned = 0; turned < 10; turned++) {
    for (const name of await page.locator('.packages h3').allInnerTexts())
      names.add(name);
    const next = page.getByRole('link', { name: 'Next page' });
    if (await next.count() === 0)
      break;
    await next.click();
  }
  const all = await (await fetch(`${url}/packages`)).json();
  assert.equal(names.size, all.length);
}

async function openManyVersions (page) {
  await page.goto(`${url}/packages/many`);
  await page.getByRole('link', { name: 'All 500 versions' }).click();
  for (let turned = 0; turned < 4; turned++) {
    assert.equal(await page.locator('tbody tr').count(), 100);
    await page.getByRole('link', { name: 'Older versions' }).click();
  }
  assert.equal(await page.locator('tbody tr').count(), 100);
  assert.equal(await page.getByRole('link', { name: 'Older' }).count(), 0);
  await page.getByRole('link', { name: '0.0.0', exact: true }).click();
  assert.equal(await heading(page), 'many 0.0.0');
}

/* Looks at what is new in a version, and compares two others by hand. */
async function compareVersions (page) {
  await page.goto(`${url}/packages/hello`);
  await page.locator('aside').getByRole('link', { name: 'since 0.9.0' })
    .click();
  assert.match(await heading(page), /from 0\.9\.0 to 1\.2\.0/);
  const file = page.locator('section', {
    has: page.getByRole('heading', { name: 'src/main.lf' }),
  });
  assert.match(await file.locator('del').innerText(), /^-.*0\.9\.0\n?$/);
  assert.match(await file.locator('ins').innerText(), /^\+.*1\.2\.0\n?$/);
  await page.getByLabel('From version').fill('1.2.0');
  await page.getByLabel('to version', { exact: true }).fill('0.9.0');
  await page.getByRole('button', { name: 'Compare' }).click();
  assert.match(await heading(page), /from 1\.2\.0 to 0\.9\.0/);
  await page.getByRole('link', { name: 'Swap the versions' }).click();
  assert.match(await heading(page), /from 0\.9\.0 to 1\.2\.0/);
}

/* What was built of a package can be read, and does nothing. */
async function readDocs (page) {
  await page.goto(`${url}/packages/documented`);
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().includes('/pkg-docs/')),
    page.locator('dd').getByRole('link', { name: 'documented 1.0.0' })
      .and(page.locator('[href*="pkg-docs"]')).click(),
  ]);
  assert.match(answer.headers()['content-security-policy'], /\bsandbox\b/);
  assert.equal(await heading(page), 'What it does');
}

async function focusOn (page, selector) {
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab');
    const focused = page.locator(`${selector}:focus`);
    if (await focused.count() > 0) {
      const outline = await focused.evaluate((element) =>
        getComputedStyle(element).outlineStyle);
      assert.notEqual(outline, 'none', 'the focus is seen');
      return;
    }
  }
  assert.fail(`the keyboard does not get to ${selector}`);
}

async function walkByKeyboard (page) {
  await page.goto(`${url}/`);
  await page.keyboard.press('Tab');
  const skip = page.locator('.skip:focus');
  assert.ok((await skip.boundingBox()).width > 50, 'the way past is seen');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('main:focus').count(), 1);
  await page.goto(`${url}/`);
  await focusOn(page, '#q');
  await page.keyboard.type('greets');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=greets/);
  await focusOn(page, 'main a[href$="packages/hello"]');
  await page.keyboard.press('Enter');
  await page.waitForURL(/packages\/hello$/);
  await focusOn(page, 'summary');
  await page.keyboard.press('Enter');
  await page.getByText('src/main.lf').waitFor({ state: 'visible' });
}

/* Packages are found while one types, and what they say of themselves is text. */
async function walkSuggestions (page) {
  await page.goto(`${url}/packages/many`);
  const input = page.getByRole('combobox', { name: 'Search packages' });
  const options = page.getByRole('option');
  await input.pressSequentially('hello');
  await options.first().waitFor();
  const count = await options.count();
  await page.getByRole('status').getByText(`Suggestions: ${count}`).waitFor();
  await page.keyboard.press('ArrowDown');
  const id = await input.getAttribute('aria-activedescendant');
  assert.equal(await page.locator(`#${id}`).getAttribute('aria-selected'),
               'true');
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('listbox').isVisible(), false);
  assert.equal(await input.getAttribute('aria-expanded'), 'false');
  assert.equal(await input.inputValue(), 'hello');
  await input.fill('hostile');
  await options.first().waitFor();
  assert.equal(await page.locator('[role=option] script').count(), 0);
  assert.equal(await page.evaluate(() => window.stolen), undefined);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(/packages\/hostile$/);
}

async function copyCommand (page) {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`${url}/packages/hello`);
  await page.locator('.install').getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('status').getByText('Copied').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()),
               'loft add hello');
}

async function withPage (browser, look, options, test) {
  const page = await openPage(browser, look, options);
  try {
    await test(page);
  } finally {
    await page.context().close();
  }
}

async function walkAll (browser) {
  const on = (look, options, test) => () =>
    withPage(browser, look, options, test);
  const scriptless = { javaScriptEnabled: false };

  await check('the site is walked', on(DESK, {}, walk));
  await check('without JavaScript', on(DESK, scriptless, walk));
  await check('on a phone', on(PHONE, scriptless, walk));
  await check('by keyboard', on(DESK, {}, walkByKeyboard));
  await check('packages are suggested', on(DESK, {}, walkSuggestions));
  await check('a command is copied', on(DESK, {}, copyCommand));
  await check('versions are compared', on(PHONE, scriptless, compareVersions));
  await check('pages are turned', on(DESK, scriptless, turnPages));
  await check('all of many versions are shown',
              on(PHONE, scriptless, openManyVersions));

  if (HAS_DOCS)
    await check('documentation is read', on(DESK, {}, readDocs));

  const targets = Object.entries(PAGES).map(([name, path]) =>
    [name, url + path]);
  targets.push(['home-empty', `${emptyUrl}/`]);
  targets.push(['list-empty', `${emptyUrl}/packages`]);
  for (const look of LOOKS)
    await withPage(browser, look, {}, async (page) => {
      for (const [name, target] of targets)
        await check(`${name} at ${look.width} pixels, ${look.scheme}`,
                    () => checkLook(page, target));
    });

  for (const [name, target] of targets)
    await check(`${name} is light`,
                on(DESK, {}, (page) => checkWeight(page, target)));
  await check('a package can be printed', on(DESK, {}, (page) =>
    checkPrint(page, `${url}${PAGES.package}`, '.install')));
  await check('a comparison can be printed', on(DESK, {}, (page) =>
    checkPrint(page, `${url}${PAGES.diff}`, '.diff')));
  await check('every link leads somewhere', () =>
    checkLinks(targets.map(([, target]) => target)));
}

const browser = await launch();
try {
  await walkAll(browser);
} finally {
  await browser.close();
}
console.log(`1..${points}`);
