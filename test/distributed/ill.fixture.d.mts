export declare function query(n: number): number
export declare function breakMath(): Generator<undefined, void>
export declare function cube(n: number): Generator<undefined, unknown>
export declare function save(n: number): Generator<undefined, number>
