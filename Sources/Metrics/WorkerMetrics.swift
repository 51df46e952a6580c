/// What one worker counts. The worker alone increases; anybody reads.
package final class WorkerMetrics: Sendable {
  /// By the method's index, and at the end the calls of no known method.
  private let methods: [CallMetrics]
  package let receivedBytes = Count()
  package let sentBytes = Count()
  /// What its connections hold for their peers now.
  package let bufferBytes = Count()
  /// The longest turn of its loop so far.
  package let longestTurnNanoseconds = Count()

  package init(methodCount: Int) {
    methods = (0...methodCount).map { _ in CallMetrics() }
  }

  /// The calls of a method; nil for those of no known method.
  package func calls(of method: Int?) -> CallMetrics { methods[method ?? methods.count - 1] }
}
