#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Stripping types and compiling is most of a start, so compiled code is cached.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/usage-gateway/compiled', import.meta.url)));
const { run } = await import('./cli/program.ts');
await run();
