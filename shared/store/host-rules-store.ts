import * as z from 'zod';
import { hostRules, type HostRules } from '../domain/host-rules';
import type { DocumentStore } from '../domain/ports';

export interface HostRulesStore {
  /** Undefined for a host without rules of its own. */
  load(host: string): Promise<HostRules | undefined>;
  /** In the order of `hosts`, in one round trip. */
  readonly loadAll: (hosts: readonly string[]) => Promise<(HostRules | undefined)[]>;
  /** Replaces all rules of the host. */
  save(host: string, rules: HostRules): Promise<void>;
}

export function createHostRulesStore(store: DocumentStore): HostRulesStore {
  async function loadAll(hosts: readonly string[]): Promise<(HostRules | undefined)[]> {
    const snapshots = await store.getAll(hosts.map(rulesPath));
    return snapshots.map((snapshot) => snapshot && rulesDocument.parse(snapshot.data).rules);
  }

  return {
    loadAll,
    load: async (host) => (await loadAll([host]))[0],
    async save(host, rules) {
      await store.commit([{ op: 'set', path: rulesPath(host), data: { host, rules } }]);
    },
  };
}

const rulesDocument = z.object({ rules: hostRules });

function rulesPath(host: string): string {
  return `hostRules/${encodeURIComponent(host)}`;
}
