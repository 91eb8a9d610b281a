/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

/* screenshots.mjs URL EMPTY-URL FOLDER: how each page looks. */

import { LOOKS, PAGES, launch, openPage } from './browser.mjs';

const [url, emptyUrl, folder] = process.argv.slice(2);

async function shoot (browser) {
  const targets = Object.entries(PAGES).map(([name, path]) =>
    [name, url + path]);
  targets.push(['home-empty', `${emptyUrl}/`]);
  targets.push(['list-empty', `${emptyUrl}/packages`]);

  for (const look of LOOKS) {
    const page = await openPage(browser, look);
    for (const [name, target] of targets) {
      await page.goto(target);
      await page.screenshot({
        path: `${folder}/${name}-${look.width}-${look.scheme}.png`,
        fullPage: name !== 'versions',
      });
    }
    await page.context().close();
  }

  const page = await openPage(browser, LOOKS[0]);
  await page.goto(`${url}${PAGES.package}`);
  await page.pdf({ path: `${folder}/package.pdf`, format: 'A4' });
}

const browser = await launch();
try {
  await shoot(browser);
} finally {
  await browser.close();
}
