import { accessErasure } from './access/erasure.repository.ts';
import { auditErasure } from './audit/erasure.repository.ts';
import type { ErasureOfPeople } from './audit/person-erasure.ts';
import { limitsErasure } from './limits/erasure.repository.ts';
import { recordingErasure } from './recording/erasure.ts';
import { rollupErasure } from './rollup/erasure.repository.ts';

/**
 * What goes with a person, room by room: the calls first, which takes longest and holds up nobody. From the budgets on,
 * whoever counts for the person waits; the calls that were recorded until then follow, with what budgets counted of them.
 */
export const erasureOfPeople: ErasureOfPeople = {
  rooms: [recordingErasure, rollupErasure, accessErasure, auditErasure, limitsErasure, recordingErasure, limitsErasure],
};
