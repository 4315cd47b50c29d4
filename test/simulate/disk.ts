import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A small disk of its own, which can be filled to the last byte. */
export interface Disk {
  folder: string;
  fill(): void;
  /** Makes room again. */
  clear(): void;
  remove(): void;
}

const ballast = 'ballast';

/** Mounts a disk in memory, which only root may do. @throws where that is not allowed. */
export function mountDisk(folder: string, mebibytes: number): Disk {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=1777`, 'tmpfs', folder], { stdio: 'pipe' });
  const file = join(folder, ballast);
  return {
    folder,
    fill() {
      const { bavail, bsize } = statfsSync(folder);
      try {
        writeFileSync(file, Buffer.alloc(bavail * bsize));
      } catch (error) {
        // Somebody else wrote meanwhile: it is full all the same.
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      }
    },
    clear: () => rmSync(file, { force: true }),
    remove: () => execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' }),
  };
}
