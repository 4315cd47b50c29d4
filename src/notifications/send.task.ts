import { setTimeout as sleep } from 'node:timers/promises';
import type { Task } from '../background/task.ts';
import type { Orm } from '../database/orm.ts';
import { forkForPlatform } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { findDueChannels } from './lease.repository.ts';
import { sendToChannel, type SendingParts } from './send-to-channel.ts';

/** Channels that a gateway sends to at the same time, and how many of one tenant: slow receivers hold back no others. */
const places = { all: 16, ofTenant: 4 };
/** Channels to look at for those of tenants that have a place free. */
const lookedAt = 100;
/** How long to wait before looking again, while something is sent and otherwise. */
const pauseMs = { sending: 500, idle: 1000 };

/** Sends notifications: takes channels for which something is due, each by a lease, as long as it has places for them. */
export function sendTask(orm: Orm, parts: SendingParts): Task {
  const running = new Map<string, { tenantId: TenantId; ended: Promise<void> }>();

  const start = (key: { tenantId: TenantId; id: string }, signal: AbortSignal): void => {
    const name = `${key.tenantId}\n${key.id}`;
    const ofTenant = [...running.values()].filter(({ tenantId }) => tenantId === key.tenantId);
    if (running.has(name) || ofTenant.length >= places.ofTenant || running.size >= places.all) return;
    const ended = sendToChannel(forkForPlatform({ orm }), key, parts, signal)
      .catch((error: unknown) => {
        parts.log.warn({ err: error, ...key }, 'sending to a channel was interrupted and will be taken up again');
      })
      .finally(() => running.delete(name));
    running.set(name, { tenantId: key.tenantId, ended });
  };
  const allEnded = () => Promise.all([...running.values()].map(({ ended }) => ended));

  return {
    name: 'notifications',
    whileFailing: 'notifications wait',
    failurePauseMs: { first: 1_000, longest: 30_000 },
    async step(signal) {
      const startedMs = performance.now();
      try {
        if (running.size < places.all)
          for (const key of await findDueChannels(forkForPlatform({ orm }), parts.clock(), lookedAt))
            start(key, signal);
      } catch (error) {
        await allEnded();
        throw error;
      }
      // Where very much waits for receivers that are down, looking takes long and is done less often.
      if (running.size === 0) return { restMs: Math.max(pauseMs.idle, 4 * (performance.now() - startedMs)) };
      const pause = new AbortController();
      await Promise.race([
        ...[...running.values()].map(({ ended }) => ended),
        sleep(pauseMs.sending, undefined, { signal: AbortSignal.any([signal, pause.signal]) }).catch(() => {}),
      ]);
      pause.abort();
      if (signal.aborted) await allEnded();
      return 'again';
    },
  };
}
