import type { Call } from './call.entity.ts';

/**
 * Whether a call's user was erased, and its content is not known any more: whatever comes with its key is a duplicate. No
 * content has an empty hash.
 */
export const isErased = ({ contentHash }: Pick<Call, 'contentHash'>): boolean => contentHash.length === 0;
