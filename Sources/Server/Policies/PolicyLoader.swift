internal import EventLoop
internal import Ledger
internal import Platform
internal import Services

/// Reads and compiles the policy file for commands, on a background thread, and hands the commands
/// on to the writer. Every two seconds it compares the file with what is in force.
final class PolicyLoader {
  private let path: String?
  private let writer: Mailbox<WriterMessage>
  private let status: ServingStatus
  private let log: Log
  /// The difference that the last comparison found; empty for none.
  private var lastProblem = ""

  private static let comparisonNanoseconds: Int64 = 2_000_000_000

  init(
    path: String?, on loop: EventLoop, writer: Mailbox<WriterMessage>, status: ServingStatus,
    log: Log
  ) {
    self.path = path
    self.writer = writer
    self.status = status
    self.log = log
    guard let path else { return }
    LoopTimer.every(nanoseconds: Self.comparisonNanoseconds, on: loop) { [unowned self] in
      compare(path)
    }
  }

  /// Reads the file for a command.
  func perform(_ command: Command) {
    var command = command
    command.policyFile = Self.read(path)
    writer.post(.command(command))
  }

  /// Reads and compiles the file.
  static func read(_ path: String?) -> PolicyReading {
    guard let path else { return .noFile }
    FailPoint.policy.hang()
    let bytes: [UInt8]
    do throws(InputFileError) {
      bytes = try SmallFile.read(path: path, maximumBytes: PolicyCandidate.maximumBytes)
    } catch {
      return .unreadable("`\(path)`: \(error)")
    }
    do throws(BrokenPolicy) {
      return .good(try PolicyCandidate(file: bytes))
    } catch {
      return .broken(error)
    }
  }

  /// Puts into the status how the file differs from what is in force. What the last reload found
  /// stays there until another reload.
  private func compare(_ path: String) {
    let problem = problem(of: path)
    let before = lastProblem
    lastProblem = problem
    status.policyFileProblem.withLock { if $0.isEmpty || $0 == before { $0 = problem } }
    guard problem != before, !problem.isEmpty else { return }
    log.warning("the policy in force differs from the policy file", [("reason", problem)])
  }

  private func problem(of path: String) -> String {
    do throws(InputFileError) {
      let bytes = try SmallFile.read(path: path, maximumBytes: PolicyCandidate.maximumBytes)
      let isInForce = status.policyFileHash.withLock { $0 == SHA256.hash(bytes.span) }
      return isInForce ? "" : "`\(path)` has changed since it was put into force"
    } catch {
      return "`\(path)`: \(error)"
    }
  }
}
