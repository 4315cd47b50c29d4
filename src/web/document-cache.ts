import { LRUCache } from 'lru-cache';

const maxCharacters = 1_000_000;
const maxCharactersEach = 50_000;

/**
 * Caches documents, or their syntax errors, by their text. Bounded by size, at about 60 bytes per character: the thousand
 * documents of Yoga's own cache would not fit into memory when values are written into them.
 */
export const documentCache = <T extends object>(): LRUCache<string, T> =>
  new LRUCache<string, T>({
    maxSize: maxCharacters,
    maxEntrySize: maxCharactersEach,
    sizeCalculation: (_document, text) => text.length + 1,
  });
