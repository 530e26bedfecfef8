import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { root, sources } from '../../style/sources.ts';
import { pages } from './pages.ts';

const all = pages();

interface Link {
  readonly page: string;
  readonly target: string;
}

/** Links in running text to files of the repository: code blocks are left out. */
const links: Link[] = all.flatMap(({ path, text }) =>
  [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^(https?:|mailto:|#)/.test(target))
    .map((target) => ({ page: path, target: target.split('#')[0] ?? '' })),
);

test('relative links lead to files that are there', () => {
  expect(links.length).toBeGreaterThan(30);
  const dead = links.filter(({ page, target }) => !existsSync(join(root, dirname(page), target)));
  expect(dead).toEqual([]);
});

test('paths of code that pages name are there', () => {
  const named = all.flatMap(({ path, text }) =>
    [...text.matchAll(/`((?:src|protocol|tests|docs|scripts|simulation|bench|compat-tests|fuzz)\/[\w./-]+)`/g)].map(
      (match) => ({ page: path, target: (match[1] ?? '').replace(/\.$/, '') }),
    ),
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter(({ target }) => !existsSync(join(root, target)))).toEqual([]);
});

test('paths below src that docs/architecture.md names are there', () => {
  const text = all.find(({ path }) => path === 'docs/architecture.md')?.text ?? '';
  const named = [...text.matchAll(/`([a-z]+\/[\w/-]+\.ts)`/g)].map((match) => match[1] ?? '');
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, 'src', path)))).toEqual([]);
});

test('files that the page of a folder names are in the folder, or where their path says', () => {
  const files = sources('src').map(({ path }) => path);
  const named = all
    .filter(({ path }) => /^src\/.*README\.md$/.test(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/`([a-z\d][\w/-]*\.ts)`/g)].map((match) => ({ folder: dirname(path), name: match[1] ?? '' })),
    )
    .filter(({ name }) => !name.includes('NN-'));
  expect(named.length).toBeGreaterThan(200);
  const isThere = ({ folder, name }: (typeof named)[number]): boolean =>
    files.some((path) => path.startsWith(`${folder}/`) && path.endsWith(`/${name}`)) ||
    [name, `src/${name}`].some((path) => existsSync(join(root, path)));
  expect(named.filter((one) => !isThere(one))).toEqual([]);
});

test('the index of docs names every page and every format', () => {
  const index = links.filter(({ page }) => page === 'docs/README.md').map(({ target }) => join('docs', target));
  const wanted = all.filter(({ path }) => /^docs\/(formats\/)?[^/]+\.md$/.test(path) && path !== 'docs/README.md');
  expect(wanted.map(({ path }) => path).filter((path) => !index.includes(path))).toEqual([]);
});

test('pages of folders are short', () => {
  const ofFolders = all.filter(({ path }) => /^(src|protocol)\/.*README\.md$/.test(path));
  expect(ofFolders.length).toBeGreaterThan(5);
  expect(ofFolders.filter(({ text }) => text.trimEnd().split('\n').length > 20).map(({ path }) => path)).toEqual([]);
});
