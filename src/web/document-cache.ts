import { LRUCache } from 'lru-cache';

const maxCharacters = 1_000_000;
const maxCharactersEach = 50_000;

/**
 * Remembers documents, or their syntax errors, by their text. Bounded by size, about 60 bytes a character: of documents
 * with their values written into them the thousand that Yoga's own cache keeps do not fit into memory.
 */
export const documentCache = <T extends object>(): LRUCache<string, T> =>
  new LRUCache<string, T>({
    maxSize: maxCharacters,
    maxEntrySize: maxCharactersEach,
    sizeCalculation: (_document, text) => text.length + 1,
  });
