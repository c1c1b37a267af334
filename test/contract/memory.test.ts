import { createMemoryStore } from '../../shared/store/memory';
import { describeDocumentStore } from './document-store';

describeDocumentStore('The memory store', () => createMemoryStore({ now: () => Date.now() }));
