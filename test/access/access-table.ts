/**
 * Who sends a request: holders of keys of the tenant "own", `user`, an admin of it who signs in with a token, and
 * `foreign`, an admin of another tenant.
 */
export const callers = [
  'superuser',
  'platformViewer',
  'admin',
  'user',
  'member',
  'writer',
  'reader',
  'impersonator',
  'guest',
  'foreign',
  'expired',
  'revoked',
  'anonymous',
] as const;

export type Caller = (typeof callers)[number];

/** A field of Query, Mutation or Subscription, who may ask for it, and arguments to do so about the tenant "own". */
export interface AccessRule {
  field: string;
  may: readonly Caller[];
  /** In which "CALLER" stands for the caller's name, and KEY and INVITATION for one of own that is the caller's to end. */
  args: Readonly<Record<string, unknown>>;
}

const superusers: Caller[] = ['superuser'];
const admins: Caller[] = [...superusers, 'admin', 'user'];
const platformReaders: Caller[] = [...superusers, 'platformViewer'];
const administrationReaders: Caller[] = [...admins, 'platformViewer', 'impersonator'];
const recorders: Caller[] = [...admins, 'writer'];
const readers: Caller[] = [...administrationReaders, 'member', 'reader'];
const ofTenant: Caller[] = [...readers, 'writer'];
const signedIn: Caller[] = [...ofTenant, 'guest', 'foreign'];

const tenantId = 'own';
const tokens = { inputTokens: 1, outputTokens: 1 };
const rates = { inputUsdPerMillion: '1', outputUsdPerMillion: '1' };

