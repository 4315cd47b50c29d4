import type { Task } from '../../background/task.ts';
import type { Orm } from '../../database/orm.ts';
import { hourlyTask } from '../../tenancy/hourly-task.ts';
import type { Clock } from '../../values/clock.ts';
import { forgetLinks } from './span-link.repository.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** How long after a span the spans around it or inside it may arrive. */
const keptMs = 7 * dayMs;

/** Forgets spans that no call has turned up in. Those around calls are kept as long as the calls. */
export const forgetSpansTask = (orm: Orm, clock: Clock): Task =>
  hourlyTask(
    orm,
    clock,
    { name: 'forget-spans', whileFailing: 'spans of traces are kept for longer' },
    (em, tenantId, now) => forgetLinks(em, tenantId, new Date(now.getTime() - keptMs)),
  );
