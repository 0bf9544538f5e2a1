/** What can be asked of a server from another process: arguments and results are JSON. */
export type ControlName =
  | 'listHubs'
  | 'findHub'
  | 'createHub'
  | 'alterHub'
  | 'deleteHub'
  | 'createGroup'
  | 'deleteGroup'
  | 'describePartition'
  | 'trim'
  | 'expire'
  | 'addWriteFault'
  | 'removeWriteFault'
  | 'limitThroughput'
  | 'dropConnections'
  | 'closeConnections'
  | 'detach';

export const controlNames: readonly ControlName[] = [
  'listHubs',
  'findHub',
  'createHub',
  'alterHub',
  'deleteHub',
  'createGroup',
  'deleteGroup',
  'describePartition',
  'trim',
  'expire',
  'addWriteFault',
  'removeWriteFault',
  'limitThroughput',
  'dropConnections',
  'closeConnections',
  'detach',
];
