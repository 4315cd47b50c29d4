import type { TestGateway } from '../support/gateway.ts';
import { AuditEvents } from './operations.ts';

/** What was done in a tenant, oldest first, without what differs from run to run. */
export async function auditOf(gateway: TestGateway, tenantId: string) {
  const { auditEvents } = await gateway.ask(AuditEvents, { tenantId, first: 1000 });
  return auditEvents.edges
    .map(({ node: { actor, action, target, details } }) => ({ actor, action, target, details }))
    .toReversed();
}
