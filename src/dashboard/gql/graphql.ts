/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Length of the time buckets of a report, on the local clock of its time zone. */
export type Bucket =
  /** Days from local midnight; 23 or 25 hours long when the clock changes. */
  | 'DAY'
  /** Hours. The hour that is repeated when clocks go back is two buckets. */
  | 'HOUR'
  /** Minutes. */
  | 'MINUTE'
  /** Calendar months. */
  | 'MONTH'
  /** One row for the whole window, with neither `ts` nor `end`. */
  | 'NONE'
  /** ISO weeks, from Monday. */
  | 'WEEK';

/** What a budget does. Calls that were made are recorded in any case. */
export type BudgetAction =
  /** Beyond the limit it refuses reservations as well. */
  | 'BLOCK'
  /** Its thresholds, or spikes, are events. */
  | 'NOTIFY';

/** What a budget limits. */
export type BudgetMetric =
  /** The number of calls. */
  | 'CALLS'
  /** Cost in USD. Calls without a price cost nothing. */
  | 'COST_USD'
  /** Input and output tokens together. */
  | 'TOTAL_TOKENS';

/** How long a budget runs before it resets, on the clock of the tenant's time zone. */
export type BudgetPeriod =
  /** From local midnight to the next. */
  | 'DAY'
  /** A calendar month. */
  | 'MONTH'
  /** Forever: it never resets. */
  | 'TOTAL'
  /** From Monday to Monday. */
  | 'WEEK'
  /** A calendar year. */
  | 'YEAR';

/** Which calls a budget is for: at most one condition, and what has the limit on its own. */
export type BudgetScopeInput = {
  /** Calls of this agent. */
  agentId?: string | number | null | undefined;
  /** Each value of AGENT, USER, RECORDED_BY or of a tag has the limit on its own. Calls without one do not count. */
  each?: GroupBy | null | undefined;
  /** Calls recorded by this key or user, as calls name it. */
  recordedBy?: string | null | undefined;
  /** Calls with one of up to 100 values of a tag. */
  tag?: TagFilter | null | undefined;
  /** Calls for this user. */
  userId?: string | null | undefined;
};

/** State of a budget. */
export type BudgetStatus =
  /** From 100 % of the limit. Calls are recorded all the same. */
  | 'EXCEEDED'
  /** Below 80 % of the limit, or the limit is not positive. */
  | 'OK'
  /** From 80 % of the limit. */
  | 'WARNING';

/** Order of calls. Equal ones come newest first. */
export type CallOrder =
  /** Highest cost first, calls without a cost last. */
  | 'COST_DESC'
  /** Longest duration first, calls without one last. */
  | 'DURATION_DESC'
  /** By time, the newest first. */
  | 'NEWEST_FIRST';

/** How a call ended. */
export type CallStatus =
  /** The call failed. It still counts, with its tokens and cost. */
  | 'FAILED'
  /** The call was answered. */
  | 'SUCCESS';

/** How a channel is told. */
export type ChannelKind =
  /** By an incoming webhook of Slack, or of another service that takes the same. */
  | 'SLACK'
  /** By an HTTP request that is signed as Standard Webhooks says. */
  | 'WEBHOOK';

/** Source of the cost of a call. */
export type CostSource =
  /** Sent by the caller. */
  | 'CALLER'
  /** The bundled public price catalogue. */
  | 'CATALOGUE'
  /** A price for all tenants. */
  | 'PLATFORM_PRICE'
  /** The tenant's own price. */
  | 'TENANT_PRICE'
  /** There was no price; the cost is null. */
  | 'UNPRICED';

/** A new agent. */
export type CreateAgentInput = {
  /** Monthly budget in USD. Leave it out for none. */
  budgetLimitUsd?: `${number}` | null | undefined;
  /** Id by which calls name the agent: 1 to 200 characters, unique within the tenant. */
  id: string | number;
  /** Display name, 1 to 200 characters. */
  name: string;
};

/** A new key, with either a role or scopes. */
export type CreateApiKeyInput = {
  /** Expiry; never when left out. */
  expiresAt?: string | null | undefined;
  /** Display name, 1 to 200 characters. */
  name: string;
  /** What the key may send to one gateway, in place of the settings of the gateway. The limit of its tenant applies as well. Without it, keys with the role SUPERUSER have no limit. */
  rateLimit?: RateLimitInput | null | undefined;
  /** Role of the holder. Only superusers may give SUPERUSER and PLATFORM_VIEWER, which belong to no tenant. */
  role?: Role | null | undefined;
  /** Scopes of a service key. */
  scopes?: Array<Scope> | null | undefined;
};

/** A new budget. */
export type CreateBudgetInput = {
  /** What it does. */
  action?: BudgetAction;
  /** Limit in a period: USD, tokens or calls. A budget has a limit or a spike, one of both. */
  limit?: `${number}` | null | undefined;
  /** What it limits. */
  metric?: BudgetMetric;
  /** Display name, 1 to 200 characters. */
  name: string;
  /** How long it runs before it resets; of no effect with a spike, which goes by hours. */
  period?: BudgetPeriod;
  /** Which calls it is for; all of the tenant when left out. */
  scope?: BudgetScopeInput | null | undefined;
  /** Watches for hours that are far above what is usual, instead of a limit. It cannot BLOCK, and has no thresholds. */
  spike?: SpikeInput | null | undefined;
  /** Parts of the limit, up to 10, from 0.001 to 100: reaching one is an event, once in a period. 0.8 and 1 when left out. */
  thresholds?: Array<number> | null | undefined;
};

/** A new channel. */
export type CreateNotificationChannelInput = {
  /** What it is told of, at least one. */
  events: Array<NotificationEvent>;
  /** How it is told. */
  kind: ChannelKind;
  /** Display name, 1 to 200 characters. */
  name: string;
  /** Where it is told: an address that begins with `https://`, has at most 2,000 characters and leads to a public host, unless the settings of the gateway allow others. */
  url: string;
};

/** A new tenant. */
export type CreateTenantInput = {
  /** Id of the tenant: 1 to 200 characters, unique in the gateway. */
  id: string | number;
  /** Display name, 1 to 200 characters. */
  name: string;
  /** Time zone in which the tenant's days begin. */
  timezone?: string | null | undefined;
};

/** What became of a delivery. */
export type DeliveryStatus =
  /** The receiver answered with a status from 200 to 299. */
  | 'DELIVERED'
  /** It was tried for the last time, or its channel was switched off. */
  | 'FAILED'
  /** It is tried, or will be. */
  | 'PENDING';

/** What calls can be put into groups by. */
export type Dimension =
  /** Agents, registered or not. */
  | 'AGENT'
  /** Bots. */
  | 'BOT'
  /** Channels; "unknown" for calls that named none. */
  | 'CHANNEL'
  /** Where costs come from. */
  | 'COST_SOURCE'
  /** Knowledge bases. */
  | 'KNOWLEDGE_BASE'
  /** Models; "unknown" for calls that named none. */
  | 'MODEL'
  /** Kinds of call. */
  | 'OPERATION'
  /** Providers; "unknown" for calls that named none. */
  | 'PROVIDER'
  /** Who recorded calls, a key or a user; "unknown" for calls from before that was kept. */
  | 'RECORDED_BY'
  /** Service tiers; "standard" for ordinary processing. */
  | 'SERVICE_TIER'
  /** How calls ended. */
  | 'STATUS'
  /** Tenants, in reports over all of them. */
  | 'TENANT'
  /** Conversations. */
  | 'THREAD'
  /** Users. */
  | 'USER';

/** One of the things that calls are put into groups by. */
export type GroupBy =
  {   /** A dimension that every call has. */
  dimension: Dimension; tag?: never; }
  |  { dimension?: never;   /** The name of a tag. */
  tag: string; };

/** Status of an invitation. */
export type InvitationStatus =
  /** Somebody signed in with its e-mail address and is a member now. */
  | 'ACCEPTED'
  /** Nobody signed in with its e-mail address in time. */
  | 'EXPIRED'
  /** It waits for the first sign-in with its e-mail address. */
  | 'PENDING'
  /** It was revoked. */
  | 'REVOKED';

/** What a channel can be told of. */
export type NotificationEvent =
  /** A new period of a budget began. */
  | 'BUDGET_RESET'
  /** A budget reached a threshold. */
  | 'BUDGET_THRESHOLD'
  /** An API key expires within a week. */
  | 'KEY_EXPIRING'
  /** An API key was revoked. */
  | 'KEY_REVOKED'
  /** Calls were refused by a rate limit: once an hour for each caller. */
  | 'RATE_LIMITED'
  /** An hour of a budget came to far more than is usual. */
  | 'SPEND_SPIKE'
  /** A model has calls without a price: once a day for each provider and model. */
  | 'UNPRICED_CALLS';

