import { SingleBar } from 'cli-progress';

export interface ImportCounts {
  recorded: number;
  /** Later snapshots that took the place of earlier ones. */
  replaced: number;
  duplicates: number;
  rejected: number;
  /** Records that are no calls, such as the spans of a trace. */
  passedOver: number;
}

/** Shows how far an import has got. */
export interface Progress {
  /** @param bytesRead of the file on disk, compressed or not. */
  update(bytesRead: number, counts: ImportCounts): void;
  stop(): void;
}

const lineIntervalMs = 2000;
const whole = new Intl.NumberFormat('en-US');

/** A whole number for people: "1,234,567". */
export const formatCount = (count: number): string => whole.format(count);

/** A bar on a terminal, otherwise a line at most every two seconds. */
export function createProgress(
  fileBytes: number,
  output: NodeJS.WritableStream & { isTTY?: boolean | undefined } = process.stderr,
  nowMs: () => number = () => performance.now(),
): Progress {
  return output.isTTY ? bar(fileBytes, output) : lines(fileBytes, output, nowMs);
}

function bar(fileBytes: number, stream: NodeJS.WritableStream): Progress {
  const shown = new SingleBar({
    stream,
    format: 'importing [{bar}] {percentage} % | {records} records | {eta_formatted} left',
    hideCursor: true,
    // The command handles Ctrl-C and waits for the batch in flight.
    gracefulExit: false,
  });
  shown.start(fileBytes, 0, { records: '0' });
  return {
    update: (bytesRead, counts) => shown.update(bytesRead, { records: formatCount(total(counts)) }),
    stop: () => shown.stop(),
  };
}

function lines(fileBytes: number, output: NodeJS.WritableStream, nowMs: () => number): Progress {
  let lastMs = nowMs();
  return {
    update(bytesRead, counts) {
      if (nowMs() - lastMs < lineIntervalMs) return;
      lastMs = nowMs();
      // A pipe has no size.
      const percent = fileBytes > 0 ? `, ${Math.floor((bytesRead / fileBytes) * 100)} %` : '';
      output.write(
        `imported ${formatCount(total(counts))} records (${formatCount(counts.recorded)} recorded, ` +
          `${formatCount(counts.duplicates)} duplicates, ${formatCount(counts.rejected)} rejected)${percent}\n`,
      );
    },
    stop() {},
  };
}

/** How many records were read. */
export const total = ({ recorded, replaced, duplicates, rejected, passedOver }: ImportCounts): number =>
  recorded + replaced + duplicates + rejected + passedOver;
