internal import Messages
internal import PosternClient

/// `postern metrics`.
package enum MetricsCommand {
  static let metrics = Command(
    words: ["metrics"], summary: "Prints the daemon's metrics as OpenMetrics text.",
    examples: ["postern metrics | grep postern_calls_total"], run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    try invocation.show(PosternClient.getMetrics, { _ in }, as: describe)
  }

  /// The text as it is: it holds the daemon's own words only.
  private static func describe(_ metrics: PosternV1.GetMetricsResponse) -> String {
    String(decoding: [UInt8](copying: metrics.openMetricsText), as: UTF8.self)
  }
}
