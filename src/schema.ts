import './platform/scalars.ts';
import './identity/agent.type.ts';
import './identity/tenant.type.ts';
import './access/viewer.type.ts';
import './access/api-key.type.ts';
import './pricing/model-price.type.ts';
import './pricing/cost-estimate.type.ts';
import './recording/record-usage.type.ts';
import './recording/void-usage.type.ts';
import './rollup/reconcile.type.ts';
import './reporting/usage-report.type.ts';
import './reporting/all-usage.type.ts';
import './reporting/agent-usage.type.ts';
import './reporting/calls.type.ts';
import { builder } from './platform/builder.ts';

export const schema = builder.toSchema();
