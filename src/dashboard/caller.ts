import { ask } from './api/ask.ts';
import { TenantNamesDocument, ViewerDocument, type ViewerQuery } from './gql/graphql.ts';

export interface TenantName {
  id: string;
  name: string;
  timezone: string;
}

/** Who is signed in, and what is offered to them. The gateway checks all of it again. */
export interface Caller {
  subject: string;
  impersonation: ViewerQuery['viewer']['impersonation'];
  /** The tenants that can be looked at: the caller's own, or all for superusers and platform viewers. */
  tenants: readonly TenantName[];
  role: ViewerQuery['viewer']['role'];
  readsPlatform: boolean;
  readsUsage: boolean;
  readsAdministration: boolean;
  /** May change agents, prices, keys and people of the tenants. */
  administers: boolean;
  isSuperuser: boolean;
}

/** @param key to try before it is kept. */
export async function findCaller(key?: string): Promise<Caller> {
  const options = key === undefined ? {} : { key };
  const {
    viewer: { role, scopes, subject, tenant, impersonation },
  } = await ask(ViewerDocument, {}, options);
  const readsPlatform = !impersonation && (role === 'SUPERUSER' || role === 'PLATFORM_VIEWER');
  const isAdmin = role === 'TENANT_ADMIN' && !impersonation;
  const isSuperuser = role === 'SUPERUSER' && !impersonation;
  return {
    subject,
    role,
    impersonation,
    tenants: readsPlatform ? await allTenants(options) : tenant ? [tenant] : [],
    readsPlatform,
    readsUsage: readsPlatform || impersonation !== null || scopes.includes('usage:read'),
    readsAdministration: readsPlatform || isAdmin || impersonation !== null,
    administers: isSuperuser || isAdmin,
    isSuperuser,
  };
}

async function allTenants(options: { key?: string }): Promise<TenantName[]> {
  const all: TenantName[] = [];
  let after: string | null = null;
  do {
    const {
      tenants,
    }: { tenants: { edges: { node: TenantName }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } } =
      await ask(TenantNamesDocument, { after }, options);
    all.push(...tenants.edges.map(({ node }) => node));
    after = tenants.pageInfo.hasNextPage ? tenants.pageInfo.endCursor : null;
  } while (after !== null);
  return all;
}
