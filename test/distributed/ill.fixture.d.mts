export declare function query(n: number): number
export declare function breakMath(): Promise<void>
export declare function cube(n: number): Promise<number>
export declare function save(n: number): Promise<number>
