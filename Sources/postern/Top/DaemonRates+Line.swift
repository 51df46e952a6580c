internal import Messages

extension DaemonRates {
  /// One line for a log.
  package func line(atSeconds time: Int64) -> String {
    let pairs = [
      ("calls/s", AmountText.rate(all.perSecond)),
      ("errors/s", AmountText.rate(all.errorsPerSecond)),
      ("p50", AmountText.time(all.median)), ("p99", AmountText.time(all.percentile99)),
      ("connections", "\(status.connections)"),
      ("refused/s", AmountText.rate(refusalsPerSecond)),
      ("revision", "\(status.revision)"), ("changes/s", AmountText.rate(changesPerSecond)),
      ("commit-p50", AmountText.time(commitMedian)),
      ("commit-p99", AmountText.time(commitPercentile99)),
      ("in", AmountText.bytesPerSecond(receivedBytesPerSecond)),
      ("out", AmountText.bytesPerSecond(sentBytesPerSecond)),
    ]
    // A space would end the value.
    return Self.timestamp(time)
      + pairs.map { " \($0)=\($1.replacing(" ", with: ""))" }.joined()
  }

  /// One JSON object, without a newline. Times are in seconds, and null where nothing was timed.
  package func json(atSeconds time: Int64) -> String {
    var refused = JSONObject()
    for (reason, rate) in refusals { refused.add(reason, "\(rate)") }
    let methods = methods.map { calls in
      var object = JSONObject()
      object.add("method", JSONObject.quoted(calls.method))
      object.add("calls_per_second", "\(calls.perSecond)")
      object.add("errors_per_second", "\(calls.errorsPerSecond)")
      object.add("p50_seconds", JSONObject.number(calls.median))
      object.add("p99_seconds", JSONObject.number(calls.percentile99))
      return object.text
    }
    var object = JSONObject()
    object.add("time", JSONObject.quoted(Self.timestamp(time)))
    object.add("interval_seconds", "\(seconds)")
    object.add("version", JSONObject.quoted(status.version))
    object.add("process_id", "\(status.processID)")
    object.add("connections", "\(status.connections)")
    object.add("tokens", "\(status.tokens)")
    object.add("ledger_bytes", "\(status.ledgerBytes)")
    object.add("revision", "\(status.revision)")
    object.add("changes_per_second", "\(changesPerSecond)")
    object.add("calls_per_second", "\(all.perSecond)")
    object.add("errors_per_second", "\(all.errorsPerSecond)")
    object.add("p50_seconds", JSONObject.number(all.median))
    object.add("p99_seconds", JSONObject.number(all.percentile99))
    object.add("commit_p50_seconds", JSONObject.number(commitMedian))
    object.add("commit_p99_seconds", JSONObject.number(commitPercentile99))
    object.add("received_bytes_per_second", "\(receivedBytesPerSecond)")
    object.add("sent_bytes_per_second", "\(sentBytesPerSecond)")
    object.add("refused_connections_per_second", "\(refusalsPerSecond)")
    object.add("refusals", refused.text)
    object.add("methods", "[" + methods.joined(separator: ",") + "]")
    return object.text
  }

  private static func timestamp(_ seconds: Int64) -> String {
    let time = JSONTime(seconds: seconds)
    return "\(time.date)T\(time.timeOfDay)Z"
  }
}
