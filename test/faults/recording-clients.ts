import { setTimeout as sleep } from 'node:timers/promises';
import { attempt, tenantId, type KeyedCall } from './recording-attempt.ts';

export interface RecordingClients {
  /** Costs by requestId of what was sent at least once, and of what was acknowledged. */
  sent: ReadonlyMap<string, string>;
  acknowledged: ReadonlyMap<string, string>;
  /** Resolves when that many more calls were acknowledged. */
  progress(calls: number): Promise<void>;
  /** Sends calls, as a client does, until they are acknowledged. */
  record(calls: readonly KeyedCall[]): Promise<void>;
  /** Stops sending new calls; resolves when every one that was sent is acknowledged. */
  finish(): Promise<void>;
}

const clientCount = 6;
const largestBatch = 25;
const brokenPauseMs = 50;

/** Clients that record calls one after the other, single ones and batches, each again until it is acknowledged. */
export function startRecordingClients(gateway: { url: string }): RecordingClients {
  const sent = new Map<string, string>();
  const acknowledged = new Map<string, string>();
  const clients: { state: 'recording' | 'finishing' | 'failed' } = { state: 'recording' };

  const record = async (calls: readonly KeyedCall[]) => {
    for (const { requestId, costUsd } of calls) sent.set(requestId, costUsd);
    for (;;) {
      const result = await attempt(gateway, calls);
      if (result.outcome === 'acknowledged') break;
      const retryAfter = result.outcome === 'overloaded' ? Number(result.answer.headers.get('retry-after')) * 1000 : 0;
      await sleep(Math.max(retryAfter, brokenPauseMs) * (0.75 + Math.random() / 2));
      if (clients.state === 'failed') return;
    }
    for (const { requestId, costUsd } of calls) acknowledged.set(requestId, costUsd);
  };
  const runClient = async (client: number) => {
    for (let turn = 0; clients.state === 'recording'; turn++) await record(turnOf(client, turn));
  };
  const running = Promise.all(Array.from({ length: clientCount }, (_, client) => runClient(client)));
  running.catch(() => {
    clients.state = 'failed';
  });

  return {
    sent,
    acknowledged,
    record,
    async progress(calls) {
      const goal = acknowledged.size + calls;
      while (acknowledged.size < goal) {
        if (clients.state === 'failed') await running;
        await sleep(5);
      }
    },
    async finish() {
      if (clients.state === 'recording') clients.state = 'finishing';
      await running;
    },
  };
}

/** Every other turn is a batch; every other call leaves its time to the gateway, whose clock has moved on at a retry. */
function turnOf(client: number, turn: number): KeyedCall[] {
  const size = turn % 2 === 0 ? 1 : 2 + ((client + turn) % largestBatch);
  return Array.from({ length: size }, (_, index) => newCall(`${client}-${turn}-${index}`, turn + index));
}

let made = 0;

/** A call whose cost no other call has. */
export const newCall = (requestId: string, number: number): KeyedCall => ({
  requestId,
  tenantId,
  inputTokens: number,
  outputTokens: 1,
  costUsd: `0.${String(++made).padStart(9, '0')}`,
  ...(number % 4 < 2 ? { occurredAt: new Date(Date.now() - number).toISOString() } : {}),
});
