/** What the contract promises and no room has built yet, as graphql-js words it. Whoever builds a thing takes its line out. */
export const notBuilt: readonly string[] = [
  'Field Budget.spike was removed.',
  'Field BudgetEvent.usual was removed.',
  'Field CreateBudgetInput.spike was removed.',
  'Field Tenant.completeFrom was removed.',
  'Field Tenant.retentionDays was removed.',
  'Field UpdateTenantInput.retentionDays was removed.',
  'Spike was removed.',
  'SpikeInput was removed.',
  'Subscription was removed.',
];
