import { access } from './administration/access.tsx';
import { agents } from './administration/agents.tsx';
import { audit } from './administration/audit.tsx';
import { notifications } from './administration/notifications.tsx';
import { prices } from './administration/prices.tsx';
import { tenants } from './administration/tenants.tsx';
import { calls } from './calls/calls.tsx';
import { explore } from './explore/explore.tsx';
import { overview } from './overview/overview.tsx';
import type { Page } from './page.ts';
import { statement } from './statement/statement.tsx';

/** In the order of the navigation. */
export const pages: readonly Page[] = [
  overview,
  explore,
  calls,
  agents,
  statement,
  prices,
  access,
  notifications,
  audit,
  tenants,
];
