internal import EventLoop
internal import Ledger
internal import RPC
internal import Services

/// The values that every thread of the daemon uses.
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

/// The threads that a worker can pass a command to, with the limits on what waits there.
struct CommandRoutes: Sendable {
  let writer: Mailbox<WriterMessage>
  /// The limit on the commands on their way to the writer.
  let quota: CommandQuota
  /// To the thread that answers calls whose duration grows with the ledger.
  let background: BackgroundQueue
  /// To the thread that reads the policy file for a command and then hands it to the writer.
  let policyFile: Mailbox<BackgroundMessage>
}

/// A message to a worker.
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

/// A message to the writer.
enum WriterMessage: Sendable {
  case command(Command)
  /// The uses of tokens that a worker has counted.
  case uses(UsageBatch, worker: Int)
  /// The attempts that a worker has denied.
  case denied(DenialTable)
  /// Calls the closure, to show that the writer takes messages.
  case probe(@Sendable () -> Void)
  /// What the driver of the fleet's member tells.
  case fleet(FleetOrder)
  /// Ends the writer once the commands before are done.
  case stop
}
