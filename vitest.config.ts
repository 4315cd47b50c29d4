import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Those take minutes, or need more than npm; `npm run test:long`, `test:attack` and `test:faults` run them.
    exclude: [
      ...configDefaults.exclude,
      ...(process.env['LONG_TESTS'] ? [] : ['test/long/**', 'test/attack/**', 'test/**/*.long.test.ts']),
      ...(process.env['FAULTS'] ? [] : ['test/faults/**']),
    ],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    // Files wait for databases and child processes more than they compute; the default would leave a core idle.
    maxWorkers: '100%',
    // Vite would take graphql's development build while the libraries take the other; there must be one in a process.
    alias: { graphql: fileURLToPath(import.meta.resolve('graphql')) },
    globals: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
  },
});
