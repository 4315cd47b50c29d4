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
import { Migration20261127130000_price_tiers_and_units } from './Migration20261127130000_price_tiers_and_units.ts';

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
    name: 'Migration20261127130000_price_tiers_and_units',
    class: Migration20261127130000_price_tiers_and_units,
  },
];
