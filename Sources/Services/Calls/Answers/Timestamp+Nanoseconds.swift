internal import Messages

extension GoogleProtobuf.Duration.Builder {
  /// Sets a duration in nanoseconds.
  func set(nanoseconds: Int64) {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    setSeconds(seconds)
    setNanos(Int32(rest))
  }
}

extension GoogleProtobuf.Timestamp.Builder {
  /// Sets a time in nanoseconds since 1970.
  func set(nanoseconds: Int64) {
    var (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    if rest < 0 {
      seconds -= 1
      rest += 1_000_000_000
    }
    setSeconds(seconds)
    setNanos(Int32(rest))
  }
}
