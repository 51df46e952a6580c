internal import EventLoop
internal import Ledger
internal import RPC
internal import Services

/// What every thread of the daemon works with.
struct DaemonContext: Sendable {
  let ledger: Ledger
  /// The thread's copy: it follows the policy of the states that the thread reads.
  let services: PosternServices
  let limits: Limits
  let log: Log
}

/// How the other threads reach one worker.
struct WorkerLink: Sendable {
  let mailbox: Mailbox<WorkerMessage>
  let revisions = RevisionSignal()
  let usage = UsageBackpressure()

  init() throws { mailbox = try Mailbox() }
}

/// The ways that a command can go from the worker that took it, and what may wait on each.
struct CommandRoutes: Sendable {
  let writer: Mailbox<WriterMessage>
  /// The limit on the commands on their way to the writer.
  let quota: CommandQuota
  /// To the thread that answers what takes as long as the ledger is large.
  let background: BackgroundQueue
  /// To the thread that reads the policy file for a command and then hands it to the writer.
  let policyFile: Mailbox<BackgroundMessage>
}

/// What a worker is told by the other threads.
enum WorkerMessage: Sendable {
  /// A new connection, whose descriptor is now the worker's.
  case accepted(descriptor: Int32, peer: Peer)
  /// The answer to a command.
  case answered(CommandAnswer)
  /// A revision was published.
  case published
  /// Asks for a sign of life.
  case probe(@Sendable () -> Void)
  /// No further calls: finish what is open and close.
  case drain
}

/// What the writer is told.
enum WriterMessage: Sendable {
  case command(Command)
  /// The uses of tokens that a worker has counted.
  case uses(UsageBatch, worker: Int)
  /// The attempts that a worker has denied.
  case denied(DenialTable)
  /// Calls the closure, to show that the writer takes messages.
  case probe(@Sendable () -> Void)
  /// Ends the writer once the commands before are done.
  case stop
}
