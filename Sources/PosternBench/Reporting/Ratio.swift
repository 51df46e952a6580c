/// One figure by another of the same run.
struct Ratio: Encodable {
  let name: String
  /// Of calls per second.
  let value: Double
  /// Of calls per second of the server's processor: what a busy machine distorts least.
  let valueByProcessorTime: Double
  /// Of the median latency, of loads with one call at a time: more is faster, as with the others.
  let valueByMedianLatency: Double?
}
