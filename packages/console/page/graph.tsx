import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { humanCount, humanDuration } from '@isostream/operations/text';
import uPlot from 'uplot';
import type { LagPoint } from './types.ts';

/** Lag and rates over the time for which this console has run. */
export function Graph({ points }: { readonly points: readonly LagPoint[] }): JSX.Element {
  const counted = points.some(({ events }) => events !== null);
  return (
    <section aria-label="Over time">
      <Chart
        title={counted ? 'events behind' : 'age of the oldest event'}
        points={points}
        series={[counted ? ['lag', (point) => point.events] : ['age', (point) => point.oldestMs]]}
        show={counted ? humanCount : humanDuration}
        isWhole={counted}
      />
      {points.some(({ outPerSecond }) => outPerSecond !== null) ? (
        <Chart
          title="events in a second"
          points={points}
          series={[
            ['in', (point) => point.inPerSecond],
            ['out', (point) => point.outPerSecond],
          ]}
          show={(value) => `${Math.round(value * 10) / 10}/s`}
        />
      ) : null}
      <p class="note">
        Since this console was started, at most an hour. For longer, record what isostream exporter serves.
      </p>
    </section>
  );
}

interface ChartProps {
  readonly title: string;
  readonly points: readonly LagPoint[];
  readonly series: readonly (readonly [name: string, value: (point: LagPoint) => number | null])[];
  readonly show: (value: number) => string;
  /** Half an event would be written as one. */
  readonly isWhole?: boolean;
}

function Chart({ title, points, series, show, isWhole = false }: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const last = points.at(-1);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const colour = (name: string): string => getComputedStyle(element).getPropertyValue(name).trim();
    const axis = {
      stroke: () => colour('--dim'),
      grid: { stroke: () => colour('--line'), width: 1 },
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: 160,
        tzDate: (time) => uPlot.tzDate(new Date(time * 1_000), 'Etc/UTC'),
        legend: { show: false },
        cursor: { show: false },
        scales: { y: { range: (_, __, most) => [0, Math.max(most, 1) * 1.1] } },
        axes: [
          {
            ...axis,
            values: (_, times) => times.map((time) => new Date(time * 1_000).toISOString().slice(11, 19)),
            space: 90,
          },
          {
            ...axis,
            size: 70,
            values: (_, values) => values.map((value) => (isWhole && value % 1 !== 0 ? '' : show(value))),
          },
        ],
        series: [
          {},
          ...series.map(([label], index) => ({
            label,
            stroke: () => colour(index === 0 ? '--accent' : '--second'),
            width: 2,
            points: { show: false },
          })),
        ],
      },
      dataOf(points, series),
      element,
    );
    plot.current = made;
    const resize = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: 160 }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
    };
  }, [title]);
  useEffect(() => plot.current?.setData(dataOf(points, series)), [points]);
  return (
    <figure>
      <figcaption>
        {title}
        {series.map(([name, value], index) => {
          const now = last === undefined ? null : value(last);
          return (
            <span key={name} class={index === 0 ? 'key first' : 'key second'}>
              {' '}
              {series.length > 1 ? `${name} ` : ''}
              {now === null ? '–' : show(now)}
            </span>
          );
        })}
      </figcaption>
      <div ref={box} class="chart" aria-hidden="true" />
    </figure>
  );
}

function dataOf(points: readonly LagPoint[], series: ChartProps['series']): uPlot.AlignedData {
  return [points.map(({ at }) => at / 1_000), ...series.map(([, value]) => points.map(value))];
}
