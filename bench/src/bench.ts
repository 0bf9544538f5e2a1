import type { Row } from './row.ts';

export interface BenchRequest {
  /** A broker that runs already; else one is started. */
  readonly url: string | undefined;
  /** One measurement of many; all where absent. */
  readonly only: string | undefined;
  /** A multiple of the full load. */
  readonly scale: number;
  readonly rounds: number;
}

/** One provider's benchmark. */
export interface Bench {
  /** What can be asked for alone. */
  readonly measurements: readonly string[];
  /** Packages of the clients that isostream is held against. */
  readonly clients: readonly string[];
  /** What the comparison stands on, for whoever reads the figures. */
  readonly notes: readonly string[];
  /** Throws an `Error` with a message for whoever typed the address. Absent where a broker is always started. */
  readonly checkUrl?: (url: string) => void;
  readonly run: (request: BenchRequest) => Promise<Measured>;
  /** What the provider charges for and machines feel: requests, sockets, processor time at rest. Absent where nothing is asked over a network. */
  readonly cost?: (request: BenchRequest) => Promise<Measured>;
  /** Many partitions, members, topics and keys, and a long backlog: once each. */
  readonly atScale?: (request: BenchRequest) => Promise<Measured>;
}

export interface Measured {
  readonly broker: string;
  readonly rows: readonly Row[];
  /** Instead of those of the provider. */
  readonly notes?: readonly string[];
}
