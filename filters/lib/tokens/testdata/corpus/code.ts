type Tide<T extends string = string> = Readonly<{ harbour: T; metres: number }>;
enum Phase { Ebb = 1, Flood = Ebb << 1 }
export abstract class Table<K extends keyof any, V> implements Iterable<[K, V]> {
  protected constructor(private readonly rows: Array<[K, V]> = []) {}
  *[Symbol.iterator](): Iterator<[K, V]> { yield* this.rows; }
  abstract find(key: K): V | undefined;
}
declare const x: unknown; const y = x as Tide<"kiel"> satisfies object;
