import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';

export interface ChartSeries {
  name: string;
  /** One value a bucket. Only for drawing: what is read as a number is not computed from these. */
  values: readonly number[];
  /** The same as text. */
  texts: readonly string[];
}

const colourCount = 6;
const heightPx = 260;

/** A colour of its own for each of the first series; the last one, which is for all others, may be grey. */
export const colourClass = (index: number, isOthers: boolean): string =>
  isOthers ? 'colour-others' : `colour-${index % colourCount}`;

/** Values over time: bars on top of each other, or lines. Pointing at a bucket tells its values; a table beside it has all. */
export function Chart({
  label,
  labels,
  series,
  hasOthers,
  kind,
  formatAxis,
}: {
  label: string;
  labels: readonly string[];
  series: readonly ChartSeries[];
  /** Whether the last series stands for all that have none of their own. */
  hasOthers: boolean;
  kind: 'bars' | 'lines';
  formatAxis: (value: number) => string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number>();
  const isOthers = (index: number) => hasOthers && index === series.length - 1;
  const drawn = JSON.stringify([labels, series, kind]);

  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    let plot: uPlot | undefined;
    const draw = () => {
      plot?.destroy();
      const colours = series.map((_, index) => colourOf(element, colourClass(index, isOthers(index))));
      const { options, data } = plotOf({
        labels,
        series,
        kind,
        formatAxis,
        colours,
        ink: getComputedStyle(element).color,
      });
      const hooks = { setCursor: [({ cursor }: uPlot) => setPointed(cursor.idx ?? undefined)] };
      plot = new uPlot(
        { ...options, width: Math.max(element.clientWidth, 100), height: heightPx, hooks },
        data,
        element,
      );
    };
    draw();
    const resized = new ResizeObserver(() =>
      plot?.setSize({ width: Math.max(element.clientWidth, 100), height: heightPx }),
    );
    resized.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      scheme.removeEventListener('change', draw);
      plot?.destroy();
    };
  }, [drawn]);

  return (
    <figure class="chart">
      <div ref={place} role="img" aria-label={label} />
      <figcaption>
        <ul class="legend">
          {series.map(({ name, texts }, index) => (
            <li key={name}>
              <span class={`swatch ${colourClass(index, isOthers(index))}`} />
              {name}
              {pointed !== undefined && <> {texts[pointed]}</>}
            </li>
          ))}
        </ul>
        <p aria-hidden="true">{pointed === undefined ? '\u00A0' : labels[pointed]}</p>
      </figcaption>
    </figure>
  );
}

/** Colours are the style sheet's, which has them for light and dark. */
function colourOf(element: HTMLElement, className: string): string {
  const probe = document.createElement('span');
  probe.className = className;
  element.append(probe);
  const { backgroundColor } = getComputedStyle(probe);
  probe.remove();
  return backgroundColor;
}

function plotOf({
  labels,
  series,
  kind,
  formatAxis,
  colours,
  ink,
}: {
  labels: readonly string[];
  series: readonly ChartSeries[];
  kind: 'bars' | 'lines';
  formatAxis: (value: number) => string;
  colours: readonly string[];
  ink: string;
}): { options: Omit<uPlot.Options, 'width' | 'height'>; data: uPlot.AlignedData } {
  const { bars } = uPlot.paths;
  // Each bar is drawn from zero to its upper end, so the highest comes first and the others cover its lower part.
  const heights = kind === 'bars' ? stacked(series, labels.length) : series.map(({ values }) => [...values]);
  const order = series.map((_, index) => index);
  if (kind === 'bars') order.reverse();
  const grid = { stroke: colourWithAlpha(ink), width: 1 };
  return {
    data: [labels.map((_, index) => index), ...order.map((index) => heights[index] ?? [])],
    options: {
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: kind === 'lines' } },
      scales: {
        x: { time: false, range: [-0.6, labels.length - 0.4] },
        y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.05 : 1] },
      },
      axes: [
        {
          stroke: ink,
          grid: { show: false },
          space: 90,
          incrs: [1, 2, 5, 7, 10, 14, 30, 60, 90],
          values: (_plot, at) => at.map((index) => labels[index] ?? ''),
        },
        { stroke: ink, grid, size: 72, values: (_plot, at) => at.map((value) => formatAxis(value)) },
      ],
      series: [
        {},
        ...order.map((index): uPlot.Series => {
          const colour = colours[index] ?? ink;
          return kind === 'bars'
            ? {
                stroke: colour,
                fill: colour,
                width: 0,
                points: { show: false },
                ...(bars ? { paths: bars({ size: [0.8, 60] }) } : {}),
              }
            : { stroke: colour, width: 2, points: { show: labels.length === 1 } };
        }),
      ],
    },
  };
}

function stacked(series: readonly ChartSeries[], length: number): number[][] {
  const height = Array.from({ length }, () => 0);
  return series.map(({ values }) => {
    values.forEach((value, index) => {
      height[index] = (height[index] ?? 0) + value;
    });
    return [...height];
  });
}

const colourWithAlpha = (ink: string) => `color-mix(in srgb, ${ink} 15%, transparent)`;
