import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Leaves out of Google's clients what they load but do not need here: half of their size and of the time they take to
 * load. Refuses the imports that would bring it back.
 */
export function leanerGoogle(root: string): Plugin {
  return {
    name: 'leaner-google',
    setup(build) {
      build.onResolve({ filter: /^googleapis($|\/)/ }, ({ path }) => {
        if (/^googleapis\/build\/src\/apis\/\w+\/v\w+$/.test(path)) return undefined;
        return {
          errors: [{ text: `${path} loads more than it needs to: import googleapis/build/src/apis/<api>/<version>.` }],
        };
      });
      // One API's client uses a single function of googleapis-common, whose index brings all of google-auth-library along.
      build.onResolve({ filter: /^googleapis-common$/ }, ({ importer }) => {
        if (!/googleapis[\\/]build[\\/]src[\\/]apis/.test(importer)) return undefined;
        return { path: createRequire(join(root, 'package.json')).resolve('googleapis-common/build/src/apirequest.js') };
      });
      // gaxios takes node-fetch, and with it a copy of web streams, where it was not told to use what Node has.
      build.onResolve({ filter: /^node-fetch$/ }, ({ importer }) => {
        return /[\\/]gaxios[\\/]/.test(importer) ? { path: 'fetch', namespace: 'global-fetch' } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: 'global-fetch' }, () => {
        return { contents: 'export default (...request) => fetch(...request);' };
      });
    },
  };
}
