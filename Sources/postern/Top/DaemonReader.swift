internal import Messages
internal import PosternClient

/// Reads the daemon again and again, over one connection as long as it holds.
final class DaemonReader {
  private let invocation: Invocation
  private var client: PosternClient?

  init(_ invocation: Invocation) { self.invocation = invocation }

  func read() throws(Failure) -> DaemonReading {
    let client = if let client { client } else { try invocation.connect() }
    // After a failure the next reading connects anew.
    self.client = nil
    let answer = try invocation.ask(over: client) { (client) throws(ClientError) in
      try client.getStatus { _ in }
    }
    let status = DaemonStatus(answer.message)
    let metrics = try invocation.ask(over: client) { (client) throws(ClientError) in
      try client.getMetrics { $0.setNamePrefix("postern_") }
    }
    let now = invocation.surroundings.monotonicNanoseconds
    let text = String(
      decoding: [UInt8](copying: metrics.message.openMetricsText), as: UTF8.self)
    do {
      let reading = DaemonReading(status, try OpenMetricsReading(text), monotonicNanoseconds: now)
      self.client = client
      return reading
    } catch {
      throw .trouble(
        "line \(error.line) of the daemon's metrics can't be read",
        advice: "compare `postern version` and `postern status`")
    }
  }
}
