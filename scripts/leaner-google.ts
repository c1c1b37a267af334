import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';
import { reachableProtos } from './reachable-protos';

/** What is called of Firestore; nothing else can be, because the messages of other methods are left out. */
export const firestoreMethods = ['BatchGetDocuments', 'Commit', 'Rollback', 'RunQuery'];

/**
 * Leaves out of Google's clients what they load but do not need here: more than half of their size and of the time they take
 * to load. Refuses the imports that would bring it back.
 */
export function leanerGoogle(root: string): Plugin {
  const { resolve } = createRequire(join(root, 'package.json'));
  const replacements = replacementsFor(dirname(resolve('@google-cloud/firestore')));
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
        return { path: resolve('googleapis-common/build/src/apirequest.js') };
      });
      build.onLoad(
        { filter: /[\\/]@google-cloud[\\/]firestore[\\/]build[\\/]protos[\\/]v1\.json$/ },
        async ({ path }) => {
          const protos: unknown = JSON.parse(await readFile(path, 'utf8'));
          const reachable = reachableProtos(protos, 'google.firestore.v1.Firestore', firestoreMethods);
          return { contents: JSON.stringify(reachable), loader: 'json' };
        },
      );
      replacements.forEach(({ path, importer, contents }, index) => {
        const namespace = `leaner-google-${index}`;
        build.onResolve({ filter: path }, (request) =>
          importer.test(request.importer) ? { path: request.path, namespace } : undefined,
        );
        build.onLoad({ filter: /.*/, namespace }, () => ({ contents, resolveDir: root }));
      });
    },
  };
}

interface Replacement {
  /** As it is written in the import. */
  readonly path: RegExp;
  readonly importer: RegExp;
  readonly contents: string;
}

function replacementsFor(firestore: string): Replacement[] {
  const gax = /[\\/]google-gax[\\/]build[\\/]src[\\/]/;
  return [
    {
      // gaxios takes node-fetch, and with it a copy of web streams, where it was not told to use what Node has.
      path: /^node-fetch$/,
      importer: /[\\/]gaxios[\\/]/,
      contents: 'export default (...request) => fetch(...request);',
    },
    {
      // The index brings the classic client, pipelines and the administration of databases along. Whatever else is imported
      // from it is missing here, which fails the build.
      path: /^@google-cloud\/firestore$/,
      importer: /./,
      contents: `
        import { FirestoreClient } from ${JSON.stringify(join(firestore, 'v1', 'firestore_client.js'))};
        export const v1 = { FirestoreClient };`,
    },
    {
      // Clients of other services that every client can also reach, and their messages, two thirds of google-gax.
      path: /(\.\/(iamService|operationsClient)|\/protos\/(iam_service|locations|operations))$/,
      importer: gax,
      contents: 'module.exports = {};',
    },
    {
      path: /^\.\/locationService$/,
      importer: gax,
      contents: 'exports.LocationsClient = class { async close() {} };',
    },
    {
      // gRPC over HTTP/1.1. Elsewhere in google-gax only this one member of it is used, when an error is read.
      path: /^\.\/fallback$/,
      importer: gax,
      contents: 'exports.defaultToObjectOptions = {};',
    },
    {
      // Every message type described once more, for servers that answer reflection; half of what opening a client takes.
      path: /^protobufjs\/ext\/descriptor$/,
      importer: /[\\/]@grpc[\\/]proto-loader[\\/]/,
      contents: `
        const { Enum, Root, Type } = require('protobufjs');
        const nothing = { file: [], $type: { toObject: () => ({}) } };
        for (const { prototype } of [Enum, Root, Type]) prototype.toDescriptor = () => nothing;`,
    },
  ];
}
