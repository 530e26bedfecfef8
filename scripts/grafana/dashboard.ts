import { type Panel, type Row, rows } from './panels.ts';

const WIDTH = 24;
const PANEL = { w: 8, h: 8 };
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

const letter = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

function timeSeries({ title, about, unit, queries }: Panel, id: number, x: number, y: number): object {
  return {
    id,
    type: 'timeseries',
    title,
    description: about,
    datasource: DATASOURCE,
    gridPos: { ...PANEL, x, y },
    fieldConfig: {
      defaults: { unit, min: 0, custom: { lineWidth: 1, fillOpacity: 5, showPoints: 'never' } },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: letter(index),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
    })),
  };
}

function placed(all: readonly Row[]): object[] {
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: inRow } of all) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { w: WIDTH, h: 1, x: 0, y },
      panels: [],
    });
    y++;
    for (const [index, panel] of inRow.entries()) {
      const x = (index * PANEL.w) % WIDTH;
      panels.push(timeSeries(panel, panels.length + 1, x, y));
      if (x + PANEL.w === WIDTH || index === inRow.length - 1) y += PANEL.h;
    }
  }
  return panels;
}

/** The dashboard as Grafana imports it (schema 39: Grafana 10.4 and later). */
export function dashboard(): object {
  return {
    uid: 'quarry',
    title: 'Quarry',
    description: 'A Quarry broker: its process, clients, log, background work, tables and stores.',
    tags: ['quarry', 'kafka', 'iceberg'],
    editable: true,
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
        {
          name: 'instance',
          label: 'Broker',
          type: 'query',
          datasource: DATASOURCE,
          query: { query: 'label_values(quarry_process_resident_bytes, instance)', refId: 'instances' },
          refresh: 2,
          includeAll: true,
          multi: true,
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    panels: placed(rows),
  };
}
