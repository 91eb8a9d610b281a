/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

import { chromium } from 'playwright-core';

import { LONG_NAME } from './packages.mjs';

const MAX_WAIT = 15000;

/* A phone and a desk, by day and by night. */
export const LOOKS = [360, 1280].flatMap((width) =>
  ['light', 'dark'].map((scheme) => ({ width, scheme })));

/* Each kind of page, and each state that one can be in. */
export const PAGES = {
  home: '/',
  list: '/packages',
  'list-short': '/packages?limit=20',
  search: '/packages?q=hello',
  'search-vain': '/packages?q=nothing+has+this',
  package: '/packages/hello',
  'package-version': '/packages/hello/0.9.0',
  'package-bare': '/packages/bare',
  'package-many': '/packages/many',
  'package-long': `/packages/${LONG_NAME}`,
  'package-hostile': '/packages/hostile',
  'package-rtl': '/packages/shalom',
  'package-deprecated': '/packages/old-thing',
  'package-yanked': '/packages/withdrawn/1.0.0',
  versions: '/packages/many?versions=all',
  'versions-more': '/packages/many?versions=all&after=4.0.0',
  files: '/packages/hello/1.2.0/files',
  'file-code': '/packages/hello/1.2.0/files/src/main.lf',
  'file-readme': '/packages/hello/1.2.0/files/README.md',
  'file-hostile': '/packages/hostile/1.0.0/files/README.md',
  diff: '/packages/hello/diff/0.9.0/1.2.0',
  'diff-back': '/packages/hello/diff/1.2.0/0.9.0',
  'diff-file': '/packages/hello/diff/0.9.0/1.2.0/README.md',
  'diff-hostile': '/packages/hostile/diff/0.9.0/1.0.0',
  'diff-none': '/packages/hello/diff/1.2.0/1.2.0',
  'diff-yanked': '/packages/withdrawn/diff/1.0.0/1.1.0',
  dependents: '/packages/hello/dependents',
  'dependents-none': '/packages/many/dependents',
  missing: '/packages/nobody-has-this',
  view: '/at/3/packages',
};

/* Where documentation can be built. */
export const HAS_DOCS = process.env.LOFT_TEST_DOCS === 'yes';
if (HAS_DOCS)
  Object.assign(PAGES, {
    'package-docs': '/packages/documented/1.0.0',
    'package-docs-failed': '/packages/undocumentable/1.0.0',
    'package-docs-waiting': '/packages/documenting/1.0.0',
  });

export function launch () {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
}

export async function openPage (browser, look, options = {}) {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.width < 600 ? 740 : 800 },
    colorScheme: look.scheme,
    ...options,
  });
  context.setDefaultTimeout(MAX_WAIT);
  return context.newPage();
}
