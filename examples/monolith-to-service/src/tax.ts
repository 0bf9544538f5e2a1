const percent = new Map([
  ['AT', 20],
  ['DE', 19],
  ['FR', 20],
]);

/** What a customer pays, tax included. */
export function withTax(cents: number, country: string, rates: ReadonlyMap<string, number> = percent): number {
  return cents + Math.round((cents * (rates.get(country) ?? 0)) / 100);
}

/** A service that got one rate wrong. */
export const wrongRates: ReadonlyMap<string, number> = new Map([...percent, ['AT', 19]]);
