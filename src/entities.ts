import { ApiKeyEntity } from './access/api-key.entity.ts';
import { AgentEntity } from './identity/agent.entity.ts';
import { TenantEntity } from './identity/tenant.entity.ts';
import { CallEntity } from './recording/call.entity.ts';

/** Every table that the ORM maps. */
export const entities = [TenantEntity, AgentEntity, ApiKeyEntity, CallEntity];
