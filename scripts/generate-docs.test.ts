import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderDocs } from './generate-docs';

test('the documents say what the code says; `npm run docs` brings them up to date', async () => {
  for (const [file, content] of await renderDocs()) {
    expect({ file, content: await readFile(join(__dirname, '..', file), 'utf8') }).toEqual({ file, content });
  }
});
