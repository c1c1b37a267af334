import { occurrences } from './build-subject';
import { startExplorer } from './explorer';
import { exploring } from './exploring';
import { variants } from './variants';

const explore = exploring('the product that the variants change');

describe.each(variants)('$mistake', ({ edits, exploration, violation }) => {
  test(`is seen: ${violation}`, async () => {
    for (const edit of edits) expect([edit.find, await occurrences(edit)]).toEqual([edit.find, 1]);

    const explorer = await startExplorer(edits);
    try {
      const { failures } = await explorer.explore({ exploration, until: violation });
      expect(failures.flatMap(({ violations }) => violations)).toContain(violation);
    } finally {
      await explorer.stop();
    }
    expect((await explore(exploration)).failures).toEqual([]);
  }, 60_000);
});
