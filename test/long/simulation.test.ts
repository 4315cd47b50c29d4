import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const simulate = join(import.meta.dirname, '../simulate/simulate.ts');

describe('a simulation of random clients and faults', () => {
  it.each([
    ['postgres', '7,11', '1'],
    ['embedded', '7', '0.5'],
  ])(
    'finds nothing lost, doubled or foreign on %s',
    (database, seeds, minutes) => {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        [simulate, '--seeds', seeds, '--minutes', minutes, '--database', database],
        { encoding: 'utf8' },
      );
      expect(stderr + stdout).toMatch(/\n[12] passed, 0 failed\n$/);
    },
    600_000,
  );
});
