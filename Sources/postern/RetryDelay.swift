/// How long to wait before the next attempt: longer each time, up to two seconds.
struct RetryDelay {
  private var nanoseconds: Int64 = 100_000_000
  /// How often it was waited.
  private(set) var count = 0

  mutating func wait(_ surroundings: any Surroundings) {
    let deadline = surroundings.monotonicNanoseconds + nanoseconds
    while case .disturbed = surroundings.wait(untilNanoseconds: deadline) {}
    nanoseconds = min(nanoseconds * 2, 2_000_000_000)
    count += 1
  }
}
