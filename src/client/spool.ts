/** What is used of Node's fs; declared here so that the client's types need none of Node's. */
interface FileSystem {
  mkdirSync(path: string, options: { recursive: true }): unknown;
  readdirSync(path: string): string[];
  readFileSync(path: string, encoding: 'utf8'): string;
  statSync(path: string): { size: number };
  writeFileSync(path: string, text: string): void;
  renameSync(from: string, to: string): void;
  rmSync(path: string, options: { force: true }): void;
}

const fileName = /^calls-\d+-[0-9a-f-]+\.ndjson$/;

/**
 * Batches that wait in a folder, each a file of its own with a call on each line. Several processes may share the folder:
 * two that send the same file send the same ids.
 */
export class Spool {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #fs: FileSystem;
  #written = 0;

  /** @throws where there are no files, or the folder cannot be made. */
  constructor(folder: string, maxBytes: number) {
    const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
    const fs = process?.getBuiltinModule?.('node:fs');
    if (!fs) throw new Error('A spool folder needs a runtime with files, such as Node.js 22.');
    this.#fs = fs as FileSystem;
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#fs.mkdirSync(folder, { recursive: true });
  }

  /** Names of the files, oldest first. */
  list(): string[] {
    return this.#fs
      .readdirSync(this.#folder)
      .filter((name) => fileName.test(name))
      .toSorted();
  }

  /** Keeps a batch; false when the folder is full. */
  write(lines: readonly string[]): boolean {
    const text = lines.join('\n');
    if (this.#bytes() + text.length > this.#maxBytes) return false;
    // Sorted by time, and within a process by order.
    const time = String(Date.now()).padStart(15, '0') + String(this.#written++).padStart(6, '0');
    const name = `calls-${time}-${crypto.randomUUID()}.ndjson`;
    this.#fs.writeFileSync(this.#path(`${name}.part`), text);
    this.#fs.renameSync(this.#path(`${name}.part`), this.#path(name));
    return true;
  }

  /** The lines of a file; none when another process was faster. */
  read(name: string): string[] {
    try {
      return this.#fs
        .readFileSync(this.#path(name), 'utf8')
        .split('\n')
        .filter((line) => line !== '');
    } catch {
      return [];
    }
  }

  remove(name: string): void {
    this.#fs.rmSync(this.#path(name), { force: true });
  }

  #path(name: string): string {
    return `${this.#folder}/${name}`;
  }

  #bytes(): number {
    let bytes = 0;
    for (const name of this.list())
      try {
        bytes += this.#fs.statSync(this.#path(name)).size;
      } catch {
        // Another process has sent it meanwhile.
      }
    return bytes;
  }
}
