import type { Task } from '../background/task.ts';
import type { Orm } from '../database/orm.ts';
import { hourlyTask } from '../tenancy/hourly-task.ts';
import type { Clock } from '../values/clock.ts';
import { forgetDeliveries } from './delivery.repository.ts';

const keptMs = 30 * 24 * 60 * 60 * 1000;

/** Forgets deliveries after 30 days. None waits that long. */
export const forgetDeliveriesTask = (orm: Orm, clock: Clock): Task =>
  hourlyTask(
    orm,
    clock,
    { name: 'forget-deliveries', whileFailing: 'deliveries of notifications are kept for longer' },
    (em, tenantId, now) => forgetDeliveries(em, tenantId, new Date(now.getTime() - keptMs)),
  );
