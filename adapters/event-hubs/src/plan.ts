import type { EventHubsOptions } from './options.ts';

/** Options as a configuration has them: plain data, and credentials. */
export interface EventHubsPlan extends Omit<EventHubsOptions, 'credential' | 'checkpoints' | 'management'> {
  readonly credential?: object;
  readonly checkpoints?: CheckpointPlace;
  readonly management?: ManagementPlace;
}

/** A container of Azure Blob Storage: by connection string and name, or by its URL and a credential. */
export interface CheckpointPlace {
  readonly connectionString?: string;
  readonly container?: string;
  readonly url?: string;
  readonly credential?: object;
}

/** The namespace as Azure Resource Manager knows it. */
export interface ManagementPlace {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** Default: the first part of the namespace's host. */
  readonly namespace?: string;
  readonly endpoint?: string;
  readonly credential?: object;
}
