import { describeDocumentQueries } from './document-queries';
import { describeDocumentTransactions } from './document-transactions';
import { describeDocumentVersions } from './document-versions';
import { describeDocumentWrites } from './document-writes';
import { storeSuite, type ClosableDocumentStore } from './store-suite';

/** What every DocumentStore does. */
export function describeDocumentStore(name: string, makeStore: () => ClosableDocumentStore): void {
  describe(`${name} as a DocumentStore`, () => {
    const suite = storeSuite(makeStore);
    describeDocumentWrites(suite);
    describeDocumentVersions(suite);
    describeDocumentQueries(suite);
    describeDocumentTransactions(suite);
  });
}