/** A window in a word, on the local clock of the report's time zone. Weeks begin on Monday. */
export type Period =
  /** Today until now and the 6 local days before it. */
  | 'LAST_7_DAYS'
  /** The 24 hours until now. */
  | 'LAST_24_HOURS'
  /** Today until now and the 29 local days before it. */
  | 'LAST_30_DAYS'
  /** Today until now and the 89 local days before it. */
  | 'LAST_90_DAYS'
  /** The calendar month before this one. */
  | 'LAST_MONTH'
  /** The week before this one, from Monday to Monday. */
  | 'LAST_WEEK'
  /** Since the first of the month, until now. */
  | 'THIS_MONTH'
  /** Since Monday, until now. */
  | 'THIS_WEEK'
  /** Since 1 January, until now. */
  | 'THIS_YEAR'
  /** Since local midnight, until now. */
  | 'TODAY'
  /** The local day before today. */
  | 'YESTERDAY';

/** Rates in USD per million tokens for calls with more input tokens, for the whole call. */
export type PriceTierInput = {
  /** The tier applies to calls with more input tokens than this. */
  aboveInputTokens: number;
  /** Rate for input tokens that a cache keeps for an hour; without it they have no price. */
  cacheWrite1hUsdPerMillion?: `${number}` | null | undefined;
  /** Rate for input tokens written to a cache; the tier's input rate when left out. */
  cacheWriteUsdPerMillion?: `${number}` | null | undefined;
  /** Rate for input tokens read from a cache; the tier's input rate when left out. */
  cachedInputUsdPerMillion?: `${number}` | null | undefined;
  /** Rate for input tokens. */
  inputUsdPerMillion: `${number}`;
  /** Rate for output tokens, reasoning tokens included. */
  outputUsdPerMillion: `${number}`;
};

/** A rate limit in place of the one in the settings of the gateway. */
export type RateLimitInput = {
  /** Calls a second that may be recorded, 0.01 to 1,000,000. Null for the setting of the gateway. */
  callsPerSecond?: number | null | undefined;
  /** Requests a second that may be sent, 0.01 to 1,000,000. Null for the setting of the gateway. */
  requestsPerSecond?: number | null | undefined;
};

/** Role of a user or of the holder of a key. */
export type Role =
  /** Reads everything that a superuser reads, in every tenant, and changes nothing. */
  | 'PLATFORM_VIEWER'
  /** Platform admin: may do everything in every tenant. */
  | 'SUPERUSER'
  /** Reads, records and administers its tenant. */
  | 'TENANT_ADMIN'
  /** Reads its tenant. */
  | 'TENANT_MEMBER';

/** Permission of a service key. */
export type Scope =
  /** `usage:read`: may read reports, agents, the ledger and the tenant. */
  | 'USAGE_READ'
  /** `usage:write`: may record calls. */
  | 'USAGE_WRITE';

/** A price in USD per million tokens. Rates are not negative and have at most 12 decimals. */
export type SetModelPriceInput = {
  /** Rate for input tokens that a cache keeps for an hour; without it calls with such tokens are unpriced. */
  cacheWrite1hUsdPerMillion?: `${number}` | null | undefined;
  /** Rate for input tokens written to a cache; the input rate when left out. */
  cacheWriteUsdPerMillion?: `${number}` | null | undefined;
  /** Rate for input tokens read from a cache; the input rate when left out. */
  cachedInputUsdPerMillion?: `${number}` | null | undefined;
  /** First instant at which the price applies; now when left out. */
  effectiveFrom?: string | null | undefined;
  /** Instant at which the price ends. When left out, it applies until a later price is set. */
  effectiveTo?: string | null | undefined;
  /** Rate for input tokens. */
  inputUsdPerMillion: `${number}`;
  /** Model as calls name it. A name without a date also matches dated versions that have no price of their own. "*" stands for any letters: "ft:gpt-4.1-*"; of several names that match, the longest applies. */
  model: string;
  /** Rate for output tokens. */
  outputUsdPerMillion: `${number}`;
  /** Provider as calls name it. Other usual names match too: "bedrock" is "aws". */
  provider: string;
  /** Rate for reasoning tokens; the output rate when left out. In `tiers` the output rate applies. */
  reasoningUsdPerMillion?: `${number}` | null | undefined;
  /** Service tier of the calls, as the provider names it. Calls of a tier that the model has no price for are unpriced. */
  serviceTier?: string | null | undefined;
  /** Rates for calls with more input tokens, for the whole call. At most 10. */
  tiers?: Array<PriceTierInput> | null | undefined;
  /** Prices of units. Calls with units that have none are unpriced. Audio, image and video tokens with a price leave their class of tokens. At most 50. */
  units?: Array<UnitPriceInput> | null | undefined;
};

/** From when on an hour is a spike: both must hold. */
export type SpikeInput = {
  /** From so many times what is usual at that hour of the day, 1 to 1,000. */
  factor?: number;
  /** From so much in the hour, more than 0: USD, tokens or calls. */
  floor: `${number}`;
};

/** Which values of a tag calls may have. */
export type TagFilter = {
  /** Name of the tag. */
  name: string;
  /** Any one of these, up to 1,000; "" stands for calls without the tag. */
  values: Array<string>;
};

/** The price of a unit. */
export type UnitPriceInput = {
  /** Name of the unit as calls have it, such as "web_searches" or "input_audio_tokens". */
  unit: string;
  /** USD for one of it; at most 18 decimals. */
  usdPerUnit: `${number}`;
};

/** Changes to an agent. Fields that are left out stay as they are. */
export type UpdateAgentInput = {
  /** Monthly budget in USD. Null removes it. */
  budgetLimitUsd?: `${number}` | null | undefined;
  /** Display name, 1 to 200 characters. Null changes nothing. */
  name?: string | null | undefined;
};

/** Changes to a tenant. Fields that are left out or null stay as they are, unless they say otherwise. */
export type UpdateTenantInput = {
  /** Display name, 1 to 200 characters. */
  name?: string | null | undefined;
  /** Names of tags that tell of a person, up to 100, instead of those that were marked before: erasing a user takes them away from its calls. */
  personalTags?: Array<string> | null | undefined;
  /** What all its keys and users together may send to one gateway. A number that is left out stays as it is. It applies within five seconds. */
  rateLimit?: RateLimitInput | null | undefined;
  /** Days that its calls stay in the ledger, 1 to 36,500; null takes it back to the setting of the gateway. What has left does not come back. */
  retentionDays?: number | null | undefined;
  /** Time zone in which the tenant's days begin. It applies to the past as well, but for budgets and statements, whose running period ends by the clock that it began with. */
  timezone?: string | null | undefined;
};

/** Which calls count. A call must match every field that is given, with any one of the field's up to 1,000 values. */
export type UsageFilters = {
  /** Agents, registered or not. "" stands for calls without a value; an empty list matches no call. */
  agentId?: Array<string | number> | null | undefined;
  /** Bots. "" stands for calls without a value; an empty list matches no call. */
  botId?: Array<string> | null | undefined;
  /** Channels; "unknown" for calls that named none. "" stands for calls without a value; an empty list matches no call. */
  channelId?: Array<string> | null | undefined;
  /** Where costs come from. "" stands for calls without a value; an empty list matches no call. */
  costSource?: Array<CostSource> | null | undefined;
  /** Knowledge bases. "" stands for calls without a value; an empty list matches no call. */
  knowledgeBaseId?: Array<string> | null | undefined;
  /** Models; "unknown" for calls that named none. "" stands for calls without a value; an empty list matches no call. */
  model?: Array<string> | null | undefined;
  /** Kinds of call. "" stands for calls without a value; an empty list matches no call. */
  operation?: Array<string> | null | undefined;
  /** Providers; "unknown" for calls that named none. "" stands for calls without a value; an empty list matches no call. */
  provider?: Array<string> | null | undefined;
  /** Who recorded calls, a key or a user; "unknown" for calls from before that was kept. "" stands for calls without a value; an empty list matches no call. */
  recordedBy?: Array<string> | null | undefined;
  /** Service tiers; "standard" for ordinary processing. "" stands for calls without a value; an empty list matches no call. */
  serviceTier?: Array<string> | null | undefined;
  /** How calls ended. "" stands for calls without a value; an empty list matches no call. */
  status?: Array<CallStatus> | null | undefined;
  /** Tags, by name; a call must match each of up to 16 of them. */
  tags?: Array<TagFilter> | null | undefined;
  /** Conversations. "" stands for calls without a value; an empty list matches no call. */
  threadId?: Array<string> | null | undefined;
  /** Users. "" stands for calls without a value; an empty list matches no call. */
  userId?: Array<string> | null | undefined;
};

/** Order of groups. Ties are ordered by name. */
export type UsageOrder =
  /** Most calls first. */
  | 'CALLS_DESC'
  /** Highest cost first. */
  | 'COST_DESC'
  /** By name, or by id for unregistered agents; rows without a name come last. */
  | 'NAME_ASC'
  /** Most tokens first. */
  | 'TOKENS_DESC';

export type ApiKeysQueryVariables = Exact<{
  tenantId: string | number;
}>;


export type ApiKeysQuery = { apiKeys: Array<{ id: string, name: string, prefix: string, role: Role | null, scopes: Array<Scope>, createdAt: string, lastUsedAt: string | null, expiresAt: string | null, revokedAt: string | null }> };

