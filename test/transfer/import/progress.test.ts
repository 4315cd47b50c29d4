import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgress } from '../../../src/transfer/import/progress.ts';

const counts = { replaced: 0, passedOver: 0, recorded: 119_998, duplicates: 0, rejected: 2 };

describe('createProgress', () => {
  it('writes a line at most every two seconds where there is no terminal', () => {
    const output = new PassThrough({ encoding: 'utf8' });
    let nowMs = 0;
    const progress = createProgress(1000, output, () => nowMs);
    for (nowMs = 0; nowMs <= 4500; nowMs += 500) progress.update(nowMs / 10, counts);
    progress.stop();
    expect(output.read()).toBe(
      'imported 120,000 records (119,998 recorded, 0 duplicates, 2 rejected), 20 %\n' +
        'imported 120,000 records (119,998 recorded, 0 duplicates, 2 rejected), 40 %\n',
    );
  });

  it('draws a bar on a terminal', () => {
    const output = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true });
    const progress = createProgress(1000, output);
    progress.update(500, counts);
    progress.stop();
    expect(output.read()).toMatch(/importing \[=+-*\] 50 % \| 120,000 records/);
  });
});
