import type { Dropped } from './call.ts';
import type { Fetch } from './send-batch.ts';

export interface UsageClientOptions {
  /** The gateway's address, such as "https://usage.example.com". */
  url: string;
  /** A key with the scope usage:write. */
  apiKey: string;
  /** Of superusers only: the tenant of calls that name none. */
  tenantId?: string | undefined;
  /** Longest time that a call waits for others before it is sent; 1,000 ms unless given. */
  flushEveryMs?: number | undefined;
  /** Most calls of a batch, at most 1,000; 500 unless given. */
  maxBatchCalls?: number | undefined;
  /** Most calls that wait in memory; 10,000 unless given. Further ones go to the spool folder, or are dropped. */
  maxWaitingCalls?: number | undefined;
  /** Most memory that waiting calls take, as JSON in characters; 16 Mi unless given. */
  maxWaitingCharacters?: number | undefined;
  /** A folder where calls are kept that cannot be sent now, and found again by the next process. */
  spoolFolder?: string | undefined;
  /** Largest size of the spool folder; 256 MiB unless given. */
  maxSpoolBytes?: number | undefined;
  /** How long the process may be kept from ending to send what waits; 5,000 ms unless given. */
  exitTimeoutMs?: number | undefined;
  /** Longest time for an answer; 30,000 ms unless given. */
  timeoutMs?: number | undefined;
  /** Is told of calls that are lost; they are written to the console unless it is given. */
  onDropped?: ((dropped: Dropped) => void) | undefined;
  /** Is told why calls have to be sent again. */
  onProblem?: ((message: string) => void) | undefined;
  /** Instead of the runtime's own. */
  fetch?: Fetch | undefined;
}

/** How many calls have become what. */
export interface UsageClientCounts {
  recorded: number;
  duplicates: number;
  dropped: number;
  /** In memory, those on their way included; not those in the spool folder. */
  waiting: number;
}
