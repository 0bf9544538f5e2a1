/** Alerting rules for Prometheus and a dashboard for Grafana, from the table of metrics. */
export { alerts, spelled, type Alert, type Spelling } from './rules/alerts.ts';
export { alertingRules, alertingRulesTest } from './rules/rules.ts';
export { grafanaDashboard, panels, type Panel } from './rules/dashboard.ts';
