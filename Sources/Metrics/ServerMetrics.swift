/// Everything that the daemon counts: a part for each thread that counts, and what is rare for all.
package final class ServerMetrics: Sendable {
  package let workers: [WorkerMetrics]
  package let writer = WriterMetrics()
  package let refusals = Refusals()
  package let socketNames = SocketNames()

  package init(workerCount: Int, methodCount: Int) {
    workers = (0..<workerCount).map { _ in WorkerMetrics(methodCount: methodCount) }
  }
}
