import type { Gateway } from '../../src/main.ts';

export interface AuditRow {
  action: string;
  actor: string;
  subject: string | null;
  tenant_id: string | null;
  target: string | null;
  details: Record<string, unknown>;
}

/** Audit rows of a target in the order in which they were written, or all of them. */
export async function auditRows({ database }: Pick<Gateway, 'database'>, target?: string): Promise<AuditRow[]> {
  const rows = await database.orm.em
    .fork()
    .execute<AuditRow[]>('select action, actor, subject, tenant_id, target, details from audit_event order by at, id');
  return rows.filter((row) => target === undefined || row.target === target);
}
