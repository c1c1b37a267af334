import * as z from 'zod';

/**
 * A function's own `package.json` and `package-lock.json`: the framework is the one thing that is installed where it is
 * deployed, in exactly the versions that were tested here. Derived from the root's files, without network.
 */
export function packageFilesFor(name: string, framework: string, rootPackage: unknown, rootLock: unknown) {
  const { engines, dependencies } = packageSchema.parse(rootPackage);
  const { packages } = lockSchema.parse(rootLock);
  const version = dependencies[framework];
  if (version === undefined) throw new Error(`${framework} is not among the dependencies of package.json.`);

  const own = { name, private: true, engines, dependencies: { [framework]: version } };
  const locked = new Map<string, LockedPackage>();
  collect(framework, '', packages, locked);
  return {
    packageJson: { ...own, main: 'index.cjs' },
    packageLock: {
      name,
      lockfileVersion: 3,
      requires: true,
      packages: {
        '': { name, engines, dependencies: own.dependencies },
        ...Object.fromEntries([...locked].sort(([a], [b]) => (a < b ? -1 : 1))),
      },
    },
  };
}

const names = z.record(z.string(), z.string()).default({});

const packageSchema = z.object({ engines: names, dependencies: names });

const lockedPackageSchema = z.looseObject({
  dependencies: names.optional(),
  optionalDependencies: names.optional(),
  peerDependencies: names.optional(),
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean().optional() })).optional(),
});

type LockedPackage = z.output<typeof lockedPackageSchema>;

const lockSchema = z.object({ lockfileVersion: z.literal(3), packages: z.record(z.string(), lockedPackageSchema) });

/** Adds what `from` finds under `name`, as Node looks it up, and all that this needs in turn. */
function collect(
  name: string,
  from: string,
  packages: Readonly<Record<string, LockedPackage>>,
  locked: Map<string, LockedPackage>,
): void {
  const path = lookUp(name, from, packages);
  // An optional package that does not exist for this platform or that nobody asked for is not in the lock.
  if (path === undefined || locked.has(path)) return;
  const { dev: _dev, devOptional: _devOptional, resolved: _resolved, ...entry } = packages[path] ?? {};
  locked.set(path, entry);
  const needed = { ...entry.dependencies, ...entry.optionalDependencies, ...requiredPeers(entry) };
  for (const dependency of Object.keys(needed)) collect(dependency, path, packages, locked);
}

function lookUp(name: string, from: string, packages: Readonly<Record<string, LockedPackage>>): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') return undefined;
  }
}

function requiredPeers({ peerDependencies = {}, peerDependenciesMeta = {} }: LockedPackage) {
  return Object.fromEntries(
    Object.entries(peerDependencies).filter(([name]) => peerDependenciesMeta[name]?.optional !== true),
  );
}
