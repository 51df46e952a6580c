internal import EventLoop
internal import Ledger
internal import Platform
internal import Services

/// The thread that reads and compiles the policy file, between a command and the writer: neither a
/// large policy nor a file system that hangs holds up anybody's answer. Every few seconds it looks
/// whether the file is still what is in force.
final class PolicyReader: TimerHandler {
  private let path: String?
  private let writer: Mailbox<WriterMessage>
  private let status: ServingStatus
  private let log: Log
  /// What was found at the last look; empty: the file is what is in force.
  private var found = ""
  private let loop: EventLoop
  private var receiver: MailboxReceiver<PolicyReaderMessage>?

  init(
    _ mailbox: Mailbox<PolicyReaderMessage>, path: String?, writer: Mailbox<WriterMessage>,
    _ status: ServingStatus, _ log: Log
  ) throws(Errno) {
    self.path = path
    self.writer = writer
    self.status = status
    self.log = log
    loop = try EventLoop()
    receiver = try MailboxReceiver(mailbox, on: loop) { [unowned self] messages in
      for message in messages { self.receive(message) }
    }
    if path != nil { loop.schedule(afterNanoseconds: Self.lookNanoseconds, self, token: 0) }
  }

  private static let lookNanoseconds: Int64 = 2_000_000_000

  func timerFired(token: UInt64) {
    if let path { look(at: path) }
    loop.schedule(afterNanoseconds: Self.lookNanoseconds, self, token: 0)
  }

  /// Says in the status what is wrong with the file. What the last reload found stays there until
  /// another reload.
  private func look(at path: String) {
    let seen = problem(of: path)
    let before = found
    found = seen
    status.policyFileProblem.withLock { if $0.isEmpty || $0 == before { $0 = seen } }
    guard seen != before, !seen.isEmpty else { return }
    log.write(.warning, "the policy file is not what is in force", [("reason", seen)])
  }

  private func problem(of path: String) -> String {
    do throws(Errno) {
      let bytes = try SmallFile.read(path: path, atMost: PolicyCandidate.mostBytes)
      let isInForce = status.policyFileHash.withLock { $0 == SHA256.hash(bytes.span) }
      return isInForce ? "" : "`\(path)` has changed since it was put into force"
    } catch {
      return "`\(path)`: \(error)"
    }
  }

  /// Runs until a message stops it.
  func run() throws(Errno) {
    try loop.run()
    try receiver?.close()
  }

  private func receive(_ message: PolicyReaderMessage) {
    switch message {
    case .read(var command):
      command.reading = Self.read(path)
      writer.post(.command(command))
    case .stop: loop.stop()
    }
  }

  /// Reads and compiles the file.
  static func read(_ path: String?) -> PolicyReading {
    guard let path else { return .noFile }
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try SmallFile.read(path: path, atMost: PolicyCandidate.mostBytes)
    } catch {
      return .unreadable("`\(path)`: \(error)")
    }
    do throws(BrokenPolicy) {
      return .good(try PolicyCandidate(file: bytes))
    } catch {
      return .broken(error)
    }
  }
}
