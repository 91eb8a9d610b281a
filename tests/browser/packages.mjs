/*
 * Copyright © 2026 The loft-registry authors
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 */

/* What the registry of these tests is filled with, over the path that every
 * publisher takes: the good, the long, the strange and the hostile. */

import zlib from 'node:zlib';

export const LONG_NAME = `long-${'name-'.repeat(11)}end`;
export const DEPENDENTS = 60;
export const VERSIONS = 500;
const DOWNLOADS = 12;
const AT_ONCE = 8;

const README = `# hello

Says hello, in **many** ways, and \`code\` too. See [the tests](#tables) or
[how it is made](https://example.org/).

## Use

\`\`\`loft
// Greets whoever is there, and says so in a line that is longer than a phone is wide.
fn main () {
  let greeting = hello::greet ("world", 42);
  println (greeting);
}
\`\`\`

1. First add it.
2. Then call \`hello::greet\`.
   - a list in a list
   - and another one

- [x] done
- [ ] not done yet

> Whoever greets is greeted.

### Tables

| Function | Takes | Gives | Since | What it is for |
|:---------|:------|------:|:-----:|:---------------|
| \`greet\` | \`text\` | \`text\` | 0.1.0 | greets one by name |
| \`greet_all_of_them_at_once\` | \`vector<text>\` | \`text\` | 1.0.0 | greets many |

---

![a picture that is not there](picture.png)

${'Averyverylongwordthatnobodyeverbreaks'.repeat(6)}
`;

const HOSTILE = `# <script>window.stolen = 1</script>

<img src=x onerror="window.stolen = 1"> [go](javascript:window.stolen=1)

<style>* { display: none }</style> <iframe src="https://example.org/"></iframe>
`;

const RTL = `# שלום

ספרייה **קטנה** לברכות, עם \`hello::greet\`.

مرحبا بالعالم
`;

const PACKAGES = [
  { name: 'bare', version: '1.0.0' },
  { name: 'hello', version: '0.9.0' },
  {
    name: 'hello',
    version: '1.2.0',
    readme: README,
    description: 'Greets people, in many languages and in many ways',
    license: 'MIT OR Apache-2.0',
    repository: 'https://git.example.org/people/hello',
    authors: ['Ann Author <ann@example.org>', 'Bob'],
    dependencies: { bare: '^1.0.0' },
  },
  {
    name: LONG_NAME,
    version: `10.20.30-${'alpha.'.repeat(8)}1`,
    description: 'Long '.repeat(90),
    repository: `https://git.example.org/${'long/'.repeat(30)}`,
    license: 'LGPL-3.0-or-later WITH GCC-exception-3.1',
  },
  { name: 'hostile', version: '0.9.0' },
  {
    name: 'hostile',
    version: '1.0.0',
    readme: HOSTILE,
    description: '</p><script>window.stolen = 1</script>\u202e<!--',
    license: '"><img src=x onerror=alert(1)>',
    repository: 'javascript:window.stolen=1',
    authors: ['<svg onload="window.stolen = 1">'],
  },
  {
    name: 'shalom',
    version: '1.0.0',
    readme: RTL,
    description: 'ספרייה קטנה לברכות (hello)',
    authors: ['אורי'],
  },
  {
    name: 'old-thing',
    version: '1.0.0',
    description: 'What people used before there was hello',
  },
  { name: 'withdrawn', version: '1.0.0', description: 'Was a mistake' },
  { name: 'withdrawn', version: '1.1.0', description: 'Was a mistake' },
];

/* What becomes of their documentation, make-docs decides by their names. The
 * last one takes for ever. */
const DOCUMENTED = ['documented', 'undocumentable', 'documenting'];

/* A block of a tarball that begins a file. */
function tarHeader (name, size) {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('        0', 148);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function makeTarball (files) {
  const blocks = [];
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    blocks.push(tarHeader(name, content.length), content);
    blocks.push(Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  blocks.push(Buffer.alloc(1024));
  return zlib.gzipSync(Buffer.concat(blocks), { level: 1 });
}

async function publish (url, { readme, ...manifest }) {
  const { name, version } = manifest;
  const files = {
    'manifest.json': JSON.stringify(manifest),
    'src/main.lf': `// ${name} ${version}\nfn main () {\n  hello ();\n}\n`,
  };
  if (readme)
    files['README.md'] = readme;
  const answer = await fetch(`${url}/packages/${name}/${version}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/gzip' },
    body: makeTarball(files),
  });
  if (answer.status !== 201)
    throw new Error(`${name} ${version}: ${await answer.text()}`);
}

async function download (url, name, version) {
  const answer = await fetch(`${url}/packages/${name}/${version}/download`);
  if (!answer.ok)
    throw new Error(`${name} ${version}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

/* The numbers are written now and then. */
async function awaitDownloads (url, name) {
  for (let i = 0; i < 100; i++) {
    const answer = await fetch(`${url}/packages/${name}`,
                               { headers: { Accept: 'text/html' } });
    if ((await answer.text()).includes('class="bars"'))
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no download of ${name} was counted`);
}

/* Waits until all that can be built is. */
async function awaitDocs (url) {
  const states = { documented: 'built', undocumentable: 'failed' };
  for (let i = 0; i < 300; i++) {
    const told = await Promise.all(Object.entries(states).map(
      async ([name, state]) => {
        const answer = await fetch(`${url}/packages/${name}/1.0.0`);
        return (await answer.json()).docs?.state === state;
      }));
    if (!told.includes(false))
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('no documentation was built');
}

async function yank (url, name, version, reason) {
  const answer = await fetch(`${url}/packages/${name}/${version}/yank`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ reason }),
  });
  if (!answer.ok)
    throw new Error(`${name} ${version}: ${await answer.text()}`);
}

/* Publishes them all in no order, some at a time. */
async function publishAll (url, packages) {
  const rest = [...packages];
  const publishRest = async () => {
    while (rest.length > 0)
      await publish(url, rest.shift());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, publishRest));
}

export async function fill (url) {
  for (const manifest of PACKAGES)
    await publish(url, manifest);
  for (const name of process.env.LOFT_TEST_DOCS === 'yes' ? DOCUMENTED : [])
    await publish(url, { name, version: '1.0.0' });
  await publishAll(url, Array.from({ length: VERSIONS }, (_, i) => ({
    name: 'many',
    version: `${Math.floor(i / 100)}.${Math.floor(i / 10) % 10}.${i % 10}`,
    description: 'Is released again and again',
  })));
  await publishAll(url, Array.from({ length: DEPENDENTS }, (_, i) => ({
    name: `uses-hello-${String(i).padStart(2, '0')}`,
    version: '0.1.0',
    description: 'Is polite',
    license: 'MIT',
    dependencies: { hello: '>=0.9.0' },
  })));
  await yank(url, 'many', '4.9.9');
  await yank(url, 'withdrawn', '1.0.0',
             'Greets <everybody>, even who is not there');
  for (let i = 0; i < DOWNLOADS; i++)
    await download(url, 'hello', '1.2.0');
  await awaitDownloads(url, 'hello');
  if (process.env.LOFT_TEST_DOCS === 'yes')
    await awaitDocs(url);
}