export type CreateApiKeyMutationVariables = Exact<{
  tenantId: string | number;
  input: CreateApiKeyInput;
}>;


export type CreateApiKeyMutation = { createApiKey: { secret: string } };

export type RotateApiKeyMutationVariables = Exact<{
  id: string | number;
  graceSeconds: number;
}>;


export type RotateApiKeyMutation = { rotateApiKey: { secret: string } };

export type RevokeApiKeyMutationVariables = Exact<{
  id: string | number;
}>;


export type RevokeApiKeyMutation = { revokeApiKey: { revokedAt: string | null } };

export type PeopleQueryVariables = Exact<{
  tenantId: string | number;
  after?: string | null | undefined;
}>;


export type PeopleQuery = { tenantUsers: { pendingInvitations: Array<{ id: string, email: string, role: Role, expiresAt: string }>, users: { edges: Array<{ node: { id: string, email: string, name: string | null, role: Role } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type InviteUserMutationVariables = Exact<{
  tenantId: string | number;
  email: string;
  role: Role;
}>;


export type InviteUserMutation = { inviteUser: { id: string } };

export type RevokeInvitationMutationVariables = Exact<{
  id: string | number;
}>;


export type RevokeInvitationMutation = { revokeInvitation: { status: InvitationStatus } };

export type EraseUserMutationVariables = Exact<{
  tenantId: string | number;
  userId: string;
  reason: string;
  dryRun: boolean;
}>;


export type EraseUserMutation = { eraseUser: { calls: number } };

export type AuditEventsQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  after?: string | null | undefined;
}>;


export type AuditEventsQuery = { auditEvents: { edges: Array<{ node: { id: string, at: string, actor: string, subject: string | null, action: string, target: string | null, details: Record<string, unknown> | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type TenantUsagesQueryVariables = Exact<{
  period: Period;
  after?: string | null | undefined;
}>;


export type TenantUsagesQuery = { allUsage: { total: { totalCalls: number, totalCostUsd: `${number}` }, tenants: { edges: Array<{ node: { tenant: { id: string, name: string, timezone: string }, stats: { totalCalls: number, totalCostUsd: `${number}` } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type CreateTenantMutationVariables = Exact<{
  input: CreateTenantInput;
}>;


export type CreateTenantMutation = { createTenant: { id: string } };

export type UpdateTenantMutationVariables = Exact<{
  id: string | number;
  input: UpdateTenantInput;
}>;


export type UpdateTenantMutation = { updateTenant: { id: string } };

export type DeleteTenantMutationVariables = Exact<{
  id: string | number;
}>;


export type DeleteTenantMutation = { deleteTenant: boolean };

export type AgentsQueryVariables = Exact<{
  tenantId: string | number;
  after?: string | null | undefined;
}>;


export type AgentsQuery = { tenant: { agents: { edges: Array<{ node: { id: string, name: string, budgetLimitUsd: `${number}` | null, usage: { totalCalls: number, totalCostUsd: `${number}` } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } };

export type BudgetStatesQueryVariables = Exact<{
  tenantId: string | number;
}>;


export type BudgetStatesQuery = { budgetAlerts: Array<{ budgetLimitUsd: `${number}`, currentUsd: `${number}`, ratio: number, status: BudgetStatus, agent: { id: string, name: string } }> };

export type CreateAgentMutationVariables = Exact<{
  tenantId: string | number;
  input: CreateAgentInput;
}>;


export type CreateAgentMutation = { createAgent: { id: string } };

export type UpdateAgentMutationVariables = Exact<{
  tenantId: string | number;
  id: string | number;
  input: UpdateAgentInput;
}>;


export type UpdateAgentMutation = { updateAgent: { id: string } };

export type DeleteAgentMutationVariables = Exact<{
  tenantId: string | number;
  id: string | number;
}>;


export type DeleteAgentMutation = { deleteAgent: boolean };

export type BudgetsQueryVariables = Exact<{
  tenantId: string | number;
  after?: string | null | undefined;
}>;


export type BudgetsQuery = { budgets: { edges: Array<{ node: { id: string, name: string, metric: BudgetMetric, period: BudgetPeriod, limit: `${number}` | null, spike: { factor: number, floor: `${number}` } | null, scope: { agentId: string | null, userId: string | null, recordedBy: string | null, tagName: string | null, tagValues: Array<string> | null, eachDimension: Dimension | null, eachTag: string | null }, states: { edges: Array<{ node: { value: string | null, spent: `${number}`, usual: `${number}` | null, ratio: number, status: BudgetStatus } }>, pageInfo: { hasNextPage: boolean } } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type BudgetEventsQueryVariables = Exact<{
  tenantId: string | number;
  after?: string | null | undefined;
}>;


export type BudgetEventsQuery = { budgetEvents: { edges: Array<{ node: { id: string, at: string, value: string | null, threshold: number | null, spent: `${number}`, limit: `${number}` | null, usual: `${number}` | null, budget: { name: string, metric: BudgetMetric } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CreateBudgetMutationVariables = Exact<{
  tenantId: string | number;
  input: CreateBudgetInput;
}>;


export type CreateBudgetMutation = { createBudget: { id: string } };

export type DeleteBudgetMutationVariables = Exact<{
  tenantId: string | number;
  id: string | number;
}>;


export type DeleteBudgetMutation = { deleteBudget: boolean };

export type WindowQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  period: Period;
}>;


export type WindowQuery = { usage: { filtersApplied: { from: string, to: string, timezone: string } } };

export type CallsQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  from?: string | null | undefined;
  to?: string | null | undefined;
  filters?: UsageFilters | null | undefined;
  orderBy: CallOrder;
  minCostUsd?: `${number}` | null | undefined;
  minDurationMs?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type CallsQuery = { calls: { edges: Array<{ node: { requestId: string, occurredAt: string, provider: string, model: string, agentId: string | null, userId: string | null, userErased: boolean, totalTokens: number, durationMs: number | null, costUsd: `${number}` | null, costSource: CostSource, unpricedReason: string | null, status: CallStatus, voidedAt: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CallQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  requestId: string;
}>;


export type CallQuery = { call: { requestId: string, occurredAt: string, recordedAt: string, recordedBy: string, provider: string, model: string, operation: string | null, serviceTier: string, status: CallStatus, agentId: string | null, userId: string | null, userErased: boolean, threadId: string | null, channelId: string | null, botId: string | null, knowledgeBaseId: string | null, inputTokens: number, cachedInputTokens: number, cacheWriteTokens: number, cacheWrite1hTokens: number, outputTokens: number, reasoningTokens: number, totalTokens: number, units: Record<string, string>, tags: Record<string, string>, metadata: Record<string, unknown> | null, durationMs: number | null, timeToFirstTokenMs: number | null, costUsd: `${number}` | null, costSource: CostSource, priceId: string | null, unpricedReason: string | null, voidedAt: string | null, voidedBy: string | null, voidReason: string | null, price: { provider: string, model: string, serviceTier: string, source: CostSource, effectiveFrom: string, inputUsdPerMillion: `${number}`, cachedInputUsdPerMillion: `${number}` | null, cacheWriteUsdPerMillion: `${number}` | null, outputUsdPerMillion: `${number}` } | null } };

export type VoidCallMutationVariables = Exact<{
  tenantId?: string | number | null | undefined;
  requestId: string;
  reason: string;
}>;


export type VoidCallMutation = { voidUsage: { voidedAt: string | null } };

export type MeasuresFragment = { totalCostUsd?: `${number}`, totalCalls?: number, failedCalls?: number, errorRate?: number, unpricedCalls?: number, totalTokens?: number, cachedInputTokens?: number, cacheWriteTokens?: number, reasoningTokens?: number, inputTokens?: { total: number }, outputTokens?: { total: number }, callDurationMs?: { p50: number, p95: number }, timeToFirstTokenMs?: { p50: number, p95: number } };

export type ExploreQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  period: Period;
  bucket: Bucket;
  filters?: UsageFilters | null | undefined;
  by: Array<GroupBy> | GroupBy;
  first: number;
  orderBy: UsageOrder;
  cost?: boolean | null | undefined;
  calls?: boolean | null | undefined;
  failures?: boolean | null | undefined;
  unpriced?: boolean | null | undefined;
  tokens?: boolean | null | undefined;
  tokenClasses?: boolean | null | undefined;
  durations?: boolean | null | undefined;
  firstTokens?: boolean | null | undefined;
}>;


export type ExploreQuery = { usage: { filtersApplied: { from: string, to: string, timezone: string }, totals: { totalCostUsd?: `${number}`, totalCalls?: number, failedCalls?: number, errorRate?: number, unpricedCalls?: number, totalTokens?: number, cachedInputTokens?: number, cacheWriteTokens?: number, reasoningTokens?: number, inputTokens?: { total: number }, outputTokens?: { total: number }, callDurationMs?: { p50: number, p95: number }, timeToFirstTokenMs?: { p50: number, p95: number } }, buckets: Array<{ localStart: string | null, stats: { totalCostUsd?: `${number}`, totalCalls?: number, failedCalls?: number, errorRate?: number, unpricedCalls?: number, totalTokens?: number, cachedInputTokens?: number, cacheWriteTokens?: number, reasoningTokens?: number, inputTokens?: { total: number }, outputTokens?: { total: number }, callDurationMs?: { p50: number, p95: number }, timeToFirstTokenMs?: { p50: number, p95: number } } }>, groups: { groupCount: number, edges: Array<{ node: { share: number, values: Array<{ label: string | null }>, stats: { totalCostUsd?: `${number}`, totalCalls?: number, failedCalls?: number, errorRate?: number, unpricedCalls?: number, totalTokens?: number, cachedInputTokens?: number, cacheWriteTokens?: number, reasoningTokens?: number, inputTokens?: { total: number }, outputTokens?: { total: number }, callDurationMs?: { p50: number, p95: number }, timeToFirstTokenMs?: { p50: number, p95: number } }, buckets: Array<{ stats: { totalCostUsd?: `${number}`, totalCalls?: number, failedCalls?: number, errorRate?: number, unpricedCalls?: number, totalTokens?: number, cachedInputTokens?: number, cacheWriteTokens?: number, reasoningTokens?: number, inputTokens?: { total: number }, outputTokens?: { total: number }, callDurationMs?: { p50: number, p95: number }, timeToFirstTokenMs?: { p50: number, p95: number } } }> } }>, others: { share: number, stats: { totalCostUsd?: `${number}`, totalCalls?: number, failedCalls?: number, errorRate?: number, unpricedCalls?: number, totalTokens?: number, cachedInputTokens?: number, cacheWriteTokens?: number, reasoningTokens?: number, inputTokens?: { total: number }, outputTokens?: { total: number }, callDurationMs?: { p50: number, p95: number }, timeToFirstTokenMs?: { p50: number, p95: number } }, buckets: Array<{ stats: { totalCostUsd?: `${number}`, totalCalls?: number, failedCalls?: number, errorRate?: number, unpricedCalls?: number, totalTokens?: number, cachedInputTokens?: number, cacheWriteTokens?: number, reasoningTokens?: number, inputTokens?: { total: number }, outputTokens?: { total: number }, callDurationMs?: { p50: number, p95: number }, timeToFirstTokenMs?: { p50: number, p95: number } } }> } | null } } };

export type TagValuesQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  name: string;
}>;


export type TagValuesQuery = { tagValues: Array<string> };

export type DimensionValuesQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  period: Period;
  by: Array<GroupBy> | GroupBy;
}>;


export type DimensionValuesQuery = { usage: { groups: { edges: Array<{ node: { values: Array<{ value: string | null, label: string | null }>, stats: { totalCalls: number } } }> } } };

export type NotificationChannelsQueryVariables = Exact<{
  tenantId: string | number;
}>;


export type NotificationChannelsQuery = { notificationChannels: Array<{ id: string, name: string, kind: ChannelKind, url: string, events: Array<NotificationEvent>, enabled: boolean, createdAt: string }> };

export type CreateNotificationChannelMutationVariables = Exact<{
  tenantId: string | number;
  input: CreateNotificationChannelInput;
}>;


export type CreateNotificationChannelMutation = { createNotificationChannel: { secret: string | null } };

export type DeleteNotificationChannelMutationVariables = Exact<{
  tenantId: string | number;
  id: string | number;
}>;


export type DeleteNotificationChannelMutation = { deleteNotificationChannel: boolean };

export type RotateNotificationSecretMutationVariables = Exact<{
  tenantId: string | number;
  id: string | number;
  graceSeconds: number;
}>;


export type RotateNotificationSecretMutation = { rotateNotificationSecret: { secret: string | null } };

export type TestNotificationChannelMutationVariables = Exact<{
  tenantId: string | number;
  id: string | number;
}>;


export type TestNotificationChannelMutation = { testNotificationChannel: { id: string } };

export type DeliveriesQueryVariables = Exact<{
  tenantId: string | number;
  channelId: string | number;
  after?: string | null | undefined;
}>;


export type DeliveriesQuery = { deliveries: { edges: Array<{ node: { id: string, at: string, event: NotificationEvent, status: DeliveryStatus, attempts: number, nextAttemptAt: string | null, lastStatusCode: number | null, lastError: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ResendDeliveryMutationVariables = Exact<{
  tenantId: string | number;
  id: string | number;
}>;


export type ResendDeliveryMutation = { resendDelivery: { id: string } };

export type HeadlineFragment = { totalCostUsd: `${number}`, totalCalls: number, totalTokens: number, failedCalls: number, unpricedCalls: number, errorRate: number, callDurationMs: { p95: number } };

export type RankingFragment = { groupCount: number, edges: Array<{ node: { share: number, values: Array<{ label: string | null }>, agent: { name: string } | null, stats: { totalCostUsd: `${number}`, totalCalls: number } } }>, others: { share: number, stats: { totalCostUsd: `${number}`, totalCalls: number } } | null };

export type OverviewReportFragment = { filtersApplied: { from: string, to: string, timezone: string }, totals: { totalCostUsd: `${number}`, totalCalls: number, totalTokens: number, failedCalls: number, unpricedCalls: number, errorRate: number, callDurationMs: { p95: number } }, compare: { filtersApplied: { from: string, to: string }, totals: { totalCostUsd: `${number}`, totalCalls: number, totalTokens: number, failedCalls: number, unpricedCalls: number, errorRate: number, callDurationMs: { p95: number } } }, buckets: Array<{ localStart: string | null }>, models: { edges: Array<{ node: { values: Array<{ value: string | null }>, stats: { totalCostUsd: `${number}` }, buckets: Array<{ stats: { totalCostUsd: `${number}` } }> } }>, others: { stats: { totalCostUsd: `${number}` }, buckets: Array<{ stats: { totalCostUsd: `${number}` } }> } | null }, agents: { groupCount: number, edges: Array<{ node: { share: number, values: Array<{ label: string | null }>, agent: { name: string } | null, stats: { totalCostUsd: `${number}`, totalCalls: number } } }>, others: { share: number, stats: { totalCostUsd: `${number}`, totalCalls: number } } | null }, users: { groupCount: number, edges: Array<{ node: { share: number, values: Array<{ label: string | null }>, agent: { name: string } | null, stats: { totalCostUsd: `${number}`, totalCalls: number } } }>, others: { share: number, stats: { totalCostUsd: `${number}`, totalCalls: number } } | null } };

export type OverviewQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  period: Period;
  bucket: Bucket;
}>;


export type OverviewQuery = { usage: { filtersApplied: { from: string, to: string, timezone: string }, totals: { totalCostUsd: `${number}`, totalCalls: number, totalTokens: number, failedCalls: number, unpricedCalls: number, errorRate: number, callDurationMs: { p95: number } }, compare: { filtersApplied: { from: string, to: string }, totals: { totalCostUsd: `${number}`, totalCalls: number, totalTokens: number, failedCalls: number, unpricedCalls: number, errorRate: number, callDurationMs: { p95: number } } }, buckets: Array<{ localStart: string | null }>, models: { edges: Array<{ node: { values: Array<{ value: string | null }>, stats: { totalCostUsd: `${number}` }, buckets: Array<{ stats: { totalCostUsd: `${number}` } }> } }>, others: { stats: { totalCostUsd: `${number}` }, buckets: Array<{ stats: { totalCostUsd: `${number}` } }> } | null }, agents: { groupCount: number, edges: Array<{ node: { share: number, values: Array<{ label: string | null }>, agent: { name: string } | null, stats: { totalCostUsd: `${number}`, totalCalls: number } } }>, others: { share: number, stats: { totalCostUsd: `${number}`, totalCalls: number } } | null }, users: { groupCount: number, edges: Array<{ node: { share: number, values: Array<{ label: string | null }>, agent: { name: string } | null, stats: { totalCostUsd: `${number}`, totalCalls: number } } }>, others: { share: number, stats: { totalCostUsd: `${number}`, totalCalls: number } } | null } } };

export type OverviewUpdatesSubscriptionVariables = Exact<{
  tenantId?: string | number | null | undefined;
  period: Period;
  bucket: Bucket;
}>;


export type OverviewUpdatesSubscription = { usageUpdates: { filtersApplied: { from: string, to: string, timezone: string }, totals: { totalCostUsd: `${number}`, totalCalls: number, totalTokens: number, failedCalls: number, unpricedCalls: number, errorRate: number, callDurationMs: { p95: number } }, compare: { filtersApplied: { from: string, to: string }, totals: { totalCostUsd: `${number}`, totalCalls: number, totalTokens: number, failedCalls: number, unpricedCalls: number, errorRate: number, callDurationMs: { p95: number } } }, buckets: Array<{ localStart: string | null }>, models: { edges: Array<{ node: { values: Array<{ value: string | null }>, stats: { totalCostUsd: `${number}` }, buckets: Array<{ stats: { totalCostUsd: `${number}` } }> } }>, others: { stats: { totalCostUsd: `${number}` }, buckets: Array<{ stats: { totalCostUsd: `${number}` } }> } | null }, agents: { groupCount: number, edges: Array<{ node: { share: number, values: Array<{ label: string | null }>, agent: { name: string } | null, stats: { totalCostUsd: `${number}`, totalCalls: number } } }>, others: { share: number, stats: { totalCostUsd: `${number}`, totalCalls: number } } | null }, users: { groupCount: number, edges: Array<{ node: { share: number, values: Array<{ label: string | null }>, agent: { name: string } | null, stats: { totalCostUsd: `${number}`, totalCalls: number } } }>, others: { share: number, stats: { totalCostUsd: `${number}`, totalCalls: number } } | null } } };

export type AnyCallQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
}>;


export type AnyCallQuery = { calls: { edges: Array<{ node: { requestId: string } }> } };

export type TagNamesQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  first: number;
}>;


export type TagNamesQuery = { tags: { edges: Array<{ node: { name: string } }> } };

export type TagRankingQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  period: Period;
  name: string;
}>;


export type TagRankingQuery = { usage: { groups: { groupCount: number, edges: Array<{ node: { share: number, values: Array<{ label: string | null }>, agent: { name: string } | null, stats: { totalCostUsd: `${number}`, totalCalls: number } } }>, others: { share: number, stats: { totalCostUsd: `${number}`, totalCalls: number } } | null } } };

export type OwnPricesQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  after?: string | null | undefined;
}>;


export type OwnPricesQuery = { modelPrices: { edges: Array<{ node: { id: string, source: CostSource, provider: string, model: string, serviceTier: string, inputUsdPerMillion: `${number}`, cachedInputUsdPerMillion: `${number}` | null, cacheWriteUsdPerMillion: `${number}` | null, outputUsdPerMillion: `${number}`, effectiveFrom: string, effectiveTo: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CataloguePricesQueryVariables = Exact<{
  search?: string | null | undefined;
  after?: string | null | undefined;
}>;


export type CataloguePricesQuery = { cataloguePrices: { edges: Array<{ node: { provider: string, model: string, inputUsdPerMillion: `${number}` | null, cachedInputUsdPerMillion: `${number}` | null, cacheWriteUsdPerMillion: `${number}` | null, outputUsdPerMillion: `${number}` | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type SetPriceMutationVariables = Exact<{
  tenantId?: string | number | null | undefined;
  input: SetModelPriceInput;
}>;


export type SetPriceMutation = { setModelPrice: { id: string } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { role: Role, scopes: Array<string>, subject: string, tenant: { id: string, name: string, timezone: string } | null, impersonation: { expiresAt: string, reason: string } | null } };

export type TenantNamesQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type TenantNamesQuery = { tenants: { edges: Array<{ node: { id: string, name: string, timezone: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type StartImpersonationMutationVariables = Exact<{
  tenantId: string | number;
  reason: string;
  minutes: number;
}>;


export type StartImpersonationMutation = { startImpersonation: { token: string | null, expiresAt: string } };

export type StopImpersonationMutationVariables = Exact<{ [key: string]: never; }>;


export type StopImpersonationMutation = { stopImpersonation: boolean };

export type StatedFragment = { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` };

export type StatedGroupsFragment = { groupCount: number, edges: Array<{ node: { values: Array<{ value: string | null }>, agent: { name: string } | null, stats: { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` } } }>, others: { stats: { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` } } | null };

export type MonthlyStatementFragment = { month: string, from: string, to: string, closedAt: string | null, adjustedUsd: `${number}`, totalUsd: `${number}`, totals: { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` }, lines: Array<{ provider: string, model: string, stats: { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` } }>, adjustments: Array<{ at: string, month: string, reason: string, provider: string, model: string, calls: number, costUsd: `${number}` }> };

export type StatementQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  month: string;
}>;


export type StatementQuery = { statement: { month: string, from: string, to: string, closedAt: string | null, adjustedUsd: `${number}`, totalUsd: `${number}`, totals: { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` }, lines: Array<{ provider: string, model: string, stats: { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` } }>, adjustments: Array<{ at: string, month: string, reason: string, provider: string, model: string, calls: number, costUsd: `${number}` }> } };

export type CloseStatementMutationVariables = Exact<{
  tenantId?: string | number | null | undefined;
  month: string;
}>;


export type CloseStatementMutation = { closeStatement: { closedAt: string | null } };

export type MonthByGroupQueryVariables = Exact<{
  tenantId?: string | number | null | undefined;
  from: string;
  to: string;
  by: Array<GroupBy> | GroupBy;
}>;


export type MonthByGroupQuery = { usage: { totals: { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` }, groups: { groupCount: number, edges: Array<{ node: { values: Array<{ value: string | null }>, agent: { name: string } | null, stats: { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` } } }>, others: { stats: { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` } } | null } } };

export type MonthOfAllQueryVariables = Exact<{
  fromDate: string;
  toDate: string;
  by: Array<GroupBy> | GroupBy;
}>;


export type MonthOfAllQuery = { allUsage: { total: { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` }, groups: { groupCount: number, edges: Array<{ node: { values: Array<{ value: string | null }>, agent: { name: string } | null, stats: { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` } } }>, others: { stats: { totalCalls: number, totalTokens: number, unpricedCalls: number, totalCostUsd: `${number}` } } | null } } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const MeasuresFragmentDoc = new TypedDocumentString(`
    fragment Measures on UsageStats {
  totalCostUsd @include(if: $cost)
  totalCalls @include(if: $calls)
  failedCalls @include(if: $failures)
  errorRate @include(if: $failures)
  unpricedCalls @include(if: $unpriced)
  totalTokens @include(if: $tokens)
  inputTokens @include(if: $tokenClasses) {
    total
  }
  outputTokens @include(if: $tokenClasses) {
    total
  }
  cachedInputTokens @include(if: $tokenClasses)
  cacheWriteTokens @include(if: $tokenClasses)
  reasoningTokens @include(if: $tokenClasses)
  callDurationMs @include(if: $durations) {
    p50
    p95
  }
  timeToFirstTokenMs @include(if: $firstTokens) {
    p50
    p95
  }
}
    `, {"fragmentName":"Measures"}) as unknown as TypedDocumentString<MeasuresFragment, unknown>;
export const HeadlineFragmentDoc = new TypedDocumentString(`
    fragment Headline on UsageStats {
  totalCostUsd
  totalCalls
  totalTokens
  failedCalls
  unpricedCalls
  errorRate
  callDurationMs {
    p95
  }
}
    `, {"fragmentName":"Headline"}) as unknown as TypedDocumentString<HeadlineFragment, unknown>;
export const RankingFragmentDoc = new TypedDocumentString(`
    fragment Ranking on UsageGroupConnection {
  groupCount
  edges {
    node {
      values {
        label
      }
      share
      agent {
        name
      }
      stats {
        totalCostUsd
        totalCalls
      }
    }
  }
  others {
    share
    stats {
      totalCostUsd
      totalCalls
    }
  }
}
    `, {"fragmentName":"Ranking"}) as unknown as TypedDocumentString<RankingFragment, unknown>;
export const OverviewReportFragmentDoc = new TypedDocumentString(`
    fragment OverviewReport on UsageReport {
  filtersApplied {
    from
    to
    timezone
  }
  totals {
    ...Headline
  }
  compare(to: PREVIOUS_PERIOD) {
    filtersApplied {
      from
      to
    }
    totals {
      ...Headline
    }
  }
  buckets {
    localStart
  }
  models: groups(by: [{ dimension: MODEL }], first: 5) {
    edges {
      node {
        values {
          value
        }
        stats {
          totalCostUsd
        }
        buckets {
          stats {
            totalCostUsd
          }
        }
      }
    }
    others {
      stats {
        totalCostUsd
      }
      buckets {
        stats {
          totalCostUsd
        }
      }
    }
  }
  agents: groups(by: [{ dimension: AGENT }], first: 5) {
    ...Ranking
  }
  users: groups(by: [{ dimension: USER }], first: 5) {
    ...Ranking
  }
}
    fragment Headline on UsageStats {
  totalCostUsd
  totalCalls
  totalTokens
  failedCalls
  unpricedCalls
  errorRate
  callDurationMs {
    p95
  }
}
fragment Ranking on UsageGroupConnection {
  groupCount
  edges {
    node {
      values {
        label
      }
      share
      agent {
        name
      }
      stats {
        totalCostUsd
        totalCalls
      }
    }
  }
  others {
    share
    stats {
      totalCostUsd
      totalCalls
    }
  }
}`, {"fragmentName":"OverviewReport"}) as unknown as TypedDocumentString<OverviewReportFragment, unknown>;
export const StatedFragmentDoc = new TypedDocumentString(`
    fragment Stated on UsageStats {
  totalCalls
  totalTokens
  unpricedCalls
  totalCostUsd
}
    `, {"fragmentName":"Stated"}) as unknown as TypedDocumentString<StatedFragment, unknown>;
export const StatedGroupsFragmentDoc = new TypedDocumentString(`
    fragment StatedGroups on UsageGroupConnection {
  groupCount
  edges {
    node {
      values {
        value
      }
      agent {
        name
      }
      stats {
        ...Stated
      }
    }
  }
  others {
    stats {
      ...Stated
    }
  }
}
    fragment Stated on UsageStats {
  totalCalls
  totalTokens
  unpricedCalls
  totalCostUsd
}`, {"fragmentName":"StatedGroups"}) as unknown as TypedDocumentString<StatedGroupsFragment, unknown>;
export const MonthlyStatementFragmentDoc = new TypedDocumentString(`
    fragment MonthlyStatement on Statement {
  month
  from
  to
  closedAt
  totals {
    ...Stated
  }
  lines {
    provider
    model
    stats {
      ...Stated
    }
  }
  adjustments {
    at
    month
    reason
    provider
    model
    calls
    costUsd
  }
  adjustedUsd
  totalUsd
}
    fragment Stated on UsageStats {
  totalCalls
  totalTokens
  unpricedCalls
  totalCostUsd
}`, {"fragmentName":"MonthlyStatement"}) as unknown as TypedDocumentString<MonthlyStatementFragment, unknown>;
export const ApiKeysDocument = new TypedDocumentString(`
    query ApiKeys($tenantId: ID!) {
  apiKeys(tenantId: $tenantId) {
    id
    name
    prefix
    role
    scopes
    createdAt
    lastUsedAt
    expiresAt
    revokedAt
  }
}
    `) as unknown as TypedDocumentString<ApiKeysQuery, ApiKeysQueryVariables>;
export const CreateApiKeyDocument = new TypedDocumentString(`
    mutation CreateApiKey($tenantId: ID!, $input: CreateApiKeyInput!) {
  createApiKey(tenantId: $tenantId, input: $input) {
    secret
  }
}
    `) as unknown as TypedDocumentString<CreateApiKeyMutation, CreateApiKeyMutationVariables>;
export const RotateApiKeyDocument = new TypedDocumentString(`
    mutation RotateApiKey($id: ID!, $graceSeconds: Int!) {
  rotateApiKey(id: $id, graceSeconds: $graceSeconds) {
    secret
  }
}
    `) as unknown as TypedDocumentString<RotateApiKeyMutation, RotateApiKeyMutationVariables>;
export const RevokeApiKeyDocument = new TypedDocumentString(`
    mutation RevokeApiKey($id: ID!) {
  revokeApiKey(id: $id) {
    revokedAt
  }
}
    `) as unknown as TypedDocumentString<RevokeApiKeyMutation, RevokeApiKeyMutationVariables>;
export const PeopleDocument = new TypedDocumentString(`
    query People($tenantId: ID!, $after: String) {
  tenantUsers(tenantId: $tenantId) {
    pendingInvitations {
      id
      email
      role
      expiresAt
    }
    users(first: 100, after: $after) {
      edges {
        node {
          id
          email
          name
          role
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PeopleQuery, PeopleQueryVariables>;
export const InviteUserDocument = new TypedDocumentString(`
    mutation InviteUser($tenantId: ID!, $email: String!, $role: Role!) {
  inviteUser(tenantId: $tenantId, email: $email, role: $role) {
    id
  }
}
    `) as unknown as TypedDocumentString<InviteUserMutation, InviteUserMutationVariables>;
export const RevokeInvitationDocument = new TypedDocumentString(`
    mutation RevokeInvitation($id: ID!) {
  revokeInvitation(id: $id) {
    status
  }
}
    `) as unknown as TypedDocumentString<RevokeInvitationMutation, RevokeInvitationMutationVariables>;
export const EraseUserDocument = new TypedDocumentString(`
    mutation EraseUser($tenantId: ID!, $userId: String!, $reason: String!, $dryRun: Boolean!) {
  eraseUser(
    tenantId: $tenantId
    userId: $userId
    reason: $reason
    dryRun: $dryRun
  ) {
    calls
  }
}
    `) as unknown as TypedDocumentString<EraseUserMutation, EraseUserMutationVariables>;
export const AuditEventsDocument = new TypedDocumentString(`
    query AuditEvents($tenantId: ID, $after: String) {
  auditEvents(tenantId: $tenantId, first: 50, after: $after) {
    edges {
      node {
        id
        at
        actor
        subject
        action
        target
        details
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<AuditEventsQuery, AuditEventsQueryVariables>;
export const TenantUsagesDocument = new TypedDocumentString(`
    query TenantUsages($period: Period!, $after: String) {
  allUsage(period: $period) {
    total {
      totalCalls
      totalCostUsd
    }
    tenants(first: 100, after: $after) {
      edges {
        node {
          tenant {
            id
            name
            timezone
          }
          stats {
            totalCalls
            totalCostUsd
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<TenantUsagesQuery, TenantUsagesQueryVariables>;
export const CreateTenantDocument = new TypedDocumentString(`
    mutation CreateTenant($input: CreateTenantInput!) {
  createTenant(input: $input) {
    id
  }
}
    `) as unknown as TypedDocumentString<CreateTenantMutation, CreateTenantMutationVariables>;
export const UpdateTenantDocument = new TypedDocumentString(`
    mutation UpdateTenant($id: ID!, $input: UpdateTenantInput!) {
  updateTenant(id: $id, input: $input) {
    id
  }
}
    `) as unknown as TypedDocumentString<UpdateTenantMutation, UpdateTenantMutationVariables>;
export const DeleteTenantDocument = new TypedDocumentString(`
    mutation DeleteTenant($id: ID!) {
  deleteTenant(id: $id)
}
    `) as unknown as TypedDocumentString<DeleteTenantMutation, DeleteTenantMutationVariables>;
export const AgentsDocument = new TypedDocumentString(`
    query Agents($tenantId: ID!, $after: String) {
  tenant(id: $tenantId) {
    agents(first: 100, after: $after) {
      edges {
        node {
          id
          name
          budgetLimitUsd
          usage(period: THIS_MONTH) {
            totalCalls
            totalCostUsd
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<AgentsQuery, AgentsQueryVariables>;
export const BudgetStatesDocument = new TypedDocumentString(`
    query BudgetStates($tenantId: ID!) {
  budgetAlerts(tenantId: $tenantId) {
    agent {
      id
      name
    }
    budgetLimitUsd
    currentUsd
    ratio
    status
  }
}
    `) as unknown as TypedDocumentString<BudgetStatesQuery, BudgetStatesQueryVariables>;
export const CreateAgentDocument = new TypedDocumentString(`
    mutation CreateAgent($tenantId: ID!, $input: CreateAgentInput!) {
  createAgent(tenantId: $tenantId, input: $input) {
    id
  }
}
    `) as unknown as TypedDocumentString<CreateAgentMutation, CreateAgentMutationVariables>;
export const UpdateAgentDocument = new TypedDocumentString(`
    mutation UpdateAgent($tenantId: ID!, $id: ID!, $input: UpdateAgentInput!) {
  updateAgent(tenantId: $tenantId, id: $id, input: $input) {
    id
  }
}
    `) as unknown as TypedDocumentString<UpdateAgentMutation, UpdateAgentMutationVariables>;
export const DeleteAgentDocument = new TypedDocumentString(`
    mutation DeleteAgent($tenantId: ID!, $id: ID!) {
  deleteAgent(tenantId: $tenantId, id: $id)
}
    `) as unknown as TypedDocumentString<DeleteAgentMutation, DeleteAgentMutationVariables>;
export const BudgetsDocument = new TypedDocumentString(`
    query Budgets($tenantId: ID!, $after: String) {
  budgets(tenantId: $tenantId, first: 100, after: $after) {
    edges {
      node {
        id
        name
        metric
        period
        limit
        spike {
          factor
          floor
        }
        scope {
          agentId
          userId
          recordedBy
          tagName
          tagValues
          eachDimension
          eachTag
        }
        states(first: 5) {
          edges {
            node {
              value
              spent
              usual
              ratio
              status
            }
          }
          pageInfo {
            hasNextPage
          }
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<BudgetsQuery, BudgetsQueryVariables>;
export const BudgetEventsDocument = new TypedDocumentString(`
    query BudgetEvents($tenantId: ID!, $after: String) {
  budgetEvents(tenantId: $tenantId, first: 10, after: $after) {
    edges {
      node {
        id
        at
        budget {
          name
          metric
        }
        value
        threshold
        spent
        limit
        usual
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<BudgetEventsQuery, BudgetEventsQueryVariables>;
export const CreateBudgetDocument = new TypedDocumentString(`
    mutation CreateBudget($tenantId: ID!, $input: CreateBudgetInput!) {
  createBudget(tenantId: $tenantId, input: $input) {
    id
  }
}
    `) as unknown as TypedDocumentString<CreateBudgetMutation, CreateBudgetMutationVariables>;
export const DeleteBudgetDocument = new TypedDocumentString(`
    mutation DeleteBudget($tenantId: ID!, $id: ID!) {
  deleteBudget(tenantId: $tenantId, id: $id)
}
    `) as unknown as TypedDocumentString<DeleteBudgetMutation, DeleteBudgetMutationVariables>;
export const WindowDocument = new TypedDocumentString(`
    query Window($tenantId: ID, $period: Period!) {
  usage(tenantId: $tenantId, period: $period, bucket: NONE) {
    filtersApplied {
      from
      to
      timezone
    }
  }
}
    `) as unknown as TypedDocumentString<WindowQuery, WindowQueryVariables>;
export const CallsDocument = new TypedDocumentString(`
    query Calls($tenantId: ID, $from: DateTime, $to: DateTime, $filters: UsageFilters, $orderBy: CallOrder!, $minCostUsd: Decimal, $minDurationMs: SafeInt, $after: String) {
  calls(
    tenantId: $tenantId
    from: $from
    to: $to
    filters: $filters
    orderBy: $orderBy
    minCostUsd: $minCostUsd
    minDurationMs: $minDurationMs
    first: 50
    after: $after
  ) {
    edges {
      node {
        requestId
        occurredAt
        provider
        model
        agentId
        userId
        userErased
        totalTokens
        durationMs
        costUsd
        costSource
        unpricedReason
        status
        voidedAt
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<CallsQuery, CallsQueryVariables>;
export const CallDocument = new TypedDocumentString(`
    query Call($tenantId: ID, $requestId: String!) {
  call(tenantId: $tenantId, requestId: $requestId) {
    requestId
    occurredAt
    recordedAt
    recordedBy
    provider
    model
    operation
    serviceTier
    status
    agentId
    userId
    userErased
    threadId
    channelId
    botId
    knowledgeBaseId
    inputTokens
    cachedInputTokens
    cacheWriteTokens
    cacheWrite1hTokens
    outputTokens
    reasoningTokens
    totalTokens
    units
    tags
    metadata
    durationMs
    timeToFirstTokenMs
    costUsd
    costSource
    priceId
    unpricedReason
    price {
      provider
      model
      serviceTier
      source
      effectiveFrom
      inputUsdPerMillion
      cachedInputUsdPerMillion
      cacheWriteUsdPerMillion
      outputUsdPerMillion
    }
    voidedAt
    voidedBy
    voidReason
  }
}
    `) as unknown as TypedDocumentString<CallQuery, CallQueryVariables>;
export const VoidCallDocument = new TypedDocumentString(`
    mutation VoidCall($tenantId: ID, $requestId: String!, $reason: String!) {
  voidUsage(tenantId: $tenantId, requestId: $requestId, reason: $reason) {
    voidedAt
  }
}
    `) as unknown as TypedDocumentString<VoidCallMutation, VoidCallMutationVariables>;
export const ExploreDocument = new TypedDocumentString(`
    query Explore($tenantId: ID, $period: Period!, $bucket: Bucket!, $filters: UsageFilters, $by: [GroupBy!]!, $first: Int!, $orderBy: UsageOrder!, $cost: Boolean = false, $calls: Boolean = false, $failures: Boolean = false, $unpriced: Boolean = false, $tokens: Boolean = false, $tokenClasses: Boolean = false, $durations: Boolean = false, $firstTokens: Boolean = false) {
  usage(tenantId: $tenantId, period: $period, bucket: $bucket, filters: $filters) {
    filtersApplied {
      from
      to
      timezone
    }
    totals {
      ...Measures
    }
    buckets {
      localStart
      stats {
        ...Measures
      }
    }
    groups(by: $by, first: $first, orderBy: $orderBy) {
      groupCount
      edges {
        node {
          values {
            label
          }
          share
          stats {
            ...Measures
          }
          buckets {
            stats {
              ...Measures
            }
          }
        }
      }
      others {
        share
        stats {
          ...Measures
        }
        buckets {
          stats {
            ...Measures
          }
        }
      }
    }
  }
}
    fragment Measures on UsageStats {
  totalCostUsd @include(if: $cost)
  totalCalls @include(if: $calls)
  failedCalls @include(if: $failures)
  errorRate @include(if: $failures)
  unpricedCalls @include(if: $unpriced)
  totalTokens @include(if: $tokens)
  inputTokens @include(if: $tokenClasses) {
    total
  }
  outputTokens @include(if: $tokenClasses) {
    total
  }
  cachedInputTokens @include(if: $tokenClasses)
  cacheWriteTokens @include(if: $tokenClasses)
  reasoningTokens @include(if: $tokenClasses)
  callDurationMs @include(if: $durations) {
    p50
    p95
  }
  timeToFirstTokenMs @include(if: $firstTokens) {
    p50
    p95
  }
}`) as unknown as TypedDocumentString<ExploreQuery, ExploreQueryVariables>;
export const TagValuesDocument = new TypedDocumentString(`
    query TagValues($tenantId: ID, $name: String!) {
  tagValues(tenantId: $tenantId, name: $name, first: 200)
}
    `) as unknown as TypedDocumentString<TagValuesQuery, TagValuesQueryVariables>;
export const DimensionValuesDocument = new TypedDocumentString(`
    query DimensionValues($tenantId: ID, $period: Period!, $by: [GroupBy!]!) {
  usage(tenantId: $tenantId, period: $period, bucket: NONE) {
    groups(by: $by, first: 200) {
      edges {
        node {
          values {
            value
            label
          }
          stats {
            totalCalls
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<DimensionValuesQuery, DimensionValuesQueryVariables>;
export const NotificationChannelsDocument = new TypedDocumentString(`
    query NotificationChannels($tenantId: ID!) {
  notificationChannels(tenantId: $tenantId) {
    id
    name
    kind
    url
    events
    enabled
    createdAt
  }
}
    `) as unknown as TypedDocumentString<NotificationChannelsQuery, NotificationChannelsQueryVariables>;
export const CreateNotificationChannelDocument = new TypedDocumentString(`
    mutation CreateNotificationChannel($tenantId: ID!, $input: CreateNotificationChannelInput!) {
  createNotificationChannel(tenantId: $tenantId, input: $input) {
    secret
  }
}
    `) as unknown as TypedDocumentString<CreateNotificationChannelMutation, CreateNotificationChannelMutationVariables>;
export const DeleteNotificationChannelDocument = new TypedDocumentString(`
    mutation DeleteNotificationChannel($tenantId: ID!, $id: ID!) {
  deleteNotificationChannel(tenantId: $tenantId, id: $id)
}
    `) as unknown as TypedDocumentString<DeleteNotificationChannelMutation, DeleteNotificationChannelMutationVariables>;
export const RotateNotificationSecretDocument = new TypedDocumentString(`
    mutation RotateNotificationSecret($tenantId: ID!, $id: ID!, $graceSeconds: Int!) {
  rotateNotificationSecret(
    tenantId: $tenantId
    id: $id
    graceSeconds: $graceSeconds
  ) {
    secret
  }
}
    `) as unknown as TypedDocumentString<RotateNotificationSecretMutation, RotateNotificationSecretMutationVariables>;
export const TestNotificationChannelDocument = new TypedDocumentString(`
    mutation TestNotificationChannel($tenantId: ID!, $id: ID!) {
  testNotificationChannel(tenantId: $tenantId, id: $id) {
    id
  }
}
    `) as unknown as TypedDocumentString<TestNotificationChannelMutation, TestNotificationChannelMutationVariables>;
export const DeliveriesDocument = new TypedDocumentString(`
    query Deliveries($tenantId: ID!, $channelId: ID!, $after: String) {
  deliveries(tenantId: $tenantId, channelId: $channelId, after: $after) {
    edges {
      node {
        id
        at
        event
        status
        attempts
        nextAttemptAt
        lastStatusCode
        lastError
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<DeliveriesQuery, DeliveriesQueryVariables>;
export const ResendDeliveryDocument = new TypedDocumentString(`
    mutation ResendDelivery($tenantId: ID!, $id: ID!) {
  resendDelivery(tenantId: $tenantId, id: $id) {
    id
  }
}
    `) as unknown as TypedDocumentString<ResendDeliveryMutation, ResendDeliveryMutationVariables>;
export const OverviewDocument = new TypedDocumentString(`
    query Overview($tenantId: ID, $period: Period!, $bucket: Bucket!) {
  usage(tenantId: $tenantId, period: $period, bucket: $bucket) {
    ...OverviewReport
  }
}
    fragment Headline on UsageStats {
  totalCostUsd
  totalCalls
  totalTokens
  failedCalls
  unpricedCalls
  errorRate
  callDurationMs {
    p95
  }
}
fragment Ranking on UsageGroupConnection {
  groupCount
  edges {
    node {
      values {
        label
      }
      share
      agent {
        name
      }
      stats {
        totalCostUsd
        totalCalls
      }
    }
  }
  others {
    share
    stats {
      totalCostUsd
      totalCalls
    }
  }
}
fragment OverviewReport on UsageReport {
  filtersApplied {
    from
    to
    timezone
  }
  totals {
    ...Headline
  }
  compare(to: PREVIOUS_PERIOD) {
    filtersApplied {
      from
      to
    }
    totals {
      ...Headline
    }
  }
  buckets {
    localStart
  }
  models: groups(by: [{ dimension: MODEL }], first: 5) {
    edges {
      node {
        values {
          value
        }
        stats {
          totalCostUsd
        }
        buckets {
          stats {
            totalCostUsd
          }
        }
      }
    }
    others {
      stats {
        totalCostUsd
      }
      buckets {
        stats {
          totalCostUsd
        }
      }
    }
  }
  agents: groups(by: [{ dimension: AGENT }], first: 5) {
    ...Ranking
  }
  users: groups(by: [{ dimension: USER }], first: 5) {
    ...Ranking
  }
}`) as unknown as TypedDocumentString<OverviewQuery, OverviewQueryVariables>;
export const OverviewUpdatesDocument = new TypedDocumentString(`
    subscription OverviewUpdates($tenantId: ID, $period: Period!, $bucket: Bucket!) {
  usageUpdates(
    tenantId: $tenantId
    period: $period
    bucket: $bucket
    everyMs: 2000
  ) {
    ...OverviewReport
  }
}
    fragment Headline on UsageStats {
  totalCostUsd
  totalCalls
  totalTokens
  failedCalls
  unpricedCalls
  errorRate
  callDurationMs {
    p95
  }
}
fragment Ranking on UsageGroupConnection {
  groupCount
  edges {
    node {
      values {
        label
      }
      share
      agent {
        name
      }
      stats {
        totalCostUsd
        totalCalls
      }
    }
  }
  others {
    share
    stats {
      totalCostUsd
      totalCalls
    }
  }
}
fragment OverviewReport on UsageReport {
  filtersApplied {
    from
    to
    timezone
  }
  totals {
    ...Headline
  }
  compare(to: PREVIOUS_PERIOD) {
    filtersApplied {
      from
      to
    }
    totals {
      ...Headline
    }
  }
  buckets {
    localStart
  }
  models: groups(by: [{ dimension: MODEL }], first: 5) {
    edges {
      node {
        values {
          value
        }
        stats {
          totalCostUsd
        }
        buckets {
          stats {
            totalCostUsd
          }
        }
      }
    }
    others {
      stats {
        totalCostUsd
      }
      buckets {
        stats {
          totalCostUsd
        }
      }
    }
  }
  agents: groups(by: [{ dimension: AGENT }], first: 5) {
    ...Ranking
  }
  users: groups(by: [{ dimension: USER }], first: 5) {
    ...Ranking
  }
}`) as unknown as TypedDocumentString<OverviewUpdatesSubscription, OverviewUpdatesSubscriptionVariables>;
export const AnyCallDocument = new TypedDocumentString(`
    query AnyCall($tenantId: ID) {
  calls(tenantId: $tenantId, first: 1) {
    edges {
      node {
        requestId
      }
    }
  }
}
    `) as unknown as TypedDocumentString<AnyCallQuery, AnyCallQueryVariables>;
export const TagNamesDocument = new TypedDocumentString(`
    query TagNames($tenantId: ID, $first: Int!) {
  tags(tenantId: $tenantId, first: $first) {
    edges {
      node {
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<TagNamesQuery, TagNamesQueryVariables>;
export const TagRankingDocument = new TypedDocumentString(`
    query TagRanking($tenantId: ID, $period: Period!, $name: String!) {
  usage(tenantId: $tenantId, period: $period, bucket: NONE) {
    groups(by: [{ tag: $name }], first: 5) {
      ...Ranking
    }
  }
}
    fragment Ranking on UsageGroupConnection {
  groupCount
  edges {
    node {
      values {
        label
      }
      share
      agent {
        name
      }
      stats {
        totalCostUsd
        totalCalls
      }
    }
  }
  others {
    share
    stats {
      totalCostUsd
      totalCalls
    }
  }
}`) as unknown as TypedDocumentString<TagRankingQuery, TagRankingQueryVariables>;
export const OwnPricesDocument = new TypedDocumentString(`
    query OwnPrices($tenantId: ID, $after: String) {
  modelPrices(tenantId: $tenantId, first: 100, after: $after) {
    edges {
      node {
        id
        source
        provider
        model
        serviceTier
        inputUsdPerMillion
        cachedInputUsdPerMillion
        cacheWriteUsdPerMillion
        outputUsdPerMillion
        effectiveFrom
        effectiveTo
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<OwnPricesQuery, OwnPricesQueryVariables>;
export const CataloguePricesDocument = new TypedDocumentString(`
    query CataloguePrices($search: String, $after: String) {
  cataloguePrices(search: $search, first: 50, after: $after) {
    edges {
      node {
        provider
        model
        inputUsdPerMillion
        cachedInputUsdPerMillion
        cacheWriteUsdPerMillion
        outputUsdPerMillion
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<CataloguePricesQuery, CataloguePricesQueryVariables>;
export const SetPriceDocument = new TypedDocumentString(`
    mutation SetPrice($tenantId: ID, $input: SetModelPriceInput!) {
  setModelPrice(tenantId: $tenantId, input: $input) {
    id
  }
}
    `) as unknown as TypedDocumentString<SetPriceMutation, SetPriceMutationVariables>;
export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    role
    scopes
    subject
    tenant {
      id
      name
      timezone
    }
    impersonation {
      expiresAt
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;
export const TenantNamesDocument = new TypedDocumentString(`
    query TenantNames($after: String) {
  tenants(first: 1000, after: $after) {
    edges {
      node {
        id
        name
        timezone
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<TenantNamesQuery, TenantNamesQueryVariables>;
export const StartImpersonationDocument = new TypedDocumentString(`
    mutation StartImpersonation($tenantId: ID!, $reason: String!, $minutes: Int!) {
  startImpersonation(tenantId: $tenantId, reason: $reason, minutes: $minutes) {
    token
    expiresAt
  }
}
    `) as unknown as TypedDocumentString<StartImpersonationMutation, StartImpersonationMutationVariables>;
export const StopImpersonationDocument = new TypedDocumentString(`
    mutation StopImpersonation {
  stopImpersonation
}
    `) as unknown as TypedDocumentString<StopImpersonationMutation, StopImpersonationMutationVariables>;
export const StatementDocument = new TypedDocumentString(`
    query Statement($tenantId: ID, $month: LocalDate!) {
  statement(tenantId: $tenantId, month: $month) {
    ...MonthlyStatement
  }
}
    fragment Stated on UsageStats {
  totalCalls
  totalTokens
  unpricedCalls
  totalCostUsd
}
fragment MonthlyStatement on Statement {
  month
  from
  to
  closedAt
  totals {
    ...Stated
  }
  lines {
    provider
    model
    stats {
      ...Stated
    }
  }
  adjustments {
    at
    month
    reason
    provider
    model
    calls
    costUsd
  }
  adjustedUsd
  totalUsd
}`) as unknown as TypedDocumentString<StatementQuery, StatementQueryVariables>;
export const CloseStatementDocument = new TypedDocumentString(`
    mutation CloseStatement($tenantId: ID, $month: LocalDate!) {
  closeStatement(tenantId: $tenantId, month: $month) {
    closedAt
  }
}
    `) as unknown as TypedDocumentString<CloseStatementMutation, CloseStatementMutationVariables>;
export const MonthByGroupDocument = new TypedDocumentString(`
    query MonthByGroup($tenantId: ID, $from: DateTime!, $to: DateTime!, $by: [GroupBy!]!) {
  usage(tenantId: $tenantId, from: $from, to: $to, bucket: NONE) {
    totals {
      ...Stated
    }
    groups(by: $by, first: 1000) {
      ...StatedGroups
    }
  }
}
    fragment Stated on UsageStats {
  totalCalls
  totalTokens
  unpricedCalls
  totalCostUsd
}
fragment StatedGroups on UsageGroupConnection {
  groupCount
  edges {
    node {
      values {
        value
      }
      agent {
        name
      }
      stats {
        ...Stated
      }
    }
  }
  others {
    stats {
      ...Stated
    }
  }
}`) as unknown as TypedDocumentString<MonthByGroupQuery, MonthByGroupQueryVariables>;
export const MonthOfAllDocument = new TypedDocumentString(`
    query MonthOfAll($fromDate: LocalDate!, $toDate: LocalDate!, $by: [GroupBy!]!) {
  allUsage(fromDate: $fromDate, toDate: $toDate, timezone: "UTC") {
    total {
      ...Stated
    }
    groups(by: $by, first: 1000) {
      ...StatedGroups
    }
  }
}
    fragment Stated on UsageStats {
  totalCalls
  totalTokens
  unpricedCalls
  totalCostUsd
}
fragment StatedGroups on UsageGroupConnection {
  groupCount
  edges {
    node {
      values {
        value
      }
      agent {
        name
      }
      stats {
        ...Stated
      }
    }
  }
  others {
    stats {
      ...Stated
    }
  }
}`) as unknown as TypedDocumentString<MonthOfAllQuery, MonthOfAllQueryVariables>;