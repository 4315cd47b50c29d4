import { defineEntity, p } from '@mikro-orm/postgresql';
import { ownRows } from '../../database/row-level-security.ts';
import type { TenantId } from '../../values/identifier.ts';

/** Where a span of a trace belongs, so that its calls are told from what is around them in whatever pieces it arrives. */
export const SpanLinkEntity = defineEntity({
  name: 'SpanLink',
  tableName: 'span_link',
  ...ownRows,
  indexes: [{ name: 'span_link_old', properties: ['tenantId', 'seenAt'], where: 'not above_call' }],
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    traceId: p.text().collation('C').primary(),
    spanId: p.text().collation('C').primary(),
    /** Null for a span without a parent, and for one that is known only from those inside it. */
    parentSpanId: p.text().collation('C').nullable(),
    /** Whether a recorded call is inside it, so that it is none itself. */
    aboveCall: p.boolean().default(false),
    seenAt: p.datetime(3).defaultRaw('now()'),
  },
});
