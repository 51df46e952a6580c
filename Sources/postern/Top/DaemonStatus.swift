internal import Messages

/// What the daemon says of itself in GetStatus.
package struct DaemonStatus {
  package var version = ""
  package var processID: UInt32 = 0
  package var startedSeconds: Int64 = 0
  package var workers: UInt32 = 0
  package var connections: UInt32 = 0
  package var tokens: UInt64 = 0
  package var ledgerBytes: UInt64 = 0
  package var revision: UInt64 = 0

  package init() {}

  init(_ answer: PosternV1.GetStatusResponse) {
    version = DisplayText(answer.version).description
    processID = answer.processID
    startedSeconds = answer.startedAt?.seconds ?? 0
    workers = answer.workerCount
    connections = answer.connectionCount
    tokens = answer.tokenCount
    ledgerBytes = answer.ledgerBytes
    revision = answer.revision
  }
}
