import type { BuiltFunction } from '../scripts/build';
import { verdictOf, type Row } from './report';

/** What is deployed of each function, without and with the Firestore client, which is loaded when it is first used. */
export function sizeRows(functions: readonly BuiltFunction[]): Row[] {
  return functions.flatMap(({ name, files }): Row[] => {
    const sum = (counts: (file: string) => boolean) =>
      files.filter((file) => counts(file.name)).reduce((total, { bytes }) => total + bytes, 0) / 1e6;
    const row = (what: string, megabytes: number): Row => ({
      subject: name,
      what,
      measured: `${megabytes.toFixed(2)} MB`,
      ratio: '',
      target: '',
      verdict: 'info',
    });
    const own = sum((file) => !file.includes('firestore'));
    return [
      row(
        'bundle, loaded at the first request',
        sum((file) => file === 'index.cjs' || file.endsWith(`${name}-build.cjs`)),
      ),
      {
        ...row('bundle without Firestore’s client', own),
        target: '≤ 1.5 MB',
        verdict: verdictOf(own, { atMost: 1.5 }),
      },
      row(
        'bundle, all',
        sum(() => true),
      ),
    ];
  });
}