/** Every field of Query, Mutation and Subscription. The documentation's table is printed from this one. */
export const accessTable: readonly AccessRule[] = [
  { field: 'Query.viewer', may: signedIn, args: {} },
  { field: 'Query.usage', may: readers, args: { tenantId } },
  { field: 'Query.calls', may: readers, args: { tenantId } },
  { field: 'Query.call', may: readers, args: { tenantId, requestId: 'sent' } },
  {
    field: 'Mutation.repriceUsage',
    may: admins,
    args: {
      tenantId,
      from: '2026-01-01T00:00:00Z',
      to: '2026-02-01T00:00:00Z',
      scope: 'UNPRICED',
      reason: 'new price',
    },
  },
  { field: 'Query.statement', may: readers, args: { tenantId, month: '2026-01-01' } },
  { field: 'Mutation.closeStatement', may: admins, args: { tenantId, month: '2026-01-01' } },
  { field: 'Mutation.eraseUser', may: admins, args: { tenantId, userId: 'ada', reason: 'She asked for it.' } },
  { field: 'Query.tags', may: readers, args: { tenantId } },
  { field: 'Query.tagValues', may: readers, args: { tenantId, name: 'team' } },
  { field: 'Query.previewUsage', may: ofTenant, args: { input: { tenantId, ...tokens } } },
  { field: 'Query.tenant', may: readers, args: { id: tenantId } },
  { field: 'Query.agent', may: readers, args: { tenantId, id: 'bot' } },
  { field: 'Query.budgetAlerts', may: readers, args: { tenantId } },
  { field: 'Query.budgets', may: readers, args: { tenantId } },
  { field: 'Query.budgetEvents', may: readers, args: { tenantId } },
  { field: 'Subscription.usageUpdates', may: readers, args: { tenantId } },
  { field: 'Subscription.budgetEvents', may: readers, args: { tenantId } },
  { field: 'Query.modelPrices', may: readers, args: { tenantId } },
  { field: 'Query.cataloguePrices', may: signedIn, args: {} },
  { field: 'Query.estimateCost', may: ofTenant, args: { tenantId, provider: 'p', model: 'm', ...tokens } },
  { field: 'Query.apiKeys', may: administrationReaders, args: { tenantId } },
  { field: 'Query.users', may: administrationReaders, args: { tenantId } },
  { field: 'Query.tenantUsers', may: administrationReaders, args: { tenantId } },
  { field: 'Query.notificationChannels', may: administrationReaders, args: { tenantId } },
  { field: 'Query.deliveries', may: administrationReaders, args: { tenantId, channelId: 'channel' } },
  { field: 'Query.auditEvents', may: administrationReaders, args: { tenantId } },
  { field: 'Query.allUsage', may: platformReaders, args: {} },
  { field: 'Query.tenants', may: platformReaders, args: {} },
  { field: 'Query.reconcile', may: platformReaders, args: {} },

  { field: 'Mutation.recordUsage', may: recorders, args: { input: { tenantId, ...tokens } } },
  // Calls of another tenant are turned away one by one.
  { field: 'Mutation.recordUsageBatch', may: [...recorders, 'foreign'], args: { inputs: [{ tenantId, ...tokens }] } },
  { field: 'Mutation.reserveUsage', may: recorders, args: { input: { tenantId, costUsd: '1' } } },
  { field: 'Mutation.releaseReservation', may: recorders, args: { tenantId, id: 'reserved' } },
  { field: 'Mutation.voidUsage', may: admins, args: { tenantId, requestId: 'sent', reason: 'Twice.' } },
  {
    field: 'Mutation.setModelPrice',
    may: admins,
    args: { tenantId, input: { provider: 'p', model: 'CALLER', ...rates } },
  },
  { field: 'Mutation.createAgent', may: admins, args: { tenantId, input: { id: 'new-CALLER', name: 'New' } } },
  { field: 'Mutation.updateAgent', may: admins, args: { tenantId, id: 'bot', input: { name: 'Bot' } } },
  { field: 'Mutation.deleteAgent', may: admins, args: { tenantId, id: 'agent-of-CALLER' } },
  {
    field: 'Mutation.createBudget',
    may: admins,
    args: { tenantId, input: { name: 'Budget of CALLER', limit: '1' } },
  },
  { field: 'Mutation.updateBudget', may: admins, args: { tenantId, id: 'agent:bot', input: { name: 'Bot' } } },
  { field: 'Mutation.deleteBudget', may: admins, args: { tenantId, id: 'agent:limited-for-CALLER' } },
  {
    field: 'Mutation.createNotificationChannel',
    may: admins,
    args: {
      tenantId,
      input: { name: 'CALLER', kind: 'SLACK', url: 'https://hooks.example.com/x', events: ['KEY_REVOKED'] },
    },
  },
  { field: 'Mutation.rotateNotificationSecret', may: admins, args: { tenantId, id: 'channel' } },
  { field: 'Mutation.testNotificationChannel', may: admins, args: { tenantId, id: 'channel' } },
  { field: 'Mutation.resendDelivery', may: admins, args: { tenantId, id: 'delivery' } },
  { field: 'Mutation.deleteNotificationChannel', may: admins, args: { tenantId, id: 'channel-of-CALLER' } },
  { field: 'Mutation.createApiKey', may: admins, args: { tenantId, input: { name: 'Key', role: 'TENANT_MEMBER' } } },
  { field: 'Mutation.rotateApiKey', may: admins, args: { id: 'KEY' } },
  { field: 'Mutation.revokeApiKey', may: admins, args: { id: 'KEY' } },
  {
    field: 'Mutation.inviteUser',
    may: admins,
    args: { tenantId, email: 'new-CALLER@example.com', role: 'TENANT_MEMBER' },
  },
  { field: 'Mutation.revokeInvitation', may: admins, args: { id: 'INVITATION' } },
  { field: 'Mutation.createTenant', may: superusers, args: { input: { id: 'new-CALLER', name: 'New' } } },
  { field: 'Mutation.updateTenant', may: superusers, args: { id: tenantId, input: { name: 'Own' } } },
  { field: 'Mutation.deleteTenant', may: superusers, args: { id: 'tenant-of-CALLER' } },
  { field: 'Mutation.startImpersonation', may: superusers, args: { tenantId, reason: 'To see.' } },
  // The last one: it ends what the impersonator's token opens.
  { field: 'Mutation.stopImpersonation', may: ['impersonator', ...superusers], args: {} },
];

const columns: readonly [caller: Caller, title: string][] = [
  ['superuser', 'superuser'],
  ['platformViewer', 'platform viewer'],
  ['admin', 'admin'],
  ['member', 'member'],
  ['writer', '`usage:write`'],
  ['reader', '`usage:read`'],
  ['impersonator', 'impersonating'],
  ['guest', 'no membership'],
];

/** The table as Markdown, of the callers' own tenant. */
export function accessMarkdown(): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(['field', ...columns.map(([, title]) => title)]),
    line(['---', ...columns.map(() => '---')]),
    ...accessTable.map(({ field, may }) =>
      line([`\`${field}\``, ...columns.map(([caller]) => (may.includes(caller) ? 'yes' : ''))]),
    ),
  ].join('\n');
}
