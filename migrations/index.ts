import { Migration20261122090000_tenants_keys_ledger } from './Migration20261122090000_tenants_keys_ledger.ts';
import { Migration20261122120000_prices_voids_audit } from './Migration20261122120000_prices_voids_audit.ts';
import { Migration20261122160000_rollups } from './Migration20261122160000_rollups.ts';
import { Migration20261122190000_people } from './Migration20261122190000_people.ts';
import { Migration20261122193000_users_in_time_index } from './Migration20261122193000_users_in_time_index.ts';
import { Migration20261122200000_row_level_security } from './Migration20261122200000_row_level_security.ts';
import { Migration20261122203000_hold_up_recording } from './Migration20261122203000_hold_up_recording.ts';
import { Migration20261127090000_batches } from './Migration20261127090000_batches.ts';
import { Migration20261127093000_platform_viewers } from './Migration20261127093000_platform_viewers.ts';
import { Migration20261127100000_local_days_and_years } from './Migration20261127100000_local_days_and_years.ts';
import { Migration20261127110000_rate_limits } from './Migration20261127110000_rate_limits.ts';
import { Migration20261127113000_deletion_by_tenant } from './Migration20261127113000_deletion_by_tenant.ts';
import { Migration20261127114000_roles_without_inheritance } from './Migration20261127114000_roles_without_inheritance.ts';
import { Migration20261127115000_audit_of_one_tenant } from './Migration20261127115000_audit_of_one_tenant.ts';
import { Migration20261127120000_tags_tiers_units } from './Migration20261127120000_tags_tiers_units.ts';
import { Migration20261127121000_user_and_tag_summaries } from './Migration20261127121000_user_and_tag_summaries.ts';
import { Migration20261127130000_price_tiers_and_units } from './Migration20261127130000_price_tiers_and_units.ts';
import { Migration20261127131000_cost_parts } from './Migration20261127131000_cost_parts.ts';
import { Migration20261127140000_replaced_calls } from './Migration20261127140000_replaced_calls.ts';
import { Migration20261127150000_budgets } from './Migration20261127150000_budgets.ts';
import { Migration20261127151000_reservations } from './Migration20261127151000_reservations.ts';
import { Migration20261127160000_span_links } from './Migration20261127160000_span_links.ts';
import { Migration20261127170000_repricing } from './Migration20261127170000_repricing.ts';
import { Migration20261128080000_spikes } from './Migration20261128080000_spikes.ts';
import { Migration20261128090000_retention } from './Migration20261128090000_retention.ts';
import { Migration20261128100000_erasure } from './Migration20261128100000_erasure.ts';
import { Migration20261128110000_statements } from './Migration20261128110000_statements.ts';
import { Migration20261128120000_notifications } from './Migration20261128120000_notifications.ts';
import { Migration20261128130000_ledger_changes } from './Migration20261128130000_ledger_changes.ts';

/** In the order in which they are applied. A migration that has been released is never edited. */
export const migrations = [
  {
    name: 'Migration20261122090000_tenants_keys_ledger',
    class: Migration20261122090000_tenants_keys_ledger,
  },
  {
    name: 'Migration20261122120000_prices_voids_audit',
    class: Migration20261122120000_prices_voids_audit,
  },
  {
    name: 'Migration20261122160000_rollups',
    class: Migration20261122160000_rollups,
  },
  {
    name: 'Migration20261122190000_people',
    class: Migration20261122190000_people,
  },
  {
    name: 'Migration20261122193000_users_in_time_index',
    class: Migration20261122193000_users_in_time_index,
  },
  {
    name: 'Migration20261122200000_row_level_security',
    class: Migration20261122200000_row_level_security,
  },
  {
    name: 'Migration20261122203000_hold_up_recording',
    class: Migration20261122203000_hold_up_recording,
  },
  {
    name: 'Migration20261127090000_batches',
    class: Migration20261127090000_batches,
  },
  {
    name: 'Migration20261127093000_platform_viewers',
    class: Migration20261127093000_platform_viewers,
  },
  {
    name: 'Migration20261127100000_local_days_and_years',
    class: Migration20261127100000_local_days_and_years,
  },
  {
    name: 'Migration20261127110000_rate_limits',
    class: Migration20261127110000_rate_limits,
  },
  {
    name: 'Migration20261127113000_deletion_by_tenant',
    class: Migration20261127113000_deletion_by_tenant,
  },
  {
    name: 'Migration20261127114000_roles_without_inheritance',
    class: Migration20261127114000_roles_without_inheritance,
  },
  {
    name: 'Migration20261127115000_audit_of_one_tenant',
    class: Migration20261127115000_audit_of_one_tenant,
  },
  {
    name: 'Migration20261127120000_tags_tiers_units',
    class: Migration20261127120000_tags_tiers_units,
  },
  {
    name: 'Migration20261127121000_user_and_tag_summaries',
    class: Migration20261127121000_user_and_tag_summaries,
  },
  {
    name: 'Migration20261127130000_price_tiers_and_units',
    class: Migration20261127130000_price_tiers_and_units,
  },
  {
    name: 'Migration20261127131000_cost_parts',
    class: Migration20261127131000_cost_parts,
  },
  {
    name: 'Migration20261127140000_replaced_calls',
    class: Migration20261127140000_replaced_calls,
  },
  {
    name: 'Migration20261127150000_budgets',
    class: Migration20261127150000_budgets,
  },
  {
    name: 'Migration20261127151000_reservations',
    class: Migration20261127151000_reservations,
  },
  {
    name: 'Migration20261127160000_span_links',
    class: Migration20261127160000_span_links,
  },
  {
    name: 'Migration20261127170000_repricing',
    class: Migration20261127170000_repricing,
  },
  {
    name: 'Migration20261128080000_spikes',
    class: Migration20261128080000_spikes,
  },
  {
    name: 'Migration20261128090000_retention',
    class: Migration20261128090000_retention,
  },
  {
    name: 'Migration20261128100000_erasure',
    class: Migration20261128100000_erasure,
  },
  {
    name: 'Migration20261128110000_statements',
    class: Migration20261128110000_statements,
  },
  {
    name: 'Migration20261128120000_notifications',
    class: Migration20261128120000_notifications,
  },
  {
    name: 'Migration20261128130000_ledger_changes',
    class: Migration20261128130000_ledger_changes,
  },
];
