export function tell(value: string): void {
  console.log(value)
}
