/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

/* What holds of every page. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';

const AXE = fs.readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WEIGHT_MAX = 40 * 1000;
const LINKS_MAX = 3000;
const HTML = { Accept: 'text/html' };

/* What is evaluated comes from the driver, which no policy of a page binds. */
function runAxe (page) {
  return page.evaluate(`${AXE};axe.run(document, {
    resultTypes: ['violations'],
    rules: { 'target-size': { enabled: true } },
  }).then(({ violations }) => violations.map(({ id, help, nodes }) =>
    id + ': ' + help + ': ' + nodes.map((node) => node.html).join(' ')))`);
}

/* checkLook: the page is accessible, is as wide as the window, asks nothing of
 * others, and nothing on it was executed or refused. */
export async function checkLook (page, target) {
  const complaints = [];
  const complain = (message) => {
    if (!/the server responded with a status of 404/.test(message.text()))
      complaints.push(message.text());
  };
  const note = (request) => {
    if (new URL(request.url()).origin !== new URL(target).origin)
      complaints.push(request.url());
  };

  page.on('console', complain);
  page.on('request', note);
  try {
    await page.goto(target);
    const [width, room, stolen] = await page.evaluate(() =>
      [document.documentElement.scrollWidth, innerWidth, window.stolen]);
    assert.ok(width <= room, `it is ${width} pixels wide`);
    assert.equal(stolen, undefined);
    assert.deepEqual(await runAxe(page), []);
    assert.deepEqual(complaints, []);
  } finally {
    page.off('console', complain);
    page.off('request', note);
  }
}

/* checkWeight: what goes over the wire for a page that was never visited. */
export async function checkWeight (page, target) {
  const requests = [];
  page.on('requestfinished', (request) => requests.push(request));
  await page.goto(target, { waitUntil: 'networkidle' });
  const sizes = await Promise.all(requests.map((request) => request.sizes()));
  const weight = sizes.reduce((total, size) =>
    total + size.responseHeadersSize + size.responseBodySize, 0);
  assert.ok(requests.length >= 2);
  assert.ok(weight <= WEIGHT_MAX, `it weighs ${weight} bytes`);
}

/* checkPrint: what is of no use on paper is not there, and the page is cut off
 * nowhere. */
export async function checkPrint (page, target, shown) {
  await page.setViewportSize({ width: 700, height: 1000 });
  await page.emulateMedia({ media: 'print' });
  await page.goto(target);
  assert.equal(await page.locator('header.site').isVisible(), false);
  assert.equal(await page.locator(shown).first().isVisible(), true);
  const cut = await page.locator('pre, .table').evaluateAll((elements) =>
    elements.filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => element.outerHTML));
  assert.deepEqual(cut, []);
  assert.ok((await page.pdf({ format: 'A4' })).length > 1000);
}

function decode (text) {
  return text.replace(/&quot;/g, '"').replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>').replace(/&#39;/g, "'").replace(/&amp;/g, '&');
}

/* From version to version there are more pages than can be read. */
function isEndless ({ pathname, search }) {
  return search.startsWith('?versions=all') ||
    /^\/packages\/many\/diff\//.test(pathname);
}

/* Follows where a page's links lead on the same server. */
async function readLinks (target, found) {
  const answer = await fetch(target, { headers: HTML });
  if (!/^text\/html/.test(answer.headers.get('Content-Type')))
    return answer.status;
  const text = await answer.text();
  const { origin } = new URL(target);
  if (/^\/d\//.test(new URL(target).pathname))
    return answer.status;
  for (const [, reference] of text.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
    const link = new URL(decode(reference), target);
    if (link.href.startsWith(target + '#'))
      assert.ok(text.includes(`id="${link.hash.slice(1)}"`), link.href);
    link.hash = '';
    if (link.origin === origin && !isEndless(new URL(target)))
      found.add(link.href);
  }
  return answer.status;
}

/* What READMEs show, but is in no tarball. */
const ABSENT = ['/packages/hello/1.2.0/raw/picture.png',
  '/packages/hostile/1.0.0/raw/x'];

/* checkLinks: what links of these pages lead to answers, and so does what the
 * links of that lead to, until all is known. */
export async function checkLinks (targets) {
  const known = new Set(targets);
  const bad = [];
  let n = 0;
  for (const target of known) {
    assert.ok(++n <= LINKS_MAX, 'there is no end of links');
    const status = await readLinks(target, known);
    const absent = targets.includes(target) ||
      ABSENT.includes(new URL(target).pathname.replace(/^\/at\/\d+/, ''));
    if (status !== 200 && !(status === 404 && absent))
      bad.push(`${status} ${target}`);
  }
  assert.deepEqual(bad, []);
  assert.ok(n > targets.length);
}
