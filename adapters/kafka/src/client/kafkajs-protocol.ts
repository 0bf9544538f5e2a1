/** Parts of kafkajs's protocol layer that this driver stands on. They have no types of their own. */
export interface Protocol {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<unknown>;
  };
  readonly response: { readonly decode: (raw: Buffer) => Promise<unknown>; readonly parse: (data: unknown) => unknown };
}

/** One kind of request, in all versions. */
export interface Definition {
  readonly versions: readonly string[];
  readonly protocol: (options: { readonly version: number }) => (parameters?: object) => Protocol;
}
