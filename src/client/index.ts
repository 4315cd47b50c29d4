export type { Dropped, UsageCall } from './call.ts';
export { fromProvider } from './from-provider.ts';
export type { UsageClientCounts, UsageClientOptions } from './options.ts';
export type { Fetch } from './send-batch.ts';
export { UsageClient } from './usage-client.ts';
