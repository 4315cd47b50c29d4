import type { WaitingCall } from './call.ts';

const mebi = 1024 * 1024;
/** The gateway takes 4 MiB; three bytes a character leave room for any text. */
const maxBatchCharacters = mebi;

interface NodeProcess {
  once?(event: 'beforeExit' | 'exit', listener: () => void): unknown;
  off?(event: 'beforeExit' | 'exit', listener: () => void): unknown;
}

/** As many of the first calls as one request may have; at least one. */
export function firstBatch(calls: readonly WaitingCall[], most: number): readonly WaitingCall[] {
  let characters = 0;
  const end = calls.findIndex(({ json }, at) => {
    characters += json.length;
    return at > 0 && (at >= most || characters > maxBatchCharacters);
  });
  return end === -1 ? calls.slice() : calls.slice(0, end);
}

export function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

export const nodeProcess = () => (globalThis as { process?: NodeProcess }).process;

export function toWaiting(json: string): WaitingCall[] {
  try {
    const { requestId } = JSON.parse(json) as { requestId?: unknown };
    return typeof requestId === 'string' ? [{ requestId, json }] : [];
  } catch {
    return [];
  }
}
