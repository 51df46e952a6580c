/// What one run of a load measured.
struct Figure: Sendable {
  var callCount: Int
  var nanoseconds: Int64
  /// Processor time of the server over the same calls.
  var serverNanoseconds: Int64
  /// Processor time of this client: near `nanoseconds`, it and not the server is the limit.
  var clientNanoseconds: Int64
  /// How long each call took, of a load with one at a time; else empty.
  var latencies: [Int64]

  var callsPerSecond: Double { Double(callCount) / Double(max(nanoseconds, 1)) * 1e9 }
  var serverMicrosecondsPerCall: Double {
    Double(serverNanoseconds) / 1e3 / Double(max(callCount, 1))
  }
  var clientShare: Double { Double(clientNanoseconds) / Double(max(nanoseconds, 1)) }
}
