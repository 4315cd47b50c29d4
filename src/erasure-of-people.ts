import { accessErasure } from './access/erasure.repository.ts';
import { auditErasure } from './audit/erasure.repository.ts';
import type { ErasureOfPeople } from './audit/person-erasure.ts';
import { limitsErasure } from './limits/erasure.repository.ts';
import { outboxErasure } from './outbox/erasure.repository.ts';
import { recordingErasure } from './recording/erasure.ts';
import { rollupErasure } from './rollup/erasure.repository.ts';

/** What goes with a person, room by room: the calls first, as the others have to know what was in them. */
export const erasureOfPeople: ErasureOfPeople = {
  rooms: [recordingErasure, rollupErasure, accessErasure, auditErasure, limitsErasure, outboxErasure],
};
