internal import EventLoop
internal import Ledger
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services

/// The writer's thread, that for tasks, that of the host file, and the workers'.
final class Threads {
  let workerMailboxes: [Mailbox<WorkerMessage>]
  let census: ConnectionCensus
  private let writerMailbox: Mailbox<WriterMessage>
  private let policyMailbox: Mailbox<PolicyReaderMessage>
  private let waiting: WaitingCommands
  private let writer: JoinableThread
  private let taskMailbox: Mailbox<TaskMessage>
  private let tasks: JoinableThread
  private let workers: [JoinableThread]
  private let hostMailbox: Mailbox<HostMessage>
  private let host: JoinableThread

  init(
    _ configuration: Configuration, _ ledger: Ledger, _ watched: WatchedClock,
    _ services: PosternServices, _ log: Log
  ) throws {
    let limits = configuration.limits
    let census = ConnectionCensus(services.status)
    let metrics = services.status.metrics
    let mostBytes = (name: "max-waiting-bytes", count: limits.waitingBytes)
    let waiting = WaitingCommands(
      most: ("max-waiting-commands", limits.waitingCommands), mostBytes: mostBytes)
    let writerMailbox = try Mailbox<WriterMessage>()
    let policyMailbox = try Mailbox<PolicyReaderMessage>()
    var mailboxes: [Mailbox<WorkerMessage>] = []
    for _ in 0..<configuration.workers { mailboxes.append(try Mailbox()) }
    let workerMailboxes = mailboxes
    let revisions = mailboxes.map { _ in RevisionSignal() }
    let handOvers = mailboxes.map { _ in UsageHandOver() }

    let write: @Sendable () throws -> Void = {
      let writer = try Writer(
        writerMailbox, ledger: ledger, services: services, log: log,
        workers: workerMailboxes, policyReader: policyMailbox, waiting: waiting,
        revisions: revisions, handOvers: handOvers,
        limits: limits, metrics: metrics.writer)
      try writer.run()
    }
    let read: @Sendable () throws -> Void = {
      let reader = try PolicyReader(
        policyMailbox, path: configuration.policyFile, writer: writerMailbox, services.status,
        log)
      try reader.run()
    }
    _ = try JoinableThread(name: "policy") { Self.run("policy", log, read) }
    writer = try JoinableThread(name: "writer") { Self.run("writer", log, write) }
    let taskMailbox = try Mailbox<TaskMessage>()
    let tasksWaiting = WaitingCommands(
      most: ("waiting-tasks", TaskRunner.mostWaiting), mostBytes: mostBytes)
    let queue = TaskQueue(mailbox: taskMailbox, waiting: tasksWaiting)
    let perform: @Sendable () throws -> Void = {
      let runner = try TaskRunner(
        taskMailbox, ledger: ledger, services: services, workers: workerMailboxes,
        writer: writerMailbox, waiting: queue.waiting, limits: limits)
      try runner.run()
    }
    tasks = try JoinableThread(name: "tasks") { Self.run("tasks", log, perform) }
    var workers: [JoinableThread] = []
    for (index, mailbox) in workerMailboxes.enumerated() {
      let body: @Sendable () throws -> Void = {
        let worker = try Worker(
          index, mailbox, ledger: ledger, services: services, log: log, limits: limits,
          census: census, writer: writerMailbox, waiting: waiting, tasks: queue,
          revisions: revisions[index], usage: handOvers[index], metrics: metrics)
        try worker.run()
      }
      workers.append(
        try JoinableThread(name: "worker-\(index)") { Self.run("worker", log, body) })
    }
    let remember: @Sendable () throws -> Void = {
      try HostWriter(watched, ledger, log).run()
    }
    self.host = try JoinableThread(name: "host") { Self.run("host", log, remember) }
    hostMailbox = watched.mailbox
    self.workerMailboxes = workerMailboxes
    self.census = census
    self.writerMailbox = writerMailbox
    self.taskMailbox = taskMailbox
    self.policyMailbox = policyMailbox
    self.waiting = waiting
    self.workers = workers
  }

  /// For each thread what asks it for a sign of life, through the mailbox that its work comes
  /// through. Not that for tasks, which is silent for as long as one takes.
  var probes: [(part: String, ask: Watchdog.Probe)] {
    let writer: (part: String, ask: Watchdog.Probe) = (
      "writer", { [writerMailbox] answer in writerMailbox.post(.probe(answer)) }
    )
    return [writer]
      + workerMailboxes.enumerated().map { index, mailbox in
        ("worker-\(index)", { answer in mailbox.post(.probe(answer)) })
      }
  }

  /// Reads the policy file and puts it into force; the writer calls `answer`.
  func reloadPolicy(_ answer: @escaping @Sendable (Result<WipedBytes, Status>) -> Void) {
    let peer = Peer(
      userID: ProcessControl.userID, groupID: ProcessControl.groupID,
      processID: ProcessControl.processID, role: .operator)
    guard let payload = try? Method.adminServiceReloadPolicy.check(Span(), .requests) else {
      preconditionFailure("an empty request is none")
    }
    let command = Command(
      origin: .daemon(answer), method: .adminServiceReloadPolicy, peer: peer,
      credential: .absent, executable: [], payload: payload, deadlineNanoseconds: nil)
    let refusal = waiting.enter(command)
    precondition(refusal == nil, "a limit keeps out a command of the daemon")
    policyMailbox.post(.read(command))
  }

  /// Ends the workers once their calls are answered, and then the threads that they wait for.
  func drain() {
    for mailbox in workerMailboxes { mailbox.post(.drain) }
    for worker in workers { worker.join() }
    taskMailbox.post(.stop)
    tasks.join()
    // Nobody waits for it: a file system may hang, and every call has been answered.
    policyMailbox.post(.stop)
    writerMailbox.post(.stop)
    writer.join()
    // Last: what the writer has done may not be later than what is noted.
    hostMailbox.post(.stop)
    host.join()
  }

  /// A thread that can't go on takes the process with it: half a daemon would be worse.
  private static func run(_ name: String, _ log: Log, _ body: () throws -> Void) {
    do {
      try body()
    } catch {
      log.fail("a thread ended", [("thread", name), ("reason", "\(error)")])
    }
  }
}
