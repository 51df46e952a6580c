internal import EventLoop
internal import Ledger
internal import Platform
internal import RPC
internal import Services
internal import Synchronization

/// Reloads the policy on a signal, as an operator's command does, on the main thread's loop. It
/// tells the service manager while that lasts.
final class PolicyReload {
  private let threads: Threads
  private let ledger: Ledger
  private let supervisor: Supervisor
  private let status: String
  private let log: Log
  private let outcomes: Mailbox<Status?>
  private var receiver: MailboxReceiver<Status?>?
  /// The reloads that have begun and not ended.
  private var count = 0

  /// `status` is what the service manager is told of a daemon that serves.
  init(
    _ context: DaemonContext, threads: Threads, supervisor: Supervisor, status: String,
    on loop: EventLoop
  ) throws(Errno) {
    self.threads = threads
    ledger = context.ledger
    self.supervisor = supervisor
    self.status = status
    log = context.log
    outcomes = try Mailbox()
    receiver = try MailboxReceiver(outcomes, on: loop) { [unowned self] outcomes in
      for outcome in outcomes { self.end(outcome) }
    }
  }

  /// Reads the policy file and puts it into force.
  func begin(_ signal: ReceivedSignal) {
    log.info(
      "reloading the policy",
      [("signal", "\(signal.number)"), ("sender_pid", "\(signal.senderProcessID)")])
    if count == 0 { supervisor.reloading() }
    count += 1
    let outcomes = outcomes
    threads.reloadPolicy { result in
      switch result {
      case .success: outcomes.post(nil)
      case .failure(let status): outcomes.post(status)
      }
    }
  }

  private func end(_ status: Status?) {
    if let status {
      log.error("the policy was not reloaded: the old one stays", [("reason", status.message)])
    } else {
      log.info(
        "the policy is in force",
        [("revision", "\(ledger.published.load(ordering: .relaxed))")])
    }
    count -= 1
    if count == 0 { supervisor.ready(self.status) }
  }
}
